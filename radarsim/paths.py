"""Resolve paths as users write them: `~`, `file://` URLs and symbolic links.

Shells expand `~` only at the start of a word, so `--out=~/x.zarr`, recipe files and Python strings
arrive unexpanded; taken literally, they would create a folder named `~`.
"""

import argparse
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from radarsim.checks import check_path
from radarsim.errors import InputError


def local_path(place: str | Path) -> Path:
    """Convert user input to a local path: expand `~` and `~user`, and decode a `file://` URL.

    Args:
        place: path or `file://` URL.

    Returns:
        The local path, which need not exist.

    Raises:
        InputError: the user in `~user` is unknown, or the URL names another host.
    """
    check_path("radarsim.files", "path", place)
    text = _path_of_url(str(place)) if str(place).startswith("file:") else str(place)
    if not text.startswith("~"):
        return Path(text)
    expanded = os.path.expanduser(text)
    if expanded.startswith("~"):
        user = text.split("/")[0]
        hint = f"correct it, or write ./{text} for a file whose name begins with ~"
        raise InputError(place, "path", f"{user} is not the home folder of a user", hint)
    return Path(expanded)


def is_url(place: str | Path) -> bool:
    """Whether a text is a URL that refers to something other than a local file."""
    return "://" in str(place) and not str(place).startswith("file:")


def existing_path(place: str | Path, field: str = "path") -> Path:
    """Convert user input to a local path, as `local_path` does, and check that the path exists.

    Raises:
        InputError: the path does not exist, or is a link whose target does not exist.
    """
    path = local_path(place)
    check_link(path, field)
    if not path.exists():
        raise InputError(path, field, "does not exist", "check the path")
    return path


def check_link(path: Path, field: str = "path") -> None:
    """Check that neither a path nor a folder above it is a broken link.

    Raises:
        InputError: the target of a link does not exist; the message names the link and its target.
    """
    for each in (path, *path.parents):
        if each.is_symlink() and not each.exists():
            problem = f"{each} is a link to {os.readlink(each)}, which does not exist"
            hint = "restore the target, remove the link, or give another path"
            raise InputError(path, field, problem, hint)


def path_argument(text: str) -> str:
    """Convert a command-line argument that is a path, a URL, or the name of a built-in item.

    Returns:
        The text, with `~` expanded and `file://` decoded; other URLs are unchanged.

    Raises:
        argparse.ArgumentTypeError: `local_path` rejects the text, or the path is a broken link.
    """
    if is_url(text):
        return text
    try:
        # str(Path(text)) is not used, because it would drop the slash at the end of "folder/".
        path = str(local_path(text)) if text.startswith(("~", "file:")) else text
        check_link(Path(path))
        return path
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def read_text(path: Path, max_bytes: int) -> str:
    """Read a text file as UTF-8; invalid bytes become replacement characters.

    Raises:
        InputError: the file cannot be read, or is larger than the limit [bytes].
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(path, "file", f"{size} bytes, limit {max_bytes}", "split it")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(
            path, "file", f"cannot be read ({error.strerror or error})", "check it"
        ) from None


def write_texts(texts: Mapping[Path, str], field: str) -> None:
    """Write text files that belong together as UTF-8; no file is written in part.

    All texts are on the disk before the first file of an earlier run is removed, and these are
    removed before the first new file appears, so that files of two runs are never mixed.

    Args:
        texts: texts by path.
        field: option or setting that names the files, for messages.

    Raises:
        InputError: a file cannot be written.
    """
    partial = {path: path.with_name(f".{path.name}.{os.getpid()}.partial") for path in texts}
    path = next(iter(texts))
    try:
        for path, text in texts.items():
            partial[path].write_text(text, encoding="utf-8")
        for path in texts:
            path.unlink(missing_ok=True)
        for path in texts:
            os.replace(partial[path], path)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(path, field, problem, "name a folder that can be written") from None
    finally:
        for each in partial.values():
            with contextlib.suppress(OSError):
                each.unlink()


def _path_of_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path:
        hint = "give file:///folder/name, or a path"
        raise InputError(url, "path", "is not the URL of a local file", hint)
    return unquote(parts.path)
