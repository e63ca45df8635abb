"""Find the rest pose of a BVH clip (the skeleton itself, or a pose of the clip) and the up axis.

A skeleton that is upright with straight legs serves as the rest pose. Otherwise, a pose of the clip
serves as the rest pose: the best standing pose, even if the trunk leans, or the pose nearest to
standing if the clip has no standing pose. If the rest pose is a pose of the clip, the up axis is
determined from the whole clip.
"""

from typing import NamedTuple

import numpy as np

from radarsim.choices import UP_AXES
from radarsim.errors import InputError
from radarsim.scene.formats.bvh_joints import JointMap
from radarsim.scene.formats.bvh_parser import BvhClip
from radarsim.scene.formats.bvh_posture import (
    LEG_BONES,
    Directions,
    Posture,
    check_bones,
    directions_of,
    posture_of,
    skeleton_posture,
    unit,
)

_AXES = np.concatenate([np.eye(3), -np.eye(3)])  # in the order of UP_AXES
# Limits for an upright body: minimum cosines of the angles between leg bones and vertical and
# between trunk and vertical, and maximum vertical component of the hip axis.
_MIN_LEG_COS, _MIN_TRUNK_COS, _MAX_TILT_OF_HIPS = 0.85, 0.7, 0.3
# Minimum component of the mean body direction along an axis that certainly, or possibly, points up.
_CLEAR_AXIS, _POSSIBLE_AXIS = 0.8, 0.25
# Mean forward component of the feet below which left and right may be exchanged.
_BACKWARD = -0.5


class RestPose(NamedTuple):
    """The pose of the clip or skeleton that corresponds to SMPL's rest pose.

    Attributes:
        posture: posture of the rest pose.
        up: axis of the clip's world coordinates that points up.
        inferred_up: axis that points up according to the poses; differs from `up` only if the user
            gave another axis.
        upright: axis that points up in the rest pose; may differ from `up` only if `is_skeleton`.
        is_skeleton: whether the rest pose is the skeleton itself, not a pose of the clip.
        is_standing: whether the legs are straight and the trunk is above them.
    """

    posture: Posture
    up: np.ndarray
    inferred_up: np.ndarray
    upright: np.ndarray
    is_skeleton: bool
    is_standing: bool

    @property
    def up_note(self) -> str:
        """Note for the user that states the up axis."""
        given, inferred = (UP_AXES[(_AXES @ axis).argmax()] for axis in (self.up, self.inferred_up))
        if given == inferred:
            return f"up axis inferred as {inferred}"
        return f"up axis set to {given}; the poses suggest {inferred}"


def find_rest_pose(
    clip: BvhClip, joints: JointMap, where: str, notes: list[str], up: str = "auto"
) -> RestPose:
    """Find the rest pose and the up axis of a clip.

    Args:
        clip: the motion.
        joints: SMPL's joints in the skeleton of the clip.
        where: name of the file, used in messages.
        notes: list to which a note is added if the rest pose is a pose of the clip.
        up: up axis of the clip, one of `choices.UP_AXES`, or "auto" to infer the axis.

    Returns:
        The rest pose.

    Raises:
        InputError: bones have no length, or the skeleton is that of a four-legged animal.
    """
    skeleton = skeleton_posture(clip, joints)
    check_bones(skeleton, posture_of(clip.poses([0]), joints), where)
    directions = directions_of(clip, joints)
    given = None if up == "auto" else _AXES[UP_AXES.index(up)]
    if _is_upright(skeleton):
        inferred = _up_of_skeleton(skeleton, directions)
        axes = (inferred if given is None else given, inferred, nearest_axis(skeleton.trunk[0]))
        rest = RestPose(skeleton, *axes, True, True)
    else:
        _refuse_four_legs(skeleton, directions, where)
        rest = _best_pose(clip, joints, directions, notes, given)
    ahead = (directions.feet * np.cross(directions.across, directions.trunk)).sum(axis=1)
    if ahead.mean() < _BACKWARD:
        notes.append("feet point backward: left and right may be exchanged in the file")
    return rest


def nearest_axis(vector: np.ndarray) -> np.ndarray:
    """The coordinate axis, with its sign, nearest to a vector."""
    return _AXES[(_AXES @ vector).argmax()]


