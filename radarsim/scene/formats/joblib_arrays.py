"""Read joblib files: pickles in which the raw numbers of each array follow its description.

    pickle ... NumpyArrayWrapper(shape, order, dtype)  padding  raw numbers  ... pickle

Source:
    https://joblib.readthedocs.io/en/stable/persistence.html, and files written by joblib 1.6.
"""

import gzip
import io
import pickle
import zlib

import numpy as np

from radarsim.scene.formats.restricted_unpickler import (
    Record,
    RestrictedNames,
    from_bytes,
    load_records,
)

# Maximum size of an array.
_MAX_BYTES = 1 << 32
_ARRAY_CLASS = "NumpyArrayWrapper"


class _Array(Record):
    """Record of an array whose numbers were read along with the pickle."""

    kind = "joblib array"
    values: np.ndarray


class _JoblibUnpickler(RestrictedNames, pickle._Unpickler):
    """Unpickler written in Python, because the C unpickler would read past the array data."""

    dispatch = pickle._Unpickler.dispatch.copy()

    def __init__(self, file: io.IOBase):
        super().__init__(file, encoding="latin1")
        self._file = file

    def load_build(self):
        super().load_build()
        described = self.stack[-1]
        if getattr(described, "kind", "") == _ARRAY_CLASS:
            self.stack[-1] = self._read_array(described.state)

    dispatch[pickle.BUILD[0]] = load_build

    def _read_array(self, described: dict) -> _Array:
        if described.get("numpy_array_alignment_bytes"):
            self._file.read(self._file.read(1)[0])
        shape, code = described["shape"], described["dtype"].args[0]
        count = int(np.prod([int(size) for size in shape], dtype=object))
        num_bytes = count * np.dtype(code).itemsize
        if np.dtype(code).hasobject or not 0 <= num_bytes <= _MAX_BYTES:
            raise pickle.UnpicklingError(f"an array has the type {code!r} and the shape {shape}")
        array = _Array()
        raw = self._file.read(num_bytes)
        array.values = from_bytes(shape, described["dtype"], described["order"] == "F", raw)
        return array


def load_joblib(file: io.IOBase) -> object:
    """Read a file written by `joblib.dump`; arrays are returned as records.

    Args:
        file: file positioned at its start; may be compressed by zlib or gzip.

    Raises:
        pickle.UnpicklingError: the file is damaged or contains objects other than arrays.
    """
    return load_records(_JoblibUnpickler(_decompressed(file)))


def _decompressed(file: io.IOBase) -> io.IOBase:
    start = file.read(2)
    file.seek(0)
    try:
        if start == b"\x1f\x8b":
            return io.BytesIO(gzip.decompress(file.read()))
        if start[:1] == b"\x78":
            return io.BytesIO(zlib.decompress(file.read()))
    except (OSError, EOFError, zlib.error) as error:
        raise pickle.UnpicklingError(f"it is damaged ({error})") from None
    return file
