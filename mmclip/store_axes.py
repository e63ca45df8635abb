"""Axes of stores and models: bins of the heatmaps, and the time from one column to the next."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mmclip.errors import MmclipError
from mmclip.store import BIN_AXES, UNITS, RadarStore

# Entry of the axes of a model with the time from one column to the next [s].
COLUMN_STEP = "column_step"
# Permitted relative difference of two column steps. Measured frame periods differ by less from
# their nominal values, and over a window of 224 columns, 1 % displaces a column by at most 2.3
# columns, which is less than a patch of the network (4 or 8 columns).
COLUMN_STEP_TOLERANCE = 0.01


class AxisRange(NamedTuple):
    """First bin, last bin and number of bins of an axis, which model.json stores as a list."""

    first: float
    last: float
    count: float


def check_same_axes(
    stores: Sequence[RadarStore], axes: dict[str, Sequence[float]] | None = None
) -> None:
    """Check that the bins and the columns of all stores have the same coordinates.

    Args:
        stores: stores to be used together.
        axes: axes that a model was trained on, as returned by `all_axis_ranges`; models of earlier
            versions have no column step; default: the axes of the first store that has the axis.

    Raises:
        MmclipError: an axis differs; the message states the limits and the unit of the axis.
    """
    axes = axes or all_axis_ranges(stores)
    for store in stores:
        for axis, found in axis_ranges(store).items():
            if axis not in axes:  # axis of a heatmap that the other stores, or the model, lack
                continue
            required = AxisRange(*axes[axis])
            # The tolerance is half a bin, because the axes may be rounded differently.
            step = abs(required.last - required.first) / max(required.count - 1, 1)
            if found.count != required.count or not np.allclose(
                found[:2], required[:2], atol=step / 2
            ):
                unit = UNITS[axis]
                problem = f"{_describe(found, unit)}; {_describe(required, unit)} are needed"
                hint = "use stores with the same radar configuration"
                raise MmclipError(store.path, axis, problem, hint)
        _check_column_step(store, axes.get(COLUMN_STEP))


def axis_ranges(store: RadarStore) -> dict[str, AxisRange]:
    """Range of each bin axis of the heatmaps."""
    bins = {BIN_AXES[name]: store.axes[BIN_AXES[name]] for name in store.heatmaps}
    return {axis: AxisRange(float(x[0]), float(x[-1]), float(len(x))) for axis, x in bins.items()}


def all_axis_ranges(stores: Sequence[RadarStore]) -> dict[str, Sequence[float]]:
    """Range of each bin axis, and the column step [s], from the first store that has this axis."""
    ranges: dict[str, Sequence[float]] = {}
    for store in stores:
        step_s = _column_step_s(store)
        columns = {} if step_s is None else {COLUMN_STEP: (step_s,)}
        ranges = {**axis_ranges(store), **columns, **ranges}
    return ranges


def have_same_axes(
    one: Mapping[str, Sequence[float]], other: Mapping[str, Sequence[float]]
) -> bool:
    """Whether two models have equal bins, and equal column steps if both models state them.

    Args:
        one, other: entry `axes` of model.json.
    """
    steps_s = [axes[COLUMN_STEP][0] for axes in (one, other) if COLUMN_STEP in axes]
    bins = [{k: tuple(v) for k, v in axes.items() if k != COLUMN_STEP} for axes in (one, other)]
    return bins[0] == bins[1] and (len(steps_s) < 2 or _is_same_step(*steps_s))


def _column_step_s(store: RadarStore) -> float | None:
    """Time from one column to the next [s]; None for a store with a single column."""
    times_s = store.axes["column_time"]
    return float(times_s[-1] - times_s[0]) / (len(times_s) - 1) if len(times_s) > 1 else None


def _check_column_step(store: RadarStore, required: Sequence[float] | None) -> None:
    """Raise MmclipError unless the columns of a store have the required step [s]."""
    found_s = _column_step_s(store)
    if required is None or found_s is None:
        return
    if not _is_same_step(found_s, required[0]):
        problem = f"has columns every {found_s:.4g} s; columns every {required[0]:.4g} s are needed"
        hint = "use stores with the same column step, or train with a common grid, such as "
        hint += f"--set grid=column:{max(found_s, required[0]):.4g}"
        raise MmclipError(store.path, "column_time", problem, hint)


def _describe(axis: AxisRange, unit: str) -> str:
    return f"{int(axis.count)} bins from {axis.first:.4g} to {axis.last:.4g} {unit}"


def _is_same_step(one_s: float, other_s: float) -> bool:
    return abs(one_s - other_s) <= COLUMN_STEP_TOLERANCE * other_s
