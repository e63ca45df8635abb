"""Open one array of numbers in an `.npy`, `.npz`, `.mat` or HDF5 file, and read parts of it.

Parts of `.npy` and HDF5 files (also MATLAB's v7.3 `.mat`, which is HDF5) are read from the disk on
request, so a file may be larger than the memory. Arrays in `.npz` and older `.mat` files (v4 to v7)
are compressed as a whole, so the array that is used is kept in memory. Nothing is ever unpickled.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from radarsim.errors import InputError

HDF5_SUFFIXES = (".h5", ".hdf5")
ARRAY_SUFFIXES = (".npy", ".npz", ".mat", *HDF5_SUFFIXES)
_HINT = "copy or export it again"
# HDF5 groups in which MATLAB stores the contents of cell and string arrays.
_MATLAB_INTERNAL = ("#refs#", "#subsystem#")


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredArray:
    """An array of numbers in a file.

    Attributes:
        path: path of the file.
        name: name of the array in the file; "" if the file contains only one array without a name.
        shape: length of each axis, in the order of NumPy or, for a `.mat` file, of MATLAB.
        is_complex: whether the values are complex.
        read: function of one slice (or index) per axis, which returns this part of the array, with
            complex values as a complex type.
        notes: remarks about the file for the user.
    """

    path: str
    name: str
    shape: tuple[int, ...]
    is_complex: bool
    read: Callable[[tuple], np.ndarray]
    notes: tuple[str, ...] = ()


def open_array(path: Path, name: str = "") -> StoredArray:
    """Open an array for reading.

    Args:
        path: an `.npy`, `.npz`, `.mat`, `.h5` or `.hdf5` file.
        name: name of the array; may be omitted if the file contains a single array of numbers.

    Raises:
        InputError: the file is truncated, damaged or of another kind; the file has no array of this
            name, or several arrays although no name is given; or the array does not contain
            numbers.
    """
    suffix = path.suffix.lower()
    with _input_errors(path):
        if suffix == ".npy":
            return _of_memory_map(path)
        if suffix == ".npz":
            return _of_whole(path, _chosen(path, _npz_shapes(path), name), _npz_array)
        if suffix in HDF5_SUFFIXES or _is_hdf5(path):
            return _of_hdf5(path, _chosen(path, _hdf5_shapes(path), name))
        return _of_whole(path, _chosen(path, _matlab_shapes(path), name), _matlab_array)


def _of_memory_map(path: Path) -> StoredArray:
    values = np.load(path, mmap_mode="r", allow_pickle=False)
    _check_numbers(path, "array", values.dtype)
    return StoredArray(
        path=str(path),
        name="",
        shape=values.shape,
        is_complex=_has_complex(values.dtype),
        read=lambda part: as_complex(np.array(values[part])),
    )


def _of_whole(path: Path, name: str, load: Callable[..., np.ndarray]) -> StoredArray:
    """An array that is read as a whole; a worker reads many parts of the same array in turn."""
    state = path.stat()
    values = load(str(path), name, state.st_size, state.st_mtime_ns)
    _check_numbers(path, name, values.dtype)
    return StoredArray(
        path=str(path),
        name=name,
        shape=values.shape,
        is_complex=_has_complex(values.dtype),
        read=lambda part: as_complex(values[part]),
    )


@lru_cache(maxsize=1)
def _npz_array(path: str, name: str, size: int, mtime_ns: int) -> np.ndarray:
    with np.load(path, allow_pickle=False) as arrays:
        return arrays[name]


@lru_cache(maxsize=1)
def _matlab_array(path: str, name: str, size: int, mtime_ns: int) -> np.ndarray:
    from scipy.io import loadmat

    return loadmat(path, variable_names=[name])[name]


def _of_hdf5(path: Path, name: str) -> StoredArray:
    import h5py

    with h5py.File(path) as file:
        shape, dtype = file[name].shape, file[name].dtype
    _check_numbers(path, name, dtype)
    # MATLAB is column-major: it stores the axes in reverse order.
    turned = path.suffix.lower() == ".mat"

    def read(part: tuple) -> np.ndarray:
        with _input_errors(path), h5py.File(path) as file:
            values = file[name][part[::-1] if turned else part]
        return as_complex(values.T if turned else values)

    return StoredArray(
        path=str(path),
        name=name,
        shape=shape[::-1] if turned else shape,
        is_complex=_has_complex(dtype),
        read=read,
    )


def as_complex(values: np.ndarray) -> np.ndarray:
    """Convert records of real and imaginary parts, as MATLAB writes them, to complex numbers."""
    if values.dtype.names is None:
        return values
    real, imag = (values[name] for name in values.dtype.names)
    return real + np.complex64(1j) * imag if real.dtype.itemsize <= 4 else real + 1j * imag


def _has_complex(dtype: np.dtype) -> bool:
    return dtype.kind == "c" or dtype.names is not None


def _check_numbers(path: Path, name: str, dtype: np.dtype) -> None:
    pair = dtype.names is not None and len(dtype.names) == 2
    kinds = {dtype[part].kind for part in dtype.names} if pair else {dtype.kind}
    if not kinds <= set("iufc"):
        problem = f"contains {dtype}, not numbers"
        raise InputError(path, name or "array", problem, "name an array of numbers")


def _npz_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays in an archive, from their headers."""
    import zipfile

    from radarsim.scene.formats.npz import read_header

    with zipfile.ZipFile(path) as archive:
        shapes = {}
        for member in archive.namelist():
            with archive.open(member) as stream:
                shapes[member.removesuffix(".npy")] = read_header(stream)[0]
        return shapes


