"""Infer the up axis of a motion's world from the body, and rotate the motion to a z-up world.

AMASS is z-up. Body trackers, AIST++ and many converters write y-up worlds, and the y axis of camera
coordinates points down: if such a file were read as z-up, the person would lie down and slide. Over
a whole motion, the trunk of a standing person points along one axis of the world, and so does the
trunk of a person who lies still. The two differ in the position of the floor and in whether the
person walks.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.scene.lazy_poses import LazyPoses
from radarsim.scene.motion import Motion, body_joints
from radarsim.scene.skeleton import (
    JOINT,
    PARENTS,
    REST_JOINTS_M,
    local_to_world,
    rotation_between,
)

UP_AXES = ("x", "y", "z", "-x", "-y", "-z")
"""Names of the axes that may point up."""

# Number of poses that are examined, at equal steps over the motion.
_MAX_POSES = 512
# Least component along one axis of the mean unit vector of the trunk: below this value the trunk
# has no constant direction. A trunk 37 degrees off the axis in every pose still passes.
_ALONG_AXIS = 0.8
# Limits for the height of the lowest joint above the floor [m]: ankles of a standing person, back
# or heel of a person who lies on the floor or in a bed.
_STANDING_M = (-0.15, 0.25)
_ON_FLOOR_M = (0.0, 0.25)
_LYING_M = (0.0, 1.0)
# A lying person does not move farther than this perpendicular to the trunk [m].
_LYING_TRAVEL_M = 1.0
# Cosine between thighs and trunk above which the legs are drawn up, as in crawling on all fours.
_STRETCHED_LEGS = -0.5


class _Posture(NamedTuple):
    """Joints in world coordinates [pose, joint, 3], and unit vectors along the trunk."""

    joints_m: np.ndarray
    trunk: np.ndarray


def to_z_up(motion: Motion, up: str = "auto") -> Motion:
    """Rotate a motion to a z-up world.

    Args:
        motion: motion whose first joints are SMPL's, in a world of any orientation.
        up: one of `UP_AXES`, or "auto" to infer it (z if nothing contradicts it).

    Returns:
        The motion, rotated if its world is not z-up; a note states an inferred axis.
    """
    if up != "auto":
        return turned(motion, up)
    axis, note = inferred_up(motion)
    if note:
        motion = replace(motion, notes=(*motion.notes, note))
    return turned(motion, axis)


def turned(motion: Motion, up: str) -> Motion:
    """Rotate a motion so that an axis of its world points up.

    Args:
        motion: motion in a world where `up` points up.
        up: one of `UP_AXES`.
    """
    if up == "z":
        return motion
    turn = rotation_between(_axis(up), _axis("z"))
    if isinstance(motion.poses_rad, LazyPoses):
        poses_rad = motion.poses_rad.turned(turn)
    else:
        poses_rad = np.array(motion.poses_rad, np.float64)
        poses_rad[:, 0] = (turn * Rotation.from_rotvec(poses_rad[:, 0])).as_rotvec()
    offset_m = motion.pelvis_offset_m
    transl_m = turn.apply(motion.transl_m + offset_m) - offset_m
    return replace(motion, poses_rad=poses_rad, transl_m=transl_m)


def inferred_up(motion: Motion) -> tuple[str, str]:
    """Infer the up axis of a motion's world.

    Returns:
        One of `UP_AXES`, and a note for the user, "" if the world is z-up without doubt.
    """
    posture = _posture(motion)
    mean = posture.trunk.mean(axis=0)
    axis = _name_of(mean)
    if axis == "z" or abs(mean).max() < _ALONG_AXIS:
        return "z", ""
    share = np.mean(posture.trunk @ _axis(axis) > 0.5)
    seen = f"the trunk points along {axis} in {share:.0%} of the poses"
    if axis == "-z" or _stands(posture, _axis(axis)):
        return axis, f"up axis inferred as {axis}: {seen} (z keeps it: --source-up z)"
    return "z", f"the person lies or crawls: {seen}; if {axis} is up, give --source-up={axis}"


def _stands(posture: _Posture, up: np.ndarray) -> bool:
    """Whether `up` is the up axis and not z, for a person whose trunk points along `up`."""
    standing_m, lying_m = (np.median(posture.joints_m @ axis, axis=0) for axis in (up, _axis("z")))
    lowest_m, lowest_if_lying_m = standing_m.min(), lying_m.min()
    across_m = posture.joints_m[:, 0] - (posture.joints_m[:, 0] @ up)[:, None] * up
    travel_m = np.linalg.norm(np.ptp(across_m, axis=0))
    if _within(lowest_m, _STANDING_M):  # the feet are at height zero
        return not (_within(lowest_if_lying_m, _ON_FLOOR_M) and travel_m < _LYING_TRAVEL_M / 2)
    if _within(lowest_if_lying_m, _LYING_M):
        return bool(travel_m > _LYING_TRAVEL_M and _legs_are_stretched(posture))
    return True


def _legs_are_stretched(posture: _Posture) -> bool:
    hips, knees = (
        posture.joints_m[:, [JOINT[f"{side}_{part}"] for side in ("left", "right")]].mean(axis=1)
        for part in ("hip", "knee")
    )
    thighs = (knees - hips) / np.linalg.norm(knees - hips, axis=1, keepdims=True)
    return bool(np.median((thighs * posture.trunk).sum(axis=1)) < _STRETCHED_LEGS)


def _posture(motion: Motion) -> _Posture:
    poses = np.unique(np.linspace(0, motion.num_poses - 1, _MAX_POSES).round().astype(int))
    some = replace(
        motion, poses_rad=np.asarray(motion.poses_rad[poses]), transl_m=motion.transl_m[poses]
    )
    joints_m = _joint_positions(body_joints(some)) + some.pelvis_m[:, None]
    trunk = joints_m[:, JOINT["neck"]] - joints_m[:, 0]
    return _Posture(joints_m, trunk / np.linalg.norm(trunk, axis=1, keepdims=True))


def _joint_positions(poses_rad: np.ndarray) -> np.ndarray:
    """Joints of a body of mean size relative to its pelvis [pose, joint, 3], in metres."""
    rotations = local_to_world(np.asarray(poses_rad, np.float64))
    joints_m = np.zeros((len(poses_rad), len(PARENTS), 3))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            bone_m = REST_JOINTS_M[joint] - REST_JOINTS_M[parent]
            joints_m[:, joint] = joints_m[:, parent] + rotations[parent].apply(bone_m)
    return joints_m


def _axis(name: str) -> np.ndarray:
    axis = np.eye(3)["xyz".index(name[-1])]
    return -axis if name.startswith("-") else axis


def _name_of(vector: np.ndarray) -> str:
    largest = int(np.abs(vector).argmax())
    return ("-" if vector[largest] < 0 else "") + "xyz"[largest]


def _within(value: float, limits: tuple[float, float]) -> bool:
    return bool(limits[0] < value < limits[1])
