"""Checks of output paths before any computation, and errors of writing as one line."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmclip.errors import MmclipError


@contextmanager
def output_errors(path: str | Path, option: str = "--out") -> Iterator[None]:
    """Convert errors of the operating system to errors that name an output path.

    Args:
        path: output file or folder that is written in the context.
        option: option of the command line that gives the path.

    Raises:
        MmclipError: the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})"
        hint = "choose a path that can be written, or free space on the disk"
        raise MmclipError(path, option, problem, hint) from None


def check_output_folder(folder: str | Path, option: str = "--out") -> None:
    """Check that files can be written to a folder, which may not exist yet and is not created.

    Args:
        folder: output folder of a command.
        option: option of the command line that gives the folder.

    Raises:
        MmclipError: the folder, or the folder in which it would be created, is a file or cannot be
            written.
    """
    existing = Path(folder).absolute()
    with output_errors(folder, option):
        while not existing.exists():
            existing = existing.parent
        # Permissions do not show whether a file system is read-only, so a file is created, which
        # has no name or is removed at once.
        tempfile.TemporaryFile(dir=existing).close()


def check_output_file(path: str | Path, option: str) -> None:
    """Check that a file can be written; its folder may not exist yet, and nothing is created.

    Args:
        path: output file of a command, or a device such as /dev/stdout.
        option: option of the command line that gives the file.

    Raises:
        MmclipError: the path is a folder, or the file cannot be written.
    """
    path = Path(path)
    if path.is_dir():
        raise MmclipError(path, option, "is a folder", "name a file")
    if not path.exists():
        check_output_folder(path, option)  # checks the nearest folder above the path that exists
    elif not os.access(path, os.W_OK):
        raise MmclipError(path, option, "exists and cannot be written", "name another file")
