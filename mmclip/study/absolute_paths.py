"""Absolute paths in the options of the study.

Workers may run in other folders than this process, and an existing store is identified by its path.
"""

import argparse
import os
from pathlib import Path

from mmclip.study.licensed import SOURCES


def with_absolute_paths(options: argparse.Namespace) -> argparse.Namespace:
    """Copy the parsed command line of the study with absolute paths.

    A name of a text encoder is changed only if the folder that it names exists. The paths in
    `stores` follow the name of a role, and are made absolute when the role is known.
    """
    kind, colon, source = options.encoder.partition(":")
    changed = {
        **{name: absolute(getattr(options, name)) for name in SOURCES if getattr(options, name)},
        "out": Path(absolute(str(options.out))),
        "real": [absolute(each) for each in options.real],
        "clip": _absolute_if_present(options.clip),
        "encoder": f"{kind}{colon}{_absolute_if_present(source)}",
    }
    return argparse.Namespace(**{**vars(options), **changed})


def absolute(path: str) -> str:
    """Return a path as an absolute path; a URL is kept."""
    return path if "://" in path else os.path.abspath(path)


def _absolute_if_present(path: str | None) -> str | None:
    """Absolute path of a folder that exists; any other name is kept, such as OWNER/NAME."""
    return absolute(path) if path and Path(path).exists() else path
