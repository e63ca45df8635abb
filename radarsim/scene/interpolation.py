"""Continuously differentiable interpolation between poses: cubic on SO(3) and for points.

Radar phase resolves fractions of a millimetre, so velocity discontinuities at the poses would
spread energy over the Doppler spectrum. Between poses i and i+1 every joint follows

    R(t) = R_i exp(f(u)),    u = (t - t_i) / h,

where f is the cubic Hermite curve from 0 to log(R_i^-1 R_i+1) whose time derivatives at the ends
match the joint's angular velocities at the two poses, estimated to fourth order from two poses on
either side. No other poses are used, so the cost depends only on the sampled part of a motion.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

# Maximum rotation over two pose intervals for which the fourth-order derivative is used; this
# derivative contains log(R_i^-1 R_i+2), which is ambiguous near pi.
_MAX_TWO_STEP_RAD = 2.5


def interpolate_rotations(
    rotvec: Float[np.ndarray, "pose *joint 3"], position: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "time *joint 3"]:
    """Interpolate rotations between poses.

    Args:
        rotvec: axis-angle at every pose [rad]; at least two poses.
        position: time in units of poses, from 0 to the index of the last pose.

    Returns:
        Axis-angle at the positions [rad].
    """
    rotvec, left, u = _near(rotvec, position)
    shape = rotvec.shape[1:]
    quat = Rotation.from_rotvec(rotvec.reshape(-1, 3)).as_quat().reshape(-1, *shape[:-1], 4)

    def difference(first, second):
        """Rotation vectors from one pose to another, in the frame of the first pose."""
        start, end = (Rotation.from_quat(quat[i].reshape(-1, 4)) for i in (first, second))
        return (start.inv() * end).as_rotvec().reshape(-1, *shape)

    velocity = _slopes(difference, len(rotvec), _MAX_TWO_STEP_RAD)
    step = difference(left, left + 1)
    f = _hermite(_like(u, step), step, velocity[left], _unroll(step, velocity[left + 1]))
    start = Rotation.from_quat(quat[left].reshape(-1, 4))
    return (start * Rotation.from_rotvec(f.reshape(-1, 3))).as_rotvec().reshape(-1, *shape)


def interpolate_points(
    points: Float[np.ndarray, "pose *point 3"], position: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "time *point 3"]:
    """Interpolate points between poses by a cubic Hermite curve, as for rotations.

    Args:
        points: points at every pose; at least two poses.
        position: time in units of poses, from 0 to the index of the last pose.

    Returns:
        Points at the positions.
    """
    points, left, u = _near(points, position)
    slope = _slopes(lambda first, second: points[second] - points[first], len(points))
    step = points[left + 1] - points[left]
    return points[left] + _hermite(_like(u, step), step, slope[left], slope[left + 1])


def _near(values, position):
    """Poses near the positions, and each position as the index of a pose plus a fraction."""
    position = np.clip(position, 0, len(values) - 1)
    left = np.minimum(position.astype(int), len(values) - 2)
    first = max(left.min() - 2, 0)
    return values[first : left.max() + 4], left - first, position - left


def _like(u: np.ndarray, values: np.ndarray) -> np.ndarray:
    return u.reshape(-1, *[1] * (values.ndim - 1))


def _slopes(difference, num_poses: int, max_two_step: float = np.inf) -> np.ndarray:
    """Derivative at every pose.

    Five-point differences are used inside, three-point differences next to the ends, and one-sided
    differences at the ends.

    If a rotation over two pose intervals is large enough to be ambiguous, only rotations between
    adjacent poses are used.
    """
    i = np.arange(num_poses)
    one = difference(i[:-1], i[1:])
    # Seen from the two ends of a step, log(R^-1 S) differs only in sign.
    slope = np.concatenate([one[:1], (one[1:] + one[:-1]) / 2, one[-1:]])
    if num_poses < 3:
        return slope
    two = difference(i[:-2], i[2:])
    size = np.linalg.norm(one, axis=-1, keepdims=True)
    trusted = size[1:] + size[:-1] < max_two_step
    for end in (0, -1):
        slope[end] = np.where(trusted[end], 2 * one[end] - two[end] / 2, one[end])
    fourth_order = (8 * slope[2:-2] * 2 - (two[2:] + two[:-2])) / 12
    slope[2:-2] = np.where(trusted[2:] & trusted[:-2], fourth_order, slope[2:-2])
    return slope


def _hermite(u, step, start_slope, end_slope) -> np.ndarray:
    """Cubic from 0 to `step` with the given derivatives at u = 0 and 1."""
    rise = u * u * (3 - 2 * u)
    return rise * step + u * (1 - u) ** 2 * start_slope - u * u * (1 - u) * end_slope


def _unroll(phi: np.ndarray, omega: np.ndarray) -> np.ndarray:
    """Time derivative of the rotation vector phi(t) at body angular velocity omega.

    The derivative is the inverse right Jacobian of SO(3) times omega,

        omega + phi x omega / 2 + c phi x (phi x omega),
        c = 1 / |phi|^2 - (1 + cos |phi|) / (2 |phi| sin |phi|).

    Source:
        Solà, Deray, Atchuthan, "A micro Lie theory for state estimation", 2018, eq. 144.
    """
    angle = np.linalg.norm(phi, axis=-1, keepdims=True)
    small = angle < 1e-3
    safe = np.where(small, 1.0, np.minimum(angle, np.pi - 1e-6))
    c = 1 / safe**2 - (1 + np.cos(safe)) / (2 * safe * np.sin(safe))
    c = np.where(small, 1 / 12, c)
    once = np.cross(phi, omega)
    return omega + once / 2 + c * np.cross(phi, once)
