"""Figures of likeness on maps whose answer can be said beforehand."""

import numpy as np
import pytest

from radarsim.validation import compare

RNG = np.random.default_rng(0)


def ridge(at, width=3.0, peak_db=40.0, columns=50, bins=64):
    """A map with one ridge over noise of 0 dB."""
    course = np.broadcast_to(at, columns)[:, None]
    power = 10 ** (peak_db / 10) * np.exp(-0.5 * ((np.arange(bins) - course) / width) ** 2)
    return 10 * np.log10(power + RNG.gamma(20, 1 / 20, (columns, bins)))


def test_a_map_is_like_itself_and_its_level_does_not_matter():
    """Only the cells near the mask's edge change with the level: 0.99."""
    map_db = ridge(30 + 10 * np.sin(np.arange(50) / 5))
    assert compare.correlation(map_db, map_db) == pytest.approx(1.0)
    assert compare.ssim(map_db, map_db) == pytest.approx(1.0)
    assert compare.correlation(map_db, map_db + 3.0) > 0.99


def test_the_correlation_is_pearsons_over_clipped_cells_above_noise():
    """Ten lines of NumPy."""
    a, b = ridge(20.0), ridge(26.0, peak_db=25.0)
    cells = (a > 6) | (b > 6)
    x, y = np.maximum(a, a.max() - 30)[cells], np.maximum(b, b.max() - 30)[cells]
    assert compare.correlation(a, b) == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)


def test_ridges_that_part_are_less_alike_the_farther_they_are():
    here = ridge(32.0)
    alike = [compare.correlation(here, ridge(32.0 + apart)) for apart in (0, 2, 6, 20)]
    shape = [compare.ssim(here, ridge(32.0 + apart)) for apart in (0, 2, 6, 20)]
    assert alike == sorted(alike, reverse=True)
    assert alike[-1] < 0
    assert shape == sorted(shape, reverse=True)


def test_two_maps_of_noise_are_not_alike():
    """Nothing is 6 dB above noise when twenty looks are averaged: no cell, no likeness."""
    maps = [10 * np.log10(RNG.gamma(20, 1 / 20, (50, 64))) for _ in range(2)]
    assert compare.correlation(*maps) == 0.0
    assert compare.ssim(*maps) == 0.0


def test_ssim_of_constant_pieces_is_its_formula():
    """Two flat maps 15 dB apart at the top of a 30 dB scale: only the means count."""
    a, b = np.full((9, 9), 40.0), np.full((9, 9), 40.0)
    b[0, 0] = 60.0  # sets the scale: the rest of b lies 20 dB under its peak, at 1/3
    c1 = 0.01**2
    expected = (2 * 1 / 3 + c1) / (1 + 1 / 9 + c1)
    inner = compare.ssim(np.pad(a, 8, mode="edge"), np.pad(b, 8, constant_values=40.0))
    assert inner == pytest.approx(expected, abs=0.1)


def test_centroids_and_envelopes_follow_a_ridge():
    """The ridge is symmetric; its 95 % are within 2 sigma, a bin of rounding either side."""
    axis = np.linspace(-3.2, 3.1, 64)
    course = 30 + 10 * np.sin(np.arange(50) / 5)
    map_db = ridge(course, width=2.0)
    truth = np.interp(course, np.arange(64), axis)
    np.testing.assert_allclose(compare.centroid(map_db, axis), truth, atol=0.02)
    low, high = compare.envelope(map_db, axis)
    np.testing.assert_allclose(low, truth - 0.4, atol=0.15)
    np.testing.assert_allclose(high, truth + 0.4, atol=0.15)


def test_errors_of_a_shifted_course_are_the_shift():
    axes = {"speed_mps": np.arange(64) * 0.1, "range_m": np.arange(64) * 0.05}
    first = {"time_doppler": ridge(30.0), "time_range": ridge(20.0)}
    second = {"time_doppler": ridge(33.0), "time_range": ridge(24.0)}
    errors = compare.course_errors(first, second, axes)
    assert errors["doppler_error_mps"] == pytest.approx(0.3, abs=0.01)
    assert errors["envelope_error_mps"] == pytest.approx(0.3, abs=0.05)
    assert errors["range_error_m"] == pytest.approx(0.2, abs=0.005)


def test_the_level_bias_is_that_of_the_echo_not_of_the_noise():
    """7 dB; the mask's edge moves a little power in and out."""
    bias = compare.level_bias_db(ridge(30.0, peak_db=37.0), ridge(30.0, peak_db=30.0))
    assert bias == pytest.approx(7.0, abs=0.1)
    assert np.isnan(compare.level_bias_db(ridge(30.0), np.zeros((50, 64))))


def test_a_weak_column_has_an_envelope_of_its_own_or_none():
    """15 dB weaker it keeps its edges; 40 dB weaker there is nothing in it."""
    axis = np.arange(64.0)
    map_db = ridge(30.0, width=2.0)
    map_db[10], map_db[20] = map_db[10] - 15, 0.0
    low, high = compare.envelope(map_db, axis)
    np.testing.assert_allclose([low[10], high[10]], [26, 34], atol=1.5)
    assert np.isnan(low[20])
    assert np.isnan(high[20])
