"""Load the recipe table from a recipe file, an existing store or a preset.

A recipe file contains the settings of a store (see `pipelines.recipe`). Its optional table
`[paths]` gives the local paths of motions, body models and caption datasets; a store never contains
local paths.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from pipelines.recipe_toml import table_from_toml
from radarsim.errors import InputError
from radarsim.paths import local_path

PRESET_FOLDER = Path(__file__).parents[1] / "presets"
PATHS = ("amass", "motions", "body_models", "babel", "humanml3d", "kitml")


def load_recipe_table(options: argparse.Namespace) -> tuple[dict, str]:
    """Load the recipe table, which flags may override later, and set path options from `[paths]`.

    Args:
        options: parsed flags; `recipe` and `preset` are read, and path options that the user did
            not give are set from the table `[paths]`.

    Returns:
        The recipe table, and the origin of the table for error messages.

    Raises:
        InputError: both a recipe and a preset are given, or the file is missing, is not a recipe,
            or contains an invalid path entry.
    """
    if options.recipe and options.preset:
        raise InputError(
            "options", "--preset", "cannot be combined with --recipe", "give one of them"
        )
    if options.preset:
        text = (PRESET_FOLDER / f"{options.preset}.toml").read_text(encoding="utf-8")
        return table_from_toml(text, f"preset {options.preset}"), "options"
    if not options.recipe:
        return {}, "options"
    table = table_from_toml(_recipe_text(Path(options.recipe)), options.recipe)
    _fill_paths(options, table.pop("paths", {}), options.recipe)
    return table, options.recipe


def merge_tables(table: Mapping, over: Mapping) -> dict:
    """Return `table` updated with the values of `over`; nested tables are merged recursively."""
    both = dict(table)
    for key, value in over.items():
        inner = both.get(key)
        whole = not (isinstance(inner, Mapping) and isinstance(value, Mapping))
        both[key] = value if whole else merge_tables(inner, value)
    return both


def _recipe_text(path: Path) -> str:
    """Text of a recipe file, or of the recipe in a store."""
    try:
        if not path.is_dir():
            return path.read_text("utf-8-sig")  # editors on Windows may write a byte order mark
        return str(json.loads((path / "zarr.json").read_bytes())["attributes"]["recipe"])
    except UnicodeDecodeError:
        problem = "is not a text file"
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "damaged"
        problem = "is a folder, but not a store" if path.is_dir() else f"cannot be read ({reason})"
    raise InputError(path, "--recipe", problem, "give a .toml recipe file or a store")


def _fill_paths(options: argparse.Namespace, paths: object, origin: str) -> None:
    """Set path options that were not given; relative paths refer to the recipe's folder."""
    if not isinstance(paths, Mapping):
        raise InputError(origin, "paths", f"is {paths!r}, not a table", "write it as [paths]")
    for name, value in paths.items():
        if name not in PATHS or not hasattr(options, name):
            raise InputError(
                origin, f"paths.{name}", "is not a known path entry", f"use {', '.join(PATHS)}"
            )
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in values) or (
            name != "motions" and len(values) > 1
        ):
            raise InputError(
                origin, f"paths.{name}", f"is {value!r}", "give a path as a quoted string"
            )
        resolved = [str(Path(origin).parent / local_path(each)) for each in values]
        if not getattr(options, name):
            setattr(options, name, resolved if name == "motions" else resolved[0])
