"""Surface accuracy that is needed for equal heatmaps, and the part of the fit's error in rotations.

    python -m benchmarks.skeleton_surface --clips 0 1 --seconds 2

For every clip of `benchmarks.skeletons`, heatmaps are simulated from the true motion and from small
changes of the true motion, and compared by their correlations:

* all of the body is displaced by 1 mm away from the radar (`rigid`);
* every body part is displaced by a constant random vector with the given standard deviation per
  axis (`parts`). The echoes keep their range, speed and angle to a small fraction of a cell, so
  that a change of the heatmaps is a change of the interference of the parts;
* the motion lies between the true motion and the fit to clean joints (`0.125 of the error`);
* the motion is composed of parts of the fit: its surface on the true poses, its poses with the true
  surface, its twist about the bones of limbs, neck and trunk, or its poses without this twist;
* the fit to clean joints knows the offsets of the landmarks from the joints of the body, or these
  offsets and the shape of the person (`fit, known offsets` and `fit, known shape`).

Each line contains the root mean square difference of the ranges of the surface that faces the
radar, minus the mean difference of each pose [mm], the mean distance of the 22 joints of the body
from the true joints [mm], and the correlations of the time-range, time-Doppler and time-angle
heatmaps and their mean. The last lines contain the means over the clips.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

import numpy as np

from benchmarks.skeleton_clips import TrueClip, correlation, true_clip
from benchmarks.skeleton_methods import fit_with_known, fitted
from radarsim.scene.skeletons.kinematics import Pose, Rig, Shape, forward
from radarsim.scene.skeletons.rotation_vectors import to_matrices, to_vectors

_RIGID_M = 1e-3
# Standard deviations per axis of the displacements of body parts [m].
_PARTS_M = (0.1e-3, 0.25e-3, 0.5e-3, 1e-3, 2e-3)
_SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
# Step between the poses whose surfaces are compared.
_STEP = 5


def main(arguments: list[str] | None = None) -> int:
    """Measure every clip, and print its table; return exit status 0."""
    from benchmarks.machine_info import commit
    from radarsim.files import free_body

    options, body = make_parser().parse_args(arguments), free_body()
    print(f"commit {commit()}, clips of {options.seconds:g} s", flush=True)
    rows: dict[str, list] = {}
    for number in options.clips:
        truth = true_clip(number, options.seconds, body)
        print(truth.title, flush=True)
        for name, values in measured(truth, np.random.default_rng(number), options.only):
            rows.setdefault(name, []).append(values)
            print(f"  {name}: {_shown(values)}", flush=True)
    print("mean of the clips")
    for name, values in rows.items():
        print(f"  {name}: {_shown(np.mean(values, axis=0))}")
    return 0


def _shown(values) -> str:
    range_mm, joints_mm, *maps = values
    shown = " ".join(f"{value:.3f}" for value in (*maps, np.mean(maps)))
    return f"{range_mm:.2f} mm, {joints_mm:.2f} mm, {shown}"


def measured(truth: TrueClip, rng, only=None) -> Iterator[tuple[str, tuple]]:
    """Yield the name of each change, and range and joint differences [mm] and map correlations.

    Args:
        truth: clip with the true motion.
        rng: random generator for the displacements of the body parts.
        only: names of the changes to measure; None to measure all changes.
    """
    true_maps = truth.maps()
    for name, change in changes(truth, rng):
        if only and name not in only:
            continue
        changed = change()
        range_mm = 1e3 * range_difference_m(truth, *changed)
        joints_m = forward(truth.rig, *changed[:2]).joints_m - truth.posed.joints_m
        joints_mm = 1e3 * float(np.linalg.norm(joints_m, axis=-1).mean())
        pairs = zip(_maps(truth, *changed), true_maps, strict=True)
        yield name, (range_mm, joints_mm, *(correlation(one, other) for one, other in pairs))


def changes(truth: TrueClip, rng) -> Iterator[tuple[str, Callable[[], tuple]]]:
    """Yield the name of each changed motion, and a function that returns its shape, pose and body.

    The motion is fitted by the first function that needs the fit.
    """
    shape, pose, body = truth.shape, truth.pose, truth.body
    moved = pose._replace(pelvis_m=pose.pelvis_m + np.array([_RIGID_M, 0.0, 0.0]))
    vectors = rng.normal(size=(body.num_joints, 3))
    sequence = truth.sequence(np.zeros_like(truth.posed.points_m))
    fit = cache(lambda: fitted("fit", sequence, body))
    twists = cache(lambda: twist_of(truth.rig, shape, pose, fit()[1]))

    def parts(std_m: float) -> tuple:
        return shape, pose, with_moved_parts(body, std_m * vectors)

    def part_of_error(share: float) -> tuple:
        return *between((shape, pose), fit(), share), body

    def with_known(with_shape: bool) -> tuple:
        return *fit_with_known(sequence, body, shape, with_shape), body

    yield "rigid", lambda: (shape, moved, body)
    for std_m in _PARTS_M:
        yield f"parts, {1e3 * std_m:g} mm", partial(parts, std_m)
    for share in _SHARES:
        yield f"{share:g} of the error", partial(part_of_error, share)
    yield "surface of the fit", lambda: (fit()[0], pose, body)
    yield "poses of the fit", lambda: (shape, fit()[1], body)
    yield "twist of the fit", lambda: (shape, twists()[0], body)
    yield "poses of the fit without twist", lambda: (shape, twists()[1], body)
    yield "fit", lambda: (*fit(), body)
    for name, with_shape in (("offsets", False), ("shape", True)):
        yield f"fit, known {name}", partial(with_known, with_shape)


def with_moved_parts(body, vectors_m: np.ndarray):
    """Return the body with the parts displaced by vectors in the rest pose [joint, 3], in metres.

    The displacement of a vertex is the mean over the joints, weighted by the skin weights.
    """
    moved_m = np.asarray(body.skin_weights) @ vectors_m
    return replace(body, template_m=(body.template_m + moved_m).astype(body.template_m.dtype))


def between(one: tuple[Shape, Pose], other: tuple[Shape, Pose], share: float) -> tuple:
    """Interpolate shape and poses: `one` for a share of 0, `other` for a share of 1."""
    (shape, pose), (other_shape, other_pose) = one, other
    values = zip(shape[:2], other_shape[:2], strict=True)
    scale, betas = (a + share * (b - a) for a, b in values)
    turn_rad = to_vectors(np.swapaxes(pose.rotations, -1, -2) @ other_pose.rotations)
    pelvis_m = pose.pelvis_m + share * (other_pose.pelvis_m - pose.pelvis_m)
    moved = Pose(pose.rotations @ to_matrices(share * turn_rad), pelvis_m)
    return Shape(float(scale), betas, shape.offsets_m), moved


def twist_of(rig: Rig, shape: Shape, pose: Pose, other: Pose) -> tuple[Pose, Pose]:
    """Exchange the rotations about the bones between two pose sequences.

    A joint with one child has a bone to this child. The rotation from one pose to the other in the
    frame of the joint is the product of a rotation about an axis normal to the bone (swing) and a
    rotation about the bone (twist), which does not move the child. All other joints keep the
    rotation in the world.

    Args:
        rig, shape: skeleton and person, which determine the directions of the bones.
        pose, other: two sequences with equal numbers of poses.

    Returns:
        `pose` with the twists of `other`, and `other` with the twists of `pose`.
    """
    bones_m = rig.bones_m + rig.bone_dirs @ shape.betas
    world, other_world = (forward(rig, shape, each).world for each in (pose, other))
    only, without = world.copy(), other_world.copy()
    for joint in range(rig.num_joints):
        children = [child for child, parent in enumerate(rig.parents) if parent == joint]
        if len(children) == 1:
            turned = np.swapaxes(world[:, joint], -1, -2) @ other_world[:, joint]
            twist = _twist(turned, bones_m[children[0]])
            only[:, joint] = world[:, joint] @ twist
            without[:, joint] = other_world[:, joint] @ np.swapaxes(twist, -1, -2)
    return (
        Pose(_local(rig, only), pose.pelvis_m),
        Pose(_local(rig, without), other.pelvis_m),
    )


def _twist(rotations: np.ndarray, bone_m: np.ndarray) -> np.ndarray:
    """Return the twist about a bone of rotations [pose, 3, 3]."""
    from scipy.spatial.transform import Rotation

    axis = bone_m / np.linalg.norm(bone_m)
    quaternions = Rotation.from_matrix(rotations).as_quat()  # vector part first
    along = quaternions[:, :3] @ axis
    return to_matrices(2 * np.arctan2(along, quaternions[:, 3])[:, None] * axis)


def _local(rig: Rig, world: np.ndarray) -> np.ndarray:
    """Convert world rotations [pose, joint, 3, 3] to rotations relative to the parents."""
    local = world.copy()
    for joint, parent in enumerate(rig.parents):
        if parent >= 0:
            local[:, joint] = np.swapaxes(world[:, parent], -1, -2) @ world[:, joint]
    return local


def _maps(truth: TrueClip, shape: Shape, pose: Pose, body) -> list[np.ndarray]:
    same = (truth.title, truth.names, truth.rig, truth.shape, truth.pose)
    return TrueClip(*same, body).maps(shape, pose)


def range_difference_m(truth: TrueClip, shape: Shape, pose: Pose, body) -> float:
    """Return the RMS range difference of the facing surface, minus the mean of each pose [m]."""
    from benchmarks.kinect_radar import facing_weights

    true_m = _corners_m(truth, truth.shape, truth.pose, truth.body)
    centre_m, weight = facing_weights(true_m)
    changed_m = _corners_m(truth, shape, pose, body).mean(axis=2)
    difference_m = np.linalg.norm(changed_m, axis=-1) - np.linalg.norm(centre_m, axis=-1)
    share = weight / weight.sum(axis=1, keepdims=True)
    difference_m -= (share * difference_m).sum(axis=1, keepdims=True)
    return float(np.sqrt((share * difference_m**2).sum(axis=1).mean()))


def _corners_m(truth: TrueClip, shape: Shape, pose: Pose, body) -> np.ndarray:
    """Return the corners of the faces relative to the radar [pose, face, corner, 3], in metres."""
    from radarsim.scene.body import skin
    from radarsim.scene.placement import RadarPose

    motion = truth.motion(shape, pose)
    poses_rad, transl_m = motion.poses_rad[::_STEP], motion.transl_m[::_STEP]
    vertices_m = np.asarray(skin(body, shape.betas, poses_rad, transl_m, shape.scale), float)
    return vertices_m[:, np.asarray(body.faces)] - [0.0, 0.0, RadarPose().height_m]


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.skeleton_surface",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--clips", type=int, nargs="+", default=(0, 1), help="indices of the clips (default: 0 1)")
    add("--seconds", type=float, default=2.0, help="length of a clip (default: 2)")
    add("--only", nargs="+", metavar="NAME", help="names of the changes (default: all)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
