"""The declaration of a recipe setting determines its check, its flag and its help text."""

import argparse
import math
from dataclasses import dataclass

import pytest

from builders.building.setting_flags import SECTIONS, add_flags
from pipelines import recipe
from pipelines.recipe_fields import Section, section_name, setting, settings_of
from radarsim.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Weather(Section):
    """A section that exists only in this test."""

    rain: str = setting("none", "kind of rain", flag="--rain", choices=("none", "drizzle"))
    wind_rad: tuple[float, float] = setting(
        (0.0, math.pi / 2), "direction of the wind", "rad", flag="--wind-deg", at_least=0
    )
    drops: int = setting(3, "number of drops", flag="--drops")
    fog_m: float = setting(0.0, "range of sight", "m", flag="--fog-m", off="clear", at_least=1)
    dry: bool = setting(True, "keep the floor dry", flag="--wet")


@pytest.fixture
def parser():
    parser = argparse.ArgumentParser(prog="weather")
    add_flags(parser, Weather)
    return parser


def test_a_declaration_gives_flags_with_help_and_types(parser, monkeypatch):
    """Choices, units and defaults in the help text are those of the declaration."""
    monkeypatch.setenv("COLUMNS", "120")
    text = parser.format_help()
    for line in (
        "--rain {none,drizzle}",
        "kind of rain (default: none)",
        "--wind-deg DEG",
        "direction of the wind, a number or LOW:HIGH (default: 0:90)",
        "number of drops (default: 3)",
        "range of sight (default: clear)",
        "do not keep the floor dry",
    ):
        assert line in text
    given = parser.parse_args(["--wind-deg", "10:20", "--drops", "7", "--wet"])
    assert (given.wind_deg, given.drops, given.dry) == ([10.0, 20.0], 7, False)
    assert parser.parse_args([]) == argparse.Namespace(
        rain=None, wind_deg=None, drops=None, fog_m=None, dry=None
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rain": "hail"}, "weather.rain: is 'hail'; choose none or drizzle"),
        ({"wind_rad": (2, 1)}, "weather.wind_rad: has low 2 above high 1 rad"),
        ({"wind_rad": -1}, "weather.wind_rad: is -1 rad; must be at least 0 rad"),
        ({"drops": 0}, "weather.drops: is 0; must be at least 1"),
        ({"fog_m": 0.5}, "weather.fog_m: is 500 mm; must be at least 1 m"),
        ({"dry": "yes"}, "weather.dry: is 'yes'"),
    ],
)
def test_a_declaration_gives_the_check(values, message):
    """A value outside the declared limits is an error that names section, field and limit."""
    with pytest.raises(InputError, match=message):
        Weather(**values)


def test_a_default_that_switches_a_setting_off_may_be_outside_the_limits():
    assert Weather(fog_m=0).fog_m == 0.0
    assert isinstance(Weather(fog_m=0).fog_m, float)
    assert Weather(wind_rad=1).wind_rad == (1.0, 1.0)


def test_flags_are_made_from_every_section_of_a_recipe():
    """A section that is missing from `setting_flags.SECTIONS` would have no flags."""
    names = {section_name(section) for section in SECTIONS} - {"general"}
    declared = {name for name, section in recipe.SECTIONS.items() if settings_of(section)}
    assert names == declared


def test_every_setting_of_a_recipe_states_its_meaning():
    """Every field of a recipe is declared by `setting`, so help and tables describe it."""
    for section in (recipe.Recipe, *recipe.SECTIONS.values()):
        undeclared = set(vars(section)["__annotations__"]) - set(settings_of(section))
        assert undeclared - set(recipe.SECTIONS) == set(), section
        assert all(declared.meaning for _, declared in settings_of(section).values())
