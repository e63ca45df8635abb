"""Notes on a recipe whose text of a bundled room differs from the room of the same name."""

from types import SimpleNamespace

import pytest

from builders import check
from builders.amass import main
from pipelines.recipe import Recipe
from pipelines.recipe_room import Room
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

DIFFERS = "note: the recipe's text of room 'hall' differs from the bundled room, and is used"


@pytest.mark.usefixtures("without_trial_clip")
def test_a_build_names_the_option_that_selects_the_bundled_room(tmp_path, capsys):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[room]\nname = "hall"\ntext = "far_m = 9.0"\n')
    command = ["--recipe", str(recipe), "--limit", "1", "--takes", "1", "--subjects", "1"]
    assert main([*command, "--dry-run", "--quiet"]) == 0
    assert f"{DIFFERS}; --room hall selects the bundled room\n" in capsys.readouterr().out


def test_a_check_names_no_option_of_the_build(capsys):
    """`radarsim check` has no option --room: clips are simulated in the room of the recipe."""
    room = Room(name="hall", text="far_m = 9.0")
    recipe = Recipe(radar=BOARDS[DEFAULT_BOARD], room=room)
    store = SimpleNamespace(recipe=recipe, rows=lambda _: [])
    options = check.make_parser().parse_args(["synth.zarr", "--rebuild", "0"])
    assert check._rebuilt(store, options) == []
    assert capsys.readouterr().out == f"{DIFFERS} for the clips that are simulated again\n"
