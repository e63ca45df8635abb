"""Folders that one test process fills and all processes of the same test run use."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

# Environment variable with the folder of the test run, which `tests/conftest.py` sets.
SHARED = "RADARSIM_TEST_SHARED"


def copy_shared(name: str, path: str | Path, make: Callable[[Path], object]) -> None:
    """Copy a folder to `path`; the first test process that needs the folder makes the original.

    Every test has its own copy, so no test can change the files of another.

    Args:
        name: name of the folder, unique to its content.
        path: path of the copy, which does not exist.
        make: function that makes the folder at the given path.
    """
    root = Path(os.environ[SHARED])
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / f"{name}.made").exists():
            # An exception may have left a part of the folder.
            shutil.rmtree(root / name, ignore_errors=True)
            make(root / name)
            (root / f"{name}.made").touch()
    shutil.copytree(root / name, path)
