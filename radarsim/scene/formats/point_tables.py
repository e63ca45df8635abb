"""Tables of 3-D points over time: arrays, CSV and JSON, before columns are matched to a layout."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.smpl_parameters import RATE_KEYS, number_in

# Keys of arrays and of JSON values, in order of preference.
POINT_KEYS = (
    *("joints", "joints_3d", "keypoints", "keypoints_3d", "pose_keypoints_3d", "keypoint"),
    *("points", "points_m", "positions", "poses_3d", "markers", "landmarks", "pose_landmarks"),
)
CONFIDENCE_KEYS = ("confidence", "confidences", "conf", "scores", "score", "visibility")
NAME_KEYS = ("names", "labels", "joint_names", "marker_names", "columns")
FRAME_LIST_KEYS = ("frames", "poses", "data")
PERSON_KEYS = ("people", "persons", "body_list", "bodies")
ID_KEYS = ("person_id", "id", "track_id", "person", "body_id")
KEYS = (*POINT_KEYS, *CONFIDENCE_KEYS, *NAME_KEYS, *RATE_KEYS)
_TIME_COLUMNS = ("time", "times", "timestamp", "times_s", "time_s", "t", "seconds", "abstime")
_AXIS = re.compile(r"^(.*?)[_. :]?([xyzXYZ])$")
_SHAPE_HINT = "give [pose, joint, 3], [pose, joint, 4] with confidence, or [person, pose, joint, 3]"


@dataclass(frozen=True, eq=False)
class PointTable:
    """Points of one person, as stored in a file.

    Attributes:
        points: [pose, point, 3] in the file's unit and axes; NaN where missing.
        confidence: [pose, point], or None.
        names: names of the points; () if the file has none.
        rate_hz: poses per second; None if the file does not state it.
        unit: "m", "cm", "mm"; "" if the file does not state it.
        person: name of the person; "" for one person.
        notes: one line for each property that was inferred.
    """

    points: np.ndarray
    confidence: np.ndarray | None = None
    names: tuple[str, ...] = ()
    rate_hz: float | None = None
    unit: str = ""
    person: str = ""
    notes: tuple[str, ...] = ()


def tables_from_array(values: object, where: str, **known) -> list[PointTable]:
    """Points of each person in an array.

    Args:
        values: [pose, point, 3 or 4], [person, pose, point, 3 or 4], or [pose, 3 x point].
        where: name of the file, used in messages.
        known: other attributes of `PointTable`.

    Raises:
        InputError: the array has another shape or holds no numbers.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise InputError(where, "points", f"hold {values.dtype}, not numbers", _SHAPE_HINT)
    if values.ndim == 2 and values.shape[1] % 3 == 0 and values.shape[1] > 4:
        values = values.reshape(len(values), -1, 3)
    if values.ndim not in (3, 4) or values.shape[-1] not in (3, 4):
        if values.ndim in (3, 4) and values.shape[-1] == 2:
            hint = "triangulate the joints of two or more cameras first"
            raise InputError(where, "points", "are 2-D, but the fit needs 3-D", hint)
        raise InputError(where, "points", f"have shape {values.shape}", _SHAPE_HINT)
    values = values.astype(np.float64)
    people = [values] if values.ndim == 3 else list(values)
    confidence = known.pop("confidence", None)
    tables = []
    for number, person in enumerate(people):
        own = confidence if confidence is None or len(people) == 1 else confidence[number]
        own = person[..., 3] if person.shape[-1] == 4 else own
        label = str(number) if len(people) > 1 else known.get("person", "")
        tables.append(PointTable(person[..., :3], own, **{**known, "person": label}))
    return tables


def tables_from_arrays(arrays: Mapping[str, object], where: str) -> list[PointTable]:
    """Points in the arrays of an `.npz` file, found by the key constants of this module."""
    key = next((key for key in POINT_KEYS if key in arrays), None)
    if key is None:
        found = ", ".join(sorted(arrays)) or "no known key"
        problem = f"no array of joints (found {found})"
        raise InputError(where, "joints", problem, f"name the array {', '.join(POINT_KEYS[:3])}")
    confidence = next((np.asarray(arrays[k]) for k in CONFIDENCE_KEYS if k in arrays), None)
    names = next((np.ravel(arrays[k]) for k in NAME_KEYS if k in arrays), ())
    rate_hz = next((number_in(arrays[k]) for k in RATE_KEYS if k in arrays), None)
    names = tuple(str(name) for name in names)
    return tables_from_array(
        arrays[key], where, confidence=confidence, names=names, rate_hz=rate_hz
    )


