"""Prior of poses: usual rotations, limits of joints, and usual accelerations.

The means and standard deviations were computed from the built-in activities of this project
(Apache-2.0) by `tools/calibrate_skeletons.py`. The prior decides what joints do not determine, such
as the twist of a straight arm; its weight is small where they do.

Sources of the limits:
    American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and Recording",
    1965, with margins for SMPL's joint frames.
"""

import numpy as np

from radarsim.scene.skeleton import JOINT, NUM_SHARED_JOINTS
from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.rotation_vectors import inverse_right_jacobian, to_vectors

# Weight of the prior relative to one pose: poses of a clip are not independent.
_WEIGHT = 0.05
# Standard deviation of rotations beyond the limits [rad].
_LIMIT_STD_RAD = 0.05
# Left side and middle: mean and standard deviation of the rotation vector [rad].
_USUAL_RAD = {
    "left_hip": ((-0.3, 0.0, 0.05), (0.5, 0.25, 0.2)),
    "left_knee": ((0.5, 0.0, 0.0), (0.6, 0.1, 0.1)),
    "left_ankle": ((0.0, 0.0, 0.0), (0.25, 0.15, 0.15)),
    "left_foot": ((0.0, 0.0, 0.0), (0.1, 0.05, 0.05)),
    "spine1": ((0.05, 0.0, 0.0), (0.12, 0.10, 0.08)),
    "spine2": ((0.05, 0.0, 0.0), (0.12, 0.10, 0.08)),
    "spine3": ((0.0, 0.0, 0.0), (0.08, 0.10, 0.06)),
    "neck": ((0.0, 0.0, 0.0), (0.15, 0.20, 0.12)),
    "head": ((0.0, 0.0, 0.0), (0.15, 0.20, 0.12)),
    "left_collar": ((0.0, 0.0, 0.0), (0.05, 0.12, 0.12)),
    "left_shoulder": ((0.0, -0.3, -0.9), (0.5, 0.6, 0.6)),
    "left_elbow": ((-0.3, -0.6, 0.0), (0.5, 0.6, 0.15)),
    "left_wrist": ((0.0, 0.0, 0.0), (0.3, 0.2, 0.3)),
}
# Limits of the components of the rotation vector [rad].
_FREE = (-3.2, 3.2)
_LIMITS_RAD = {
    "left_hip": ((-2.4, 0.9), (-1.2, 1.2), (-0.9, 1.2)),
    "left_knee": ((-0.08, 2.7), (-0.35, 0.35), (-0.25, 0.25)),
    "left_ankle": ((-0.7, 0.9), (-0.5, 0.5), (-0.5, 0.5)),
    "left_foot": ((-0.6, 0.6), (-0.2, 0.2), (-0.2, 0.2)),
    "spine1": ((-0.4, 0.7), (-0.35, 0.35), (-0.35, 0.35)),
    "spine2": ((-0.4, 0.7), (-0.35, 0.35), (-0.35, 0.35)),
    "spine3": ((-0.3, 0.5), (-0.35, 0.35), (-0.3, 0.3)),
    "neck": ((-0.6, 0.7), (-0.8, 0.8), (-0.5, 0.5)),
    "head": ((-0.6, 0.6), (-0.8, 0.8), (-0.5, 0.5)),
    "left_collar": ((-0.3, 0.3), (-0.5, 0.4), (-0.3, 0.7)),
    "left_shoulder": (_FREE, _FREE, _FREE),
    "left_elbow": ((-1.9, 1.9), (-2.7, 0.1), (-0.7, 0.7)),
    "left_wrist": ((-1.0, 1.0), (-0.8, 0.8), (-1.4, 1.4)),
}
# Standard deviation of the angular acceleration of each joint [rad/s^2], and of the acceleration of
# the pelvis [m/s^2], at 30 poses per second.
_ACCELERATION = {
    "pelvis": 5.0,
    **dict.fromkeys(("spine1", "spine2", "spine3"), 4.0),
    **dict.fromkeys(("neck", "head"), 8.0),
    "left_collar": 5.0,
    "left_shoulder": 14.0,
    "left_elbow": 18.0,
    "left_wrist": 15.0,
    "left_hip": 12.0,
    "left_knee": 18.0,
    "left_ankle": 15.0,
    "left_foot": 8.0,
}
PELVIS_ACCELERATION_MPS2 = 2.5


