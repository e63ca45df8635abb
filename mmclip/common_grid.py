"""A common grid on which stores of different radars can be used together.

    grid=speed:-1.2:1.2:96,range:0:8:32,column:0.1

Speed and range have the same meaning for every radar, so heatmaps are resampled to bins in m/s and
m, and to columns in s. Power, not dB, is averaged or interpolated between bins. A grid is rejected
if it requires values that the radar did not measure: speeds and ranges beyond the axes of the
radar, where echoes are aliased, or steps finer than half the steps of the radar. Azimuth is not
resampled, because its blur depends on the antennas.

A store that lacks a heatmap of the model can be used if the model was trained with blanked heatmaps
(`augment.drop`); the missing heatmap is then blank, with the bins that it has in the other stores.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mmclip.errors import MmclipError
from mmclip.resampled_arrays import BlankArray, ResampledArray, resampling_matrix
from mmclip.store import BIN_AXES, RELATIVE, UNITS, RadarStore

GRID_AXES = ("speed", "range", "column")
# A store may be interpolated to half the step of its axis; a finer step would suggest a resolution
# that the radar does not have.
FINEST_STEP = 0.5
# Level [dB] to which the value 1 of a relative heatmap corresponds. The network scales every window
# by its minimum and maximum, so this factor matters only for the augmentation, whose changes are in
# dB.
RELATIVE_DB = 40.0


class GridAxis(NamedTuple):
    """Centres of the first and the last bin, and their number."""

    first: float
    last: float
    count: int

    @property
    def bins(self) -> np.ndarray:
        return np.linspace(self.first, self.last, self.count)

    @property
    def step(self) -> float:
        return (self.last - self.first) / (self.count - 1)


@dataclass(frozen=True)
class CommonGrid:
    """Axes to which stores are resampled.

    Attributes:
        axes: bins by axis name; other axes are not resampled.
        column_s: time from one column to the next [s]; 0 keeps the columns of the stores.
    """

    axes: dict[str, GridAxis] = field(default_factory=dict)
    column_s: float = 0.0


def parse_grid(entries: Iterable[str]) -> CommonGrid:
    """Parse the setting `data.grid`.

    Args:
        entries: "speed:first:last:bins" in m/s, "range:first:last:bins" in m, "column:period" in s.

    Raises:
        MmclipError: an entry has another form, or an axis is unknown or named twice.
    """
    axes, column_s = {}, 0.0
    for entry in entries:
        name, *texts = entry.split(":")
        try:
            values = [float(text) for text in texts]
        except ValueError:
            values = []
        if name == "column" and len(values) == 1 and 0 < values[0] < 60 and not column_s:
            column_s = values[0]
        elif name in GRID_AXES[:2] and _is_axis(values) and name not in axes:
            axes[name] = GridAxis(values[0], values[1], int(values[2]))
        else:
            hint = "write speed:-1.2:1.2:96, range:0:8:32, column:0.1, each at most once"
            raise MmclipError("settings", "data.grid", f"contains {entry!r}", hint)
    return CommonGrid(axes, column_s)


def _is_axis(values: Sequence[float]) -> bool:
    return (
        len(values) == 3
        and values[0] < values[1]
        and values[2] >= 2
        and values[2] == int(values[2])
    )


def on_grid(store: RadarStore, settings) -> RadarStore:
    """View of a store with the heatmaps of a model, resampled to the model's common grid.

    Args:
        store: an open store.
        settings: training settings; the grid, the heatmaps, and whether heatmaps are blanked.

    Returns:
        The store with only the heatmaps of the model, resampled where the grid requires it.

    Raises:
        MmclipError: the store did not measure what the grid or the model needs.
    """
    grid, names = parse_grid(settings.data.grid), settings.model.heatmaps
    missing = tuple(name for name in names if name not in store.heatmaps)
    _check_missing(store, settings, missing)
    used = {BIN_AXES[name] for name in names if name not in missing}
    kept = {axis: bins for axis, bins in grid.axes.items() if axis in used}
    for axis, bins in kept.items():
        _check_axis(store, axis, bins)
    if grid.column_s:
        _check_columns(store, grid.column_s)
    needed = {n: meta for n, meta in store.arrays.items() if n not in BIN_AXES or n in names}
    if not (missing or kept or grid.column_s or store.units == RELATIVE):
        return replace(store, arrays=needed)
    # The network input has this number of bins, so that a blank heatmap needs no resizing.
    blank = {BIN_AXES[name]: settings.model.size for name in missing}
    return GridStore(store.path, store.attributes, needed, CommonGrid(kept, grid.column_s), blank)


def with_equal_bins(
    stores: Sequence[RadarStore], axes: Mapping[str, Sequence[float]]
) -> list[RadarStore]:
    """Give the blank heatmaps of stores the number of bins that other stores or the model have.

    Args:
        stores: stores returned by `on_grid`, whose windows are read in the same batches.
        axes: range of each axis as returned by `all_axis_ranges`.
    """
    counts = {axis: int(axes[axis][2]) for axis in BIN_AXES.values() if axis in axes}
    return [
        replace(store, blank_bins={**store.blank_bins, **counts})
        if isinstance(store, GridStore)
        else store
        for store in stores
    ]


@dataclass(frozen=True)
class GridStore(RadarStore):
    """A store whose heatmaps are resampled when they are read.

    Attributes:
        grid: axes to which the heatmaps are resampled.
        blank_bins: number of bins of the heatmaps that the store lacks, keyed by axis.
    """

    grid: CommonGrid = field(default_factory=CommonGrid)
    blank_bins: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def axes(self) -> dict[str, np.ndarray]:
        """Axes of the store, with the axes of the grid replaced."""
        axes = {**RadarStore.axes.func(self)}
        for name, axis in self.grid.axes.items():
            axes[name] = axis.bins
        if self.grid.column_s:
            axes["column_time"] = self._grid_columns_s
        return axes

    @property
    def stored_columns(self) -> int:
        """Number of columns of every row on the grid."""
        return len(self.axes["column_time"])

    @cached_property
    def measured_columns(self) -> np.ndarray:
        """Number of columns of each row on the grid, without padding."""
        measured = RadarStore.measured_columns.func(self)
        if not self.grid.column_s:
            return measured
        ends_s = self._stored_columns_s[np.maximum(measured, 1) - 1]
        inside = np.searchsorted(self._grid_columns_s, ends_s + 1e-9, side="right")
        return np.where(measured > 0, inside, 0)

    def open_array(self, name: str):
        """Open an array; a heatmap is resampled, or blank if the store lacks it."""
        if name not in BIN_AXES:
            return super().open_array(name)
        if name not in self.heatmaps:
            clips = super().open_array(self.heatmaps[0]).shape[0]
            return BlankArray((clips, self.stored_columns, self.blank_bins[BIN_AXES[name]]))
        array, axis = super().open_array(name), BIN_AXES[name]
        bins = None
        if axis in self.grid.axes:
            bins = resampling_matrix(self._stored_bins(axis), self.grid.axes[axis].bins)
        columns = None
        if self.grid.column_s:
            columns = resampling_matrix(self._stored_columns_s, self._grid_columns_s)
        if self.units == RELATIVE:
            return ResampledArray(array, columns, bins, scale_db=RELATIVE_DB)
        return ResampledArray(array, columns, bins)

    def _stored_bins(self, axis: str) -> np.ndarray:
        return RadarStore.axes.func(self)[axis]

    @cached_property
    def _stored_columns_s(self) -> np.ndarray:
        return RadarStore.axes.func(self)["column_time"]

    @cached_property
    def _grid_columns_s(self) -> np.ndarray:
        first_s, last_s = self._stored_columns_s[[0, -1]]
        return first_s + np.arange(int((last_s - first_s) / self.grid.column_s + 1e-6) + 1) * (
            self.grid.column_s
        )


def _check_missing(store: RadarStore, settings, missing: Sequence[str]) -> None:
    """Reject missing heatmaps unless the model was trained with blanked heatmaps."""
    names = settings.model.heatmaps
    if not missing or (settings.augment.drop > 0 and len(missing) < len(names)):
        return
    problem = f"are {', '.join(store.heatmaps)}; the model needs {', '.join(names)}"
    hint = f"train with heatmaps={','.join(store.heatmaps)}"
    if len(missing) < len(names):
        hint += ", or with augment.drop above 0, so that a blank heatmap can take its place"
    raise MmclipError(store.path, "heatmaps", problem, hint)


def _check_axis(store: RadarStore, axis: str, wanted: GridAxis) -> None:
    bins, unit = store.axes[axis], UNITS[axis]
    step = abs(bins[-1] - bins[0]) / max(len(bins) - 1, 1)
    slack = max(step, wanted.step) / 2
    if wanted.first < bins[0] - slack or wanted.last > bins[-1] + slack:
        problem = f"covers {bins[0]:.4g} to {bins[-1]:.4g} {unit}; the common grid needs "
        problem += f"{wanted.first:.4g} to {wanted.last:.4g} {unit}"
        why = "values beyond these limits are aliased or were not measured"
        hint = f"{why}: choose a grid within the axes of all radars"
        raise MmclipError(store.path, axis, problem, hint)
    if wanted.step < FINEST_STEP * step * (1 - 1e-6):
        problem = f"has steps of {step:.4g} {unit}; the common grid has {wanted.step:.4g} {unit}"
        hint = "the radar does not resolve these: choose fewer bins"
        raise MmclipError(store.path, axis, problem, hint)


def _check_columns(store: RadarStore, column_s: float) -> None:
    times_s = store.axes["column_time"]
    step_s = (times_s[-1] - times_s[0]) / max(len(times_s) - 1, 1)
    if column_s < FINEST_STEP * step_s * (1 - 1e-6):
        problem = f"has columns every {step_s:.4g} s; the common grid has {column_s:.4g} s"
        hint = "the store does not resolve these times: choose longer columns"
        raise MmclipError(store.path, "column", problem, hint)
