"""Motion: a sequence of SMPL poses in host memory, with checks and interpolation in time.

A mocap frame is called a *pose*; a *frame* is always a radar frame. Rotations are axis-angle
vectors. The world is z-up with the floor at zero; the rotation of the first joint includes the
rotation from SMPL's rest pose (y-up, facing +z, left +x) to this world. The pelvis is at the
position `transl_m + rest_pelvis_m`, because SMPL rotates the body about its rest pelvis, which is
not the origin.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from radarsim.checks import check_choice, checked_number
from radarsim.choices import MAX_RATE_HZ, MIN_RATE_HZ
from radarsim.errors import InputError
from radarsim.scene.interpolation import interpolate_points, interpolate_rotations
from radarsim.scene.lazy_poses import LazyPoses
from radarsim.scene.skeleton import NUM_JOINTS, NUM_SHARED_JOINTS

SHAPE_SPACES = ("smpl", "smplx", "free")
# Maximum rotation of a joint, and maximum distance from the origin.
MAX_ROTATION_RAD = 8 * np.pi
MAX_TRANSL_M = 1000.0
# Tolerance by which sampling times may lie outside the motion [s].
TIME_SLACK_S = 1e-6

# Rest position of the pelvis in the published mean bodies [m]; male and female bodies differ by 1
# to 2 cm. `retarget.fit_to_body` uses the pelvis position of the actual body instead. The free body
# has its origin at the pelvis.
REST_PELVIS_M = {"smpl": (0.0, -0.23, 0.03), "smplx": (0.0, -0.35, 0.01), "free": (0.0, 0.0, 0.0)}
_POSES_PER_CHECK = 1024  # number of poses checked at a time, which need 1 MB


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """One subject's poses at a constant rate.

    Attributes:
        poses_rad: axis-angle of every joint relative to its parent, and of the pelvis relative to
            the world [rad]; `files.open_motion` returns `LazyPoses` here, read on demand.
        transl_m: SMPL's translation in the z-up world [m].
        rate_hz: poses per second.
        betas: shape coefficients; empty if unknown.
        shape_space: shape space of the betas: "smpl" (also SMPL-H), "smplx" or "free".
        gender: "male", "female" or "neutral".
        layout: "smpl" (24 joints), "smplh" (52) or "smplx" (55).
        name: id of the motion, used for seeds and reports.
        stature_m: height of the subject [m] if the file determines the height (skeleton files),
            otherwise None.
        rest_pelvis_m: pelvis of the rest body that `transl_m` refers to; None for the mean body of
            the shape space [m].
        notes: one line for each property that the reader inferred and the user should check.
    """

    poses_rad: Float[np.ndarray | LazyPoses, "pose joint 3"]
    transl_m: Float[np.ndarray, "pose 3"]
    rate_hz: float | int
    betas: Float[np.ndarray, " beta"] = field(default_factory=lambda: np.zeros(0))
    shape_space: str = "smpl"
    gender: str = "neutral"
    layout: str = "smpl"
    name: str = "motion"
    stature_m: float | None = None
    rest_pelvis_m: tuple[float, float, float] | None = None
    notes: tuple[str, ...] = ()

    @property
    def num_poses(self) -> int:
        return len(self.poses_rad)

    @property
    def duration_s(self) -> float:
        """Time from the first pose to the last [s]."""
        return (self.num_poses - 1) / self.rate_hz

    @property
    def pelvis_m(self) -> Float[np.ndarray, "pose 3"]:
        """Position of the pelvis in the z-up world [m]."""
        return self.transl_m + self.pelvis_offset_m

    @property
    def pelvis_offset_m(self) -> Float[np.ndarray, "3"]:
        """Vector from `transl_m` to the pelvis [m]."""
        known = self.rest_pelvis_m is not None
        return np.array(self.rest_pelvis_m if known else REST_PELVIS_M[self.shape_space])


def check_motion(motion: Motion, where: str) -> Motion:
    """Check that a motion can be simulated, and return it.

    Args:
        motion: motion as read.
        where: name of the file, used in messages.

    Returns:
        The unchanged motion.

    Raises:
        InputError: a value is invalid; the message names the field, the first invalid pose and the
            limit.
    """
    if not MIN_RATE_HZ <= motion.rate_hz <= MAX_RATE_HZ:
        raise InputError(
            where,
            "rate",
            f"{motion.rate_hz:g} Hz is outside {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz",
            "write the correct pose rate into the file",
        )
    check_values(motion, where)
    return motion


def check_values(motion: Motion, where: str) -> None:
    """Check a motion like `check_motion`, but accept any pose rate (for motions made in Python).

    Raises:
        InputError: a value is invalid; the message names the field, the first invalid pose and the
            limit.
    """
    check_choice(where, "layout", motion.layout, tuple(NUM_JOINTS))
    check_choice(where, "shape_space", motion.shape_space, SHAPE_SPACES)
    check_shapes(motion.poses_rad, motion.transl_m, motion.layout, where)
    hint = "give the poses per second"
    checked_number(where, "rate", motion.rate_hz, "Hz", above=0.0, hint=hint)
    poses, transl = _scan(motion.poses_rad), _scan(motion.transl_m)
    _check_finite("poses", poses.is_finite, where)
    _check_finite("trans", transl.is_finite, where)
    _check_range("poses", poses.longest, MAX_ROTATION_RAD, "rad", "degrees", where)
    _check_range("trans", transl.longest, MAX_TRANSL_M, "m", "millimetres", where)
    if np.ndim(motion.betas) != 1:
        problem = f"shape {np.shape(motion.betas)}; a motion has one shape: [beta]"
        raise InputError(where, "betas", problem, "give the coefficients of one pose")
    if not np.isfinite(motion.betas).all():
        raise InputError(where, "betas", "NaN or infinite shape", "fit the subject's shape again")


def body_joints(motion: Motion) -> Float[np.ndarray, "pose 24 3"]:
    """Poses of SMPL's 24 joints; the two hand joints are straight if the layout has fingers.

    Args:
        motion: motion in any layout.

    Returns:
        Axis-angle poses [rad].
    """
    if motion.layout == "smpl":
        return motion.poses_rad
    poses_rad = np.zeros((motion.num_poses, NUM_JOINTS["smpl"], 3))
    poses_rad[:, :NUM_SHARED_JOINTS] = motion.poses_rad[:, :NUM_SHARED_JOINTS]
    return poses_rad


def sample_motion(
    motion: Motion, times_s: Float[np.ndarray, "*time"]
) -> tuple[Float[np.ndarray, "*time joint 3"], Float[np.ndarray, "*time 3"]]:
    """Interpolate poses and translations smoothly at any time (see `interpolation`).

    Args:
        motion: the sequence.
        times_s: times since the first pose, in any order, within the motion [s].

    Returns:
        Axis-angle poses [rad] and translations [m].

    Raises:
        InputError: `times_s` is empty, or a time lies outside the motion.
    """
    check_times(motion.name, times_s, motion.duration_s)
    position = np.ravel(times_s) * motion.rate_hz
    poses_rad = interpolate_rotations(motion.poses_rad, position)
    transl_m = interpolate_points(motion.transl_m, position)
    shape = np.shape(times_s)
    return poses_rad.reshape(*shape, -1, 3), transl_m.reshape(*shape, 3)


def check_times(name: str, times_s: Float[np.ndarray, "*time"], duration_s: float) -> None:
    """Check that sampling times lie within a motion.

    Args:
        name: name of the motion, used in messages.
        times_s: times since the first pose [s].
        duration_s: duration of the motion [s].

    Raises:
        InputError: `times_s` is empty, or a time lies outside the motion.
    """
    if np.size(times_s) == 0:
        raise InputError(name, "times", "are none", "request at least one frame")
    low_s, high_s = np.min(times_s), np.max(times_s)
    if low_s < -TIME_SLACK_S or high_s > duration_s + TIME_SLACK_S:
        problem = (
            f"sampled from {low_s:.3f} to {high_s:.3f} s, but the motion lasts from 0 to "
            f"{duration_s:.3f} s"
        )
        hint = "request fewer frames or use a longer motion"
        raise InputError(name, "times", problem, hint)


def cut_motion(motion: Motion, first_pose: int, num_poses: int) -> Motion:
    """Cut `num_poses` poses, starting at `first_pose`, from a motion and keep its name.

    Args:
        motion: the whole sequence.
        first_pose: index of the first pose.
        num_poses: number of poses; fewer at the end of the sequence.

    Returns:
        The selected part of the motion, with time starting at zero.
    """
    keep = slice(first_pose, first_pose + num_poses)
    return replace(motion, poses_rad=motion.poses_rad[keep], transl_m=motion.transl_m[keep])


def check_shapes(
    poses_rad: np.ndarray | LazyPoses, transl_m: np.ndarray, layout: str, where: str
) -> None:
    """Check the array shapes of a motion.

    Args:
        poses_rad: must have the shape [pose, joint, 3].
        transl_m: must have the shape [pose, 3].
        layout: a key of `NUM_JOINTS`.
        where: name of the file, used in messages.

    Raises:
        InputError: a shape is wrong; the message states the actual and the required shape.
    """
    joints, shape = NUM_JOINTS[layout], poses_rad.shape
    if shape[1:] != (joints, 3):
        problem = f"shape {shape}, but {layout} needs [pose, {joints}, 3]"
        raise InputError(where, "poses", problem, "give axis-angle poses of a SMPL layout")
    if shape[0] < 2:
        problem = f"{shape[0]} poses, but a motion needs at least 2"
        raise InputError(where, "poses", problem, "give a longer recording")
    if transl_m.shape != (shape[0], 3):
        problem = f"shape {transl_m.shape}, but {shape[0]} poses need ({shape[0]}, 3)"
        raise InputError(where, "trans", problem, "give one translation per pose")


class _Scan(NamedTuple):
    """For each pose: whether all vectors are finite, and the length of the longest vector."""

    is_finite: np.ndarray
    longest: np.ndarray


def _scan(vectors: np.ndarray | LazyPoses) -> _Scan:
    finite, longest = [], []
    for first in range(0, len(vectors), _POSES_PER_CHECK):
        some = vectors[first : first + _POSES_PER_CHECK]
        some = some.reshape(len(some), -1, 3)
        finite.append(np.isfinite(some).all(axis=(1, 2)))
        longest.append(np.linalg.norm(some, axis=-1).max(axis=1))
    return _Scan(np.concatenate(finite), np.concatenate(longest))


def _check_finite(name: str, finite: np.ndarray, where: str) -> None:
    if not finite.all():
        invalid = ~finite
        raise InputError(
            where,
            name,
            f"NaN or infinite at pose {invalid.argmax()} ({invalid.sum()} of {len(invalid)} poses)",
            "cut or repair these poses",
        )


def _check_range(
    name: str, size: np.ndarray, limit: float, unit: str, other_unit: str, where: str
) -> None:
    if size.max() > limit:
        pose = int((size > limit).argmax())
        raise InputError(
            where,
            name,
            f"{size[pose]:.4g} {unit} at pose {pose}, limit {limit:.4g} {unit}",
            f"check whether the file is in {other_unit}",
        )
