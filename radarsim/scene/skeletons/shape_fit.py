"""Scale, shape and landmark offsets of a person, fitted together with some poses of the clip.

In this fit, the poses are independent of each other and are eliminated by the Schur complement. All
poses of a clip are then fitted with this one shape, so that a clip of any length needs little
memory.
"""

import numpy as np

from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.kinematics import (
    Pose,
    Rig,
    Shape,
    forward,
    pose_jacobian,
    shape_jacobian,
)
from radarsim.scene.skeletons.pose_prior import PosePrior
from radarsim.scene.skeletons.problem import moved

# Standard deviation of the scale factor, which describes the size that the betas do not explain.
SCALE_STD = 0.1
# The scale of the robust (Geman-McClure) loss is four standard deviations of the noise plus this
# distance [m].
_ROBUST_M = 0.03
# Factor of the scale of the robust loss in each iteration.
_LOOSE = (10.0, 10.0, 10.0, 4.0, 4.0, 2.0, 1.0, 1.0, 1.0, 1.0)
# Maximum magnitude of the betas, in standard deviations.
_MOST_SIGMA = 3.5


def fit_shape(
    rig: Rig,
    assumed: tuple[Shape, float],
    offset_stds_m: np.ndarray,
    pose: Pose,
    points_m: np.ndarray,
    accuracy: tuple[np.ndarray, np.ndarray],
    unknown: tuple[np.ndarray, PosePrior],
) -> tuple[Shape, Pose]:
    """Fit one shape to some poses.

    Args:
        rig: the skeleton.
        assumed: assumed shape, which has the usual offsets, and the standard deviation of its
            scale.
        offset_stds_m: standard deviation of each landmark's offset [landmark], in metres.
        pose: starting poses.
        points_m: observed landmarks [pose, landmark, 3].
        accuracy: 1 / variance times confidence, zero where missing [pose, landmark], and standard
            deviation of each landmark [m].
        unknown: unknown joints, followed by the index of the pelvis position; and their prior.

    Returns:
        The shape, and the poses fitted with it.
    """
    shape, (weights, stds_m) = assumed[0], accuracy
    for loose in _LOOSE:
        robust = weights, loose * (4 * stds_m + _ROBUST_M)
        shape, pose = _step(rig, (assumed, shape), offset_stds_m, pose, points_m, robust, unknown)
    return shape, pose


def _step(rig, shapes, offset_stds_m, pose, points_m, robust_weights, unknown):
    """One Gauss-Newton step of shape and poses."""
    (assumed, shape), (joints, prior) = shapes, unknown
    weights, robust_m = robust_weights
    posed = forward(rig, shape, pose)
    distance_m = posed.points_m - points_m
    weight = weights / (1 + (distance_m**2).sum(axis=-1) / robust_m**2) ** 2
    root = np.repeat(np.sqrt(weight), 3, axis=1)[..., None]
    count, unknowns = len(points_m), 3 * len(joints)
    by_pose = pose_jacobian(rig, posed, posed.points_m, rig.landmark_joints)[:, :, :, joints]
    by_pose = by_pose.reshape(count, -1, unknowns) * root
    by_shape = shape_jacobian(rig, posed)
    by_shape = by_shape.reshape(count, -1, by_shape.shape[-1]) * root
    residual = distance_m.reshape(count, -1, 1) * root
    equations = NormalEquations.zeros(count, unknowns)
    prior.add(equations, pose.rotations)
    transposed = np.swapaxes(by_pose, -1, -2)
    same = equations.same + transposed @ by_pose
    same += 1e-6 * np.einsum("tii->", same) / same[:, 0].size * np.eye(unknowns)
    gradient = equations.gradient[..., None] + transposed @ residual
    mixed = transposed @ by_shape
    inverse = np.linalg.solve(same, np.concatenate([mixed, gradient], axis=-1))
    matrix, right = _shape_prior(assumed, shape, offset_stds_m)
    flat = by_shape.reshape(-1, by_shape.shape[-1])
    matrix = matrix + flat.T @ flat - np.einsum("tus,tuv->sv", mixed, inverse[..., :-1])
    right = right + flat.T @ residual.ravel() - np.einsum("tus,tu->s", mixed, inverse[..., -1])
    change = -np.linalg.solve(matrix, right)
    step = -inverse[..., -1] - inverse[..., :-1] @ change
    return _changed(shape, change), moved(pose, joints, step)


def _shape_prior(assumed: tuple[Shape, float], shape: Shape, offset_stds_m):
    """Matrix and gradient of the prior, in the unknowns s, s times betas, s times offsets."""
    (start, scale_std), stds = assumed, np.repeat(offset_stds_m, 3)
    num_betas = len(shape.betas)
    # Residuals: (s - s0) / std, s b, (s o - s o0) / std.
    jacobian = np.zeros((1 + num_betas + len(stds),) * 2)
    jacobian[0, 0] = 1 / (start.scale * scale_std)
    betas, offsets = slice(1, 1 + num_betas), slice(1 + num_betas, None)
    jacobian[betas, betas] = np.eye(num_betas)
    jacobian[offsets, offsets] = np.diag(1 / stds)
    jacobian[offsets, 0] = -start.offsets_m.ravel() / stds
    residual = np.concatenate(
        [
            [(shape.scale - start.scale) / (start.scale * scale_std)],
            shape.scale * shape.betas,
            shape.scale * (shape.offsets_m - start.offsets_m).ravel() / stds,
        ]
    )
    return jacobian.T @ jacobian, jacobian.T @ residual


def _changed(shape: Shape, change: np.ndarray) -> Shape:
    scale = np.clip(shape.scale + change[0], 0.3, 2.0)
    num_betas = len(shape.betas)
    betas = (shape.scale * shape.betas + change[1 : 1 + num_betas]) / scale
    offsets_m = shape.scale * shape.offsets_m + change[1 + num_betas :].reshape(-1, 3)
    return Shape(float(scale), np.clip(betas, -_MOST_SIGMA, _MOST_SIGMA), offsets_m / scale)