def _matlab_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    from scipy.io import whosmat

    numbers = ("double", "single", "int8", "int16", "int32", "uint8", "uint16", "uint32")
    return {name: shape for name, shape, kind in whosmat(str(path)) if kind in numbers}


def _hdf5_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    import h5py

    shapes = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith(_MATLAB_INTERNAL):
            shapes[name] = item.shape

    with h5py.File(path) as file:
        file.visititems(add)
    return shapes


def _is_hdf5(path: Path) -> bool:
    import h5py

    return bool(h5py.is_hdf5(path))


def _chosen(path: Path, shapes: dict[str, tuple[int, ...]], name: str) -> str:
    """The named array, or the only array with at least one axis longer than 1."""
    listed = ", ".join(f"{each} {shape}" for each, shape in list(shapes.items())[:8])
    if name:
        if name not in shapes:
            problem = f"{name!r} is not in the file"
            raise InputError(path, "array", problem, f"choose one of: {listed or 'none'}")
        return name
    large = [each for each, shape in shapes.items() if max(shape, default=1) > 1]
    if len(large) == 1:
        return large[0]
    problem = f"the file contains {len(large)} arrays of numbers"
    raise InputError(path, "array", problem, f"name one with --array: {listed or 'none'}")


@contextmanager
def _input_errors(path: Path) -> Iterator[None]:
    """Convert exceptions of the readers to one-line InputErrors."""
    try:
        yield
    except InputError:
        raise
    except MemoryError:
        hint = "store it as .npy or .h5, which are read in parts"
        raise InputError(path, "array", "does not fit in memory", hint) from None
    except ValueError as error:
        if "pickle" in str(error) or "object" in str(error).lower():
            problem = "contains Python objects, which are never unpickled"
            raise InputError(path, "file", problem, "save plain numbers") from None
        problem = f"is truncated or damaged ({_line(error)})"
        raise InputError(path, "file", problem, _HINT) from None
    # The readers of .mat and .npz raise almost any exception for damaged files.
    except Exception as error:
        problem = f"is truncated, damaged or of another format ({_line(error)})"
        raise InputError(path, "file", problem, _HINT) from None


def _line(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text if len(text) < 120 else f"{text[:120]}..."
