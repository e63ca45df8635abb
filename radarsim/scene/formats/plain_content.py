"""Content of `.npz`, `.npy`, `.pkl` and `.pt` files as dictionaries, lists, arrays, text, numbers.

Nothing in a file is ever executed: see `restricted_unpickler`. Values of any other kind become
`Unreadable`, which causes an error only if the value is needed.
"""

import pickle
import zipfile
from collections.abc import Mapping
from io import IOBase
from pathlib import Path
from typing import NamedTuple

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats import npz
from radarsim.scene.formats.joblib_arrays import load_joblib
from radarsim.scene.formats.restricted_unpickler import as_array, load_any
from radarsim.scene.formats.torch_tensors import TENSOR, as_tensor, load_torch

SUFFIXES = (".pkl", ".pickle", ".npy", ".pt", ".pth")
"""File types that `read_content` reads; `.npz` files are read elsewhere."""

_HINT = "save plain arrays by numpy.savez, with the keys poses, trans, betas and mocap_framerate"
_JOBLIB_MARK = b"joblib.numpy_pickle"
# Number of bytes that are searched for joblib's mark, and maximum nesting depth of values.
_MARK_BYTES = 1 << 16
_MAX_DEPTH = 20


class Unreadable(NamedTuple):
    """A value that cannot be read, with the reason."""

    reason: str


def read_content(path: Path) -> object:
    """Read the content of a file that is not an `.npz` archive.

    Args:
        path: file with one of the `SUFFIXES`.

    Returns:
        Nested dictionaries and lists of arrays, text and numbers.

    Raises:
        InputError: the file cannot be read, or contains values of other types.
    """
    readers = {".npy": _read_npy, ".pt": load_torch, ".pth": load_torch}
    try:
        return plain(readers.get(path.suffix.lower(), _read_pickle)(path))
    except (pickle.UnpicklingError, ValueError, EOFError, zipfile.BadZipFile, KeyError) as error:
        problem = f"cannot be read: {str(error).splitlines()[0][:200] if str(error) else 'damaged'}"
        raise InputError(path, "file", problem, _HINT) from None
    except (OSError, MemoryError, RecursionError) as error:
        raise InputError(path, "file", f"cannot be read ({error})", "check it") from None


def read_objects(stream: IOBase) -> object:
    """Read the pickle of an object array in an `.npz` file, for `npz.read_arrays`."""
    return plain(load_any(stream))


def plain(value: object, depth: int = 0) -> object:
    """Replace the pickle records in a value with arrays, text and numbers."""
    if value is None or isinstance(value, str | bytes | bool | int | float | np.ndarray):
        return value
    if depth > _MAX_DEPTH:
        return Unreadable("it is nested too deeply")
    if isinstance(value, Mapping):
        return {_key(key): plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, depth + 1) for each in value]
    return _plain_record(value, depth)


def _plain_record(record: object, depth: int) -> object:
    try:
        if getattr(record, "kind", "") == "scalar":
            dtype, raw = record.args
            return _array_of(dtype.args[0], (), raw)[()]
        if getattr(record, "kind", "") == TENSOR:
            return as_tensor(record)
        state = getattr(record, "state", None)
        if isinstance(state, tuple) and len(state) >= 4:
            shape, dtype, _, raw = state[-4:]
            if str(dtype.args[0]).startswith("O"):
                values = [plain(each, depth + 1) for each in raw]
                return values[0] if shape == () else values
            if str(dtype.args[0])[0] in "US":
                return _array_of(dtype.args[0], shape, raw)
        return as_array(record)
    except Exception as error:  # records of a malicious file can raise any exception
        return Unreadable(str(error))


def _array_of(code: str, shape: tuple, raw: object) -> np.ndarray:
    """Text or a single number from bytes in a pickle."""
    raw = raw.encode("latin1") if isinstance(raw, str) else bytes(raw)
    dtype = np.dtype(code)
    if dtype.hasobject or dtype.kind not in "USbiuf":
        raise ValueError(f"its entries are of type {code!r}")
    return np.frombuffer(raw, dtype).reshape(shape)


def _key(key: object) -> str:
    """Convert a key to text, because the ids of people are often NumPy integers."""
    return str(plain(key)) if not isinstance(key, str) else key


def _read_pickle(path: Path) -> object:
    with path.open("rb") as file:
        start = file.read(_MARK_BYTES)
        file.seek(0)
        if _JOBLIB_MARK in start or start[:1] in (b"\x78", b"\x1f"):
            return load_joblib(file)
        return load_any(file)


def _read_npy(path: Path) -> object:
    with path.open("rb") as file:
        dtype = npz.read_header(file)[2]
        if dtype.hasobject:
            return load_any(file)
    return np.load(path, allow_pickle=False)
