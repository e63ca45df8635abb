"""Poses read from the file on demand: a file of 20 minutes would need 200 MB, one clip needs 1 MB.

`LazyPoses` implements the part of the array interface that `motion.Motion` uses. Consecutive clips
of a motion overlap and files are read sequentially, so the most recent poses are kept in
memory.
"""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation


class LazyPoses:
    """Axis-angle vector of every joint [pose, joint, 3], read as float64 [rad].

    Args:
        tables: arrays [pose, value] whose columns are concatenated; NumPy arrays, or sliceable
            objects with a shape, such as `npz.LazyTable`.
        turn: rotation of the world, applied to the first joint of every pose; None for no rotation.
    """

    ndim = 3
    dtype = np.dtype(np.float64)

    def __init__(self, tables: Sequence, turn: Rotation | None = None):
        self._tables, self._turn = tuple(tables), turn
        self.shape = (len(tables[0]), sum(table.shape[1] for table in tables) // 3, 3)
        self._held_from, self._held_rad = 0, np.zeros((0, *self.shape[1:]))
        self._first_rad: np.ndarray | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: slice | Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the poses of a slice with step 1 or a list of increasing indices."""
        if not isinstance(which, slice):
            return np.concatenate([self[int(pose) : int(pose) + 1] for pose in which])
        first, stop, step = which.indices(len(self))
        assert step == 1, "poses can only be read consecutively"
        if stop == 1:
            return self._first()[first:].copy()
        self._hold(first, max(first, stop))
        return self._held_rad.copy()

    def turned(self, turn: Rotation) -> "LazyPoses":
        """Return the poses in a rotated world."""
        return LazyPoses(self._tables, turn if self._turn is None else turn * self._turn)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self._read(0, len(self)).astype(dtype or self.dtype, copy=False)

    def _first(self) -> np.ndarray:
        """The first pose, cached separately because the placement of every clip requires it."""
        if self._first_rad is None:
            self._first_rad = self._read(0, min(1, len(self)))
        return self._first_rad

    def _hold(self, first: int, stop: int) -> None:
        """Keep exactly the given poses in memory; poses already in memory are not read again."""
        start = first - self._held_from
        known = self._held_rad[start : start + stop - first] if start >= 0 else self._held_rad[:0]
        missing = first + len(known)
        new = self._read(missing, stop) if missing < stop else known[:0]
        self._held_from, self._held_rad = first, np.concatenate([known, new])

    def _read(self, first: int, stop: int) -> np.ndarray:
        columns = [table[first:stop] for table in self._tables]
        values = np.concatenate(columns, axis=1).astype(self.dtype, copy=False)
        values = values.reshape(len(values), *self.shape[1:])
        if self._turn is not None and len(values):
            values = values.copy()
            values[:, 0] = (self._turn * Rotation.from_rotvec(values[:, 0])).as_rotvec()
        return values
