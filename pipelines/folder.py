"""The place a store lies in: whole files in, whole files out.

Every byte of a store passes here. A file is either there in full or not there at all, so a build
that is killed leaves nothing half-written behind.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import uuid
from pathlib import Path
from typing import Protocol

from radarsim.errors import InputError

BUILD = ".build"  # marks of an unfinished store; gone when it is finished
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StoreError(InputError):
    """The store itself cannot be written: no clip is to blame, and the build must stop."""


class Lock(Protocol):
    """Held until it is closed."""

    def close(self) -> None: ...


class Folder(Protocol):
    """Whole files by name, wherever they lie. `root` is how a person names the place."""

    root: str | Path

    def read(self, path: str) -> bytes | None:
        """The file's bytes, or None where there is no such file."""

    def write(self, path: str, data: bytes) -> None:
        """Put a whole file there, at once, in place of what was there.

        Raises:
            StoreError: there is no room, or writing is not allowed.
        """

    def sha256(self, path: str) -> str | None:
        """Checksum of a file, in hexadecimal; None where there is no such file."""

    def names(self) -> set[str]:
        """What lies at the top, hidden entries included; empty where there is nothing."""

    def files(self) -> list[str]:
        """Every file at any depth, sorted, relative to the root."""

    def is_file(self) -> bool:
        """Whether a file lies where the folder should."""

    def remove_tree(self, path: str) -> None:
        """Remove a folder and what it holds, if it is there."""

    def lock(self) -> Lock:
        """Hold the store for one build; the lock ends with the returned object or the process.

        Raises:
            StoreError: another build holds it, or the place cannot be written.
        """

    def zarr_store(self) -> object:
        """What `zarr.open_group` reads it by."""


def open_folder(place: str | Path) -> Folder:
    """The folder of a path, or of a URL such as s3://bucket/synth.zarr.

    Raises:
        InputError: no such kind of URL, or what it needs is not installed.
    """
    if "://" not in str(place):
        return LocalFolder(place)
    from pipelines.objects import ObjectFolder

    return ObjectFolder(str(place))


class LocalFolder:
    """A folder of this machine's file system.

    Args:
        root: where; made when the first file is written.
    """

    def __init__(self, root: str | Path):
        self.root = Path(root)

    def read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, data: bytes) -> None:
        # Beside the marks, not beside the file: nothing stray is left among the arrays.
        temporary = self.root / BUILD / f"{uuid.uuid4().hex}.partial"
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            os.replace(temporary, target)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise self._told(error) from None

    def sha256(self, path: str) -> str | None:
        data = self.read(path)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def names(self) -> set[str]:
        return set(os.listdir(self.root)) if self.root.is_dir() else set()

    def files(self) -> list[str]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def is_file(self) -> bool:
        return self.root.exists() and not self.root.is_dir()

    def zarr_store(self) -> object:
        return self.root

    def remove_tree(self, path: str) -> None:
        shutil.rmtree(self.root / path, ignore_errors=True)

    def lock(self) -> Lock:
        path = self.root / BUILD / "lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = path.open("w")
        except OSError as error:
            raise self._told(error) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            hint = "wait for it or choose another --out"
            raise StoreError(self.root, "--out", "another build writes here", hint) from None
        except OSError:
            pass  # some network file systems know no locks
        return handle

    def _told(self, error: OSError) -> StoreError:
        if error.errno in _FULL:
            hint = "free some and run the same command again; finished shards are kept"
            return StoreError(self.root, "disk", "no space left", hint)
        return StoreError(
            self.root, "--out", f"cannot be written ({error.strerror})", "choose a writable path"
        )
