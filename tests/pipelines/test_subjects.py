"""The level of a body's echo, calibrated once for a range of lobe widths."""

import numpy as np
import pytest

from builders.building.recipe_loading import PRESET_FOLDER
from pipelines import subjects
from pipelines.recipe import Recipe, Simulation
from pipelines.recipe_toml import parse_recipe
from pipelines.subjects import FREE_BODY, reflectivity
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

# The only preset that uses another board than the known levels.
OTHER_RADAR = "five-activities"


def test_levels_of_drawn_lobe_widths_are_interpolated(monkeypatch):
    """For a curve like that of the free body, the error is below 0.001 dB, which is 1e-4."""

    def level(radar, key, sigma_rad):
        return 0.3 * sigma_rad**-0.8 * np.exp(0.2 * np.sin(3 * sigma_rad))

    calls = []
    counted = lambda *inputs: calls.append(inputs) or level(*inputs)  # noqa: E731
    monkeypatch.setattr(subjects, "_anchored", counted)
    recipe = Recipe(radar=BOARDS[DEFAULT_BOARD], simulation=Simulation(sigma_rad=(0.35, 0.65)))
    for sigma_rad in (0.35, 0.36, 0.5, 0.65):
        found = reflectivity(recipe, None, sigma_rad)
        assert found == pytest.approx(level(None, None, sigma_rad), rel=1e-4)
    assert len(set(calls)) == subjects.NUM_LEVELS


@pytest.mark.parametrize("path", sorted(PRESET_FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_levels_of_the_presets_are_known(path, monkeypatch):
    """Only the preset with another board must compute levels, which takes two more programs."""
    calls = []
    monkeypatch.setattr(subjects, "_anchored", lambda *inputs: calls.append(inputs) or 1.0)
    recipe = parse_recipe(path.read_text(), path)
    narrow_rad, wide_rad = recipe.simulation.sigma_rad
    narrow, wide = (reflectivity(recipe, FREE_BODY, each) for each in (narrow_rad, wide_rad))
    assert bool(calls) == (path.stem == OTHER_RADAR)
    assert narrow >= wide


def test_levels_of_other_bodies_and_radars_are_computed(monkeypatch):
    monkeypatch.setattr(subjects, "_anchored", lambda *inputs: 2.0)
    recipe = Recipe(radar=BOARDS[DEFAULT_BOARD])
    assert reflectivity(recipe, FREE_BODY, 0.5) < 1
    assert reflectivity(recipe, FREE_BODY, 0.51) == 2
    assert reflectivity(recipe, FREE_BODY._replace(max_edge_m=0.02), 0.5) == 2
    other = next(radar for name, radar in BOARDS.items() if name != DEFAULT_BOARD)
    assert reflectivity(Recipe(radar=other), FREE_BODY, 0.5) == 2
