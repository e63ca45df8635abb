"""Heatmap arrays whose columns and bins are resampled when they are read, and blank arrays."""

from typing import NamedTuple

import numpy as np

from mmclip.store import FLOOR_DB


class _ReadNow(NamedTuple):
    """Result with the interface of a tensorstore future."""

    values: np.ndarray

    def result(self) -> np.ndarray:
        return self.values


class _Float32:
    """Data type float32 with the attribute `numpy_dtype` that tensorstore's data types have."""

    numpy_dtype = np.dtype(np.float32)


def resampling_matrix(stored: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Weights [wanted, stored] of a triangular kernel as wide as the coarser of both steps.

    Each row sums to 1; coarser bins average the stored bins, and finer bins are interpolated.
    """
    steps = [np.abs(np.diff(bins)).mean() if len(bins) > 1 else 1.0 for bins in (stored, wanted)]
    distance = np.abs(wanted[:, None] - stored) / max(steps)
    weights = np.maximum(1 - distance, 0)
    nearest = np.eye(len(stored))[distance.argmin(1)]
    total = weights.sum(1, keepdims=True)
    return np.where(total > 1e-9, weights / np.maximum(total, 1e-9), nearest)


class ResampledArray:
    """An array [clip, column, bin] that is resampled along its columns and bins.

    Args:
        array: opened array of the store.
        columns, bins: matrices from `resampling_matrix`; None keeps the axis.
        scale_db: factor of relative values; None for values in dB, whose power is averaged.
    """

    dtype = _Float32

    def __init__(self, array, columns, bins, scale_db: float | None = None):
        self._array, self._columns, self._bins, self._scale_db = array, columns, bins, scale_db
        clips, num_columns, num_bins = array.shape
        self.shape = (
            clips,
            num_columns if columns is None else len(columns),
            num_bins if bins is None else len(bins),
        )

    def __getitem__(self, part):
        row, columns = part if isinstance(part, tuple) else (part, slice(None))
        return _Part(self, row, columns)

    def resampled(self, row: int, columns: slice) -> np.ndarray:
        """Columns of one clip on the grid [column, bin]."""
        weights, stored = None, columns
        if self._columns is not None:
            weights = self._columns[columns]
            used = np.flatnonzero(weights.any(0))
            stored = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
            weights = weights[:, stored]
        values = np.asarray(self._array[row, stored].read().result(), np.float64)
        in_db = self._scale_db is None
        values = 10 ** (values / 10) if in_db else values * self._scale_db
        values = values if weights is None else weights @ values
        values = values if self._bins is None else values @ self._bins.T
        values = 10 * np.log10(values) if in_db else values
        return values.astype(np.float32)


class _Part(NamedTuple):
    """Part of an array that is read on request."""

    array: ResampledArray
    row: int
    columns: slice

    def read(self) -> _ReadNow:
        return _ReadNow(self.array.resampled(self.row, self.columns))


class BlankArray:
    """An array at the floor, in place of a heatmap that a store lacks."""

    dtype = _Float32

    def __init__(self, shape: tuple[int, int, int]):
        self.shape = shape

    def __getitem__(self, part):
        columns = part[1] if isinstance(part, tuple) else slice(None)
        count = len(range(*columns.indices(self.shape[1])))
        blank = np.full((count, self.shape[2]), FLOOR_DB, np.float32)
        return _BlankPart(blank)


class _BlankPart(NamedTuple):
    values: np.ndarray

    def read(self) -> _ReadNow:
        return _ReadNow(self.values)
