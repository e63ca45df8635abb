"""Arrays of an `.npz` file, whole or a few rows at a time; nothing is ever unpickled.

`files` is the door to this room.
"""

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from radarsim.errors import InputError

# Smaller tables are read at once: windows of a compressed one start over again and again.
LARGE_BYTES = 8 << 20
# Rows on the way to those asked for are passed over in pieces of this size.
_SKIP_BYTES = 1 << 20
# Of format 3, which names structured fields in Unicode, no table of numbers is.
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class Rows:
    """A table of numbers in an `.npz` file, whose rows are read when they are sliced.

    Rows lie one behind the other and are mostly compressed: to read on is cheap, to go back is to
    start over.

    Attributes:
        shape: [row, column].
        dtype: as stored.
    """

    def __init__(self, archive: zipfile.ZipFile, path: str | Path, key: str):
        """InputError where the file is damaged; see `is_readable` before slicing."""
        self._path, self._key = path, key
        with _told(path, key):
            self._stream = archive.open(f"{key}.npy")
            read_header = _HEADERS.get(np.lib.format.read_magic(self._stream))
            found = read_header(self._stream) if read_header else ((), True, np.dtype(object))
            self.shape, self._by_column, self.dtype = found
            self._begin = self._stream.tell()
            self._refuse_short(archive.getinfo(f"{key}.npy").file_size)

    def is_readable(self) -> bool:
        """Whether these are numbers, stored row by row."""
        is_table = len(self.shape) == 2 and min(self.shape) >= 0 and not self._by_column
        return is_table and self.dtype.kind in "fiu"

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Rows that follow each other; InputError where they cannot be read."""
        first, stop, _ = rows.indices(len(self))
        with _told(self._path, self._key):
            data = self._read(first, max(stop - first, 0))
        return np.frombuffer(data, self.dtype).reshape(-1, self.shape[1])

    @property
    def _row_bytes(self) -> int:
        return self.dtype.itemsize * self.shape[1]

    def _refuse_short(self, num_bytes: int) -> None:
        if self.is_readable() and self._begin + self.shape[0] * self._row_bytes > num_bytes:
            raise EOFError(f"{self.shape[0]} rows announced, but they end sooner")

    def _read(self, first: int, count: int) -> bytes:
        self._go_to(self._begin + first * self._row_bytes)
        data = self._stream.read(count * self._row_bytes)
        if first + count == len(self):
            self._stream.read(1)  # at its end a member is compared with its checksum
        return data

    def _go_to(self, place: int) -> None:
        if place < self._stream.tell():
            self._stream.seek(0)
        while (ahead := place - self._stream.tell()) > 0:
            if not self._stream.read(min(ahead, _SKIP_BYTES)):
                return


def read_arrays(
    path: str | Path, keys: Collection[str], by_rows: Collection[str] = ()
) -> dict[str, np.ndarray | Rows]:
    """See `files.read_arrays`.

    Args:
        path, keys: of the file.
        by_rows: those of the keys of which large tables of numbers are left in the file.

    Returns:
        Arrays by key; `Rows` for large tables of `by_rows`.
    """
    with _told(path, "file"):
        archive = zipfile.ZipFile(path)  # numpy's own message is about pickles
        stored = {Path(member).stem for member in archive.namelist()}
        npz = np.load(path, allow_pickle=False)
    arrays = {}
    with npz:
        for key in keys:
            if key in stored and key in npz.files:
                rows = Rows(archive, path, key) if _may_stay(archive, key, by_rows) else None
                with _told(path, key):
                    arrays[key] = rows if rows is not None and rows.is_readable() else npz[key]
    return arrays


def _may_stay(archive: zipfile.ZipFile, key: str, by_rows: Collection[str]) -> bool:
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    return key in by_rows and sizes.get(f"{key}.npy", 0) > LARGE_BYTES


@contextmanager
def _told(path: str | Path, key: str) -> Iterator[None]:
    """What goes wrong while an array is read, in one line."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        problem = f"not an npz file, or truncated ({_line(error)})"
        raise InputError(path, key, problem, "copy or download it again") from None
    except ValueError as error:
        problem = "holds Python objects" if "pickle" in str(error) else _line(error)
        raise InputError(path, key, problem, "save plain arrays with numpy.savez") from None
    except (OSError, MemoryError, NotImplementedError) as error:
        raise InputError(path, key, f"cannot be read ({_line(error)})", "check it") from None


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
