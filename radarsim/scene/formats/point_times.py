"""Times of the rows of a table of points: pose rate, and the pose of each row.

Rows of people who leave and return, or who enter later, are not consecutive. The pose of a row is
therefore its time on a grid of equal steps that starts at the first time of the file, the same for
all people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from radarsim.errors import InputError

# Columns of times, and their unit; "" if the name does not state it.
_TIME_COLUMNS = {
    **dict.fromkeys(("time", "times", "timestamp", "t", "abstime"), ""),
    **dict.fromkeys(("time_s", "times_s", "timestamp_s", "seconds"), "s"),
    **dict.fromkeys(("time_ms", "timems", "timestamp_ms", "timestampms"), "ms"),
    **dict.fromkeys(("time_us", "timeus", "timestamp_us", "timestampus"), "us"),
    **dict.fromkeys(("time_ns", "timens", "timestamp_ns", "timestampns"), "ns"),
}
_FRAME_COLUMNS = (
    *("frame", "frames", "frame_id", "frameid", "frame_number", "framenumber"),
    *("frame_index", "frameindex", "frame_no", "frameno", "frame_num"),
)
_UNITS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
# Pose rates of recordings [Hz]. A unit is inferred as the unit that gives such a rate: as this
# range and the ratio of two units are both 1000, at most one unit does, apart from the ends.
_RATES_HZ = (1.001, 1001.0)
# Fractions of a step: a step that differs more from the median is not equal; and the fraction of
# rows that may be unequal or have the time of another row.
_EQUAL, _MAX_SHARE = 0.5, 0.1


@dataclass(frozen=True, eq=False)
class RowTimes:
    """Poses of the rows of a table.

    Attributes:
        poses: index of the pose of each row, from 0; -1 for a row that is not used.
        rate_hz: poses per second; None if the columns do not state it.
        source: column and unit from which the rate was inferred; "" without rate.
        notes: one line for each property that was inferred, and for rows that are not used.
    """

    poses: np.ndarray
    rate_hz: float | None = None
    source: str = ""
    notes: tuple[str, ...] = ()


def row_times(columns: dict, people: Sequence[np.ndarray], num_rows: int, where: str) -> RowTimes:
    """Find the pose of each row from a column of times, else of frame numbers, else by order.

    Args:
        columns: values [row] by the name of the column in lower case.
        people: indices of the rows of each person.
        num_rows: number of rows.
        where: name of the file, used in messages.

    Raises:
        InputError: times decrease, are not equally spaced apart from gaps, or are used twice.
    """
    notes: list[str] = []
    for name in (*_TIME_COLUMNS, *_FRAME_COLUMNS):
        if name not in columns:
            continue
        step = _step(columns[name], people, name, where)
        if step is None:
            notes.append(f"the column {name} does not increase and is not used")
            continue
        found = _on_grid(columns[name], step, people, name, where)
        rate_hz, unit = _rate_and_unit(columns[name], step, name)
        if rate_hz is None:
            if name in _TIME_COLUMNS:
                notes.append(f"the column {name} is read as frame numbers")
            return replace(found, notes=(*notes, *found.notes))
        notes.append(f"rate of {rate_hz:.4g} Hz inferred from the column {name} in {unit}")
        source = f"the column {name}, read in {unit}"
        return RowTimes(found.poses, rate_hz, source, (*notes, *found.notes))
    poses = np.full(num_rows, -1)
    for rows in people:
        poses[rows] = np.arange(len(rows))
    if len(people) > 1:
        notes.append("no column of times or frame numbers: the first rows of all people coincide")
    return RowTimes(poses, notes=tuple(notes))


def _step(times: np.ndarray, people, name: str, where: str) -> float | None:
    """Mean of the equal steps between the rows of a person; None if times do not increase."""
    own = [times[rows][np.isfinite(times[rows])] for rows in people]
    steps = np.concatenate([np.diff(each) for each in own])
    middle = float(np.median(steps)) if len(steps) else 0.0
    if not middle > 0:
        return None
    equal = np.abs(steps - middle) <= _EQUAL * middle
    # Frame numbers are exact: frames in which the person was not found are gaps.
    if name not in _FRAME_COLUMNS and np.mean(~equal) > _MAX_SHARE:
        problem = f"steps from {steps.min():.4g} to {steps.max():.4g}; they must be equal"
        raise InputError(where, name, problem, "resample the recording to a constant rate")
    if steps.min() < 0:
        problem = f"decreases by {-steps.min():.4g} between two rows of a person"
        raise InputError(where, name, problem, "sort the rows; give one file per recording")
    # The median of rounded times, such as 33, 33 and 34 ms, would not be their mean step.
    return float(steps[equal].mean())


def _on_grid(times: np.ndarray, step: float, people, name: str, where: str) -> RowTimes:
    poses = np.full(len(times), -1)
    first = np.nanmin(times)
    doubled = timeless = 0
    for rows in people:
        own = rows[np.isfinite(times[rows])]
        steps = (times[own] - first) / step
        if len(steps) and steps.max() > 1e9:
            problem = f"spans {steps.max():.3g} steps of {step:.4g}"
            raise InputError(where, name, problem, "correct the times that are far from the others")
        # Cameras that record at different moments of a step have different phases.
        phase = np.angle(np.exp(2j * np.pi * steps).sum()) / (2 * np.pi)
        places, kept = np.unique(np.maximum(np.round(steps - phase), 0), return_index=True)
        poses[own[kept]] = places
        doubled += len(own) - len(kept)
        timeless += len(rows) - len(own)
    if doubled > _MAX_SHARE * len(times):
        problem = f"{doubled} of {len(times)} rows have the same value as another row of a person"
        raise InputError(where, name, problem, "give one row per pose and person")
    rows = {f"with the {name} of another row of the person": doubled, f"without {name}": timeless}
    notes = [f"rows {which}: {count} ignored" for which, count in rows.items() if count]
    return RowTimes(poses, notes=tuple(notes))


def _rate_and_unit(times: np.ndarray, step: float, name: str) -> tuple[float | None, str]:
    """Pose rate [Hz] and unit of the times; None for frame numbers."""
    unit = _TIME_COLUMNS.get(name, "")
    if not unit:
        whole = (times[np.isfinite(times)] % 1 == 0).all()
        if name in _FRAME_COLUMNS or (whole and step == 1):
            return None, "frames"
        low, high = _RATES_HZ
        unit = next((u for u, size_s in _UNITS_S.items() if low <= 1 / step / size_s <= high), "s")
    # Rounding errors of the times would give 1000.0000001 Hz.
    return float(f"{1 / step / _UNITS_S[unit]:.9g}"), unit
