"""Snippets, commands and paths in the README and in the introductory pages of each topic.

The snippets run in a folder with a short motion and a small store.
"""

import re
import runpy
import shlex
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from builders import amass, draw
from builders.building.cli_options import recipe_table
from pipelines.recipe_toml import recipe_from_table, table_from_toml
from pipelines.run import build
from radarsim.plots import __main__ as plots
from radarsim.radar.boards import BOARDS
from radarsim.radar.toml import parse_radar
from tests.helpers.bvh_samples import bvh_text, moves, person
from tests.helpers.pipeline_fakes import fake_clip, fake_plan, fake_store_spec, fake_takes

pytestmark = pytest.mark.usefixtures("fast_compilation")

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Introductory pages whose snippets need a motion file or a store.
PAGES = ("python", "motion", "radars", "validation", "datasets", "reading", "training")
TEXT = "\n".join(
    [README, *((ROOT / f"docs/{page}.md").read_text(encoding="utf-8") for page in PAGES)]
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def commands(module: str, job: str) -> list[list[str]]:
    """Return the options of each line that runs a module, directly, by radarsim or by make.py."""
    inline = re.findall(r"`((?:python|radarsim \w+ --out)[^`\n]*)`", TEXT)
    lines = "\n".join(blocks("bash")).splitlines() + inline
    split = [shlex.split(line, comments=True) for line in lines]
    starts = (["python", "-m", module], ["python3", "make.py", job], ["radarsim", job])
    return [
        parts[len(start) :]
        for parts in split
        for start in starts
        if parts[: len(start)] == start and "--help" not in parts
    ]


@pytest.fixture
def folder_with_motion_and_store(tmp_path, monkeypatch):
    skeleton = person()
    Path(tmp_path, "walk.bvh").write_text(bvh_text(skeleton, *moves(skeleton, num_poses=25)))
    takes = fake_takes(3)
    plan = fake_plan(takes)
    store = str(tmp_path / "synth.zarr")
    build(plan, takes, store, fake_store_spec(plan), fake_clip, workers=0, quiet=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("snippet", blocks("python"), ids=lambda text: text.splitlines()[0])
def test_a_python_snippet_makes_finite_numbers(snippet, folder_with_motion_and_store, capsys):
    script = folder_with_motion_and_store / "snippet.py"
    script.write_text(snippet)
    made = runpy.run_path(str(script))
    leaves = [leaf for leaf in jax.tree.leaves(made) if isinstance(leaf, np.ndarray | jax.Array)]
    # Keys of random numbers are arrays too, but not of numbers.
    arrays = [leaf for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.number)]
    printed = capsys.readouterr().out
    assert arrays or printed
    assert all(np.isfinite(array).all() for array in arrays)
    assert "nan" not in printed


def holds(settings, table: dict) -> bool:
    """Return whether a recipe, or a section of a recipe, has all the values in a table."""
    return all(
        holds(getattr(settings, name), value)
        if isinstance(value, dict)
        else np.array_equal(getattr(settings, name), value)
        for name, value in table.items()
    )


@pytest.mark.parametrize("options", commands("builders.amass", "dataset"), ids=" ".join)
def test_a_build_command_gives_a_valid_recipe(options):
    table = recipe_table(vars(amass.make_parser().parse_args(options)))
    table.pop("radar", None)  # radar files, which the reader of the README must provide
    receiver = table.pop("receiver", None)
    recipe = recipe_from_table(table | ({"receiver": receiver} if receiver else {}), "README")
    assert holds(recipe, table)
    assert receiver in (None, recipe.receiver and recipe.receiver.name)


@pytest.mark.parametrize("options", commands("builders.draw", "draw"), ids=" ".join)
def test_a_draw_command_is_valid(options):
    assert draw.make_parser().parse_args(options).source


@pytest.mark.parametrize("options", commands("radarsim.plots", "plots"), ids=" ".join)
def test_a_plots_command_is_valid(options):
    assert plots.make_parser().parse_args(options).radar


def test_every_kind_of_command_is_found():
    """The pages contain commands of every kind; without commands, other tests would pass."""
    assert commands("builders.amass", "dataset")
    assert commands("builders.draw", "draw")
    assert commands("radarsim.plots", "plots")


def test_the_radar_file_is_valid():
    for text in blocks("toml"):
        if "[paths]" not in text:
            assert parse_radar(text, "README").board in BOARDS


def test_the_recipe_file_is_valid():
    for text in blocks("toml"):
        table = table_from_toml(text, "README")
        if table.pop("paths", {}):
            for radar in table.pop("radar"):
                recipe = recipe_from_table({**table, "radar": radar}, "README")
                assert holds(recipe, table)
                assert recipe.radar.board == radar


def test_linked_and_named_files_exist():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    named = re.findall(r"`((?:radarsim|pipelines|builders|benchmarks|tests|tools)/[\w./]*)`", TEXT)
    missing = [path for path in [*links, *named] if not (ROOT / path).exists()]
    assert links
    assert named
    assert not missing
