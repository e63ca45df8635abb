"""Paths on the command lines of the trainer: `~`, `file://` URLs and dangling links.

The rules are those of `radarsim.paths`; they are implemented again because the trainer does not
import code of the other packages.
"""

import argparse
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit


def path_argument(text: str) -> str:
    """Argument type of command-line options that take a path or a built-in name.

    Returns:
        The text, with `~` and `~user` expanded and a `file://` URL decoded.

    Raises:
        argparse.ArgumentTypeError: the user or host is unknown, or the path is a link whose target
            does not exist.
    """
    path = _path_of_url(text) if text.startswith("file:") else text
    path = os.path.expanduser(path)
    if path.startswith("~"):
        user = text.split("/")[0]
        raise argparse.ArgumentTypeError(f"{user} is not the home folder of a user")
    for each in (Path(path), *Path(path).parents):
        if each.is_symlink() and not each.exists():
            target = os.readlink(each)
            raise argparse.ArgumentTypeError(f"{each} is a link to {target}, which does not exist")
    return path


def _path_of_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise argparse.ArgumentTypeError(f"{url} is not the URL of a local file")
    return unquote(parts.path)
