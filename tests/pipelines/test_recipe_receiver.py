"""Tests of the receiver in a recipe: text, digest, values drawn for clips, and data card."""

import pytest

from pipelines import data_card
from pipelines.data_card import _LIMITS, _limitations_section, _settings
from pipelines.data_card_receiver import limitations_of_receiver
from pipelines.plan import Clip, radar_of_clip
from pipelines.recipe_toml import dump_recipe, parse_recipe, recipe_digest
from radarsim.errors import InputError
from radarsim.radar.receiver_profiles import datasheet_profile

RANGES = """
[receiver]
base = "datasheet"
[receiver.tx_pattern]
azimuth_exponent = [4, 6]
[receiver.dc]
level_v = [0.001, 0.01]
"""


def clip(name):
    return Clip(id=name, take="take", source="test", licence="CC0", subject="a")


def test_the_ideal_receiver_changes_neither_text_nor_digest():
    """A recipe with the ideal receiver has the same digest as a recipe without the option."""
    ideal = parse_recipe("seed = 1", "recipe")
    assert "receiver" not in dump_recipe(ideal).replace("[radar.receiver]", "")
    for text in ('receiver = "ideal"', "[receiver]"):
        assert recipe_digest(parse_recipe(f"seed = 1\n{text}", "recipe")) == recipe_digest(ideal)


@pytest.mark.parametrize("text", ['receiver = "datasheet"', RANGES])
def test_the_profile_is_part_of_the_recipe(text):
    """The recipe text in a store contains all profile values, so no profile file is needed."""
    recipe = parse_recipe(text, "recipe")
    assert parse_recipe(dump_recipe(recipe), "store") == recipe
    assert recipe_digest(recipe) != recipe_digest(parse_recipe("", "recipe"))


def test_a_file_beside_the_recipe_is_found(tmp_path):
    (tmp_path / "mine.toml").write_text('name = "mine"\n[packets]\nloss_rate = 0.01')
    recipe = parse_recipe('receiver = "mine.toml"', str(tmp_path / "recipe.toml"))
    assert recipe.receiver.packets.loss_rate == 0.01
    assert str(tmp_path) not in dump_recipe(recipe)


def test_every_clip_draws_its_own_values():
    """Drawn values depend on the clip and lie within the limits; other settings are unchanged."""
    recipe = parse_recipe(RANGES, "recipe")
    profiles = [radar_of_clip(recipe, clip(name)).profile for name in ("a", "b", "a")]
    assert profiles[0] == profiles[2]
    assert profiles[0] != profiles[1]
    for profile in profiles:
        assert 4 <= profile.tx_pattern.azimuth_exponent <= 6
        assert 0.001 <= profile.dc.level_v <= 0.01
        assert profile.if_filter == datasheet_profile(recipe.radar).if_filter
    ideal = parse_recipe("", "recipe")
    assert radar_of_clip(ideal, clip("a")) is ideal.radar


def test_the_data_card_names_the_profile_its_parts_and_ranges():
    text = _settings(parse_recipe(RANGES, "recipe"))["receiver"]
    assert text.startswith("datasheet (TI documents")
    assert "phase_noise, mismatch, dc" in text
    assert "tx_pattern.azimuth_exponent 4 to 6" in text
    assert "receiver" not in _settings(parse_recipe("", "recipe"))


def test_the_limitations_state_equal_gain_only_without_antenna_patterns():
    """Only TX or RX antenna patterns change the text; other parts of a profile do not."""
    other_parts = "[receiver.dc]\nlevel_v = 0.001"
    for text in ("", other_parts):
        assert limitations_of_receiver(_LIMITS, parse_recipe(text, "recipe")) == _LIMITS
    for side in ("tx", "rx"):
        pattern = f"[receiver.{side}_pattern]\nazimuth_exponent = 5"
        card = limitations_of_receiver(_LIMITS, parse_recipe(pattern, "recipe"))
        assert "equal gain" not in card
        assert "patterns of the receiver profile" in card


def test_the_limitations_of_a_store_name_the_patterns_with_and_without_a_room(monkeypatch):
    """The section of the data card does not claim equal gain for a recipe with antenna patterns."""
    monkeypatch.setattr(data_card, "limitations", lambda text, statistics: text)
    pattern = "[receiver.tx_pattern]\nazimuth_exponent = 5\n"
    for room in ("", '[room]\nname = "hall"\n'):
        recipe = dump_recipe(parse_recipe(room + pattern, "recipe"))
        section = _limitations_section(None, {"recipe": recipe})
        assert "equal gain" not in section
        assert "patterns of the receiver profile" in section
        assert ("multipath with" in section) == bool(room)


def test_mistakes_in_the_section_name_the_recipe():
    with pytest.raises(InputError, match=r"hall.toml \[receiver\]: dc.level_v: is -1 V"):
        parse_recipe("[receiver.dc]\nlevel_v = -1", "hall.toml")
