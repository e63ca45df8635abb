"""Split the output of a body tracker into one table of values per person.

The supported layouts are the values of one person, a dictionary with one entry per track id (VIBE,
WHAM), arrays with a person axis (SLAHMR: [person, pose, ...]), lists with one array per person
(3DPW), and a table inside a larger result (GVHMR).
"""

import re
from collections.abc import Mapping

import numpy as np

from radarsim.errors import InputError

# Pose keys with their translation keys, in order of preference: world before camera coordinates.
WHOLE_POSES = {
    "pose_world": ("trans_world",),
    "poses": ("trans", "transl"),
    "smpl_poses": ("smpl_trans", "trans", "transl"),
    "pose": ("trans", "transl"),
    "smpl_thetas": ("cam_trans", "trans", "transl"),
    "fullpose": ("trans", "transl"),
    "pred_rotmat": ("pred_trans", "trans", "transl"),
    "pred_pose": ("pred_trans", "trans", "transl"),
}
ROOT_KEYS = ("global_orient", "root_orient", "pred_global_orient", "smpl_orient_world")
BODY_KEYS = ("body_pose", "pose_body", "pred_body_pose", "smpl_pose")
SPLIT_TRANS = ("transl", "trans", "translation", "pred_trans", "cam_trans", "root_trans_world")
BETAS_KEYS = ("betas", "smpl_betas", "smpl_beta", "pred_shape", "shapes", "shape")
GENDER_KEYS = ("gender", "genders")
# Tables inside a result that contain the motion, in order of preference.
INNER_TABLES = (
    *("smpl_params_global", "smpl_params", "person_data", "smpl", "data", "arr_0", "results"),
    "motion",
)
_OTHERS = {
    "pred_cam": "a weak-perspective camera (VIBE, HMR): it gives no path in metres",
    "joints3d": "joint positions",
    "tracked_ids": "frames of 4DHumans (PHALP): its camera gives no path in metres",
    "3D_joints": "frames of 4DHumans (PHALP)",
}
_HINT = (
    "give SMPL poses and trans: AMASS, WHAM, TRAM, GVHMR and SLAHMR write both; "
    "docs/motion-files.md lists layouts"
)
# Table in the results of GVHMR, which uses SMPL-X bodies.
_SMPLX_TABLE = "smpl_params_global"
# Minimum number of poses of a person; a table with fewer poses holds a video frame.
_MIN_TRACK = 5

Track = Mapping[str, object]


def people_in(content: object, where: str) -> dict[str, Track]:
    """Return the values of each person by name; a single person has the name "".

    Args:
        content: content of the file, see `plain_content`.
        where: name of the file, used in messages.

    Raises:
        InputError: no poses were found; the message describes the content of the file.
    """
    people = _people(content, 0)
    if people:
        return people
    raise InputError(where, "poses", f"missing (found {_described(content)})", _HINT)


def has_poses(table: object) -> bool:
    """Whether a table holds the poses of one or several people."""
    if not isinstance(table, Mapping):
        return False
    split = any(key in table for key in ROOT_KEYS) and any(key in table for key in BODY_KEYS)
    return split or any(key in table for key in WHOLE_POSES)


def _people(content: object, depth: int) -> dict[str, Track]:
    if depth > 4:
        return {}
    if isinstance(content, list) and len(content) == 1:
        return _people(content[0], depth + 1)
    if not isinstance(content, Mapping):
        return {}
    if has_poses(content):
        return _split_people(content)
    for key in INNER_TABLES:
        if key in content and (found := _people(content[key], depth + 1)):
            model = {"surface_model_type": "smplx"} if key == _SMPLX_TABLE else {}
            return {name: {**model, **table} for name, table in found.items()}
    tables = {key: table for key, table in content.items() if has_poses(table)}
    if len(tables) == 1:
        return _split_people(next(iter(tables.values())))
    if len(tables) >= _MIN_TRACK and max(map(_num_poses, tables.values())) < _MIN_TRACK:
        return _stacked_frames(tables)
    people = {}
    for name, table in tables.items():
        people |= {
            f"{name}.{each}" if each else name: t for each, t in _split_people(table).items()
        }
    return people


def _split_people(table: Track) -> dict[str, Track]:
    """Split lists, or arrays that have a person axis, into one table per person."""
    number = _number_of_people(table)
    if number is None:
        return {"": table}
    people = {str(person): _of_person(table, person, number) for person in range(number)}
    return {"": people["0"]} if number == 1 else people


def _num_poses(table: Track) -> int:
    keys = (*WHOLE_POSES, *ROOT_KEYS)
    return next(np.shape(table[key])[0] for key in keys if np.ndim(table.get(key)))


def _stacked_frames(frames: Mapping[str, Track]) -> dict[str, Track]:
    """Values of one person in all frames; {} if a frame has several people (without track ids)."""
    if any(_num_poses(frame) != 1 for frame in frames.values()):
        return {}
    names = sorted(frames, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])
    first = frames[names[0]]
    shared = [key for key in first if all(np.ndim(frames[name].get(key)) for name in names)]
    stacks = {key: [np.asarray(frames[name][key]) for name in names] for key in shared}
    same = {key: s for key, s in stacks.items() if len({each.shape for each in s}) == 1}
    return {"": {key: np.concatenate(stack) for key, stack in same.items()}}


def _number_of_people(table: Track) -> int | None:
    """Length of the person axis of the arrays in a table; None if the arrays have no such axis."""
    for key in (*WHOLE_POSES, *BODY_KEYS):
        value = table.get(key)
        if isinstance(value, list) and value and all(np.ndim(each) >= 2 for each in value):
            return len(value)
    for key in dict.fromkeys((*(k for keys in WHOLE_POSES.values() for k in keys), *SPLIT_TRANS)):
        value = table.get(key)
        # The shape [pose, 1, 3] is one person without a person axis, [1, pose, 3] one person with a
        # person axis.
        if (
            np.ndim(value) == 3
            and value.shape[2] == 3
            and (value.shape[1] > 1 or value.shape[0] == 1)
        ):
            return value.shape[0]
    return None


def _of_person(table: Track, person: int, number: int) -> Track:
    def of_value(value: object) -> object:
        per_person = isinstance(value, list) or (np.ndim(value) >= 1 and hasattr(value, "shape"))
        return value[person] if per_person and len(value) == number else value

    return {key: of_value(value) for key, value in table.items()}


def _described(content: object) -> str:
    """Description of a file's content for error messages: keys and shapes, or a single array."""
    if isinstance(content, np.ndarray):
        return f"a single array of shape {content.shape}"
    if isinstance(content, list):
        inner = f", the first {_described(content[0])}" if content else ""
        return f"a list of {len(content)}{inner}"[:200]
    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    keys = [str(key) for key in content]
    inner = next((each for each in content.values() if isinstance(each, Mapping)), {})
    known = next((text for key, text in _OTHERS.items() if key in {*keys, *inner}), None)
    shown = ", ".join(keys[:6]) + (f" and {len(keys) - 6} more" if len(keys) > 6 else "")
    if inner:
        shown += f" with {', '.join(map(str, list(inner)[:6]))}"
    return f"{shown or 'nothing'}{'; ' + known if known else ''}"
