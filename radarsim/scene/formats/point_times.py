"""Times of the rows of a table of points: pose rate, and the pose of each row.

Rows of people who leave and return, or who enter later, are not consecutive. The pose of a row is
therefore its time on a grid of equal steps that starts at the first time of the file, the same for
all people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import isotonic_regression

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
# A step that differs from the median by more than this fraction of the median is not equal.
_EQUAL = 0.65
# Fraction of rows that may have unequal steps, be out of order, or have the time of another row.
_MAX_SHARE = 0.1
# Rows that are out of order by fewer steps are sorted; a larger decrease is another recording.
_MAX_DISORDER = 3
# The search of the mean step: rows of the shortest groups, and greatest change of the median.
_FIRST_GROUP, _MAX_CHANGE = 64, 0.1
# A row is put at a later pose than the rows before it imply if its time is later by more than this
# fraction of a step: a missing row shifts the times by 1, and jitter by less than 0.5, usually.
_MISSING = 0.75


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
        found = _from_column(columns[name], people, name, where)
        if found is not None:
            return replace(found, notes=(*notes, *found.notes))
        notes.append(f"the column {name} does not increase and is not used")
    poses = np.full(num_rows, -1)
    for rows in people:
        poses[rows] = np.arange(len(rows))
    if len(people) > 1:
        notes.append("no column of times or frame numbers: the first rows of all people coincide")
    return RowTimes(poses, notes=tuple(notes))


def _from_column(times: np.ndarray, people, name: str, where: str) -> RowTimes | None:
    """Poses and rate from a column; None if it does not increase."""
    middle = _usual_step(times, people, name, where)
    if middle is None:
        return None
    ordered, notes = _ordered(times, people, name, where)
    steps = np.concatenate([np.diff(times[rows]) for rows in ordered])
    frame_step = _frame_step(times, steps, name)
    # In frame numbers, frames in which the person was not found are gaps.
    if name not in _FRAME_COLUMNS and frame_step is None:
        _check_equal(steps, middle, name, where)
    _check_span(times, frame_step or middle, name, where)
    step = frame_step or _mean_step(times, ordered, middle)
    poses = _poses(times, ordered, step, frame_step is not None)
    if name in _FRAME_COLUMNS:
        return RowTimes(poses, notes=tuple(notes))
    if frame_step is not None:
        return RowTimes(poses, notes=(f"the column {name} is read as frame numbers", *notes))
    rate_hz, unit = _rate_and_unit(step, name)
    note = f"rate of {rate_hz:.4g} Hz inferred from the column {name} in {unit}"
    return RowTimes(poses, rate_hz, f"the column {name}, read in {unit}", (note, *notes))


def _usual_step(times: np.ndarray, people, name: str, where: str) -> float | None:
    """Median step between the rows of a person; None if times do not increase."""
    own = [times[rows][np.isfinite(times[rows])] for rows in people]
    steps = np.concatenate([np.diff(each) for each in own])
    middle = float(np.median(steps)) if len(steps) else 0.0
    if not middle > 0:
        return None
    if steps.min() <= -_MAX_DISORDER * middle or np.mean(steps < 0) > _MAX_SHARE:
        if name in _FRAME_COLUMNS:
            return None
        problem = f"decreases by {-steps.min():.4g} between two rows of a person"
        raise InputError(where, name, problem, "sort the rows; give one file per recording")
    return middle


def _ordered(times: np.ndarray, people, name: str, where: str) -> tuple[list, list[str]]:
    """Rows of each person in the order of their times, without equal times; and notes."""
    ordered = []
    doubled = timeless = swapped = 0
    for rows in people:
        own = rows[np.isfinite(times[rows])]
        timeless += len(rows) - len(own)
        swapped += int((np.diff(times[own]) < 0).sum())
        own = own[np.argsort(times[own], kind="stable")]
        kept = own[np.diff(times[own], prepend=-np.inf) > 0]
        doubled += len(own) - len(kept)
        ordered.append(kept)
    if doubled > _MAX_SHARE * len(times):
        problem = f"{doubled} of {len(times)} rows have the same value as another row of a person"
        raise InputError(where, name, problem, "give one row per pose and person")
    rows = {f"with the {name} of another row of the person": doubled, f"without {name}": timeless}
    notes = [f"rows {which}: {count} ignored" for which, count in rows.items() if count]
    if swapped:
        notes.append(f"rows with an earlier {name} than the row before: {swapped} sorted")
    return ordered, notes


def _frame_step(times: np.ndarray, steps: np.ndarray, name: str) -> float | None:
    """Step of frame numbers, which are exact; None for times."""
    finite = times[np.isfinite(times)]
    if (finite % 1).any() or np.abs(finite).max() > 2**53:
        return None
    if name in _TIME_COLUMNS:
        values, counts = np.unique(steps, return_counts=True)
        # Most of the frames may be missing, but a step of 1 is more common than any other.
        if _TIME_COLUMNS[name] or values[counts.argmax()] != 1:
            return None
    return float(np.gcd.reduce((finite - finite.min()).astype(np.int64)))


def _check_equal(steps: np.ndarray, middle: float, name: str, where: str) -> None:
    if np.mean(np.abs(steps - middle) > _EQUAL * middle) > _MAX_SHARE:
        problem = f"steps from {steps.min():.4g} to {steps.max():.4g}; they must be equal"
        raise InputError(where, name, problem, "resample the recording to a constant rate")


def _mean_step(times: np.ndarray, ordered, step: float) -> float:
    """Mean step; the median of rounded times, such as 33, 33 and 34 ms, is not their mean step.

    The step for which the phases of the times agree best is hardly affected by jitter and missing
    rows. It is found from groups of a few rows, and from longer groups in smaller and smaller
    ranges, because the maximum for all rows is narrow.
    """
    longest, length, width = max(map(len, ordered)), _FIRST_GROUP, _MAX_CHANGE
    while True:
        ratios = 1 + width * np.linspace(-1, 1, 81)
        scores = [_agreement(times, ordered, step / ratio, length) for ratio in ratios]
        step = step / ratios[np.argmax(scores)]
        if length >= longest:
            break
        # Phases differ by half a step at the end of a group if the step is wrong by this fraction.
        length, width = 8 * length, 0.5 / length
    return _slope(times, ordered, step)


def _agreement(times: np.ndarray, ordered, step: float, length: int) -> float:
    """Agreement of the phases of the times within groups of rows."""
    total = 0.0
    for rows in filter(len, ordered):
        phases = np.exp(2j * np.pi / step * (times[rows] - times[rows[0]]))
        sums = np.add.reduceat(phases, np.arange(0, len(rows), length))
        total += float((np.abs(sums) ** 2).sum())
    return total


def _slope(times: np.ndarray, ordered, step: float) -> float:
    """Step that fits the times best, for the poses that follow from a step."""
    products = squares = 0.0
    for rows in filter(len, ordered):
        own = times[rows] - times[rows].mean()
        poses = _distinct((times[rows] - times[rows[0]]) / step)
        products += float(own @ (poses - poses.mean()))
        squares += float(((poses - poses.mean()) ** 2).sum())
    return products / squares


def _check_span(times: np.ndarray, step: float, name: str, where: str) -> None:
    num_steps = np.ptp(times[np.isfinite(times)]) / step
    if num_steps > 1e9:
        problem = f"spans {num_steps:.3g} steps of {step:.4g}"
        raise InputError(where, name, problem, "correct the times that are far from the others")


def _poses(times: np.ndarray, ordered, step: float, exact: bool) -> np.ndarray:
    """Pose of each row, on a grid of steps from the first time of the file; -1 if not used."""
    poses = np.full(len(times), -1)
    first = times[np.isfinite(times)].min()
    for rows in filter(len, ordered):
        steps = (times[rows] - first) / step
        poses[rows] = np.round(steps) if exact else _distinct(steps)
    return poses


def _distinct(steps: np.ndarray) -> np.ndarray:
    """Different poses for all rows: jitter neither joins two rows nor leaves a pose out.

    The number of poses that are missing before each row does not decrease. Isotonic regression
    estimates it from all rows, so that the jitter of single rows has little effect.
    """
    # Cameras that record at different moments of a step have different phases.
    phase = np.angle(np.exp(2j * np.pi * steps).sum()) / (2 * np.pi)
    order = np.arange(len(steps))
    missing = isotonic_regression(steps - phase - order).x
    place, places = -np.inf, []
    for each in missing:
        if each > place + _MISSING:
            place = np.round(each + _MISSING - 0.5)
        places.append(place)
    return np.maximum(np.array(places), 0) + order


def _rate_and_unit(step: float, name: str) -> tuple[float, str]:
    """Pose rate [Hz], and unit of the times."""
    unit = _TIME_COLUMNS[name]
    if not unit:
        low, high = _RATES_HZ
        unit = next((u for u, size_s in _UNITS_S.items() if low <= 1 / step / size_s <= high), "s")
    # Rounding errors of the times would give 1000.0000001 Hz.
    return float(f"{1 / step / _UNITS_S[unit]:.9g}"), unit