def _best_pose(
    clip: BvhClip,
    joints: JointMap,
    directions: Directions,
    notes: list[str],
    given: np.ndarray | None,
) -> RestPose:
    inferred = _up_of_clip(directions)
    up = inferred if given is None else given
    standing, error = _standing(directions, up)
    best = int(np.where(standing, error, error + 100).argmin())
    which = "the first pose" if best == 0 else f"pose {best}"
    if standing[best]:
        notes.append(f"{which} is used as rest pose: that of the skeleton is not upright")
    else:
        notes.append(f"no standing pose: joint rotations follow from the bones of {which}")
    posture = posture_of(clip.poses([best]), joints)
    return RestPose(posture, up, inferred, up, False, bool(standing[best]))


def _standing(directions: Directions, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each pose is a standing pose, and its deviation from standing straight."""
    legs, trunk = directions.legs @ -up, directions.trunk @ up
    tilt = np.abs(directions.across @ up)
    standing = (legs.min(axis=1) > _MIN_LEG_COS) & (trunk > _MIN_TRUNK_COS)
    error = (1 - legs).mean(axis=1) + (1 - trunk) + tilt**2
    return standing & (tilt < _MAX_TILT_OF_HIPS), error


def _is_upright(posture: Posture) -> bool:
    """Whether thighs and shanks are parallel, opposite to the trunk, and normal to the hip axis."""
    legs = [posture.bone(name) for name in LEG_BONES]
    if any(leg is None for leg in legs):
        return False
    legs = unit(np.array(legs)[:, 0])
    down, trunk, across = (unit(v) for v in (legs.sum(axis=0), posture.trunk[0], posture.across[0]))
    parallel = (legs @ down).min() > _MIN_LEG_COS and trunk @ down < -_MIN_TRUNK_COS
    return bool(parallel and abs(across @ down) < _MAX_TILT_OF_HIPS)


def _up_of_skeleton(skeleton: Posture, directions: Directions) -> np.ndarray:
    """Up axis of the rest pose, unless the clip rotates the skeleton upright along another axis."""
    rest_up, mean_trunk = nearest_axis(skeleton.trunk[0]), directions.trunk.mean(axis=0)
    # Crawling and lying poses do not determine the up axis, but a clip that rotates the skeleton
    # upright does.
    if np.abs(mean_trunk).max() <= _CLEAR_AXIS or mean_trunk @ rest_up >= 0.5:
        return rest_up
    other = nearest_axis(mean_trunk)
    leg = sum(np.linalg.norm(skeleton.bone(name)) for name in LEG_BONES) / 2
    # A standing person does not rise by more than a leg length, so a person who moves farther along
    # the trunk crawls.
    crawls = _floor_spread(directions, other) > leg > 4 * _floor_spread(directions, rest_up)
    return rest_up if crawls else other


def _floor_spread(directions: Directions, up: np.ndarray) -> float:
    """Standard deviation of the height of the lowest joint if a given axis points up."""
    return float(np.minimum(directions.low @ up, directions.high @ up).std())


def _up_of_clip(directions: Directions) -> np.ndarray:
    """Up axis from the mean direction of the body, or from the floor if the direction is oblique.

    The floor is normal to the axis along which the height of the lowest joint varies least.
    """
    mean = directions.body.mean(axis=0)
    if np.abs(mean).max() > _CLEAR_AXIS:
        return nearest_axis(mean)
    possible = [axis for axis in _AXES if axis @ mean > _POSSIBLE_AXIS]
    spread = [_floor_spread(directions, axis) for axis in possible]
    # If the person stays in place, the height varies little along any axis, so the floor is
    # unknown.
    clear = len(spread) > 1 and min(spread) < 0.5 * sorted(spread)[1]
    return possible[int(np.argmin(spread))] if clear else nearest_axis(mean)


def _refuse_four_legs(skeleton: Posture, directions: Directions, where: str) -> None:
    """Reject animals: four parallel limbs normal to the trunk, in the skeleton and in the clip."""
    arms = [skeleton.bone(f"{side}_shoulder") for side in ("left", "right")]
    legs = [skeleton.bone(name) for name in LEG_BONES]
    if any(bone is None for bone in (*arms, *legs)):
        return
    limbs = unit(np.array([*arms, *legs])[:, 0])
    down = unit(limbs.sum(axis=0))
    crawling = np.median(np.abs(directions.trunk @ nearest_axis(down))) < 0.5
    if (limbs @ down).min() > 0.6 and abs(unit(skeleton.trunk[0]) @ down) < 0.5 and crawling:
        problem = "arms and legs point down and the trunk is level: an animal on four legs"
        raise InputError(where, "skeleton", problem, "only people are supported")
