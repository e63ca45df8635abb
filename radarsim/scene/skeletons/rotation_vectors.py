"""Rotation matrices and rotation vectors, with the derivatives of the logarithm on SO(3).

For small d, log(exp(v) exp(d)) = v + A(v) d, where A is the inverse right Jacobian, and
log(exp(d) exp(v)) = v + A(-v) d.

Source:
    Solà, Deray, Atchuthan, "A micro Lie theory for state estimation", 2018, eq. 144.
"""

import numpy as np
from scipy.spatial.transform import Rotation


def to_matrices(rotvec_rad: np.ndarray) -> np.ndarray:
    """Rotation matrices [..., 3, 3] of rotation vectors [..., 3], in radians."""
    flat = Rotation.from_rotvec(np.reshape(rotvec_rad, (-1, 3))).as_matrix()
    return flat.reshape(*np.shape(rotvec_rad)[:-1], 3, 3)


def to_vectors(matrices: np.ndarray) -> np.ndarray:
    """Rotation vectors [..., 3] of rotation matrices [..., 3, 3], in radians."""
    flat = Rotation.from_matrix(np.reshape(matrices, (-1, 3, 3))).as_rotvec()
    return flat.reshape(*np.shape(matrices)[:-2], 3)


def cross_matrix(vectors: np.ndarray) -> np.ndarray:
    """Matrices [..., 3, 3] whose product with u is the cross product of the vectors with u."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    rows = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    return rows.reshape(*vectors.shape, 3)


def inverse_right_jacobian(vectors: np.ndarray) -> np.ndarray:
    """The matrix A(v) = I + [v]/2 + c [v]^2 of the module docstring [..., 3, 3]."""
    angle = np.linalg.norm(vectors, axis=-1)
    small = angle < 1e-3
    safe = np.where(small, 1.0, np.minimum(angle, np.pi - 1e-3))
    c = 1 / safe**2 - (1 + np.cos(safe)) / (2 * safe * np.sin(safe))
    c = np.where(small, 1 / 12, c)[..., None, None]
    cross = cross_matrix(vectors)
    return np.eye(3) + cross / 2 + c * (cross @ cross)


def nearest_rotations(matrices: np.ndarray) -> np.ndarray:
    """Rotations R [..., 3, 3] that maximise trace(R^T M): the solution of Kabsch's problem."""
    u, _, vt = np.linalg.svd(matrices)
    u[..., :, 2] *= np.sign(np.linalg.det(u) * np.linalg.det(vt))[..., None]
    return u @ vt
