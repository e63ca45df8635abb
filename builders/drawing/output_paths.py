"""Output paths of `builders.draw`."""

from pathlib import Path

from radarsim.errors import InputError

SUFFIXES = (".png", ".pdf", ".svg")


def beside(source: str, ending: str) -> Path:
    """Output path next to the source, with an extra suffix to avoid overwriting an input file."""
    path = Path(source)
    path = path if path.stem not in ("", "..") else path.resolve()
    return path.with_name(f"{path.stem}.{ending}")


def checked_out(out: str, flag: str = "--out") -> Path:
    """Check and return an output path, before the simulation starts.

    Args:
        out: path of a figure.
        flag: flag that gives the path, for messages.

    Raises:
        InputError: the file is not an image, or its folder does not exist.
    """
    path = Path(out)
    if path.suffix.lower() not in SUFFIXES:
        hint = f"use {' or '.join(SUFFIXES)}"
        raise InputError(out, flag, f"'{path.suffix}' is not a supported format", hint)
    if path.is_dir() or not path.parent.is_dir():
        problem = "is a folder" if path.is_dir() else f"folder {path.parent} does not exist"
        raise InputError(out, flag, problem, "give a file name in an existing folder")
    return path
