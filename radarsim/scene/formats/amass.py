"""Convert AMASS arrays to `Motion`: SMPL (72), SMPL-H (156) or SMPL-X (165) values per pose.

Other layouts, such as those of body trackers, are converted to AMASS arrays first. This module
opens no files: the arrays are passed in by `files.py`. Poses may be tables that are read from the
file on demand.

Source:
    Mahmood et al., "AMASS: Archive of Motion Capture as Surface Shapes", ICCV 2019, and the file
    listings of https://github.com/nghorbani/amass.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from radarsim.checks import checked_number
from radarsim.errors import InputError
from radarsim.scene.formats.npz import LazyTable
from radarsim.scene.formats.people import (
    BETAS_KEYS,
    BODY_KEYS,
    GENDER_KEYS,
    INNER_TABLES,
    ROOT_KEYS,
    SPLIT_TRANS,
    WHOLE_POSES,
)
from radarsim.scene.formats.smpl_parameters import (
    FRAME_KEYS,
    RATE_KEYS,
    SCALE_KEY,
    as_amass,
    gender_of,
    number_in,
    numbers,
    person_shape,
)
from radarsim.scene.lazy_poses import LazyPoses
from radarsim.scene.motion import REST_PELVIS_M, Motion, check_motion, check_shapes
from radarsim.scene.skeleton import NUM_JOINTS
from radarsim.scene.world_up import to_z_up

# SMPL-X files may store the pose in several arrays; concatenated in this order, they give the 55
# joints.
PART_KEYS = ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")
# Synthetic motions have shape coefficients of the free body; their `betas` are zero and their
# `trans` refers to SMPL's mean body, so that tools that support only SMPL can read them.
FREE_BETAS = "free_betas"
# Height of the person [m], which files of this project contain if a skeleton gave it.
STATURE = "stature_m"
# `PUBLISHED` marks a file that contains one of the arrays `PUBLISHED_BY`, which occur only in
# original AMASS files.
PUBLISHED, PUBLISHED_BY = "published by AMASS", ("dmpls", "markers_latent", "markers_obs")
# Keys of arrays that may be large and are therefore read on demand.
POSE_KEYS = ("poses", *PART_KEYS)
KEYS = tuple(
    dict.fromkeys(
        (
            *POSE_KEYS,
            "trans",
            "betas",
            "gender",
            "surface_model_type",
            FREE_BETAS,
            STATURE,
            *RATE_KEYS,
            *WHOLE_POSES,
            *(key for keys in WHOLE_POSES.values() for key in keys),
            *(*ROOT_KEYS, *BODY_KEYS, *SPLIT_TRANS, *BETAS_KEYS, *GENDER_KEYS),
            *(*FRAME_KEYS, *INNER_TABLES, SCALE_KEY, "left_hand_pose", "right_hand_pose"),
        )
    )
)
"""All keys that are read from an `.npz` file."""

Arrays = Mapping[str, object]
_LAYOUT_OF_WIDTH = {3 * num: layout for layout, num in NUM_JOINTS.items()}
_SMPLX_MODELS = ("smplx", "smpl-x", "smpl_x")
# People who stand or walk exceed these limits in centimetres; the fastest people run at 12 m/s.
_MAX_HEIGHT_M, _MAX_SPEED_MPS = 10.0, 15.0
_SPEED_OVER_S = 0.5  # time over which the speed is averaged, so that jitter does not count
_RATE_HINT = "give it: rate_hz= of read_motion, or --source-rate-hz"


def motion_from_arrays(
    arrays: Arrays, where: str, name: str, *, up: str = "auto", rate_hz: float | int | None = None
) -> Motion:
    """Convert the arrays of one person to a motion.

    Args:
        arrays: arrays of one person by key; keys not in `KEYS` are ignored. Arrays of `POSE_KEYS`
            may be `LazyTable`, which are read on demand.
        where: name of the file, used in messages.
        name: id of the motion.
        up: up axis of the file's world coordinates, one of `choices.UP_AXES`, or "auto" to infer
            the axis.
        rate_hz: poses per second; used if the file does not state the rate [Hz].

    Returns:
        The checked motion in a z-up world; its `notes` state what was inferred or converted.

    Raises:
        InputError: a key is missing, or a value cannot be used.
    """
    notes: list[str] = []
    free = FREE_BETAS in arrays
    if not _is_amass(arrays):
        arrays = {**arrays, **as_amass(arrays, where, notes)}
    poses_rad, layout = _poses(arrays, where)
    transl_m = np.asarray(_checked(arrays, "trans", where)).astype(np.float64)
    check_shapes(poses_rad, transl_m, layout, where)
    shape_space = "smplx" if layout == "smplx" or _is_smplx(arrays) else "smpl"
    betas_key, rest_pelvis_m = "betas", None
    if free:
        rest_pelvis_m, shape_space, betas_key = REST_PELVIS_M[shape_space], "free", FREE_BETAS
    betas = np.zeros(0)
    if betas_key in arrays:
        betas = person_shape(arrays[betas_key], len(poses_rad), where, notes)
    motion = Motion(
        poses_rad=poses_rad,
        transl_m=transl_m,
        rate_hz=_rate_hz(arrays, where, rate_hz),
        betas=betas,
        shape_space=shape_space,
        gender=gender_of(arrays.get("gender", arrays.get("genders", "")), notes),
        layout=layout,
        name=name,
        stature_m=_stature_m(arrays, where),
        rest_pelvis_m=rest_pelvis_m,
        notes=tuple(notes),
    )
    motion = check_motion(motion, where)
    # Synthetic motions contain a key that marks them; their world is z-up.
    if free and up == "auto":
        return motion
    return _with_unit_note(to_z_up(motion, up, bool(arrays.get(PUBLISHED))))


def _with_unit_note(motion: Motion) -> Motion:
    """Add a note if heights or speeds suggest that the translation is not in metres.

    This is no error: the origin of a world can be below a building, and trackers can jump.
    """
    step = max(1, round(_SPEED_OVER_S * motion.rate_hz))
    moved_m = np.linalg.norm(motion.pelvis_m[step:] - motion.pelvis_m[:-step], axis=1)
    speed_mps = moved_m.max(initial=0.0) * motion.rate_hz / step
    height_m = np.abs(motion.pelvis_m[:, 2]).max()
    found = [f"is up to {height_m:.3g} m from height zero"] if height_m > _MAX_HEIGHT_M else []
    found += [f"moves at up to {speed_mps:.3g} m/s"] if speed_mps > _MAX_SPEED_MPS else []
    if not found:
        return motion
    note = f"the pelvis {' and '.join(found)}: convert the translation if it is in cm or mm"
    return replace(motion, notes=(*motion.notes, note))


def _stature_m(arrays: Arrays, where: str) -> float | None:
    """Height of the person [m] if this project wrote the file, otherwise None."""
    if STATURE not in arrays:
        return None
    hint = "give the height in metres, or remove the array"
    return checked_number(where, STATURE, number_in(arrays[STATURE]), "m", above=0.0, hint=hint)


def _is_amass(arrays: Arrays) -> bool:
    """Whether the arrays have the AMASS layout: a table of poses (or all its parts) and `trans`."""
    if "trans" not in arrays:
        return False
    if "poses" not in arrays:
        return all(key in arrays for key in PART_KEYS)
    width = getattr(arrays["poses"], "shape", ())[1:]
    return len(width) == 1 and width[0] in _LAYOUT_OF_WIDTH


def _is_smplx(arrays: Arrays) -> bool:
    """Whether the file names SMPL-X as the model of its betas."""
    model = np.ravel(np.asarray(arrays.get("surface_model_type", "")))
    return model.size == 1 and str(model[0]).lower().strip("b'") in _SMPLX_MODELS


def _poses(arrays: Arrays, where: str) -> tuple[np.ndarray | LazyPoses, str]:
    """Poses [pose, joint, 3] and their layout; `LazyPoses` if any table is read on demand."""
    in_parts = "poses" not in arrays and all(key in arrays for key in PART_KEYS)
    tables = {key: _checked(arrays, key, where) for key in (PART_KEYS if in_parts else ("poses",))}
    layout = _layout(tables, where)
    poses_rad = LazyPoses(list(tables.values()))
    stored = any(isinstance(table, LazyTable) for table in tables.values())
    return poses_rad if stored else np.asarray(poses_rad), layout


def _layout(tables: Arrays, where: str) -> str:
    """Body layout, determined from the total number of columns of the pose tables."""
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
    """Check that the array of this key exists and holds numbers, and return it."""
    if key not in arrays:
        found = ", ".join(sorted(arrays)) or "no known key"
        raise InputError(where, key, f"missing (found {found})", "give an AMASS motion file")
    return arrays[key] if isinstance(arrays[key], LazyTable) else numbers(arrays[key], key, where)


def _rate_hz(arrays: Arrays, where: str, given_hz: float | int | None) -> float:
    for key in RATE_KEYS:
        if key in arrays:
            value = number_in(arrays[key])
            if value is None:
                count = np.size(arrays[key])
                problem = f"{count} values" if count != 1 else f"is {str(arrays[key])[:40]!r}"
                raise InputError(where, key, problem, "give one rate in Hz")
            return value
    if given_hz is not None:
        return float(given_hz)
    raise InputError(where, "mocap_framerate", "missing (nor fps): the pose rate", _RATE_HINT)
