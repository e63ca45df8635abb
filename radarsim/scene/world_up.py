"""Infer the up axis of a motion's world coordinates from the body, and rotate the motion to z-up.

AMASS is z-up. Body trackers, AIST++ and many converters write y-up worlds, and in camera
coordinates y points down. If a y-up file were read as z-up, the person would appear to lie and
slide. The trunk of a person who stands is parallel to one world axis over most of the motion, but
so is the trunk of a person who lies still. The floor height and walking distinguish standing from
lying.
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

# Maximum number of poses that are examined, evenly spaced over the motion.
_MAX_POSES = 512
# Minimum component along one axis of the mean unit vector of trunk or legs: below this limit, the
# direction of trunk or legs is not constant. A direction that deviates by 37 degrees from the axis
# in every pose still passes.
_ALONG_AXIS = 0.8
# If the mean vertical component of the trunk exceeds `_UPWARDS`, the world is z-up. A trunk is
# level if its vertical component is less than `_LEVEL`; a trunk that is level in more than the
# fraction `_MOSTLY` of the poses determines no up axis.
_UPWARDS = 0.5
_LEVEL, _MOSTLY = 0.5, 0.9
# Limits of the height of the lowest joint above the floor: the ankles of a standing person, the
# back or heel of a person lying on the floor or in a bed [m].
_STANDING_M = (-0.15, 0.25)
_LYING_M = (-0.03, 1.0)
_ANKLE_M = 0.05
# Maximum travel of a lying person perpendicular to the trunk [m].
_LYING_TRAVEL_M = 1.0
# Limit for the cosine of the angle between thighs and trunk: above this value, the legs are drawn
# up, as in crawling on all fours.
_STRETCHED_LEGS = -0.5
# In a step, each ankle rises by `_STEP_M` while the other ankle stays at its height to within
# `_SUPPORT_M` [m].
_STEP_M, _SUPPORT_M = 0.08, 0.04


class _Posture(NamedTuple):
    """Joints in world coordinates [pose, joint, 3], and unit vectors up along trunk and legs."""

    joints_m: np.ndarray
    trunk: np.ndarray
    legs: np.ndarray


def to_z_up(motion: Motion, up: str = "auto", published: bool = False) -> Motion:
    """Rotate a motion to a z-up world.

    Args:
        motion: motion whose first joints are SMPL's, in a world of any orientation.
        up: one of `choices.UP_AXES`, or "auto" to infer the axis, which is z unless the motion
            contradicts z.
        published: whether the file has the published AMASS format, which makes z the likely up
            axis.

    Returns:
        The motion, rotated if its world is not z-up; an inferred axis is stated in a note.
    """
    note = ""
    if up == "auto":
        up, note = inferred_up(motion, published)
    if note:
        motion = replace(motion, notes=(*motion.notes, note))
    return motion if up == "z" else _with_floor_at_zero(turned(motion, up))


def turned(motion: Motion, up: str) -> Motion:
    """Rotate a motion so that one axis of its world points up.

    Args:
        motion: motion in a world where `up` points up.
        up: axis of the world that points up, one of `choices.UP_AXES`.
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


def _with_floor_at_zero(motion: Motion) -> Motion:
    """Move the feet to height zero, because camera coordinates have an arbitrary floor height.

    Otherwise the stature would be inferred from a wrong height of the hips above the floor.
    """
    lowest_m = np.percentile(_posture(motion).joints_m[..., 2].min(axis=1), 10)
    if _within(lowest_m, _STANDING_M):
        return motion
    return replace(motion, transl_m=motion.transl_m + np.array([0, 0, _ANKLE_M - lowest_m]))


