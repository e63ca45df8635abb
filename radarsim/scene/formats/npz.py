"""Read `.npz` archives without running code: whole arrays, or rows of large tables on demand.

The entry point is `files.read_arrays`.
"""

import pickle
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from io import IOBase
from pathlib import Path

import numpy as np

from radarsim.errors import InputError

# Size above which a table is read on demand. Smaller tables are read completely, because each
# access to a compressed table may have to restart at its beginning.
LARGE_BYTES = 8 << 20
# Size of the chunks in which the rows before the requested rows are skipped.
_SKIP_BYTES = 1 << 20
# Format 3 (Unicode names of structured fields) is not used for plain tables of numbers.
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class LazyTable:
    """A table of numbers in an `.npz` file whose rows are read on demand, by slicing.

    Rows are stored consecutively and usually compressed, so reading forwards is cheap, but going
    back requires a restart at the beginning.

    Attributes:
        shape: [row, column].
        dtype: type of the stored numbers.
    """

    def __init__(self, archive: zipfile.ZipFile, path: str | Path, key: str):
        """Open a table; raise InputError for a damaged file. Slicing requires `is_readable`."""
        self._path, self._key = path, key
        with _input_errors(path, key):
            self._stream = archive.open(f"{key}.npy")
            self.shape, self._by_column, self.dtype = read_header(self._stream)
            self._begin = self._stream.tell()
            self._refuse_short(archive.getinfo(f"{key}.npy").file_size)

    def is_readable(self) -> bool:
        """Whether the table holds numbers stored in row-major order."""
        is_table = len(self.shape) == 2 and min(self.shape) >= 0 and not self._by_column
        return is_table and self.dtype.kind in "fiu"

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Return consecutive rows; raise InputError if the rows cannot be read."""
        first, stop, _ = rows.indices(len(self))
        with _input_errors(self._path, self._key):
            data = self._read(first, max(stop - first, 0))
        return np.frombuffer(data, self.dtype).reshape(-1, self.shape[1])

    @property
    def _row_bytes(self) -> int:
        return self.dtype.itemsize * self.shape[1]

    def _refuse_short(self, num_bytes: int) -> None:
        if self.is_readable() and self._begin + self.shape[0] * self._row_bytes > num_bytes:
            raise EOFError(f"the header states {self.shape[0]} rows, but the data end earlier")

    def _read(self, first: int, count: int) -> bytes:
        self._go_to(self._begin + first * self._row_bytes)
        data = self._stream.read(count * self._row_bytes)
        if first + count == len(self):
            self._stream.read(1)  # reading past the end verifies the checksum
        return data

    def _go_to(self, position: int) -> None:
        if position < self._stream.tell():
            self._stream.seek(0)
        while (ahead := position - self._stream.tell()) > 0:
            if not self._stream.read(min(ahead, _SKIP_BYTES)):
                return


def read_header(stream: IOBase) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the header of an array: its shape, whether it is column-major, and its type."""
    read = _HEADERS.get(np.lib.format.read_magic(stream))
    return read(stream) if read else ((), True, np.dtype(object))


def stored_names(path: str | Path) -> list[str]:
    """Names of all arrays in an archive.

    Raises:
        InputError: the file is not an npz file.
    """
    with _input_errors(path, "file"), zipfile.ZipFile(path) as archive:
        return [Path(member).stem for member in archive.namelist()]


def read_arrays(
    path: str | Path,
    keys: Collection[str],
    by_rows: Collection[str] = (),
    read_objects: Callable[[IOBase], object] | None = None,
) -> dict[str, object]:
    """Read selected arrays of an archive; implements `files.read_arrays`.

    Args:
        path: the file.
        keys: names of the arrays to read.
        by_rows: names of arrays that are read on demand if they are large tables of numbers.
        read_objects: reader for the pickles in object arrays; if None, object arrays are rejected.

    Returns:
        Arrays by key; `LazyTable` for large tables named in `by_rows`; the result of
        `read_objects` for object arrays.
    """
    with _input_errors(path, "file"):
        archive = zipfile.ZipFile(path)  # numpy's own error message mentions pickles
        stored = {Path(member).stem for member in archive.namelist()}
        npz = np.load(path, allow_pickle=False)
    arrays = {}
    with npz:
        for key in keys:
            if key in stored and key in npz.files:
                rows = LazyTable(archive, path, key) if _is_large(archive, key, by_rows) else None
                with _input_errors(path, key):
                    if rows is not None and rows.is_readable():
                        arrays[key] = rows
                    else:
                        arrays[key] = _read_whole(archive, npz, key, read_objects)
    return arrays


def _read_whole(archive: zipfile.ZipFile, npz, key: str, read_objects: Callable | None) -> object:
    if read_objects is not None:
        with archive.open(f"{key}.npy") as stream:
            if read_header(stream)[2].hasobject:
                return read_objects(stream)
    return npz[key]


def _is_large(archive: zipfile.ZipFile, key: str, by_rows: Collection[str]) -> bool:
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    return key in by_rows and sizes.get(f"{key}.npy", 0) > LARGE_BYTES


@contextmanager
def _input_errors(path: str | Path, key: str) -> Iterator[None]:
    """Convert exceptions of zipfile and NumPy to one-line InputErrors."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        problem = f"not an npz file, or truncated ({_first_line(error)})"
        raise InputError(path, key, problem, "copy or download it again") from None
    except pickle.UnpicklingError as error:
        problem = f"holds Python objects: {_first_line(error)}"
        raise InputError(path, key, problem, "save plain arrays with numpy.savez") from None
    except ValueError as error:
        problem = "holds Python objects" if "pickle" in str(error) else _first_line(error)
        raise InputError(path, key, problem, "save plain arrays with numpy.savez") from None
    except (OSError, MemoryError, NotImplementedError) as error:
        raise InputError(path, key, f"cannot be read ({_first_line(error)})", "check it") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
