"""Positions, radial speeds and visibility of a subject's joints in every frame.

    pose -> joints -> position and radial speed
         -> coarse mesh -> faces of each joint -> visible or not

The joints serve as labels for the signal: for pose estimation, or to find the part of the body that
causes an echo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from radarsim.checks import whole_number
from radarsim.coordinates import azimuth_rad
from radarsim.errors import InputError
from radarsim.input_checks import check_radar, check_scene, checked_frames, frames_in_motion
from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.threads import parallel_map
from radarsim.numerics.vectors import dot, norm
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.shadows import unshadowed
from radarsim.scattering.visibility import faces_radar, unoccluded
from radarsim.scene.body import BodyModel
from radarsim.scene.coarsening import coarsen
from radarsim.scene.joint_surfaces import joint_faces, smpl_joints
from radarsim.scene.mesh import FaceIndices, faces_of
from radarsim.scene.scene import (
    PosedScene,
    Scene,
    check_known_poses,
    pose,
    skin_subjects,
    subject_joints,
)
from radarsim.scene.skeleton import JOINT_NAMES
from radarsim.scene.subject import PosedSubject
from radarsim.signal.settings import SimulationSettings

# If less than a tenth of a joint's surface is visible, the joint's echo is at least about 10 dB
# weaker than without occlusion, and the visible part is mostly a sliver at the outline of the limb
# that hides the joint.
VISIBLE_SHARE = 0.1
# With cells of this size, the visibility test takes a third of the time that the full mesh takes,
# and 99 % of the flags are the same.
COARSE_CELL_M = 0.03
# Frames per call of the compiled program, so that clips of all lengths share one program.
FRAMES_PER_CHUNK = 10
# Start, middle and end of a burst: three Chebyshev nodes, all between the first and the last node
# of a simulation.
NODES, MIDDLE = 3, 1
# Shortest time from the middle of a burst to either of the two times from which the speed is
# computed. Over a single chirp of 50 us, float32 rounding of the positions would cause a speed
# error of 2 mm/s.
LEAST_STEP_S = 5e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class JointTracks:
    """The 24 SMPL joints of one subject at the middle of every burst.

    Attributes:
        position_m: x (ahead), y (left), z (up) in the radar frame [m].
        speed_mps: radial speed, receding positive; unlike a measured speed, it is not ambiguous
            [m/s].
        visible_share: visible part of the joint's surface that faces the radar, weighted by
            projected area, 0 to 1; 0 if no face of the joint faces the radar.
        times_s: middle of each burst since the start of the motion [s].
        radar: radar that determines the frames.
    """

    position_m: Float[np.ndarray, "frame 24 3"]
    speed_mps: Float[np.ndarray, "frame 24"]
    visible_share: Float[np.ndarray, "frame 24"]
    times_s: Float[np.ndarray, " frame"]
    radar: Radar = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the joints, in the order of the joint axis."""
        return JOINT_NAMES

    @property
    def visible(self) -> Bool[np.ndarray, "frame 24"]:
        """Whether at least `VISIBLE_SHARE` of the joint's surface is visible from the radar."""
        return self.visible_share >= VISIBLE_SHARE

    @property
    def range_m(self) -> Float[np.ndarray, "frame 24"]:
        """Distance from the radar [m]."""
        return np.linalg.norm(self.position_m, axis=-1)

    @property
    def azimuth_rad(self) -> Float[np.ndarray, "frame 24"]:
        """Azimuth, left positive [rad]."""
        return azimuth_rad(self.position_m)

    @property
    def elevation_rad(self) -> Float[np.ndarray, "frame 24"]:
        """Elevation, up positive [rad]."""
        level_m = np.hypot(self.position_m[..., 0], self.position_m[..., 1])
        return np.arctan2(self.position_m[..., 2], level_m)


def joint_tracks(
    radar: Radar,
    scene: Scene,
    num_frames: int | None = None,
    first_frame: int = 0,
    *,
    subject: int = 0,
) -> JointTracks:
    """Compute the position, radial speed and visibility of every joint in each frame.

    A joint lies inside the body, so its echo comes from a surface closer to the radar: by about 0.1
    m at the trunk and 0.04 m at a limb. A joint counts as visible if at least `VISIBLE_SHARE` of
    the surface that follows the joint and faces the radar is not occluded.

    Args:
        radar: the radar, which determines the times of the frames.
        scene: subjects, and the pose of the radar; the other subjects hide joints as well.
        num_frames: number of frames; None for the default of `simulate`.
        first_frame: index of the first frame; frame 0 is at the start of the motion.
        subject: index of the subject in the scene.

    Returns:
        The joints in the frames that `simulate` simulates with these arguments.

    Raises:
        InputError: an argument is invalid, or the frames extend past the end of the motion.
    """
    check_radar("joint_tracks", radar)
    check_scene("joint_tracks", scene)
    check_known_poses("joint_tracks", scene)
    scene = _with_first(scene, subject)
    # A given number of frames may come from a simulation with fewer nodes, whose last node is
    # earlier in the burst.
    frames = num_frames, first_frame
    if num_frames is None:
        frames = checked_frames("joint_tracks", radar, scene, SimulationSettings(), *frames)
    else:
        frames = frames_in_motion("joint_tracks", radar, scene, NODES, *frames)
    num_frames, first_frame = frames
    times_s = _times_s(radar, scene, num_frames, first_frame)
    joints_m, share = _in_chunks(scene, times_s)
    range_m = np.linalg.norm(joints_m, axis=-1)
    return JointTracks(
        position_m=joints_m[:, MIDDLE].astype(np.float32),
        speed_mps=_speeds_mps(range_m, times_s).astype(np.float32),
        visible_share=share,
        times_s=times_s[:, MIDDLE],
        radar=radar,
    )


