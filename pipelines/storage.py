"""Open a store's folder by path or URL; local folders are implemented in this module."""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import uuid
from pathlib import Path

from pipelines.object_store import ObjectStoreFolder
from pipelines.store_folder import BUILD, Lock, StoreError, StoreFolder
from radarsim.paths import check_link, is_url, local_path

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def open_folder(place: str | Path) -> StoreFolder:
    """Return the folder at a path or at a URL such as s3://bucket/synth.zarr.

    Raises:
        InputError: the URL scheme is not supported, the package that it requires is not installed,
            or the path is a link whose target does not exist.
    """
    return ObjectStoreFolder(str(place)) if is_url(place) else LocalFolder(place)


class LocalFolder:
    """A folder in a local file system; implements the interface `store_folder.StoreFolder`.

    Args:
        root: path of the folder, which is created when the first file is written.
    """

    def __init__(self, root: str | Path):
        self.root = local_path(root)
        check_link(self.root)

    def read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, data: bytes) -> None:
        # The temporary file is under BUILD, so a killed process leaves no temporary file among the
        # arrays.
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
            raise self._store_error(error) from None

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
            raise self._store_error(error) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            hint = "wait until it ends, or choose another --out"
            raise StoreError(self.root, "--out", "another build is writing here", hint) from None
        except OSError:
            pass  # some network file systems do not support locks
        return handle

    def _store_error(self, error: OSError) -> StoreError:
        if error.errno in _DISK_FULL:
            hint = "free space and run the same command again; finished shards are kept"
            return StoreError(self.root, "disk", "no space left", hint)
        return StoreError(
            self.root, "--out", f"cannot be written ({error.strerror})", "choose a writable path"
        )
