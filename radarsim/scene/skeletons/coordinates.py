"""Unit, up axis and handedness of observed landmarks, inferred from the body's size and posture."""

import numpy as np

from radarsim.checks import check_choice
from radarsim.choices import UP_AXES
from radarsim.errors import InputError
from radarsim.scene.skeleton import rotation_between
from radarsim.scene.skeletons.kinematics import Rig
from radarsim.scene.skeletons.landmarks import LANDMARKS, offsets_m
from radarsim.scene.skeletons.rigid_pairs import size_ratio

UNITS_M = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
"""Length of each unit [m]."""

# Units that can be inferred, and limits of a person's size relative to the mean adult.
_INFERRED = ("m", "cm", "mm")
_SIZES = (0.4, 1.5)
# Minimum length of the mean unit vector along the body for which this direction counts as up.
_STANDS = 0.6
_LOW, _HIGH = (
    ("hip", "pelvis", "spine_base", "ASI", "PSI", "SACR"),
    (*("shoulder", "neck", "spine3", "head", "nose", "SHO", "C7", "CLAV"),),
)
_FRONT_M = 0.03  # minimum sum of the frontal offsets that decides the handedness


def to_metres(points: np.ndarray, rig: Rig, names, unit: str, where: str) -> tuple:
    """Convert points to metres.

    Args:
        points: [pose, landmark, 3] in the unit of the file.
        rig, names: skeleton with the landmarks, and their names.
        unit: a key of `UNITS_M`, or "auto" to infer m, cm or mm from the size of the body.
        where: name of the file, used in messages.

    Returns:
        Points [m], and a note if the unit was inferred.

    Raises:
        InputError: the unit is unknown, or no unit gives the size of a person.
    """
    check_choice(where, "unit", unit, ("auto", *UNITS_M))
    ratio = size_ratio(points, rig, offsets_m(names))
    if unit != "auto":
        size = ratio * UNITS_M[unit]
        if np.isfinite(size) and not _SIZES[0] <= size <= _SIZES[1]:
            problem = f"{unit} makes the person {size:.2g} times as large as an adult"
            raise InputError(
                where, "unit", problem, "omit the unit to infer it, or check the layout"
            )
        return points * UNITS_M[unit], ""
    if not np.isfinite(ratio) or not ratio > 0:
        problem = "no two landmarks of one bone were observed, or all lie in one place"
        raise InputError(where, "points", problem, "check the layout and the file")
    fitting = [name for name in _INFERRED if _SIZES[0] <= ratio * UNITS_M[name] <= _SIZES[1]]
    if not fitting:
        problem = f"bones are {ratio:.3g} times as long as an adult's in m; no unit fits"
        hint = "check --layout, give --unit, or undo the normalisation of the skeleton"
        raise InputError(where, "unit", problem, hint)
    size_m = 1.7 * ratio * UNITS_M[fitting[0]]
    return points * UNITS_M[fitting[0]], f"unit inferred as {fitting[0]}: size of {size_m:.2f} m"


def to_z_up(points_m: np.ndarray, names, up: str, where: str) -> tuple:
    """Rotate points to a right-handed world with z up, and move the floor to height zero.

    Args:
        points_m: [pose, landmark, 3], NaN where missing.
        names: names of the landmarks.
        up: one of `choices.UP_AXES`, or "auto" to infer the axis from the mean posture.
        where: name of the file, used in messages.

    Returns:
        The points, the height of the file's origin above the floor [m], and notes on inferred
        properties.

    Raises:
        InputError: `up` is unknown, or cannot be inferred.
    """
    check_choice(where, "up", up, ("auto", *UP_AXES))
    notes = []
    if up == "auto":
        up = _inferred_up(points_m, names, where)
        if up != "z":
            notes.append(f"up axis inferred as {up} (--source-up=z keeps z)")
    axis = np.eye(3)["xyz".index(up[-1])] * (-1 if up.startswith("-") else 1)
    points_m = points_m @ rotation_between(axis, np.array([0, 0, 1.0])).as_matrix().T
    if _is_mirrored(points_m, names):
        points_m = points_m * [-1.0, 1.0, 1.0]
        notes.append("coordinates are left-handed (left and right are mirrored): x is negated")
    heights_m = points_m[np.isfinite(points_m[..., 2]).any(axis=1), :, 2]
    lowest_m = np.percentile(np.nanmin(heights_m, axis=1), 5)
    origin_m = 0.0
    if abs(lowest_m) > 0.15:
        origin_m = -float(lowest_m)
        notes.append(f"the lowest points are at {lowest_m:.2f} m: moved to the floor")
        points_m = points_m - [0, 0, lowest_m]
    return points_m, origin_m, notes


