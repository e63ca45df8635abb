"""Export a store to one HDF5 file, or to a folder of NumPy files.

The export preserves names, axes, units and values. Rows are copied one shard at a time, so memory
use does not grow with the size of the store. Every block is read back and compared with the
original. The output has the suffix `.partial` while it is written and is renamed when it is
complete.
"""

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import zarr

from pipelines.schema import ALL_COORDINATES, ALL_TABLES, PEOPLE_TABLES
from pipelines.store_reader import Store
from radarsim.errors import InputError
from radarsim.paths import check_link, local_path

_NUMPY = {"string": object, "int64": np.int64, "int32": np.int32, "float64": np.float64}
# Axes whose coordinate array has a different name than the axis.
_SCALES = {"frame": "frame_time"}
Report = Callable[[str], object]


def to_hdf5(store: Store, path: str | Path, report: Report = lambda name: None) -> int:
    """Write an HDF5 file with one dataset per array and one group of columns per table.

    Args:
        store: an open store.
        path: path of the new file.
        report: called with the name of each array before it is copied.

    Returns:
        Number of values written and compared.

    Raises:
        InputError: the file exists or cannot be written, or a value differs when it is read back.
    """
    import h5py

    with Target(path, "--hdf5") as partial, h5py.File(partial, "w") as file:
        file.attrs.update({name: _plain(value) for name, value in store.attributes.items()})
        count = 0
        for name, array in _arrays(store):
            report(name)
            # All HDF5 readers support gzip.
            compression = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
            chunks = _hdf5_chunks(array) if _per_clip(array) else None
            copy = file.create_dataset(
                name, array.shape, array.dtype, chunks=chunks, **(compression if chunks else {})
            )
            copy.attrs.update({key: _plain(value) for key, value in array.attrs.items()})
            count += _copy(store, array, copy, path)
        _label_axes(file, store)
        for table, columns in _tables(store).items():
            rows = store.table(table)
            for column, kind in columns.items():
                values = np.array([row[column] for row in rows], _NUMPY[kind])
                dtype = h5py.string_dtype() if kind == "string" else values.dtype
                file.create_dataset(f"tables/{table}/{column}", data=values, dtype=dtype)
    return count


def to_numpy(store: Store, path: str | Path, report: Report = lambda name: None) -> int:
    """Write a folder with `NAME.npy` per array, `TABLE.csv` per table, and `attributes.json`.

    Args:
        store: an open store.
        path: path of the new folder.
        report: called with the name of each array before it is copied.

    Returns:
        Number of values written and compared.

    Raises:
        InputError: the folder exists or cannot be written, or a value differs when it is read back.
    """
    with Target(path, "--numpy") as partial:
        partial.mkdir()
        about, count = {"store": store.attributes}, 0
        for name, array in _arrays(store):
            report(name)
            copy = np.lib.format.open_memmap(
                partial / f"{name}.npy", mode="w+", dtype=array.dtype, shape=array.shape
            )
            count += _copy(store, array, copy, path)
            copy.flush()
            about[name] = {"axes": array.metadata.dimension_names, **array.attrs}
        for table, columns in _tables(store).items():
            with open(partial / f"{table}.csv", "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(columns), extrasaction="ignore")
                writer.writeheader()
                writer.writerows(store.table(table))
        text = json.dumps(about, indent=1, sort_keys=True, ensure_ascii=False)
        (partial / "attributes.json").write_text(text + "\n", encoding="utf-8")
    return count


def _tables(store: Store) -> dict[str, dict[str, str]]:
    """Columns of the tables of a store, keyed by table; stores without further people lack the
    tables of people.
    """
    return {
        name: columns
        for name, columns in ALL_TABLES.items()
        if name not in PEOPLE_TABLES or store.table(name)
    }


class Target:
    """Output path that appears only when writing is complete; a failure leaves no files behind."""

    def __init__(self, path: str | Path, option: str):
        self.path, self.option = local_path(path), option
        check_link(self.path, option)
        self.partial = self.path.with_name(f"{self.path.name}.partial")

    def __enter__(self) -> Path:
        if self.path.exists():
            hint = "choose another path, or remove it first"
            raise InputError(self.path, self.option, "exists already", hint)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._remove()
        except OSError as error:
            raise self._input_error(error) from None
        return self.partial

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            os.replace(self.partial, self.path)
            return
        self._remove()
        if isinstance(error, OSError):
            raise self._input_error(error) from None

    def _remove(self) -> None:
        if self.partial.is_dir():
            shutil.rmtree(self.partial)
        else:
            self.partial.unlink(missing_ok=True)

    def _input_error(self, error: OSError) -> InputError:
        problem = f"cannot be written ({error.strerror or str(error)[:80]})"
        return InputError(self.path, self.option, problem, "choose a writable path with free space")


def _arrays(store: Store) -> Iterator[tuple[str, zarr.Array]]:
    return iter(sorted(store.group.arrays()))


def _hdf5_chunks(array: zarr.Array) -> tuple[int, ...] | None:
    """Chunk shape, limited to the array's shape; Zarr chunks may extend beyond the last row."""
    if not all(array.shape):
        return None
    return tuple(min(chunk, size) for chunk, size in zip(array.chunks, array.shape))


def _per_clip(array: zarr.Array) -> bool:
    return array.metadata.dimension_names[0] == "clip"


def _copy(store: Store, array: zarr.Array, copy, path: str | Path) -> int:
    """Copy the rows of an array, one shard at a time, and compare the copy with the original."""
    rows = (array.shards or array.chunks)[0]
    for first in range(0, array.shape[0], rows):
        block = slice(first, min(first + rows, array.shape[0]))
        values = store.rows_of(array.basename, block)
        copy[block] = values
        if not np.array_equal(copy[block], values, equal_nan=values.dtype.kind == "f"):
            where = f"{array.basename} rows {block.start} to {block.stop}"
            raise InputError(path, where, "reads back different values", "check the disk")
    return int(np.prod(array.shape))


def _label_axes(file, store: Store) -> None:
    """Name the HDF5 axes, and attach the coordinates as dimension scales, which xarray reads."""
    coordinates = [name for name in ALL_COORDINATES if store.has(name)]
    for name in coordinates:
        file[name].make_scale(name)
    for name, array in _arrays(store):
        for axis, dim in enumerate(array.metadata.dimension_names):
            file[name].dims[axis].label = dim
            scale = _SCALES.get(dim, dim)
            if scale in coordinates and name not in coordinates:
                file[name].dims[axis].attach_scale(file[scale])


def _plain(value: object) -> object:
    """Convert a value to an HDF5 attribute; tables and lists become JSON text."""
    return value if isinstance(value, (str, int, float)) else json.dumps(value, sort_keys=True)
