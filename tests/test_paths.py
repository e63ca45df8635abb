"""Paths as users write them: `~`, `file://` and links are resolved in every command."""

import argparse
import importlib
import os
from pathlib import Path

import pytest

from builders.building.cli_options import store_argument
from builders.building.recipe_loading import load_recipe_table
from pipelines.storage import open_folder
from pipelines.store_writer import check_place
from radarsim import files
from radarsim.errors import InputError
from radarsim.paths import existing_path, is_url, local_path, path_argument, write_texts

COMMANDS = [
    *(f"builders.{name}" for name in ("amass", "recordings", "check", "export", "attributes")),
    *(f"builders.{name}" for name in ("draw", "dca1000", "motions")),
    *("pipelines.report", "radarsim.validate", "radarsim.plots.__main__"),
    *("mmclip.pretrain", "mmclip.evaluate", "mmclip.finetune", "mmclip.predict"),
    *("mmclip.query_bank", "benchmarks.zero_shot"),
]
# The metavar of these options resembles that of a path, but they take another kind of value.
NOT_PATHS = {"clip", "rebuild"}
PATH_METAVARS = ("DIR", "FILE", "STORE", "CAPTURE", "RUN", "BOARD")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~/x.zarr", "{home}/x.zarr"),
        ("~", "{home}"),
        ("file:///tmp/new%20one.zarr", "/tmp/new one.zarr"),
        ("file://localhost/tmp/a", "/tmp/a"),
        ("file:/tmp/a", "/tmp/a"),
        ("a/~/b", "a/~/b"),
        ("./~x", "./~x"),
        ("AWR1843BOOST", "AWR1843BOOST"),
        ("s3://bucket/~/x.zarr", "s3://bucket/~/x.zarr"),
        ("memory://x", "memory://x"),
    ],
)
def test_a_path_argument_is_resolved_and_anything_else_is_unchanged(home, text, expected):
    assert path_argument(text) == expected.format(home=home)
    if not is_url(text):
        assert local_path(text) == Path(expected.format(home=home))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("~no-such-user-here/x", "~no-such-user-here is not the home folder"),
        ("file://server/share", "is not the URL of a local file"),
        ("file://", "is not the URL of a local file"),
    ],
)
def test_a_path_that_cannot_be_resolved_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        local_path(text)
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        path_argument(text)


def test_a_dangling_link_is_named_with_its_target(tmp_path):
    link = tmp_path / "link.zarr"
    link.symlink_to(tmp_path / "gone")
    for place in (link, link / "inside" / "x"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"link\.zarr is a link to .*gone"):
            path_argument(str(place))
        for function in (existing_path, open_folder, files.read_motion):
            with pytest.raises(InputError, match=r"is a link to .*gone, which does not exist"):
                function(str(place))
    link.unlink()
    link.symlink_to(tmp_path)
    assert path_argument(str(link)) == str(link)


def test_a_store_can_be_named_by_a_file_url(tmp_path):
    folder = open_folder(f"file://{tmp_path}/new.zarr")
    assert check_place(folder) is None
    folder.write("a/b", b"x")
    assert (tmp_path / "new.zarr/a/b").read_bytes() == b"x"


def test_paths_of_a_recipe_are_resolved(home):
    recipe = home / "r.toml"
    recipe.write_text('[paths]\namass = "~/AMASS"\nmotions = ["~/a.bvh", "b.bvh"]\n')
    options = argparse.Namespace(recipe=str(recipe), preset=None, amass=None, motions=())
    load_recipe_table(options)
    assert options.amass == str(home / "AMASS")
    assert options.motions == [str(home / "a.bvh"), str(home / "b.bvh")]


def test_the_api_resolves_paths(home):
    (home / "r.toml").write_text('board = "IWR6843ISK"\n')
    assert files.load_radar("~/r.toml").board == "IWR6843ISK"
    assert files.setup_beside("~/r.bin") == home / "r.toml"
    with pytest.raises(InputError, match=r"home/none\.npz: path: does not exist"):
        files.read_motion("~/none.npz")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("g.zarr/", "g.zarr"),
        ("g.zarr/.", "g.zarr"),
        ("/d/g.zarr//", "/d/g.zarr"),
        ("s3://bucket/g.zarr/", "s3://bucket/g.zarr"),
        ("s3://", "s3://"),
    ],
)
def test_the_path_of_a_store_ends_with_its_name(given, place):
    """Otherwise, the motions of the grammar would be written to `g.zarr/-motions`."""
    assert store_argument(given) == place


@pytest.mark.parametrize("module", COMMANDS)
def test_every_path_option_of_a_command_resolves_paths(module, home):
    if module.startswith(("mmclip", "benchmarks")):
        pytest.importorskip("flax", reason="needs the extra train")
    parser = importlib.import_module(module).make_parser()
    actions = [action for action in parser._actions if _takes_a_path(action)]
    assert actions
    for action in actions:
        resolved = parser._get_value(action, "~/x")
        assert str(resolved) == str(home / "x"), action.option_strings or action.dest


def test_texts_are_written_together_or_not_at_all(tmp_path):
    """If one file cannot be written, the files of an earlier run are unchanged."""
    texts = {tmp_path / "report.json": "old", tmp_path / "report.html": "old page"}
    write_texts(texts, "--out")
    new = {tmp_path / "report.json": "new", tmp_path / "missing" / "report.html": "new page"}
    with pytest.raises(InputError, match=r"report.html: --out: cannot be written"):
        write_texts(new, "--out")
    assert {path: path.read_text() for path in tmp_path.iterdir()} == texts


def test_an_interrupted_replacement_leaves_no_files_of_two_runs(tmp_path, monkeypatch):
    """The new first file is not beside the old second file."""
    first, second = tmp_path / "report.json", tmp_path / "report.html"
    write_texts({first: "old", second: "old page"}, "--out")
    replace_file = os.replace

    def fails_for_the_second(source, target):
        if target == second:
            raise KeyboardInterrupt
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", fails_for_the_second)
    with pytest.raises(KeyboardInterrupt):
        write_texts({first: "new", second: "new page"}, "--out")
    assert list(tmp_path.iterdir()) == [first]
    assert first.read_text() == "new"


def _takes_a_path(action: argparse.Action) -> bool:
    name = str(action.metavar or action.dest).upper()
    is_value = action.nargs != 0 and action.dest not in NOT_PATHS
    return is_value and any(part in name for part in PATH_METAVARS)
