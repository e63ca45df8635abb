"""Atomic writing of files, so that a file is either complete or absent."""

import os
from pathlib import Path

from mmclip.output_paths import output_errors


def write_atomically(path: Path, data: bytes) -> None:
    """Write the content to a temporary file, and rename this file to the final name.

    Args:
        path: final name, in an existing folder.
        data: content of the file.

    Raises:
        MmclipError: the file cannot be written.
    """
    part = path.with_suffix(path.suffix + ".part")
    with output_errors(path, "output"):
        part.write_bytes(data)
        os.replace(part, path)
