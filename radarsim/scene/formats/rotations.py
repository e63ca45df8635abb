"""Convert rotations from the representations used in files to axis-angle vectors."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError

# Limit on the entries of R R' - 1 below which R is a rotation matrix; matrices in float16, or
# rounded to four digits, are accepted.
_ORTHONORMAL = 0.02
_HINT = "give axis-angle vectors: scipy.spatial.transform.Rotation converts with as_rotvec()"
_OTHER_SIZES = {4: "quaternions", 6: "6-D rotations"}


def to_axis_angle(values: np.ndarray, key: str, where: str) -> Float[np.ndarray, "pose joint 3"]:
    """Convert rotations to axis-angle vectors of every joint [rad].

    Args:
        values: axis-angle vectors [pose, 3 joint] or [pose, joint, 3], or rotation matrices
            [pose, joint, 3, 3] or [pose, 9 joint].
        key: name of the array, used in messages.
        where: name of the file, used in messages.

    Raises:
        InputError: the array has none of the accepted shapes, or a matrix is not a rotation.
    """
    shape = values.shape
    if values.ndim == 4 and shape[2:] == (3, 3):
        return _of_matrices(values, key, where)
    if values.ndim == 3 and shape[1:] == (3, 3) and _are_rotations(values):
        return _of_matrices(values[:, None], key, where)
    if values.ndim == 3 and shape[2] == 3:
        return values
    if values.ndim == 3 and shape[2] in _OTHER_SIZES:
        kind = _OTHER_SIZES[shape[2]]
        raise InputError(where, key, f"shape {shape}: {kind} are not read", _HINT)
    if values.ndim == 2 and shape[1] % 9 == 0 and shape[1] > 9:
        matrices = values.reshape(shape[0], -1, 3, 3)
        if _are_rotations(matrices):
            return _of_matrices(matrices, key, where)
    if values.ndim == 2 and shape[1] % 3 == 0:
        return values.reshape(shape[0], -1, 3)
    problem = f"shape {shape}, but [pose, joint, 3], [pose, 3 joints] or matrices are needed"
    raise InputError(where, key, problem, _HINT)


def _of_matrices(values: np.ndarray, key: str, where: str) -> np.ndarray:
    if not _are_rotations(values):
        problem = f"shape {values.shape}, but the matrices are not rotations"
        raise InputError(where, key, problem, _HINT)
    flat = values.reshape(-1, 3, 3).astype(np.float64)
    return Rotation.from_matrix(flat).as_rotvec().reshape(*values.shape[:2], 3)


def _are_rotations(values: np.ndarray) -> bool:
    matrices = values.astype(np.float64)
    with np.errstate(all="ignore"):
        error = np.abs(matrices @ np.swapaxes(matrices, -1, -2) - np.eye(3)).max(initial=0.0)
        return bool(error < _ORTHONORMAL and (np.linalg.det(matrices) > 0).all())
