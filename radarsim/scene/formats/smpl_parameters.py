"""Convert the SMPL parameters that a body tracker wrote for one person to AMASS arrays."""

import re
from collections.abc import Mapping

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.people import (
    BETAS_KEYS,
    BODY_KEYS,
    GENDER_KEYS,
    ROOT_KEYS,
    SPLIT_TRANS,
    WHOLE_POSES,
    Track,
)
from radarsim.scene.formats.plain_content import Unreadable
from radarsim.scene.formats.rotations import to_axis_angle
from radarsim.scene.skeleton import NUM_JOINTS, NUM_SHARED_JOINTS, PARENTS

RATE_KEYS = (
    "mocap_framerate",
    "mocap_frame_rate",
    "frame_rate",
    "framerate",
    "mocap_fps",
    "fps",
    "rate_hz",
)
FRAME_KEYS = ("frame_ids", "frame_id", "frames", "frame")
SCALE_KEY = "smpl_scaling"
POSES_HINT = (
    "give SMPL poses and trans: AMASS, WHAM, TRAM, GVHMR and SLAHMR write both; "
    "docs/motion-files.md lists layouts"
)
_TRANS_HINT = (
    "give trans [pose, 3] in metres, as WHAM, TRAM, GVHMR and SLAHMR write; zeros for a person who "
    "stays in place"
)
_FINGERS = ("left_hand_pose", "right_hand_pose")
_FINGER_VALUES = 45
# Vectors are joint positions if most joints move by more than `_MOVES` and no bone length changes
# by the fraction `_CONSTANT`.
_MOVES, _CONSTANT = 0.02, 0.02
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")


def as_amass(track: Track, where: str, notes: list[str]) -> dict[str, object]:
    """Create the arrays `poses`, `trans`, `betas`, `gender` and `mocap_framerate` of a person.

    Args:
        track: the person's values by key.
        where: name of the file, used in messages.
        notes: list to which remarks about the conversion are added, for the user.

    Returns:
        AMASS arrays; betas, gender and rate are missing if the file lacks them.

    Raises:
        InputError: a value has a shape or type that cannot be used.
    """
    poses_rad, trans_keys = _poses(track, where, notes)
    trans_m = _translation(track, trans_keys, where, notes)
    keep = _uninterrupted(track, len(poses_rad), notes)
    arrays: dict[str, object] = {
        "poses": poses_rad.reshape(len(poses_rad), -1)[keep],
        "trans": trans_m,
    }
    if len(trans_m) == len(poses_rad):
        arrays["trans"] = trans_m[keep]
    for name, keys in (("betas", BETAS_KEYS), ("gender", GENDER_KEYS)):
        key = _first_of(track, keys)
        if key:
            per_pose = np.ndim(track[key]) == 2 and len(track[key]) == len(poses_rad)
            arrays[name] = track[key][keep] if per_pose else track[key]
    rate_key = _first_of(track, RATE_KEYS)
    if rate_key:
        arrays["mocap_framerate"] = track[rate_key]
    return arrays


def number_in(value: object) -> float | None:
    """Number in a value (a number, an array with one element, text such as "30 fps"), or None."""
    if isinstance(value, Unreadable):
        return None
    flat = np.ravel(np.asarray(value))
    if flat.size != 1:
        return None
    item = flat[0]
    if isinstance(item, bytes | str):
        text = item.decode(errors="replace") if isinstance(item, bytes) else item
        found = _NUMBER.search(text)
        return float(found[0]) if found else None
    return float(item) if np.asarray(item).dtype.kind in "fiu" else None


def person_shape(betas: object, num_poses: int, where: str, notes: list[str]) -> np.ndarray:
    """Shape coefficients of a person; the mean if the file has one set per pose.

    Raises:
        InputError: the values are not numbers, or their shape is neither [beta] nor [pose, beta].
    """
    values = numbers(betas, "betas", where).astype(np.float64)
    if values.ndim < 2 or 1 in values.shape[:-1] + values.shape[1:] or not values.size:
        return values.ravel()
    if values.ndim == 2 and len(values) == num_poses:
        spread = float(values.std(axis=0).max())
        notes.append(
            f"betas: mean over {num_poses} poses, which differ by up to {spread:.2g} (std)"
        )
        return values.mean(axis=0)
    problem = f"shape {values.shape}, but [beta] or [{num_poses} poses, beta] is needed"
    raise InputError(where, "betas", problem, "give the shape coefficients of one person")


def gender_of(value: object, notes: list[str]) -> str:
    """The gender given as text, bytes, one letter, or an array of these; "neutral" if unknown."""
    if isinstance(value, Unreadable):
        value = ""
    flat = np.ravel(np.asarray(value))
    item = flat[0] if flat.size else ""
    text = item.decode(errors="replace") if isinstance(item, bytes) else str(item)
    text = re.sub(r"^b'(.*)'$", r"\1", text.strip()).lower()
    for gender in ("female", "male", "neutral"):
        if gender in text or text == gender[0]:
            return gender
    if text not in ("", "unknown", "none"):
        notes.append(f"gender {text[:20]!r} is read as neutral")
    return "neutral"


def numbers(value: object, key: str, where: str) -> np.ndarray:
    """Convert a value to an array of numbers.

    Raises:
        InputError: the value is not an array of numbers.
    """
    if isinstance(value, Unreadable):
        raise InputError(where, key, f"cannot be read: {value.reason}", "save it as float")
    try:
        values = np.asarray(value)
    except ValueError:  # a list of arrays of different shapes
        values = np.zeros(0, object)
    if values.dtype.hasobject or isinstance(value, Mapping):
        raise InputError(where, key, "holds Python objects, not numbers", "save it as float")
    if values.dtype.kind not in "fiu":
        raise InputError(where, key, f"holds {values.dtype}, not numbers", "save it as float")
    return values


