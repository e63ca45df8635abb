"""The known levels of the free body are those that the builder would compute."""

import numpy as np
import pytest

from pipelines import subjects
from pipelines.free_body_levels import LEVELS
from pipelines.recipe import Recipe
from pipelines.subjects import FREE_BODY, anchored_levels, level_widths_rad, reflectivity
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.scattering.reflection import DEFAULT_SIGMA_RAD, FREE_BODY_REFLECTIVITY

RADAR = BOARDS[DEFAULT_BOARD]


def test_the_known_levels_are_used_and_vary_smoothly_with_the_lobe_width():
    """A wrong digit in one entry would deviate from a polynomial through the other entries.

    The tolerance is that of a polynomial of degree 5 in the logarithm of the width.
    """
    for widths, levels in LEVELS.items():
        assert anchored_levels(RADAR, FREE_BODY, widths) == pytest.approx(levels, rel=1e-12)
        if len(levels) > 1:
            log_width = np.log(level_widths_rad(*widths))
            fitted = np.polynomial.Polynomial.fit(log_width, np.log(levels), 5)
            np.testing.assert_allclose(np.exp(fitted(log_width)), levels, rtol=1e-4)


def test_the_default_level_and_the_known_levels_are_anchors_of_the_free_body(monkeypatch):
    """One level of each range agrees to 1e-5, and the default level to 5e-3, when computed again.

    The tolerances allow for float32 sums on other processors, and for a level that is rounded to
    three digits. The levels were computed with full compiler optimisation; without it, they differ
    by 3e-5.
    """
    known = {widths: anchored_levels(RADAR, FREE_BODY, widths) for widths in LEVELS}
    subjects._anchored.cache_clear()  # may hold levels from tests that compile without optimisation
    subjects._standing_views.cache_clear()
    monkeypatch.setattr(subjects, "known_levels", lambda *_: None)
    for widths, table in known.items():
        index = len(table) // 2
        sigma_rad = level_widths_rad(*widths)[index]
        found = reflectivity(Recipe(radar=RADAR), FREE_BODY, sigma_rad)
        assert table[index] == pytest.approx(found, rel=1e-5)
        if sigma_rad == DEFAULT_SIGMA_RAD:
            assert pytest.approx(found, rel=5e-3) == FREE_BODY_REFLECTIVITY
    assert (DEFAULT_SIGMA_RAD, DEFAULT_SIGMA_RAD) in known
