"""Equal recipes have equal text and equal digests, and every error is a single line."""

from dataclasses import replace

import pytest

from pipelines.recipe import SECTIONS, Keep, Maps, Placements, Recipe, Simulation, Splits
from pipelines.recipe_fields import settings_of
from pipelines.recipe_toml import dump_recipe, parse_recipe, recipe_digest
from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from tests.helpers.pipeline_fakes import small_recipe

RECIPE = Recipe(radar=BOARDS[DEFAULT_BOARD])


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        small_recipe(seed=7, limit=3),
        replace(RECIPE, radar=BOARDS["IWR6843AOPEVM"]),
        replace(
            RECIPE,
            placements=Placements(scope="sequence", per_clip=4, distance_m=(1.7, 4.1)),
            simulation=Simulation(visibility="hpr", sigma_rad=0.3, noise=False),
            maps=Maps(window="burst"),
            keep=Keep(if_cubes="off", motion=True),
        ),
    ],
)
def test_a_written_recipe_is_read_back_unchanged(recipe):
    again = parse_recipe(dump_recipe(recipe), "recipe.toml")
    assert again == recipe
    assert recipe_digest(again) == recipe_digest(recipe)


@pytest.mark.parametrize(("validation", "test"), [(0.8, 0.2), (0.9, 0.1), (0.7, 0.3)])
def test_shares_of_splits_may_add_up_to_one_in_decimals(validation, test):
    """In binary, 1 - 0.8 is less than 0.2."""
    assert Splits(validation=validation, test=test).test == test


def test_an_empty_recipe_has_the_papers_radar_and_defaults():
    assert parse_recipe("", "recipe.toml") == RECIPE
    assert RECIPE.num_frames == 50


def test_every_value_changes_the_digest():
    others = [
        replace(RECIPE, seed=1),
        replace(RECIPE, radar=BOARDS["IWR6843ISK"]),
        replace(RECIPE, simulation=Simulation(sigma_rad=0.51)),
        replace(RECIPE, maps=Maps(clutter="none")),
    ]
    assert len({recipe_digest(recipe) for recipe in [RECIPE, *others]}) == 5


def test_one_number_is_a_range_of_zero_width():
    assert Placements(distance_m=2).distance_m == (2.0, 2.0)


def test_a_radar_table_may_start_from_a_board():
    text = '[radar]\nboard = "AWR1843BOOST"\n[radar.frame]\nperiod_ms = 50\n'
    assert parse_recipe(text, "recipe.toml").num_frames == 100


def test_the_path_of_a_radar_file_is_not_in_the_recipe(tmp_path):
    """The recipe, which is part of the store, must not contain local paths."""
    file = tmp_path / "hall.toml"
    file.write_text('board = "AWR1843BOOST"\n[frame]\nperiod_ms = 50\n')
    recipe = parse_recipe(f'radar = "{file}"', "recipe.toml")
    assert str(tmp_path) not in dump_recipe(recipe)


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("seed = ", "TOML", "correct"),
        ("sead = 3", "sead", "use seed"),
        ("[placements]\ndistance = 3", "placements.distance", "use distance_m"),
        ("[placements]\ndistance_m = [4.0, 2.0]", "placements.distance_m", "lower limit first"),
        ("[placements]\ndistance_m = -1.0", "placements.distance_m", "at least 300 mm"),
        ("[placements]\ndistance_m = [1.0, 2.0, 3.0]", "placements.distance_m", "has 3 values; "),
        ("[placements]\ndistance_m = [1.0]", "placements.distance_m", "has 1 value; "),
        ('[placements]\nscope = "frame"', "placements.scope", "clip or sequence"),
        ('[simulation]\nsigma_rad = "wide"', "simulation.sigma_rad", "give a number"),
        ('[simulation]\nnoise = "yes"', "simulation.noise", "true or false"),
        ("[simulation]\nnoise = 1", "simulation.noise", "true or false"),
        ("[maps]\nwindow = 3", "maps.window", "in quotes"),
        ("[clips]\nlength_s = 1.0", "clips.length_s", "clips need 30"),
        ("[clips]\nlength_s = nan", "clips.length_s", "finite"),
        ("[area]\nnear_m = 7.0", "area.far_m", "must exceed 7 m"),
        ("[splits]\ntest = 0.95\nvalidation = 0.2", "splits.test", "at most"),
        ("clips = 3", "clips", "write [clips]"),
        ("seed = -1", "seed", "at least 0"),
        ("limit = 2.5", "limit", "whole number"),
        ('radar = "AWR9999"', "radar", "AWR1843BOOST"),
        ("radar = 7", "radar", "AWR1843BOOST"),
    ],
)
def test_an_invalid_recipe_gives_a_one_line_error(text, field, message):
    with pytest.raises(InputError) as caught:
        parse_recipe(text, "recipe.toml")
    assert caught.value.field == field
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_radar_name_with_quotes_and_control_characters_survives_toml():
    recipe = Recipe(radar=replace(BOARDS[DEFAULT_BOARD], name='a "b" \\ c\td\x07\ne'))
    assert parse_recipe(dump_recipe(recipe), "recipe").radar.name == recipe.radar.name


@pytest.mark.parametrize("section", SECTIONS.values())
def test_every_setting_has_a_known_unit(section):
    """A part of the meaning in the place of the unit would be printed after values."""
    units = {declared.unit for _, declared in settings_of(section).values()}
    assert units <= {"", "Hz", "dB", "h", "m", "mm", "people", "rad", "s"}