def tables_from_csv(text: str, where: str) -> list[PointTable]:
    """Points in a CSV file, one row per pose.

    With a header, the columns of a point are `<name>_x`, `<name>_y`, `<name>_z` (also `.x`, ` X`),
    in any order, optionally with `<name>_conf`; a column of times gives the rate, a column
    `person_id` separates people. Without a header, each row holds the values of all points.

    Raises:
        InputError: the rows are not a table of numbers, or a coordinate of a point is missing.
    """
    rows = [row for row in csv.reader(text.splitlines(), _dialect(text)) if any(row)]
    if not rows:
        raise InputError(where, "file", "is empty", "give one row per pose")
    header = None if _is_number(rows[0][-1]) else [word.strip() for word in rows.pop(0)]
    values = _numbers(rows, where, 2 if header else 1)
    if header is None:
        return tables_from_array(values, where)
    if len(header) != values.shape[1]:
        problem = f"{len(header)} names, but {values.shape[1]} values per row"
        raise InputError(where, "header", problem, "give each column a name")
    return _by_person(header, values, where)


def tables_from_json(content: object, where: str) -> list[PointTable]:
    """Points in the content of a JSON file: a list of poses, or a table with such a list.

    A pose is a list of points, a table of points by name, or a table with a list of people.

    Raises:
        InputError: the content has another structure.
    """
    known: dict[str, object] = {}
    if isinstance(content, Mapping):
        rate = next((content[key] for key in RATE_KEYS if key in content), None)
        known["rate_hz"] = number_in(rate) if rate is not None else None
        names = next((content[key] for key in NAME_KEYS if key in content), ())
        known["names"] = tuple(str(name) for name in names)
        known["unit"] = str(content.get("unit", content.get("units", "")))
        key = next((k for k in (*FRAME_LIST_KEYS, *POINT_KEYS) if k in content), None)
        content = content.get(key) if key else None
    if not isinstance(content, list) or not content:
        hint = 'give {"fps": 30, "frames": [[[x, y, z], ...], ...]}'
        raise InputError(where, "frames", "no list of poses", hint)
    try:
        return _people_in_frames(content, where, known)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        problem = f"a pose cannot be read ({str(error)[:80]})"
        raise InputError(where, "frames", problem, "give the same points in every pose") from None


def _people_in_frames(frames: list, where: str, known: dict) -> list[PointTable]:
    """Collect the points of each person over the poses; poses without the person are NaN."""
    tracks: dict[str, dict[int, np.ndarray]] = {}
    names = known.get("names", ())
    for number, frame in enumerate(frames):
        for person, value in _people_in_frame(frame):
            if isinstance(value, Mapping):
                names = names or tuple(value)
                value = [value.get(name, [np.nan] * 3) for name in names]
            tracks.setdefault(person, {})[number] = _point_rows(value)
    if not tracks:
        raise InputError(where, "frames", "no pose has a person", "check the export")
    found = []
    for person, poses in tracks.items():
        shape = next(iter(poses.values())).shape
        values = np.full((len(frames), *shape), np.nan)
        for number, rows in poses.items():
            values[number] = rows
        label = person if len(tracks) > 1 else ""
        found += tables_from_array(values, where, **{**known, "names": names, "person": label})
    return found


def _people_in_frame(frame: object):
    """Yield the name and the points of each person of a pose."""
    people = None
    if isinstance(frame, Mapping):
        people = next((frame[key] for key in PERSON_KEYS if key in frame), None)
    if people is None:
        people = [frame] if frame else []
    for number, person in enumerate(people):
        name = str(number)
        if isinstance(person, Mapping):
            name = str(next((person[key] for key in ID_KEYS if key in person), number))
            person = next((person[key] for key in POINT_KEYS if key in person), person)
        if person:
            yield name, person


