"""Where a dataset's settings come from: a recipe file, a store or a preset, then the options.

A recipe file says what a store keeps (see `pipelines.recipe`), and may say in a table `[paths]`
where motion, models and texts lie on this machine; a store never keeps those.
"""

import argparse
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from pipelines.recipe_toml import table_from_toml
from radarsim.errors import InputError

PATHS = ("amass", "motions", "body_models", "babel", "humanml3d", "kitml")


def starting_table(options: argparse.Namespace) -> tuple[dict, str]:
    """The settings that the options start from; fills in the paths that they leave out.

    Args:
        options: `recipe` and `preset`; paths named in the recipe are put into it.

    Returns:
        The recipe table, and where it came from, for messages.

    Raises:
        InputError: the file is not there, no recipe, or names an unknown path.
    """
    if options.recipe and options.preset:
        raise InputError("options", "--preset", "and --recipe are both given", "give one of them")
    if options.preset:
        file = resources.files("builders").joinpath("presets", f"{options.preset}.toml")
        return table_from_toml(file.read_text(), f"preset {options.preset}"), "options"
    if not options.recipe:
        return {}, "options"
    table = table_from_toml(_recipe_text(Path(options.recipe)), options.recipe)
    _fill_paths(options, table.pop("paths", {}), options.recipe)
    return table, options.recipe


def merged(table: Mapping, over: Mapping) -> dict:
    """One table over another; tables within are merged, too."""
    both = dict(table)
    for key, value in over.items():
        inner = both.get(key)
        whole = not (isinstance(inner, Mapping) and isinstance(value, Mapping))
        both[key] = value if whole else merged(inner, value)
    return both


def _recipe_text(path: Path) -> str:
    """A file's text, or the recipe that a store keeps."""
    try:
        if not path.is_dir():
            return path.read_text()
        return str(json.loads((path / "zarr.json").read_bytes())["attributes"]["recipe"])
    except UnicodeDecodeError:
        problem = "is no text"
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "damaged"
        problem = "is a folder, but no store" if path.is_dir() else f"cannot be read ({reason})"
    raise InputError(path, "--recipe", problem, "give a .toml file or a store")


def _fill_paths(options: argparse.Namespace, paths: object, where: str) -> None:
    """Paths count from the recipe's folder; options given on the command line win."""
    if not isinstance(paths, Mapping):
        raise InputError(where, "paths", f"is {paths!r}, not a table", "write [paths]")
    for name, value in paths.items():
        if name not in PATHS or not hasattr(options, name):
            raise InputError(where, f"paths.{name}", "is no path", f"use {', '.join(PATHS)}")
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in values) or (
            name != "motions" and len(values) > 1
        ):
            raise InputError(where, f"paths.{name}", f"is {value!r}", "give a path in quotes")
        beside = [str(Path(where).parent / each) for each in values]
        if not getattr(options, name):
            setattr(options, name, beside if name == "motions" else beside[0])
