"""Smoothness: accelerations of limbs and pelvis are limited by what people do.

Angular acceleration of each joint and acceleration of the pelvis are white Gaussian noise a priori,
with the standard deviations of `pose_prior`. For measurements with white noise, this prior gives a
low-pass filter of fourth order, whose cut-off frequency is the fourth root of the ratio of the
two spectral densities: noisy joints are smoothed more than clean ones, and calm poses more
than fast ones, because the standard deviation follows the local acceleration.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d

from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.kinematics import Pose
from radarsim.scene.skeletons.rotation_vectors import inverse_right_jacobian, to_vectors

# Rate at which the standard deviations of accelerations are stated; other rates are scaled so that
# the spectral density is the same [Hz].
REFERENCE_RATE_HZ = 30.0
# The local standard deviation lies between these multiples of the usual one. It is the root mean
# square of the fitted accelerations within `_LOCAL_S`, times a gain, because a fit with noise
# underestimates accelerations.
_LEAST, _MOST = 0.3, 10.0
_GAIN, _LOCAL_S = 2.0, 0.4


def steps_between(pose: Pose) -> np.ndarray:
    """Rotations to the next pose, then pelvis displacements [pose - 1, joint + 1, 3]."""
    turned = np.swapaxes(pose.rotations[:-1], -1, -2) @ pose.rotations[1:]
    moved_m = np.diff(pose.pelvis_m, axis=0)
    return np.concatenate([to_vectors(turned), moved_m[:, None]], axis=1)


def accelerations(pose: Pose, rate_hz: float) -> np.ndarray:
    """Angular accelerations of joints [rad/s^2], then acceleration of the pelvis [m/s^2].

    Returns:
        [pose - 2, joint + 1, 3], at the second to the last but one pose.
    """
    return np.diff(steps_between(pose), axis=0) * rate_hz**2


def acceleration_weights(std: np.ndarray, num_poses: int, rate_hz: float) -> np.ndarray:
    """Weight of each second difference for constant standard deviations [pose - 2, joint + 1].

    Args:
        std: standard deviation of the acceleration of each joint and of the pelvis.
        num_poses, rate_hz: number and rate of the poses.
    """
    per_step = REFERENCE_RATE_HZ / rate_hz * rate_hz**4
    return np.tile(per_step / std**2, (max(num_poses - 2, 0), 1))


def local_weights(pose: Pose, std: np.ndarray, rate_hz: float) -> np.ndarray:
    """Weights like `acceleration_weights`, with standard deviations that follow the motion.

    Args:
        pose: poses fitted with constant standard deviations.
        std, rate_hz: as for `acceleration_weights`.
    """
    square = (accelerations(pose, rate_hz) ** 2).mean(axis=-1)
    local = uniform_filter1d(square, max(1, round(_LOCAL_S * rate_hz)), axis=0, mode="nearest")
    local = np.maximum(local, 0)  # the running sum may round below zero
    factor = np.clip(_GAIN * np.sqrt(local) / std, _LEAST, _MOST)
    return acceleration_weights(std, len(pose.pelvis_m), rate_hz) / factor**2


def add_smoothness(equations: NormalEquations, pose: Pose, weights: np.ndarray, joints) -> float:
    """Add the squared second differences of the poses.

    Args:
        equations: equations to which the terms are added.
        pose: current poses.
        weights: weight of each second difference [pose - 2, joint + 1].
        joints: indices of the unknown joints; the last index is the pelvis position.

    Returns:
        Half the weighted sum of squares.
    """
    step = steps_between(pose)[:, joints]
    weight = weights[:, joints]
    residual = np.diff(step, axis=0)
    right = inverse_right_jacobian(step)
    left = np.swapaxes(right, -1, -2)  # A(-v) = A(v)^T
    right[:, -1] = left[:, -1] = np.eye(3)
    before, after = left[:-1], right[1:]
    here = -(left[1:] + right[:-1])
    parts = (before, here, after)
    last = len(pose.pelvis_m)
    for first, one in enumerate(parts):
        poses = slice(first, last - 2 + first)
        scaled = np.swapaxes(one, -1, -2) * weight[..., None, None]
        gradient = (scaled @ residual[..., None])[..., 0]
        equations.gradient[poses] += gradient.reshape(len(gradient), -1)
        equations.add_joint_blocks("same", poses, scaled @ one)
    equations.add_joint_blocks("next", slice(0, last - 2), _product(here, before, weight))
    equations.add_joint_blocks("next", slice(1, last - 1), _product(after, here, weight))
    equations.second += _product(after, before, weight)
    return 0.5 * float((weight[..., None] * residual**2).sum())


def smoothness_cost(pose: Pose, weights: np.ndarray, joints) -> float:
    """Half the weighted sum of squared second differences."""
    residual = np.diff(steps_between(pose)[:, joints], axis=0)
    return 0.5 * float((weights[:, joints, None] * residual**2).sum())


def _product(rows, columns, weight):
    return np.swapaxes(rows, -1, -2) * weight[..., None, None] @ columns
