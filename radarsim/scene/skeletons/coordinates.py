"""Unit, up axis, handedness and floor of observed landmarks, inferred from size and posture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radarsim.checks import check_choice
from radarsim.choices import UP_AXES
from radarsim.errors import InputError
from radarsim.scene.skeleton import JOINT, rotation_between
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
_NEAR_FLOOR_M = 0.15  # a floor within this height of zero is not moved
# Joints of the landmarks below the knee that show the floor.
_FEET = tuple(JOINT[f"{side}_{name}"] for side in ("left", "right") for name in ("ankle", "foot"))


class Landmarks(NamedTuple):
    """Observed landmarks of a person.

    Attributes:
        points: [pose, landmark, 3]; NaN where missing.
        names: names of the landmarks (`landmarks.LANDMARKS`).
    """

    points: np.ndarray
    names: tuple[str, ...]

    @property
    def num_observed(self) -> int:
        """Number of poses in which a landmark was observed."""
        return int(np.isfinite(self.points).all(axis=-1).any(axis=1).sum())


class World(NamedTuple):
    """Conversion of points to a right-handed world with z up and the floor at zero.

    Attributes:
        matrix: rotation, and reflection of left-handed coordinates [3, 3].
        lowest_m: height of the floor after the rotation [m].
        notes: one line for each property that was inferred.
    """

    matrix: np.ndarray
    lowest_m: float
    notes: tuple[str, ...]

    def converted_m(self, points_m: np.ndarray) -> np.ndarray:
        """Points [..., 3] in the world, in metres."""
        return points_m @ self.matrix.T - [0, 0, self.lowest_m]


def size_of(person: Landmarks, body) -> float:
    """Size of a person relative to the mean adult, in the unit of the points; NaN if unknown."""
    return size_ratio(person.points, rig_of(body, person.names), offsets_m(person.names))


def inferred_unit(sizes: Sequence[float], weights: Sequence[int], where: str) -> str:
    """The unit m, cm or mm that gives usual sizes to the people of most observed poses.

    Args:
        sizes: size of each person (`size_of`).
        weights: number of observed poses of each person.
        where: name of the file, used in messages.

    Raises:
        InputError: no unit gives the size of a person.
    """
    if not any(size > 0 for size in sizes):
        raise _without_size(where)
    units = [_fitting_unit(size) for size in sizes]
    if any(units):
        poses = {unit: sum(np.equal(units, unit) * weights) for unit in _INFERRED}
        return max(_INFERRED, key=poses.__getitem__)
    problem = f"bones are {np.nanmax(sizes):.3g} times as long as an adult's in m; no unit fits"
    hint = "check --layout, give --unit, or undo the normalisation of the skeleton"
    raise InputError(where, "unit", problem, hint)


def _without_size(where: str) -> InputError:
    problem = "no two landmarks of one bone were observed, or all lie in one place"
    return InputError(where, "points", problem, "check the layout and the file")


def check_size(size: float, unit: str, *, origin: str, where: str) -> None:
    """Check the size of a person in a unit.

    Args:
        size: size of the person (`size_of`).
        unit: a key of `UNITS_M`.
        origin: how the unit is known: "given" by the user, "stated" by the file or "inferred".
        where: name of the file, used in messages.

    Raises:
        InputError: the unit is unknown, or the person does not have the size of a person.
    """
    check_choice(where, "unit", unit, ("auto", *UNITS_M))
    if origin == "inferred" and not size > 0:
        raise _without_size(where)
    ratio = size * UNITS_M[unit]
    if not np.isfinite(ratio) or _SIZES[0] <= ratio <= _SIZES[1]:
        return
    fitting = _fitting_unit(size)
    hint = "check the layout, or give --unit"
    if origin == "given":
        hint = "omit the unit to infer it, or check the layout"
    elif fitting:
        hint = f"give --unit {fitting} (unit= of read_skeletons), or check the layout"
    source = ", which the file states," if origin == "stated" else ""
    problem = f"{unit}{source} makes the person {ratio:.2g} times as large as an adult"
    raise InputError(where, "unit", problem, hint)


def _fitting_unit(size: float) -> str:
    fitting = [name for name in _INFERRED if _SIZES[0] <= size * UNITS_M[name] <= _SIZES[1]]
    return fitting[0] if fitting else ""


def world_of(people_m: Sequence[Landmarks], up: str, where: str) -> World:
    """Infer up axis, handedness and floor, which are the same for all people of a file.

    Every observed pose of every person counts equally.

    Args:
        people_m: landmarks of all people [m].
        up: one of `choices.UP_AXES`, or "auto" to infer the axis from the mean posture.
        where: name of the file, used in messages.

    Raises:
        InputError: `up` is unknown, or cannot be inferred.
    """
    check_choice(where, "up", up, ("auto", *UP_AXES))
    notes = []
    if up == "auto":
        up = _inferred_up(people_m, where)
        if up != "z":
            notes.append(f"up axis inferred as {up} (--source-up=z keeps z)")
    axis = np.eye(3)["xyz".index(up[-1])] * (-1 if up.startswith("-") else 1)
    matrix = rotation_between(axis, np.array([0, 0, 1.0])).as_matrix()
    people_m = [each._replace(points=each.points @ matrix.T) for each in people_m]
    if _is_mirrored(people_m):
        matrix = np.diag([-1.0, 1.0, 1.0]) @ matrix
        notes.append("coordinates are left-handed (left and right are mirrored): x is negated")
    lowest_m, note = _floor(people_m)
    return World(matrix, lowest_m, (*notes, *note))


def _floor(people_m: Sequence[Landmarks]) -> tuple[float, tuple[str, ...]]:
    """Height of the floor, 0 if it is near 0, and notes.

    Only poses with an observed foot show the floor: the lowest point of a person behind a table is
    the hip.
    """
    lowest_m = np.concatenate([_lowest_m(each) for each in people_m])
    if not len(lowest_m):
        return 0.0, ("no ankle, heel or toe was observed: heights are kept, floor unknown",)
    floor_m = float(np.percentile(lowest_m, 5))
    if abs(floor_m) <= _NEAR_FLOOR_M:
        return 0.0, ()
    return floor_m, (f"the lowest points are at {floor_m:.2f} m: moved to the floor",)


def _lowest_m(person_m: Landmarks) -> np.ndarray:
    """Height of the lowest point in each pose in which a foot was observed [m]."""
    feet = [LANDMARKS[name].joint in _FEET for name in person_m.names]
    heights_m = person_m.points[..., 2]
    seen = np.isfinite(heights_m[:, feet]).any(axis=1)
    return np.nanmin(heights_m[seen], axis=1) if seen.any() else np.zeros(0)


def _group(names, words) -> list[int]:
    return [i for i, name in enumerate(names) if any(word in name for word in words)]


def _mean(points_m, indices) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(points_m[:, indices])
        count = np.maximum(seen.sum(axis=1), 1)
        mean = np.where(seen, points_m[:, indices], 0).sum(axis=1) / count
    return np.where(seen.any(axis=1), mean, np.nan)


def _along(person: Landmarks) -> np.ndarray:
    """Unit vectors from hips to shoulders in the poses in which both were observed [pose, 3]."""
    low, high = _group(person.names, _LOW), _group(person.names, _HIGH)
    if not low or not high:
        return np.zeros((0, 3))
    along = _mean(person.points, high) - _mean(person.points, low)
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    return along[np.isfinite(along).all(axis=1)]


def _inferred_up(people: Sequence[Landmarks], where: str) -> str:
    hint = f"give the axis: --source-up with one of {', '.join(UP_AXES)}"
    if not any(_group(each.names, _LOW) and _group(each.names, _HIGH) for each in people):
        raise InputError(where, "up", "cannot be inferred without hips and shoulders", hint)
    along = [vectors for vectors in map(_along, people) if len(vectors)]
    if not along:
        raise InputError(where, "up", "hips and shoulders are never observed together", hint)
    mean = np.concatenate(along).mean(axis=0)
    if axis := _axis(mean):
        return axis
    # Next to a person who lies, another person stands; no common format has x up.
    axes = {_axis(vectors.mean(axis=0)) for vectors in along} - {"", "x", "-x"}
    if len(along) > 1 and len(axes) == 1:
        return axes.pop()
    problem = f"the trunk has no mean direction (mean {np.round(mean, 2).tolist()})"
    raise InputError(where, "up", problem, hint)


def _axis(mean: np.ndarray) -> str:
    """Axis of a mean unit vector; "" if the vectors have no common direction."""
    largest = int(np.abs(mean).argmax())
    if abs(mean[largest]) < _STANDS:
        return ""
    return ("-" if mean[largest] < 0 else "") + "xyz"[largest]


def _is_mirrored(people_m: Sequence[Landmarks]) -> bool:
    """Whether faces and toes point opposite to left x up, as in left-handed coordinates."""
    ahead_m = np.array([_sum_ahead_m(each) for each in people_m])
    known = np.isfinite(ahead_m)
    weights = np.array([each.num_observed for each in people_m])
    return bool((weights * (ahead_m + _FRONT_M))[known].sum() < 0)


def _sum_ahead_m(person_m: Landmarks) -> float:
    """Sum of the distances of frontal landmarks ahead of others [m]; NaN if unknown."""
    points_m, names = person_m
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
        return float("nan")
    across = _mean(points_m, left) - _mean(points_m, right)
    along = _mean(points_m, high) - _mean(points_m, low)
    front = np.cross(across, along)
    front /= np.linalg.norm(front, axis=1, keepdims=True)
    ahead = [_ahead(points_m, names, front, *pair) for pair in _FRONTAL]
    ahead = [value for value in ahead if np.isfinite(value)]
    return sum(ahead) if ahead else float("nan")


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
