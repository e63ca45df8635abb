"""Read tables of 3-D points from the content of JSON files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.point_tables import (
    CONFIDENCE_KEYS,
    ID_KEYS,
    NAME_KEYS,
    POINT_KEYS,
    PointTable,
    tables_from_array,
)
from radarsim.scene.formats.smpl_parameters import RATE_KEYS, number_in

_FRAME_LIST_KEYS = ("frames", "poses", "data")
_PERSON_KEYS = ("people", "persons", "body_list", "bodies")


class _Found(NamedTuple):
    """A person in a pose: id, or None; points as stored, and their confidence or None."""

    id: str | None
    points: object
    confidence: object


def tables_from_json(content: object, where: str) -> list[PointTable]:
    """Points in the content of a JSON file: a list of poses, or a table with such a list.

    A pose is a list of points, a table of points by name, or a table with a list of people. A
    person can be a table with an id, points and their confidence.

    Raises:
        InputError: the content has another structure.
    """
    known: dict[str, object] = {}
    if isinstance(content, Mapping):
        known = _known(content)
        content, known["notes"] = _frames(content)
    if not isinstance(content, list) or not content:
        hint = 'give {"fps": 30, "frames": [[[x, y, z], ...], ...]}'
        raise InputError(where, "frames", "no list of poses", hint)
    try:
        return _people_in_frames(content, where, known)
    except InputError:
        raise
    except (TypeError, ValueError, KeyError, IndexError) as error:
        problem = f"a pose cannot be read ({str(error)[:80]})"
        raise InputError(where, "frames", problem, "give the same points in every pose") from None


def _known(content: Mapping) -> dict[str, object]:
    """Attributes of `PointTable` that the table of the whole file states."""
    rate = _first(content, RATE_KEYS)
    return {
        "rate_hz": number_in(rate) if rate is not None else None,
        "names": tuple(str(name) for name in _first(content, NAME_KEYS) or ()),
        "unit": str(content.get("unit", content.get("units", ""))),
    }


def _frames(content: Mapping) -> tuple[object, tuple[str, ...]]:
    """Poses of a table, with the confidence of the points of all poses; and notes."""
    frames = _first(content, (*_FRAME_LIST_KEYS, *POINT_KEYS))
    confidence = _point_confidence(content)
    lists = isinstance(frames, list) and all(isinstance(points, list) for points in frames)
    if not lists or not isinstance(confidence, list):
        return frames, ()
    if len(confidence) != len(frames):
        note = f"confidence of {len(confidence)} poses, for {len(frames)} poses: not used"
        return frames, (note,)
    pairs = zip(frames, confidence, strict=True)
    return [{POINT_KEYS[0]: points, CONFIDENCE_KEYS[0]: own} for points, own in pairs], ()


def _first(table: Mapping, keys: Sequence[str]) -> object:
    return next((table[key] for key in keys if key in table), None)


def _people_in_frames(frames: list, where: str, known: dict) -> list[PointTable]:
    """Collect the points of each person over the poses; poses without the person are NaN."""
    found = [list(_people_in_frame(frame)) for frame in frames]
    if not any(found):
        raise InputError(where, "frames", "no pose has a person", "check the export")
    names, notes = known.get("names") or _names(found), known.get("notes", ())
    labels = [[str(n) if each.id is None else each.id for n, each in enumerate(f)] for f in found]
    if any(len(set(own)) < len(own) for own in labels):
        labels = [[str(number) for number in range(len(own))] for own in labels]
        note = "the ids of people occur twice in a pose: people are numbered by their order"
        notes = (*notes, note)
    unused = 0
    tracks: dict[str, dict[int, np.ndarray]] = {}
    for pose, (own, people) in enumerate(zip(labels, found, strict=True)):
        for label, each in zip(own, people, strict=True):
            rows = tracks.setdefault(label, {})[pose] = _rows(each, names)
            unused += each.confidence is not None and rows.shape[1] == 3
    if unused:
        notes = (*notes, f"confidence not used, as it is not one number per point: {unused} times")
    tables = []
    for label, poses in tracks.items():
        values = np.full((len(frames), *next(iter(poses.values())).shape), np.nan)
        for pose, rows in poses.items():
            if rows.shape != values.shape[1:]:
                raise ValueError(f"{len(rows)} points after {values.shape[1]}")
            values[pose] = rows
        person = label if len(tracks) > 1 else ""
        same = {"names": names, "person": person, "notes": notes}
        tables += tables_from_array(values, where, **{**known, **same})
    return tables


def _names(found: list[list[_Found]]) -> tuple[str, ...]:
    """Names of the points in any pose, because a pose can lack points that were not observed."""
    tables = [
        each.points for people in found for each in people if isinstance(each.points, Mapping)
    ]
    names = dict.fromkeys(name for table in tables for name in table if _is_point(table[name]))
    return tuple(name for name in names if name not in (*ID_KEYS, *CONFIDENCE_KEYS))


def _is_point(value: object) -> bool:
    return isinstance(value, list | Mapping)


def _people_in_frame(frame: object) -> Iterator[_Found]:
    """Yield the people of a pose."""
    people = _first(frame, _PERSON_KEYS) if isinstance(frame, Mapping) else None
    if people is None:
        people = [frame] if frame else []
    for person in people:
        name, points, confidence = None, person, None
        if isinstance(person, Mapping):
            name = _label(_first(person, ID_KEYS))
            points = next((person[key] for key in POINT_KEYS if key in person), person)
            confidence = _point_confidence(person)
        if points:
            yield _Found(name, points, confidence)


def _point_confidence(person: Mapping) -> object:
    """Confidence of each point; one number for the whole person, as ZED writes, is not used."""
    lists = (person[key] for key in CONFIDENCE_KEYS if _is_point(person.get(key)))
    return next(lists, None)


def _label(name: object) -> str | None:
    """Id of a person; OpenPose writes a list with one number."""
    if isinstance(name, list):
        name = name[0] if name else None
    return None if name is None else str(name)


def _rows(person: _Found, names: tuple[str, ...]) -> np.ndarray:
    """Points [point, 3], or [point, 4] with confidence; NaN for points that are missing.

    A list of another length is no confidence of the points: it may hold one score of the person.
    """
    value, confidence = person.points, person.confidence
    if isinstance(value, Mapping):
        value = [value.get(name) or [] for name in names]
        if isinstance(confidence, Mapping):
            confidence = [confidence.get(name, np.nan) for name in names]
    rows = _point_rows(value)
    fits = isinstance(confidence, list) and len(confidence) == len(rows)
    if not fits or rows.shape[1] == 4:
        return rows
    return np.column_stack([rows, np.array(confidence, np.float64)])


def _point_rows(value: list) -> np.ndarray:
    """Points [point, 3 or 4] from rows, from tables with x, y, z, or from one flat list."""
    if not any(_is_point(each) for each in value):
        flat = np.array(value, np.float64)
        return flat.reshape(-1, 4 if len(flat) % 4 == 0 and len(flat) % 3 else 3)
    points = [_coordinates(each) for each in value]
    width = max(map(len, points)) or 3
    return np.array([point if point else [np.nan] * width for point in points], np.float64)


def _coordinates(point: object) -> list:
    """Coordinates, and the confidence if the point has one; [] for a point that is missing."""
    if not isinstance(point, Mapping):
        return list(point or ())
    kinds = ("x", "y", "z", *(key for key in CONFIDENCE_KEYS if key in point))[:4]
    return [float(point[kind]) for kind in kinds]
