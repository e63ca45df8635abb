"""AMASS arrays to `Motion`: SMPL (72), SMPL-H (156) and SMPL-X (165) values per pose.

This module opens no files: `files.py` passes it the arrays. Poses may be tables that are read from
the file on demand.

Source:
    Mahmood et al., "AMASS: Archive of Motion Capture as Surface Shapes", ICCV 2019, and the file
    listings of https://github.com/nghorbani/amass.
"""

from collections.abc import Mapping

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.npz import LazyTable
from radarsim.scene.lazy_poses import LazyPoses
from radarsim.scene.motion import REST_PELVIS_M, Motion, check_motion, check_shapes
from radarsim.scene.skeleton import NUM_JOINTS

RATE_KEYS = ("mocap_framerate", "mocap_frame_rate")
# SMPL-X files may hold the pose in several arrays; this is the order of the 55 joints.
PART_KEYS = ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")
# Synthetic motions have shape coefficients of the free body; their `betas` are zero and their
# `trans` refers to SMPL's mean body, so that tools that support only SMPL can read them.
FREE_BETAS = "free_betas"
KEYS = (
    "poses",
    "trans",
    "betas",
    "gender",
    "surface_model_type",
    FREE_BETAS,
    *RATE_KEYS,
    *PART_KEYS,
)
# Arrays that may be large.
POSE_KEYS = ("poses", *PART_KEYS)
Arrays = Mapping[str, np.ndarray | LazyTable]
_LAYOUT_OF_WIDTH = {3 * num: layout for layout, num in NUM_JOINTS.items()}


def motion_from_arrays(arrays: Arrays, where: str, name: str) -> Motion:
    """The motion in an AMASS file.

    Args:
        arrays: the file's arrays by key; keys not in `KEYS` are ignored. Arrays of `POSE_KEYS` may
            be `LazyTable`, which are read on demand.
        where: the file, for messages.
        name: the motion's id.

    Returns:
        The checked motion.

    Raises:
        InputError: a key is missing, or a value cannot be used.
    """
    poses_rad, layout = _poses(arrays, where)
    transl_m = _numbers(arrays, "trans", where)
    check_shapes(poses_rad, transl_m, layout, where)
    shape_space, betas_key = ("smplx" if layout == "smplx" else "smpl"), "betas"
    rest_pelvis_m = None
    if FREE_BETAS in arrays:
        rest_pelvis_m, shape_space, betas_key = REST_PELVIS_M[shape_space], "free", FREE_BETAS
    motion = Motion(
        poses_rad=poses_rad,
        transl_m=transl_m,
        rate_hz=_rate_hz(arrays, where),
        betas=_numbers(arrays, betas_key, where).ravel() if betas_key in arrays else np.zeros(0),
        shape_space=shape_space,
        gender=_gender(arrays),
        layout=layout,
        name=name,
        rest_pelvis_m=rest_pelvis_m,
    )
    return check_motion(motion, where)


def _poses(arrays: Arrays, where: str) -> tuple[np.ndarray | LazyPoses, str]:
    """Poses [pose, joint, 3] and their layout; `LazyPoses` if any table is read on demand."""
    in_parts = "poses" not in arrays and all(key in arrays for key in PART_KEYS)
    tables = {key: _checked(arrays, key, where) for key in (PART_KEYS if in_parts else ("poses",))}
    layout = _layout(tables, where)
    poses_rad = LazyPoses(list(tables.values()))
    stored = any(isinstance(table, LazyTable) for table in tables.values())
    return poses_rad if stored else np.asarray(poses_rad), layout


def _layout(tables: Arrays, where: str) -> str:
    """The layout of the pose tables; their columns are concatenated."""
    shapes = [table.shape for table in tables.values()]
    if len(shapes) == 1 and len(shapes[0]) != 2:
        problem = f"shape {shapes[0]}, but [pose, 72 | 156 | 165] is needed"
        raise InputError(where, "poses", problem, "give one row of axis-angle values per pose")
    if any(len(shape) != 2 or shape[0] != shapes[0][0] for shape in shapes):
        found = ", ".join(f"{key} {shape}" for key, shape in zip(tables, shapes))
        raise InputError(where, "poses", f"parts differ: {found}", "give one row per pose")
    width = sum(shape[1] for shape in shapes)
    if width not in _LAYOUT_OF_WIDTH:
        problem = f"{width} values per pose, but SMPL has 72, SMPL-H 156 and SMPL-X 165"
        raise InputError(where, "poses", problem, "give full axis-angle poses")
    return _LAYOUT_OF_WIDTH[width]


def _checked(arrays: Arrays, key: str, where: str) -> np.ndarray | LazyTable:
    """The array of this key, after checking that it exists and holds numbers."""
    if key not in arrays:
        found = ", ".join(sorted(arrays)) or "no known key"
        raise InputError(where, key, f"missing (found {found})", "give an AMASS motion file")
    values = arrays[key] if isinstance(arrays[key], LazyTable) else np.asarray(arrays[key])
    if values.dtype.kind not in "fiu":
        raise InputError(where, key, f"holds {values.dtype}, not numbers", "save it as float")
    return values


def _numbers(arrays: Arrays, key: str, where: str) -> np.ndarray:
    return np.asarray(_checked(arrays, key, where)).astype(np.float64)


def _rate_hz(arrays: Arrays, where: str) -> float:
    for key in RATE_KEYS:
        if key in arrays:
            values = _numbers(arrays, key, where).ravel()
            if values.size != 1:
                raise InputError(where, key, f"{values.size} values", "give one rate in Hz")
            return float(values[0])
    raise InputError(
        where, "mocap_framerate", "missing (nor mocap_frame_rate)", "add the pose rate in Hz"
    )


def _gender(arrays: Arrays) -> str:
    """Published as str, bytes, or text of a bytes literal; any other value means neutral."""
    value = np.asarray(arrays.get("gender", "neutral")).ravel()
    text = value[0] if value.size else "neutral"
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    for gender in ("female", "male"):
        if gender in text.lower():
            return gender
    return "neutral"
