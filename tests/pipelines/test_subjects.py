"""The level of a body's echo, anchored once for a range of lobe widths."""

import numpy as np
import pytest

from pipelines import subjects
from pipelines.recipe import Recipe, Simulation
from pipelines.subjects import reflectivity
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD


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
