"""Interface to the folder of a store: reads and writes whole files by name.

All bytes of a store are written through this interface. A file either exists completely or not at
all, so a build that is killed leaves no half-written file. `storage.open_folder` opens a local
folder or a folder in an object store.
"""

from pathlib import Path
from typing import Protocol

from radarsim.errors import InputError

BUILD = ".build"  # folder of marker files, removed when the store is finished


class StoreError(InputError):
    """The store cannot be written, regardless of the clip, so the build must stop."""


class Lock(Protocol):
    """A lock that is held until `close` is called."""

    def close(self) -> None: ...


class StoreFolder(Protocol):
    """Access to whole files by relative path; `root` is the path or URL shown in messages."""

    root: str | Path

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file; None if the file does not exist."""

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file atomically; an existing file is replaced.

        Raises:
            StoreError: the disk is full, or writing is not permitted.
        """

    def sha256(self, path: str) -> str | None:
        """SHA-256 of a file in hexadecimal; None if the file does not exist."""

    def names(self) -> set[str]:
        """Names at the top level, including hidden names; empty if the folder does not exist."""

    def files(self) -> list[str]:
        """Paths of all files at any depth, sorted, relative to the root."""

    def is_file(self) -> bool:
        """Whether the root is a file rather than a folder."""

    def remove_tree(self, path: str) -> None:
        """Remove a folder and its contents, if the folder exists."""

    def lock(self) -> Lock:
        """Lock the store for one build, until the returned lock is closed or the process ends.

        Raises:
            StoreError: another build has locked the store, or the root is not writable.
        """

    def zarr_store(self) -> object:
        """Argument that makes `zarr.open_group` read this folder."""
