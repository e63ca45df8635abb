"""Read tables of 3-D points from the text of CSV files."""

import csv
import re

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.point_tables import (
    CONFIDENCE_KEYS,
    ID_KEYS,
    PointTable,
    tables_from_array,
)
from radarsim.scene.formats.point_times import RowTimes, row_times

_AXIS = re.compile(r"^(.*?)[_. :]?([xyzXYZ])$")
# Programs that write tables with missing values write the person 3 as 3.0.
_WHOLE = re.compile(r"([-+]?\d+)\.0*")
# Maximum number of coordinates of all people, which limits the memory to 1 GiB.
_MAX_VALUES = 1 << 27


def tables_from_csv(text: str, where: str) -> list[PointTable]:
    """Points in a CSV file, one row per pose.

    With a header, the columns of a point are `<name>_x`, `<name>_y`, `<name>_z` (also `.x`, ` X`),
    in any order, optionally with `<name>_conf`; a column of times gives the rate, a column
    `person_id` (any text) separates people, whose rows without points are NaN. Without a header,
    each row holds the values of all points.

    Raises:
        InputError: the rows are not a table of numbers, or a coordinate of a point is missing.
    """
    rows = _rows(text)
    if not rows:
        raise InputError(where, "file", "is empty", "give one row per pose")
    header = None if _is_number(rows[0][-1]) else [word.strip() for word in rows.pop(0)]
    _check_width(rows, where, 2 if header else 1)
    if header is None:
        return tables_from_array(_numbers(rows, where), where)
    if len(header) != len(rows[0]):
        problem = f"{len(header)} names, but {len(rows[0])} values per row"
        raise InputError(where, "header", problem, "give each column a name")
    return _by_person(header, rows, where)


def _rows(text: str) -> list[list[str]]:
    """Rows of a table; an empty row within the table is a pose without points."""
    rows = [
        row for row in csv.reader(text.splitlines(), _dialect(text)) if len(row) > 1 or any(row)
    ]
    filled = [number for number, row in enumerate(rows) if any(word.strip() for word in row)]
    return rows[filled[0] : filled[-1] + 1] if filled else []


def _by_person(header: list[str], rows: list[list[str]], where: str) -> list[PointTable]:
    lower = [re.sub(r"[^a-z0-9_]", "", name.lower()) for name in header]
    place = next((lower.index(key) for key in ID_KEYS if key in lower), None)
    ids = [""] * len(rows)
    if place is not None:
        ids = [_WHOLE.sub(r"\1", row[place].strip()) for row in rows]
        rows = [[*row[:place], "", *row[place + 1 :]] for row in rows]
    values = _numbers(rows, where)
    points, names = _points(header, values, where)
    confidence = _confidence(names, lower, values)
    people = _rows_of_people(ids)
    nameless = [
        number for number, own in enumerate(ids) if not own and np.isfinite(points[number]).any()
    ]
    notes = (
        () if "" in people or not nameless else (f"rows without person: {len(nameless)} ignored",)
    )
    columns = {name: values[:, number] for number, name in reversed(list(enumerate(lower)))}
    times = row_times(columns, list(people.values()), len(rows), where)
    _check_size(times, len(people), points, where)
    return [
        PointTable(
            _placed(points, rows_of_person, times),
            None if confidence is None else _placed(confidence, rows_of_person, times),
            names,
            times.rate_hz,
            person=person if len(people) > 1 else "",
            notes=(*times.notes, *notes),
            rate_source=times.source,
        )
        for person, rows_of_person in people.items()
    ]


def _rows_of_people(ids: list[str]) -> dict[str, np.ndarray]:
    """Indices of the rows of each person; rows without person only if there is no other."""
    people: dict[str, list[int]] = {}
    for number, own in enumerate(ids):
        people.setdefault(own, []).append(number)
    if len(people) > 1:
        people.pop("", None)
    order = sorted(people)
    if all(re.fullmatch(r"[-+]?\d+", own) for own in people):
        order = sorted(people, key=int)
    return {own: np.array(people[own]) for own in order}


def _check_size(times: RowTimes, num_people: int, points: np.ndarray, where: str) -> None:
    """Refuse times so far apart that the poses between them do not fit into the memory."""
    num_poses = int(times.poses.max()) + 1
    if num_poses * num_people * points[0].size > _MAX_VALUES:
        problem = f"{len(points)} rows span {num_poses} poses, for {num_people} people"
        raise InputError(where, "rows", problem, "correct the times, or split the file")


def _placed(values: np.ndarray, rows: np.ndarray, times: RowTimes) -> np.ndarray:
    """Values [row, ...] of a person at their poses; NaN at the other poses of the file."""
    used = rows[times.poses[rows] >= 0]
    placed = np.full((int(times.poses.max()) + 1, *values.shape[1:]), np.nan)
    placed[times.poses[used]] = values[used]
    return placed


def _points(header: list[str], values: np.ndarray, where: str) -> tuple[np.ndarray, tuple]:
    """Points [row, point, 3] and their names."""
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
    return points, tuple(complete)


def _confidence(names, lower, values) -> np.ndarray | None:
    columns = []
    for name in names:
        base = re.sub(r"[^a-z0-9_]", "", name.lower())
        labels = [f"{base}_{suffix}" for suffix in (*CONFIDENCE_KEYS, "c")]
        place = next((lower.index(label) for label in labels if label in lower), None)
        if place is None:
            return None
        columns.append(values[:, place])
    return np.stack(columns, axis=1)


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


def _check_width(rows: list[list[str]], where: str, first_line: int) -> None:
    width = len(rows[0]) if rows else 0
    if not rows:
        raise InputError(where, "file", "has a header but no rows", "give one row per pose")
    for number, row in enumerate(rows):
        if len(row) != width:
            problem = f"{len(row)} values in line {number + first_line}, but {width} in the first"
            raise InputError(where, "rows", problem, "give the same columns in every row")


def _numbers(rows: list[list[str]], where: str) -> np.ndarray:
    try:
        return np.array([[float(word) if word.strip() else np.nan for word in row] for row in rows])
    except ValueError as error:
        problem = str(error).replace("could not convert string to float", "not a number")
        raise InputError(
            where, "rows", problem, "give numbers; leave missing values empty"
        ) from None
