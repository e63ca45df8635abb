"""Recipes of `benchmarks.zero_shot`: TOML files with the stores to build and the options to use."""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).with_name("recipes")
RECIPES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
# Option that each store of a recipe sets, keyed by the store's name.
STORES = {"train": "stores", "test": "test_store", "pretrain": "pretrain_store"}


def parse_with_recipe(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None
) -> argparse.Namespace:
    """Parse a command line; a recipe given by --recipe sets the defaults of the other options.

    Args:
        parser: parser with the options --recipe, --out and those in the recipes.
        arguments: command line; None: the command line of the process.

    Returns:
        The parsed options; their attribute `recipe` is the content of the recipe, or None.
    """
    options = parser.parse_args(arguments)
    if options.recipe is None:
        if not options.stores:
            parser.error("give stores, or --recipe")
        return options
    recipe = load_recipe(options.recipe)
    paths = store_paths(recipe, options.out)
    parser.set_defaults(**recipe["options"], **{k: v for k, v in paths.items() if k != "stores"})
    options = parser.parse_args(arguments)
    if options.stores:
        parser.error("a recipe builds its own stores; give stores, or --recipe")
    options.stores, options.recipe = paths["stores"], recipe
    return options


def load_recipe(name: str) -> dict:
    """Content of a recipe: tables `stores` and `options`."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def store_paths(recipe: Mapping, out: Path) -> dict[str, list[str]]:
    """Paths of the stores of a recipe in the output folder, keyed by option."""
    return {STORES[name]: [str(_path(out, name))] for name in recipe["stores"]}


def build_stores(recipe: Mapping, out: Path) -> int:
    """Build, one after the other, the stores of a recipe that are not yet complete.

    Args:
        recipe: content of the recipe.
        out: output folder.

    Returns:
        0, or the exit status of the first build that failed.
    """
    from builders import amass

    out.mkdir(parents=True, exist_ok=True)
    for name, options in recipe["stores"].items():
        print(f"store {name}: python -m builders.amass {' '.join(options)}", flush=True)
        if status := amass.main([*options, "--out", str(_path(out, name))]):
            return status
    return 0


def _path(out: Path, name: str) -> Path:
    return out / "stores" / f"{name}.zarr"
