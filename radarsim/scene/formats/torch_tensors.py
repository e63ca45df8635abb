"""Read tensors from torch files without torch and without running code from the file.

`torch.save` writes a ZIP archive with a pickle and one file of raw numbers per storage. Tensors
inside other pickles, such as those of `numpy.save` for a dictionary, are stored in the legacy
format: five pickles followed by the raw numbers.

Source:
    https://pytorch.org/docs/stable/notes/serialization.html
"""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from radarsim.scene.formats.restricted_unpickler import Record, RestrictedNames, load_records

TENSOR = "_rebuild_tensor_v2"
"""Value of `Record.kind` for tensors."""

_TYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_HEADERS = 3  # Magic number, version, sizes of types.
# Maximum number of values in a tensor, limited separately because strides of 0 repeat rows without
# storing them.
_MAX_VALUES = 1 << 28


class _Storage(Record):
    kind = "torch storage"
    numbers: np.ndarray


class _TorchUnpickler(RestrictedNames, pickle.Unpickler):
    """Unpickler of tensors, which reads each storage by its key through a given function."""

    def __init__(self, file, read_storage: Callable[[str, np.dtype, int], np.ndarray]):
        super().__init__(file, encoding="latin1")
        self._read_storage = read_storage

    def persistent_load(self, pid):
        kind, storage_class, key, _, count = pid[:5]
        if kind != "storage" or getattr(storage_class, "kind", "") not in _TYPES:
            raise pickle.UnpicklingError("it refers to objects outside the file")
        storage = _Storage()
        dtype = np.dtype(_TYPES[storage_class.kind])
        storage.numbers = self._read_storage(str(key), dtype, int(count))
        return storage


def load_torch(path: Path) -> object:
    """Load a file written by `torch.save`; tensors are returned as records.

    Raises:
        pickle.UnpicklingError: the file is damaged or contains objects other than tensors.
        zipfile.BadZipFile: the file is not a torch archive, or torch older than 1.6 wrote it.
    """
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        root = next((n.removesuffix("data.pkl") for n in names if n.endswith("data.pkl")), None)
        if root is None:
            raise zipfile.BadZipFile("the archive has no data.pkl")

        def read_storage(key: str, dtype: np.dtype, count: int) -> np.ndarray:
            return _numbers(archive.read(f"{root}data/{key}"), dtype, count)

        return load_records(_TorchUnpickler(archive.open(f"{root}data.pkl"), read_storage))


def as_tensor(record: Record) -> np.ndarray:
    """Convert a tensor's record to the array that it describes.

    Raises:
        ValueError: the record is inconsistent, or the tensor has too many values.
    """
    storage, offset, size, stride = record.args[:4]
    numbers = _numbers_of(storage)
    size, stride = tuple(map(int, size)), tuple(map(int, stride))
    total, offset = int(np.prod(size, dtype=object)), int(offset)
    if len(size) != len(stride) or min((*size, *stride, offset), default=0) < 0:
        raise ValueError(f"a tensor has the size {size} and the strides {stride}")
    last = offset + sum((count - 1) * step for count, step in zip(size, stride))
    if total > _MAX_VALUES or (total and last >= numbers.size):
        raise ValueError(f"a tensor of size {size} does not fit into {numbers.size} numbers")
    if not total:
        return np.zeros(size, numbers.dtype)
    strides = [step * numbers.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, strides).copy()


def _numbers_of(storage: object) -> np.ndarray:
    if isinstance(storage, _Storage):
        return storage.numbers
    if getattr(storage, "kind", "") == "_load_from_bytes" and storage.args:
        return _legacy_numbers(storage.args[0])
    raise ValueError("a tensor has no storage")


def _legacy_numbers(data: object) -> np.ndarray:
    """Read the raw numbers of a tensor in the legacy format of tensors inside other pickles."""
    stream = io.BytesIO(data.encode("latin1") if isinstance(data, str) else bytes(data))
    found = {}

    def read_storage(key: str, dtype: np.dtype, count: int) -> np.ndarray:
        found["dtype"], found["count"] = dtype, count
        return np.zeros(0, dtype)  # the numbers follow the pickles

    parts = [
        load_records(_TorchUnpickler(stream, read_storage)) for _ in range(_LEGACY_HEADERS + 2)
    ]
    if parts[0] != _LEGACY_MAGIC or len(parts[-1]) != 1 or not found:
        raise ValueError("a tensor is stored in an unknown layout")
    stream.read(8)  # the count of values is stored again before the values
    return _numbers(stream.read(), found["dtype"], found["count"])


def _numbers(data: bytes, dtype: np.dtype, count: int) -> np.ndarray:
    if count < 0 or count * dtype.itemsize > len(data):
        raise ValueError(f"a tensor of {count} numbers has {len(data)} bytes")
    return np.frombuffer(data, dtype, count)