def _group(names, words) -> list[int]:
    return [i for i, name in enumerate(names) if any(word in name for word in words)]


def _mean(points_m, indices) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(points_m[:, indices])
        count = np.maximum(seen.sum(axis=1), 1)
        mean = np.where(seen, points_m[:, indices], 0).sum(axis=1) / count
    return np.where(seen.any(axis=1), mean, np.nan)


def _inferred_up(points_m, names, where) -> str:
    low, high = _group(names, _LOW), _group(names, _HIGH)
    hint = f"give the axis: --source-up with one of {', '.join(UP_AXES)}"
    if not low or not high:
        raise InputError(where, "up", "cannot be inferred without hips and shoulders", hint)
    along = _mean(points_m, high) - _mean(points_m, low)
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    if not np.isfinite(along).any():
        raise InputError(where, "up", "hips and shoulders are never observed together", hint)
    mean = np.nanmean(along, axis=0)
    largest = int(np.abs(mean).argmax())
    if abs(mean[largest]) < _STANDS:
        problem = f"the trunk has no mean direction (mean {np.round(mean, 2).tolist()})"
        raise InputError(where, "up", problem, hint)
    return ("-" if mean[largest] < 0 else "") + "xyz"[largest]


def _is_mirrored(points_m, names) -> bool:
    """Whether the face and toes point opposite to left x up, as in left-handed coordinates."""
    left = [
        i
        for i, name in enumerate(names)
        if name.startswith(("left_hip", "left_sh", "LASI", "LSHO"))
    ]
    right = [
        i for i, n in enumerate(names) if n.startswith(("right_hip", "right_sh", "RASI", "RSHO"))
    ]
    low, high = _group(names, _LOW), _group(names, _HIGH)
    if not (left and right and low and high):
        return False
    across = _mean(points_m, left) - _mean(points_m, right)
    along = _mean(points_m, high) - _mean(points_m, low)
    front = np.cross(across, along)
    front /= np.linalg.norm(front, axis=1, keepdims=True)
    ahead = [_ahead(points_m, names, front, *pair) for pair in _FRONTAL]
    ahead = [value for value in ahead if np.isfinite(value)]
    return bool(ahead) and sum(ahead) < -_FRONT_M


# Pairs of landmarks; on a person, the first landmark of a pair is in front of the second.
_FRONTAL = (
    *(("nose", f"{side}_ear") for side in ("left", "right")),
    *((f"{side}_eye", f"{side}_ear") for side in ("left", "right")),
    *((f"{side}_big_toe", f"{side}_heel") for side in ("left", "right")),
    *((f"{side}_foot", f"{side}_ankle") for side in ("left", "right")),
    *(("nose", "mid_shoulder"), ("LTOE", "LHEE"), ("RTOE", "RHEE"), ("LASI", "LPSI")),
    *((f"{side}_knee", (f"{side}_hip", f"{side}_ankle")) for side in ("left", "right")),
    *(((f"{side}_shoulder", f"{side}_wrist"), f"{side}_elbow") for side in ("left", "right")),
)


def _ahead(points_m, names, front, first, second) -> float:
    """Median distance [m] of `first` ahead of `second`; a tuple means the middle of two."""
    places = []
    for each in (first, second):
        each = (each,) if isinstance(each, str) else each
        if not set(each) <= set(names):
            return float("nan")
        places.append(points_m[:, [names.index(name) for name in each]].mean(axis=1))
    with np.errstate(invalid="ignore"):
        ahead = ((places[0] - places[1]) * front).sum(axis=-1)
    return float(np.nanmedian(ahead)) if np.isfinite(ahead).any() else float("nan")


def rig_of(body, names) -> Rig:
    """Skeleton of a body with named landmarks."""
    return Rig.of_body(body, [LANDMARKS[name].joint for name in names])
