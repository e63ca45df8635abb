"""AMASS arrays to Motion: SMPL (72), SMPL-H (156) and SMPL-X (165) poses as published.

Pure: the arrays come from `files.py`, which opens the file.

Source:
    Mahmood et al., "AMASS: Archive of Motion Capture as Surface Shapes", ICCV 2019, and the file
    listings of https://github.com/nghorbani/amass.
"""

from collections.abc import Mapping

import numpy as np

from radarsim.errors import InputError
from radarsim.motion import NUM_JOINTS, REST_PELVIS_M, Motion, check_motion, check_shapes

RATE_KEYS = ("mocap_framerate", "mocap_frame_rate")
# SMPL-X files may hold the pose in parts; this is the order of the 55 joints.
PART_KEYS = ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")
# Made-up people have a shape in the free body's space; their `betas` are zero and their `trans` is
# written for SMPL's mean body, so that tools which know SMPL alone read them, too.
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
_LAYOUT_OF_WIDTH = {3 * num: layout for layout, num in NUM_JOINTS.items()}


def motion_from_arrays(arrays: Mapping[str, np.ndarray], where: str, name: str) -> Motion:
    """The motion that an AMASS file holds.

    Args:
        arrays: the file's arrays by key; keys not in `KEYS` are ignored.
        where: the file, for messages.
        name: the motion's id.

    Returns:
        The checked motion.

    Raises:
        InputError: a key is missing, or a value cannot be used.
    """
    poses_rad = _poses(arrays, where)
    num_poses, width = poses_rad.shape
    layout = _LAYOUT_OF_WIDTH.get(width)
    if layout is None:
        raise InputError(
            where,
            "poses",
            f"{width} values per pose, but SMPL has 72, SMPL-H 156 and SMPL-X 165",
            "give full axis-angle poses",
        )
    poses_rad, transl_m = (
        poses_rad.reshape(num_poses, width // 3, 3),
        _numbers(arrays, "trans", where),
    )
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


def _poses(arrays: Mapping[str, np.ndarray], where: str) -> np.ndarray:
    if "poses" not in arrays and all(key in arrays for key in PART_KEYS):
        parts = [_numbers(arrays, key, where) for key in PART_KEYS]
        if any(part.ndim != 2 or len(part) != len(parts[0]) for part in parts):
            shapes = ", ".join(f"{key} {part.shape}" for key, part in zip(PART_KEYS, parts))
            raise InputError(where, "poses", f"parts differ: {shapes}", "give one row per pose")
        return np.concatenate(parts, axis=1)
    poses_rad = _numbers(arrays, "poses", where)
    if poses_rad.ndim != 2:
        raise InputError(
            where,
            "poses",
            f"shape {poses_rad.shape}, but [pose, 72 | 156 | 165] is needed",
            "give one row of axis-angle values per pose",
        )
    return poses_rad


def _numbers(arrays: Mapping[str, np.ndarray], key: str, where: str) -> np.ndarray:
    """One array in float64; `trans` and `poses` are what a motion cannot do without."""
    if key not in arrays:
        found = ", ".join(sorted(arrays)) or "nothing usable"
        raise InputError(where, key, f"missing (found {found})", "give an AMASS motion file")
    values = np.asarray(arrays[key])
    if values.dtype.kind not in "fiu":
        raise InputError(where, key, f"holds {values.dtype}, not numbers", "save it as float")
    return values.astype(np.float64)


def _rate_hz(arrays: Mapping[str, np.ndarray], where: str) -> float:
    for key in RATE_KEYS:
        if key in arrays:
            values = _numbers(arrays, key, where).ravel()
            if values.size != 1:
                raise InputError(where, key, f"{values.size} values", "give one rate in Hz")
            return float(values[0])
    raise InputError(
        where, "mocap_framerate", "missing (nor mocap_frame_rate)", "add the pose rate in Hz"
    )


def _gender(arrays: Mapping[str, np.ndarray]) -> str:
    """Published as str, bytes, or the text of bytes; anything else is neutral."""
    value = np.asarray(arrays.get("gender", "neutral")).ravel()
    text = value[0] if value.size else "neutral"
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    for gender in ("female", "male"):
        if gender in text.lower():
            return gender
    return "neutral"