def _with_first(scene: Scene, subject: int) -> Scene:
    """The scene with one subject moved to the first place."""
    subject, count = whole_number("joint_tracks", "subject", subject, 0), len(scene.subjects)
    if subject >= count:
        problem = f"is {subject}; the scene has subjects 0 to {count - 1}"
        raise InputError("joint_tracks", "subject", problem, "give an index into Scene.subjects")
    subjects = list(scene.subjects)
    return replace(scene, subjects=[subjects.pop(subject), *subjects])


def _times_s(
    radar: Radar, scene: Scene, num_frames: int, first_frame: int
) -> Float[np.ndarray, "frame 3"]:
    """Middle of every burst, with the times before and after from which the speed follows [s]."""
    times_s = burst_times_s(radar, num_frames, NODES, first_frame)
    middle_s = times_s[:, MIDDLE]
    before_s = np.maximum(np.minimum(times_s[:, 0], middle_s - LEAST_STEP_S), 0.0)
    after_s = np.minimum(np.maximum(times_s[:, -1], middle_s + LEAST_STEP_S), scene.duration_s)
    return np.stack([before_s, middle_s, after_s], axis=1)


def _speeds_mps(range_m: np.ndarray, times_s: np.ndarray) -> Float[np.ndarray, "frame joint"]:
    """Mean radial speed over the burst, which is what the radar measures."""
    return (range_m[:, -1] - range_m[:, 0]) / (times_s[:, -1] - times_s[:, 0])[:, None]


def _in_chunks(
    scene: Scene, times_s: Float[np.ndarray, "frame 3"]
) -> tuple[Float[np.ndarray, "frame 3 joint 3"], Float[np.ndarray, "frame joint"]]:
    """Joints [m] at all times, and visible share in the middle of each burst."""
    num_frames = len(times_s)
    indices = np.arange(-(-num_frames // FRAMES_PER_CHUNK) * FRAMES_PER_CHUNK)
    chunks = np.minimum(indices, num_frames - 1).reshape(-1, FRAMES_PER_CHUNK)
    bodies = tuple(coarsen(body, COARSE_CELL_M) for body in scene.bodies)
    belongs = jnp.asarray(joint_faces(bodies[0]), jnp.float32)
    # One chunk after the other, because several threads must not read poses from a file at once.
    posed = [pose(scene, times_s[chunk]) for chunk in chunks]
    results = parallel_map(lambda each: _joints_and_shares(bodies, belongs, each), posed)
    joints_m = [
        np.asarray(relative_m) + _origin_m(each)[:, :, None]
        for (relative_m, _), each in zip(results, posed, strict=True)
    ]
    share = np.concatenate([np.asarray(share) for _, share in results])
    return np.concatenate(joints_m)[:num_frames], share[:num_frames]


def _origin_m(posed: PosedScene) -> Float[np.ndarray, "frame node 3"]:
    """Origin of the first subject in the radar frame, in float64 [m]."""
    subject = posed.subjects[0]
    return np.asarray(subject.origin_high_m, np.float64) + np.asarray(subject.origin_low_m)


@jax.jit
def _joints_and_shares(bodies: tuple[BodyModel, ...], belongs: Array, posed: PosedScene):
    joints_m = subject_joints(bodies, posed)[:, :, smpl_joints(bodies[0])]
    surfaces = skin_subjects(bodies, _middle_only(posed))
    own_faces, *other_faces = (faces for _, faces in surfaces)

    def shares(vertices_m):
        own_m, *others_m = vertices_m
        others = list(zip(others_m, other_faces, strict=True))
        return visible_shares(own_m, own_faces, belongs, others)

    vertices_m = [(mesh.vertices_m + mesh.origin_high_m[:, :, None])[:, 0] for mesh, _ in surfaces]
    return joints_m, batched_map(shares, vertices_m)


def _middle_only(posed: PosedScene) -> PosedScene:
    names = ("poses_rad", "origin_high_m", "origin_low_m")

    def middle(subject: PosedSubject) -> PosedSubject:
        parts = {name: getattr(subject, name)[:, MIDDLE : MIDDLE + 1] for name in names}
        return replace(subject, **parts)

    return replace(posed, subjects=tuple(map(middle, posed.subjects)))


def visible_shares(
    vertices_m: Float[Array, "vertex 3"],
    faces: FaceIndices,
    belongs: Float[Array, "face part"],
    others: Sequence[tuple] = (),
) -> Float[Array, " part"]:
    """Visible fraction of the radar-facing surface of each part of a mesh.

    Faces are weighted by their area projected along the line of sight, so that faces seen edge-on,
    which reflect little and are hidden by their own neighbours, hardly count.

    Args:
        vertices_m: vertices in the radar frame [m].
        faces: triangles of the mesh.
        belongs: 1 for faces that belong to a part, 0 for others.
        others: vertices [vertex, 3] in the radar frame [m] and triangles of each other body.

    Returns:
        Visible fraction of each part, 0 to 1; 0 if no face of the part faces the radar.
    """
    surface = faces_of(vertices_m, faces)
    front = faces_radar(surface)
    cosine = -dot(surface.normal, surface.centre_m) / norm(surface.centre_m)
    area_m2 = jnp.where(front, surface.area_m2 * cosine, 0.0)
    seen = unoccluded(surface.centre_m, vertices_m[faces], front, front)
    for other_m, other_faces in others:
        seen = unshadowed(surface.centre_m, seen, other_m, other_faces)
    areas = jnp.stack([area_m2, jnp.where(seen, area_m2, 0.0)])
    facing_m2, visible_m2 = jnp.matmul(areas, belongs, precision="highest")
    return jnp.where(facing_m2 > 0, visible_m2 / jnp.where(facing_m2 > 0, facing_m2, 1.0), 0.0)