def inferred_up(motion: Motion, published: bool = False) -> tuple[str, str]:
    """Infer the up axis of a motion's world.

    Args:
        motion, published: same arguments as for `to_z_up`.

    Returns:
        The up axis, one of `choices.UP_AXES`, and a note for the user, which is "" if the world is
        clearly z-up.
    """
    posture = _posture(motion)
    mean = posture.trunk.mean(axis=0)
    if mean[2] > _UPWARDS:
        return "z", ""
    axis = _constant_axis(mean) or _constant_axis(posture.legs.mean(axis=0))
    if axis in ("", "z"):
        level = np.mean(np.abs(posture.trunk[:, 2]) < _LEVEL)
        hint = f"the trunk is level in {level:.0%} of the poses; --source-up if z is not up"
        return "z", hint if level > _MOSTLY else ""
    share = np.mean(posture.trunk @ _axis(axis) > 0.5)
    seen = f"the trunk points along {axis} in {share:.0%} of the poses"
    if axis == "-z" or _stands(posture, _axis(axis), published):
        return axis, f"up axis inferred as {axis}: {seen} (z keeps it: --source-up z)"
    return "z", f"the person lies or crawls: {seen}; if {axis} is up, give --source-up={axis}"


def _constant_axis(mean: np.ndarray) -> str:
    """Axis nearest to the mean of unit vectors; "" if the direction of the vectors varies."""
    largest = int(np.abs(mean).argmax())
    if abs(mean[largest]) < _ALONG_AXIS:
        return ""
    return ("-" if mean[largest] < 0 else "") + "xyz"[largest]


def _stands(posture: _Posture, up: np.ndarray, published: bool) -> bool:
    """Whether the up axis is `up` and not z, for a person whose trunk points along `up`."""
    lowest_m, lowest_if_lying_m = (
        float(np.median((posture.joints_m @ axis).min(axis=1))) for axis in (up, _axis("z"))
    )
    if not _within(lowest_if_lying_m, _LYING_M):
        return True
    if _within(lowest_m, _STANDING_M) and not published:  # the feet are at height zero
        return True
    return _legs_are_stretched(posture) and (_travels(posture, up) or _steps(posture, up))


def _travels(posture: _Posture, up: np.ndarray) -> bool:
    pelvis_m = posture.joints_m[:, 0]
    across_m = pelvis_m - (pelvis_m @ up)[:, None] * up
    return bool(np.linalg.norm(np.ptp(across_m, axis=0)) > _LYING_TRAVEL_M)


def _steps(posture: _Posture, up: np.ndarray) -> bool:
    """Whether the feet leave the floor alternately while the other foot stays at its height."""
    heights_m = posture.joints_m[:, [JOINT["left_ankle"], JOINT["right_ankle"]]] @ up
    lower_m = heights_m.min(axis=1)
    supported = np.abs(lower_m - np.median(lower_m)) < _SUPPORT_M
    return bool(np.ptp(heights_m, axis=0).min() > _STEP_M and supported.mean() > _MOSTLY)


def _legs_are_stretched(posture: _Posture) -> bool:
    hips, knees = (
        posture.joints_m[:, [JOINT[f"{side}_{part}"] for side in ("left", "right")]].mean(axis=1)
        for part in ("hip", "knee")
    )
    along = (_unit(knees - hips) * posture.trunk).sum(axis=1)
    return bool(np.median(along) < _STRETCHED_LEGS)


def _posture(motion: Motion) -> _Posture:
    poses = np.unique(np.linspace(0, motion.num_poses - 1, _MAX_POSES).round().astype(int))
    some = replace(
        motion, poses_rad=np.asarray(motion.poses_rad[poses]), transl_m=motion.transl_m[poses]
    )
    joints_m = _joint_positions(body_joints(some)) + some.pelvis_m[:, None]
    ankles_m = joints_m[:, [JOINT["left_ankle"], JOINT["right_ankle"]]].mean(axis=1)
    trunk, legs = joints_m[:, JOINT["neck"]] - joints_m[:, 0], joints_m[:, 0] - ankles_m
    return _Posture(joints_m, _unit(trunk), _unit(legs))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


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


def _within(value: float, limits: tuple[float, float]) -> bool:
    return bool(limits[0] < value < limits[1])
