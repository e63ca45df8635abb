"""A store's arrays and tables in other clothes: one HDF5 file, or a folder of NumPy files.

Names, axes, units and values stay as they are. Rows go over a shard at a time, so memory does not
grow with the store, and every block is read back and compared. What is not whole has no name: a
`.partial` beside the target is renamed when all is there.
"""

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import zarr

from pipelines.schema import COORDINATE_UNITS, TABLES
from pipelines.store_reader import Store
from radarsim.errors import InputError

_NUMPY = {"string": object, "int64": np.int64, "int32": np.int32, "float64": np.float64}
Told = Callable[[str], object]


def to_hdf5(store: Store, path: str | Path, tell: Told = lambda name: None) -> int:
    """Write one HDF5 file: datasets named as the arrays, tables as a group of columns each.

    Args:
        store: an open store.
        path: file to be made.
        tell: called with each array's name before it is copied.

    Returns:
        Values that were written and compared.

    Raises:
        InputError: the file is there already, cannot be written, or did not keep a value.
    """
    import h5py

    with _Target(path, "--hdf5") as partial, h5py.File(partial, "w") as file:
        file.attrs.update({name: _plain(value) for name, value in store.attributes.items()})
        count = 0
        for name, array in _arrays(store):
            tell(name)
            # gzip, since every reader of HDF5 has it.
            how = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
            chunks = array.chunks if _per_clip(array) else None
            copy = file.create_dataset(
                name, array.shape, array.dtype, chunks=chunks, **(how if chunks else {})
            )
            copy.attrs.update({key: _plain(value) for key, value in array.attrs.items()})
            count += _copied(store, array, copy, path)
        _label_axes(file, store)
        for table, columns in TABLES.items():
            rows = store.table(table)
            for column, kind in columns.items():
                values = np.array([row[column] for row in rows], _NUMPY[kind])
                dtype = h5py.string_dtype() if kind == "string" else values.dtype
                file.create_dataset(f"tables/{table}/{column}", data=values, dtype=dtype)
    return count


def to_numpy(store: Store, path: str | Path, tell: Told = lambda name: None) -> int:
    """Write a folder: `NAME.npy` per array, `TABLE.csv` per table, and `attributes.json`.

    Args:
        store: an open store.
        path: folder to be made.
        tell: called with each array's name before it is copied.

    Returns:
        Values that were written and compared.

    Raises:
        InputError: the folder is there already, cannot be written, or did not keep a value.
    """
    with _Target(path, "--numpy") as partial:
        partial.mkdir()
        about, count = {"store": store.attributes}, 0
        for name, array in _arrays(store):
            tell(name)
            copy = np.lib.format.open_memmap(
                partial / f"{name}.npy", mode="w+", dtype=array.dtype, shape=array.shape
            )
            count += _copied(store, array, copy, path)
            copy.flush()
            about[name] = {"axes": array.metadata.dimension_names, **array.attrs}
        for table, columns in TABLES.items():
            with open(partial / f"{table}.csv", "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(columns), extrasaction="ignore")
                writer.writeheader()
                writer.writerows(store.table(table))
        text = json.dumps(about, indent=1, sort_keys=True, ensure_ascii=False)
        (partial / "attributes.json").write_text(text + "\n", encoding="utf-8")
    return count


class _Target:
    """A path that gets its name when all is written; nothing is left of what failed."""

    def __init__(self, path: str | Path, option: str):
        self.path, self.option = Path(path), option
        self.partial = self.path.with_name(f"{self.path.name}.partial")

    def __enter__(self) -> Path:
        if self.path.exists():
            hint = "choose another, or remove it first"
            raise InputError(self.path, self.option, "is there already", hint)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._remove()
        except OSError as error:
            raise self._told(error) from None
        return self.partial

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            os.replace(self.partial, self.path)
            return
        self._remove()
        if isinstance(error, OSError):
            raise self._told(error) from None

    def _remove(self) -> None:
        if self.partial.is_dir():
            shutil.rmtree(self.partial)
        else:
            self.partial.unlink(missing_ok=True)

    def _told(self, error: OSError) -> InputError:
        problem = f"cannot be written ({error.strerror or str(error)[:80]})"
        return InputError(self.path, self.option, problem, "choose a place with room")


def _arrays(store: Store) -> Iterator[tuple[str, zarr.Array]]:
    return iter(sorted(store.group.arrays()))


def _per_clip(array: zarr.Array) -> bool:
    return array.metadata.dimension_names[0] == "clip"


def _copied(store: Store, array: zarr.Array, copy, path: str | Path) -> int:
    """Copy a shard's rows at a time, and compare what can be read back."""
    rows = (array.shards or array.chunks)[0]
    for first in range(0, array.shape[0], rows):
        block = slice(first, min(first + rows, array.shape[0]))
        values = store.rows_of(array.basename, block)
        copy[block] = values
        if not np.array_equal(copy[block], values, equal_nan=values.dtype.kind == "f"):
            where = f"{array.basename} rows {block.start} to {block.stop}"
            raise InputError(path, where, "did not keep its values", "check the disk")
    return int(np.prod(array.shape))


def _label_axes(file, store: Store) -> None:
    """Axes by name, with their coordinates as dimension scales: xarray and others know them."""
    for name in COORDINATE_UNITS:
        file[name].make_scale(name)
    for name, array in _arrays(store):
        for axis, dim in enumerate(array.metadata.dimension_names):
            file[name].dims[axis].label = dim
            if dim in COORDINATE_UNITS and name not in COORDINATE_UNITS:
                file[name].dims[axis].attach_scale(file[dim])


def _plain(value: object) -> object:
    """What an HDF5 attribute can hold: tables and lists as JSON."""
    return value if isinstance(value, (str, int, float)) else json.dumps(value, sort_keys=True)
