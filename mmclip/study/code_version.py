"""Version of the code that executes the study, for the report and for the result of every node."""

import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

# Version of results that were written before results stated it.
UNKNOWN = "unknown"


@cache
def code_version() -> str:
    """Git commit of this code, with "-dirty" if files are modified; else the installed version.

    The version is determined once per process, because the process keeps executing the code that
    it has loaded.
    """
    return commit_of(Path(__file__).parents[2]) or _installed_version()


def commit_of(folder: Path) -> str:
    """Git commit of the checkout in a folder; "" if the folder is not the top of a checkout.

    A package that is installed somewhere inside another project's checkout, for example in a
    virtual environment, does not have the commit of that project.
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != folder.resolve():
        return ""
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")


def _git(folder: Path, *words: str) -> str:
    """Output of a git command; "" if the command fails or git is not installed."""
    command = ["git", "-C", str(folder), *words]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def _installed_version() -> str:
    try:
        return f"version {metadata.version('radarsim')}"
    except metadata.PackageNotFoundError:
        return UNKNOWN
