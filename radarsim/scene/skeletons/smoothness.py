"""Smoothness prior: accelerations have the magnitude and duration of human movement.

A priori, each component of a joint's angular acceleration and of the pelvis acceleration is a
stationary Gaussian process with standard deviation s, correlation time T and the two-sided spectral
density

    S(w) = 2 s^2 T / (1 + (w T)^2)          (Singer's model of a manoeuvring target).

The negative log-probability of this process is, up to a constant, a sum over the poses at intervals
dt, with the accelerations a and the jerks j:

    sum dt (a^2 + T^2 j^2) / (4 s^2 T).

For landmarks with white noise, this prior leads to a Wiener filter: a low-pass filter whose gain
falls with the sixth power of the frequency and whose bandwidth follows from s, T and the noise
alone. Noisy landmarks are smoothed more than clean ones. Slow limbs are smoothed more than fast
ones, because s follows the local motion, separately for each axis of a joint. A quickly bending
knee is thus kept from turning about its other axes.

Source:
    Singer, "Estimating optimal tracking filter performance for manned maneuvering targets", IEEE
    Transactions on Aerospace and Electronic Systems 6(4), 1970, eq. 2.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import uniform_filter1d

from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.kinematics import Pose
from radarsim.scene.skeletons.rotation_vectors import inverse_right_jacobian, to_vectors

# Correlation time of the accelerations [s].
_CORRELATION_S = 0.12
# The local standard deviation is the root mean square of the fitted accelerations within `LOCAL_S`,
# times a gain, because a fit to noisy landmarks underestimates accelerations. The result is limited
# to between `_LEAST` and `_MOST` times the usual standard deviation.
_LEAST, _MOST = 0.1, 10.0
_GAIN, LOCAL_S = 1.4, 0.5
# Coefficients of consecutive steps in the second and third differences of the poses.
_SECOND, _THIRD = (-1.0, 1.0), (1.0, -2.0, 1.0)


class Smoothness(NamedTuple):
    """Weights of squared pose differences, for each component of each joint and of the pelvis.

    Attributes:
        second: weights of second differences [pose - 2, joint + 1, 3].
        third: weights of third differences [pose - 3, joint + 1, 3].
    """

    second: np.ndarray
    third: np.ndarray

    def scaled(self, factor: float) -> "Smoothness":
        """Multiply all weights by a factor."""
        return Smoothness(factor * self.second, factor * self.third)


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


def usual_smoothness(std: np.ndarray, num_poses: int, rate_hz: float) -> Smoothness:
    """Return the weights for accelerations with constant standard deviations.

    Args:
        std: standard deviation of the acceleration of each joint and of the pelvis [joint + 1].
        num_poses, rate_hz: number and rate of the poses.
    """
    variance = np.tile((std**2)[:, None], (max(num_poses - 2, 0), 1, 3))
    return _smoothness(variance, rate_hz)


def no_smoothness(num_joints: int, num_poses: int) -> Smoothness:
    """Return zero weights, with which each pose is fitted independently."""
    counts = (max(num_poses - 2, 0), max(num_poses - 3, 0))
    return Smoothness(*(np.zeros((count, num_joints + 1, 3)) for count in counts))


def local_smoothness(pose: Pose, std: np.ndarray, rate_hz: float) -> Smoothness:
    """Return the weights for accelerations with standard deviations that follow the motion.

    Args:
        pose: poses fitted with constant standard deviations.
        std, rate_hz: same arguments as for `usual_smoothness`.
    """
    square = accelerations(pose, rate_hz) ** 2
    local = uniform_filter1d(square, max(1, round(LOCAL_S * rate_hz)), axis=0, mode="nearest")
    usual = (std**2)[:, None]
    return _smoothness(np.clip(_GAIN**2 * local, _LEAST**2 * usual, _MOST**2 * usual), rate_hz)


def _smoothness(variance: np.ndarray, rate_hz: float) -> Smoothness:
    """Return the weights for the given acceleration variance at each second difference."""
    second = rate_hz**3 / (2 * _CORRELATION_S * variance)
    between = (second[1:] + second[:-1]) / 2
    return Smoothness(second, (_CORRELATION_S * rate_hz) ** 2 * between)


def add_smoothness(equations: NormalEquations, pose: Pose, smoothness: Smoothness, joints) -> float:
    """Add the squared second and third differences of the poses to the normal equations.

    Args:
        equations: equations to which the terms are added.
        pose: current poses.
        smoothness: weights of the second and third differences.
        joints: indices of the unknown joints; the last index is the pelvis position.

    Returns:
        Half the weighted sum of squares.
    """
    step = steps_between(pose)[:, joints]
    right = inverse_right_jacobian(step)
    right[:, -1] = np.eye(3)
    cost = 0.0
    for signs, weights in ((_SECOND, smoothness.second), (_THIRD, smoothness.third)):
        cost += _add_differences(equations, step, right, signs, weights[:, joints])
    return cost


def _add_differences(equations, step, right, signs, weight) -> float:
    """Add the squared differences of one order, which is given by the coefficients `signs`."""
    count, order = len(weight), len(signs)
    left = np.swapaxes(right, -1, -2)  # A(-v) = A(v)^T
    parts = [np.zeros((count, *right.shape[1:])) for _ in range(order + 1)]
    for place, sign in enumerate(signs):
        parts[place] -= sign * left[place : place + count]
        parts[place + 1] += sign * right[place : place + count]
    residual = _differences(step, signs)
    for later, rows in enumerate(parts):
        scaled = np.swapaxes(rows, -1, -2) * weight[..., None, :]
        gradient = (scaled @ residual[..., None])[..., 0]
        equations.gradient[later : later + count] += gradient.reshape(count, -1)
        for earlier in range(later + 1):
            poses = slice(earlier, earlier + count)
            equations.add_joint_blocks(later - earlier, poses, scaled @ parts[earlier])
    return 0.5 * float((weight * residual**2).sum())


def _differences(step: np.ndarray, signs) -> np.ndarray:
    """Return the sums of consecutive steps, multiplied by the coefficients `signs`."""
    count = len(step) - len(signs) + 1
    return sum(sign * step[place : place + count] for place, sign in enumerate(signs))


def smoothness_cost(pose: Pose, smoothness: Smoothness, joints) -> float:
    """Return half of the weighted sum of squared second and third differences."""
    step = steps_between(pose)[:, joints]
    orders = ((_SECOND, smoothness.second), (_THIRD, smoothness.third))
    squares = [
        (weights[:, joints] * _differences(step, signs) ** 2).sum() for signs, weights in orders
    ]
    return 0.5 * float(sum(squares))