def _per_joint(table: dict, mirror) -> np.ndarray:
    """One row per joint from a table of the left side; the root gets zeros if it is missing."""
    rows = []
    for name in list(JOINT)[:NUM_SHARED_JOINTS]:
        value = table.get(name.replace("right", "left"))
        value = np.zeros_like(next(iter(table.values())), float) if value is None else value
        rows.append(mirror(np.array(value, float)) if name.startswith("right") else value)
    return np.array(rows, float)


# A mirror image changes the signs of the second and third component of a rotation vector.
_SIGNS = np.array([1.0, -1.0, -1.0])
_USUAL = _per_joint(_USUAL_RAD, lambda rows: rows * np.stack([_SIGNS, np.ones(3)]))
USUAL_MEAN_RAD, _STD_RAD = _USUAL[:, 0], _USUAL[:, 1]
_LIMITS = _per_joint(
    _LIMITS_RAD, lambda rows: np.sort(rows * _SIGNS[:, None], axis=-1)
)
ACCELERATION_STD = np.append(_per_joint(_ACCELERATION, lambda row: row), PELVIS_ACCELERATION_MPS2)
"""Standard deviations of the accelerations of the 22 joints and of the pelvis position."""


def add_pose_prior(equations: NormalEquations, rotations: np.ndarray, joints) -> float:
    """Add the terms of usual rotations and of joint limits, except for the pelvis.

    Args:
        equations: equations to which the terms are added.
        rotations: current rotations [pose, joint, 3, 3].
        joints: indices of the unknown joints.

    Returns:
        Half the weighted sum of squares.
    """
    vectors_rad = to_vectors(rotations[:, joints])
    residual, weight = _residuals(vectors_rad, joints)
    jacobian = inverse_right_jacobian(vectors_rad)
    scaled = np.swapaxes(jacobian * weight[..., None], -1, -2)
    gradient = np.swapaxes(jacobian, -1, -2) @ residual[..., None]
    count = 3 * len(joints)
    equations.gradient[:, :count] += gradient.reshape(len(gradient), -1)
    equations.add_joint_blocks("same", slice(None), scaled @ jacobian)
    return _cost(vectors_rad, joints)


def pose_prior_cost(rotations: np.ndarray, joints) -> float:
    """Half the weighted sum of squares of the terms of `add_pose_prior`."""
    return _cost(to_vectors(rotations[:, joints]), joints)


def _residuals(vectors_rad, joints):
    """Gradient by the rotation vectors, and weights [pose, joint, 3]."""
    low, high = _LIMITS[joints, :, 0], _LIMITS[joints, :, 1]
    has_prior = _STD_RAD[joints] > 0
    weight = np.where(has_prior, _WEIGHT / np.maximum(_STD_RAD[joints], 1e-3) ** 2, 0.0)
    outside = vectors_rad - np.clip(vectors_rad, low, high)
    outside = np.where(has_prior, outside, 0.0)
    residual = weight * (vectors_rad - USUAL_MEAN_RAD[joints]) + outside / _LIMIT_STD_RAD**2
    return residual, weight + (outside != 0) / _LIMIT_STD_RAD**2


def _cost(vectors_rad, joints) -> float:
    low, high = _LIMITS[joints, :, 0], _LIMITS[joints, :, 1]
    has_prior = _STD_RAD[joints] > 0
    outside = np.where(has_prior, vectors_rad - np.clip(vectors_rad, low, high), 0.0)
    usual = np.where(has_prior, vectors_rad - USUAL_MEAN_RAD[joints], 0.0)
    usual = usual / np.where(has_prior, _STD_RAD[joints], 1.0)
    return 0.5 * float(_WEIGHT * (usual**2).sum() + (outside**2).sum() / _LIMIT_STD_RAD**2)