def _point_rows(value: list) -> np.ndarray:
    """Points [point, 3 or 4] from rows, from tables with x, y, z, or from one flat list."""
    if isinstance(value[0], Mapping):
        kinds = ("x", "y", "z", *(key for key in CONFIDENCE_KEYS if key in value[0]))[:4]
        return np.array([[float(point[kind]) for kind in kinds] for point in value])
    rows = np.array(value, np.float64)
    if rows.ndim == 1:
        rows = rows.reshape(-1, 4 if len(rows) % 4 == 0 and len(rows) % 3 else 3)
    return rows


def _by_person(header: list[str], values: np.ndarray, where: str) -> list[PointTable]:
    lower = [re.sub(r"[^a-z0-9_]", "", name.lower()) for name in header]
    person = next((lower.index(key) for key in ID_KEYS if key in lower), None)
    if person is None:
        return [_table_of_columns(header, lower, values, where, "")]
    ids = np.unique(values[:, person])
    return [
        _table_of_columns(
            header,
            lower,
            values[values[:, person] == key],
            where,
            f"{key:g}" if len(ids) > 1 else "",
        )
        for key in ids
    ]


def _table_of_columns(header, lower, values, where, person) -> PointTable:
    places: dict[str, dict[str, int]] = {}
    for number, name in enumerate(header):
        if match := _AXIS.match(name):
            places.setdefault(match[1].strip("_. :"), {})[match[2].lower()] = number
    complete = {name: axes for name, axes in places.items() if name and len(axes) == 3}
    if not complete:
        problem = f"no columns such as nose_x, nose_y, nose_z (found {', '.join(header[:6])}, ...)"
        raise InputError(where, "header", problem, "name the columns by point and axis")
    half = [name for name, axes in places.items() if len(axes) == 2 and name]
    if half:
        problem = f"{half[0]} has only {', '.join(places[half[0]])}"
        raise InputError(where, "header", problem, "give x, y and z of every point")
    points = np.stack([values[:, [a["x"], a["y"], a["z"]]] for a in complete.values()], axis=1)
    time = next((lower.index(key) for key in _TIME_COLUMNS if key in lower), None)
    rate_hz = None if time is None else rate_of_times(values[:, time], where)
    confidence = _confidence_columns(tuple(complete), lower, values)
    return PointTable(points, confidence, tuple(complete), rate_hz, person=person)


def _confidence_columns(names, lower, values) -> np.ndarray | None:
    columns = []
    for name in names:
        base = re.sub(r"[^a-z0-9_]", "", name.lower())
        labels = [f"{base}_{suffix}" for suffix in (*CONFIDENCE_KEYS, "c")]
        place = next((lower.index(label) for label in labels if label in lower), None)
        if place is None:
            return None
        columns.append(values[:, place])
    return np.stack(columns, axis=1)


def rate_of_times(times: np.ndarray, where: str) -> float | None:
    """Pose rate [Hz] from times in s, ms or us; None if the times do not increase.

    Raises:
        InputError: the times are not equally spaced.
    """
    steps = np.diff(times)
    middle = float(np.median(steps)) if len(steps) else 0.0
    if not middle > 0:
        return None
    if np.mean(np.abs(steps - middle) > 0.5 * middle) > 0.1:
        problem = f"steps from {steps.min():.4g} to {steps.max():.4g}; they must be equal"
        raise InputError(where, "time", problem, "resample the recording to a constant rate")
    seconds = next((middle / unit for unit in (1, 1e3, 1e6, 1e9) if middle / unit < 0.25), middle)
    return 1 / seconds


def _dialect(text: str):
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)

    class Dialect(csv.excel):
        pass

    Dialect.delimiter = delimiter
    return Dialect


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return not word.strip()
    return True


def _numbers(rows: list[list[str]], where: str, first_line: int) -> np.ndarray:
    width = len(rows[0]) if rows else 0
    if not rows:
        raise InputError(where, "file", "has a header but no rows", "give one row per pose")
    for number, row in enumerate(rows):
        if len(row) != width:
            problem = f"{len(row)} values in line {number + first_line}, but {width} in the first"
            raise InputError(where, "rows", problem, "give the same columns in every row")
    try:
        return np.array([[float(word) if word.strip() else np.nan for word in row] for row in rows])
    except ValueError as error:
        problem = str(error).replace("could not convert string to float", "not a number")
        raise InputError(
            where, "rows", problem, "give numbers; leave missing values empty"
        ) from None