def _poses(track: Track, where: str, notes: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Poses [pose, joint, 3] in the layout of the file, and the keys of their translations."""
    whole = _first_of(track, WHOLE_POSES)
    if whole:
        poses_rad = _rotations(track, whole, where)
        return _to_layout(poses_rad, whole, where, notes), WHOLE_POSES[whole]
    root, body = _first_of(track, ROOT_KEYS), _first_of(track, BODY_KEYS)
    if not (root and body):
        found = ", ".join(list(map(str, track))[:8]) or "no known key"
        raise InputError(where, "poses", f"missing (found {found})", POSES_HINT)
    parts = [_rotations(track, root, where)[:, :1], _rotations(track, body, where)]
    if len(parts[0]) != len(parts[1]):
        problem = f"{len(parts[0])} poses, but {body} has {len(parts[1])}"
        raise InputError(where, root, problem, "give one row per pose in both")
    poses_rad = np.concatenate([*parts, *_finger_poses(track, parts, where, notes)], axis=1)
    return _to_layout(poses_rad, body, where, notes), SPLIT_TRANS


def _rotations(track: Track, key: str, where: str) -> np.ndarray:
    values = numbers(track[key], key, where)
    if values.ndim == 3 and _are_positions(values):
        problem = f"shape {values.shape}: joint positions (bones keep their length), not rotations"
        raise InputError(where, key, problem, POSES_HINT)
    return to_axis_angle(values, key, where)


def _are_positions(values: np.ndarray) -> bool:
    """Whether vectors are joint positions, which move while all bone lengths stay constant."""
    joints = min(values.shape[1], NUM_SHARED_JOINTS)
    if joints < NUM_SHARED_JOINTS or values.shape[2] != 3 or not np.isfinite(values).all():
        return False
    parents = np.array(PARENTS[1:joints])
    bones = np.linalg.norm(values[:, 1:joints] - values[:, parents], axis=2)
    moves = values[:, 1:joints].std(axis=0).max(axis=1) > _MOVES
    return bool(moves.mean() > 0.5 and (bones.std(axis=0) < _CONSTANT * bones.mean(axis=0)).all())


def _finger_poses(track: Track, parts: list[np.ndarray], where: str, notes: list[str]) -> list:
    """Poses of both hands if the file has all finger joints of an SMPL-H body, else nothing."""
    if parts[1].shape[1] != NUM_SHARED_JOINTS - 1 or not all(key in track for key in _FINGERS):
        return []
    hands = [numbers(track[key], key, where) for key in _FINGERS]
    if all(hand.reshape(len(hand), -1).shape == (len(parts[0]), _FINGER_VALUES) for hand in hands):
        return [hand.reshape(len(hand), -1, 3) for hand in hands]
    notes.append("hands are left straight: their poses are not axis-angles of 15 joints")
    return []


def _to_layout(poses_rad: np.ndarray, key: str, where: str, notes: list[str]) -> np.ndarray:
    """Poses with the joint count of a layout; straight hands are added to poses of 22 joints."""
    joints = poses_rad.shape[1]
    if joints in NUM_JOINTS.values():
        return poses_rad
    if joints == NUM_SHARED_JOINTS:
        notes.append(f"{key} has {joints} joints: hands are left straight")
        padding = NUM_JOINTS["smpl"] - joints
        return np.pad(poses_rad, ((0, 0), (0, padding), (0, 0)))
    problem = f"{3 * joints} values per pose, but SMPL has 72, SMPL-H 156 and SMPL-X 165"
    raise InputError(where, key, problem, "give full axis-angle poses")


def _translation(track: Track, keys: tuple[str, ...], where: str, notes: list[str]) -> np.ndarray:
    """Translation of every pose [m]."""
    key = _first_of(track, keys)
    if key is None:
        found = ", ".join(list(map(str, track))[:8]) + _why_no_path(track)
        problem = f"missing (found {found}): the path of the person is unknown"
        raise InputError(where, "trans", problem, _TRANS_HINT)
    values = numbers(track[key], key, where)
    if values.ndim == 3 and 1 in values.shape[:2]:
        values = values.reshape(-1, values.shape[-1])
    scale = number_in(track[SCALE_KEY]) if SCALE_KEY in track else None
    if scale and scale > 0:
        notes.append(f"translation divided by {SCALE_KEY} = {scale:g}, as in AIST++")
        return values / scale
    return values


def _why_no_path(track: Track) -> str:
    weak = "pred_cam" in track or "orig_cam" in track
    return "; a weak-perspective camera gives no metres" if weak else ""


def _uninterrupted(track: Track, num_poses: int, notes: list[str]) -> slice:
    """The longest part of a track without missing frames, because a gap would cause a jump."""
    key = _first_of(track, FRAME_KEYS)
    if key is None or np.shape(track[key]) != (num_poses,) or num_poses < 2:
        return slice(None)
    frames = np.asarray(track[key])
    if frames.dtype.kind not in "iu":
        return slice(None)
    steps = np.diff(frames)
    gaps = np.flatnonzero(steps != np.median(steps)) + 1
    if not len(gaps):
        return slice(None)
    edges = np.array([0, *gaps, num_poses])
    longest = int(np.diff(edges).argmax())
    start, stop = int(edges[longest]), int(edges[longest + 1])
    notes.append(
        f"{len(gaps)} gaps in {key}: the longest part without a gap is used, poses {start} to "
        f"{stop - 1} of {num_poses}"
    )
    return slice(start, stop)


def _first_of(track: Track, keys) -> str | None:
    return next((key for key in keys if track.get(key) is not None), None)
