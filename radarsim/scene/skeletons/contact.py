"""Foot contact: points of a foot that stands on the floor do not move from pose to pose.

The heel or ball of a foot counts as standing if it is slow and near the lowest point of the feet in
the window. In the second pass of the fit, displacements of standing points between poses are
penalised.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import binary_opening

from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.kinematics import Posed, Rig, Shape, pose_jacobian
from radarsim.scene.skeletons.landmarks import LANDMARKS

# Largest speed [m/s] and height above the floor [m] of a standing point, and the speed at which it
# may drift [m/s].
_SLOW_MPS, _LOW_M, _DRIFT_MPS = 0.25, 0.06, 0.04
# The floor is this percentile of the lowest heights of the window.
_FLOOR_PERCENTILE = 10
_POINTS = tuple(
    LANDMARKS[f"{side}_{point}"] for side in ("left", "right") for point in ("heel", "small_toe")
)
_JOINTS = np.array([point.joint for point in _POINTS])
_OFFSETS_M = np.array([point.offset_m for point in _POINTS])


class Contact(NamedTuple):
    """Points of the feet that stand from one pose to the next, and the weight of the penalty.

    Attributes:
        stands: whether each point stands [pose - 1, point].
        weight: 1 / (drift in one step)^2.
    """

    stands: np.ndarray
    weight: float


def find_contact(shape: Shape, posed: Posed, rate_hz: float) -> Contact:
    """Find the points of the feet that stand on the floor.

    Args:
        shape: body shape and size of the person.
        posed: fitted poses in a z-up world.
        rate_hz: poses per second.
    """
    points_m = foot_points_m(shape, posed)
    speed_mps = np.linalg.norm(np.diff(points_m, axis=0), axis=-1) * rate_hz
    height_m = (points_m[1:, :, 2] + points_m[:-1, :, 2]) / 2
    rest_m = shape.scale * _OFFSETS_M[:, 1].min()
    above_m = height_m - np.percentile(height_m.min(axis=1), _FLOOR_PERCENTILE)
    stands = (speed_mps < _SLOW_MPS) & (above_m < _LOW_M - 0.2 * rest_m)
    shortest = max(2, round(0.1 * rate_hz))
    stands = binary_opening(stands, np.ones((shortest, 1), bool))
    return Contact(stands, (rate_hz / _DRIFT_MPS) ** 2)


def foot_points_m(shape: Shape, posed: Posed) -> np.ndarray:
    """Heel and outer ball of the left, then of the right foot [pose, point, 3], in metres."""
    arms_m = np.einsum("pkab,kb->pka", posed.world[:, _JOINTS], shape.scale * _OFFSETS_M)
    return posed.joints_m[:, _JOINTS] + arms_m


def add_contact(
    equations: NormalEquations,
    contact: Contact | None,
    rig: Rig,
    shape: Shape,
    posed: Posed,
    joints: np.ndarray,
) -> None:
    """Add the squared displacements of standing points.

    Args:
        equations: equations to which the terms are added.
        contact: points that stand on the floor; None to add no equations.
        rig, shape, posed: skeleton, person and current poses.
        joints: unknown joints, followed by the index of the pelvis position.
    """
    if contact is None:
        return
    points_m = foot_points_m(shape, posed)
    jacobian = pose_jacobian(rig, posed, points_m, _JOINTS)[:, :, :, joints]
    jacobian = jacobian.reshape(len(points_m), -1, 3 * len(joints))
    root = np.repeat(np.sqrt(contact.weight) * contact.stands, 3, axis=1)
    before, after = jacobian[:-1] * -root[..., None], jacobian[1:] * root[..., None]
    residual = root * np.diff(points_m, axis=0).reshape(len(root), -1)
    before_t, after_t = np.swapaxes(before, -1, -2), np.swapaxes(after, -1, -2)
    equations.same[:-1] += before_t @ before
    equations.same[1:] += after_t @ after
    equations.next += after_t @ before
    equations.gradient[:-1] += (before_t @ residual[..., None])[..., 0]
    equations.gradient[1:] += (after_t @ residual[..., None])[..., 0]


def contact_cost(contact: Contact | None, rig: Rig, shape: Shape, posed: Posed) -> float:
    """Half the weighted sum of squared displacements of standing points."""
    if contact is None:
        return 0.0
    square = (np.diff(foot_points_m(shape, posed), axis=0) ** 2).sum(axis=-1)
    return 0.5 * contact.weight * float((contact.stands * square).sum())
