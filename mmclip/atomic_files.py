"""Atomic writing of files, so that a file is either complete or absent."""

import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write the content to a temporary file, and rename this file to the final name."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(data)
    os.replace(part, path)
