"""Similarity metrics of synthetic heatmaps with known results."""

import numpy as np
import pytest

from radarsim.validation import heatmap_metrics

RNG = np.random.default_rng(0)


def ridge(at, width=3.0, peak_db=40.0, columns=50, bins=64):
    """A map with a single ridge over noise at 0 dB."""
    centre = np.broadcast_to(at, columns)[:, None]
    power = 10 ** (peak_db / 10) * np.exp(-0.5 * ((np.arange(bins) - centre) / width) ** 2)
    return 10 * np.log10(power + RNG.gamma(20, 1 / 20, (columns, bins)))


def test_a_map_has_similarity_one_with_itself_at_any_level():
    """Only cells near the edge of the mask change with the level: the correlation exceeds 0.99."""
    map_db = ridge(30 + 10 * np.sin(np.arange(50) / 5))
    assert heatmap_metrics.correlation(map_db, map_db) == pytest.approx(1.0)
    assert heatmap_metrics.ssim(map_db, map_db) == pytest.approx(1.0)
    assert heatmap_metrics.correlation(map_db, map_db + 3.0) > 0.99


def test_the_correlation_is_pearsons_over_clipped_cells_above_noise():
    """The result equals that of numpy.corrcoef for the same cells."""
    a, b = ridge(20.0), ridge(26.0, peak_db=25.0)
    cells = (a > 6) | (b > 6)
    x, y = np.maximum(a, a.max() - 30)[cells], np.maximum(b, b.max() - 30)[cells]
    assert heatmap_metrics.correlation(a, b) == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)


def test_similarity_decreases_with_the_distance_of_two_ridges():
    here, shifts = ridge(32.0), (0, 2, 6, 20)
    correlations = [heatmap_metrics.correlation(here, ridge(32.0 + shift)) for shift in shifts]
    ssims = [heatmap_metrics.ssim(here, ridge(32.0 + shift)) for shift in shifts]
    assert correlations == sorted(correlations, reverse=True)
    assert correlations[-1] < 0
    assert ssims == sorted(ssims, reverse=True)


def test_two_maps_of_noise_have_similarity_zero():
    """Means of twenty noise powers do not exceed the noise by 6 dB, so no cell counts as signal."""
    maps = [10 * np.log10(RNG.gamma(20, 1 / 20, (50, 64))) for _ in range(2)]
    assert heatmap_metrics.correlation(*maps) == 0.0
    assert heatmap_metrics.ssim(*maps) == 0.0


def test_ssim_of_constant_regions_is_its_formula():
    """For two maps that are constant except for one cell, only the means matter."""
    a, b = np.full((9, 9), 40.0), np.full((9, 9), 40.0)
    b[0, 0] = 60.0  # the rest of b is 20 dB below this peak, at 1/3 of the 30 dB scale
    c1 = 0.01**2
    expected = (2 * 1 / 3 + c1) / (1 + 1 / 9 + c1)
    inner = heatmap_metrics.ssim(np.pad(a, 8, mode="edge"), np.pad(b, 8, constant_values=40.0))
    assert inner == pytest.approx(expected, abs=0.1)


def test_centroids_and_envelopes_follow_a_ridge():
    """The ridge is symmetric, and 95 % of its power is within 2 sigma; rounding adds one bin."""
    axis = np.linspace(-3.2, 3.1, 64)
    centre = 30 + 10 * np.sin(np.arange(50) / 5)
    map_db = ridge(centre, width=2.0)
    truth = np.interp(centre, np.arange(64), axis)
    np.testing.assert_allclose(heatmap_metrics.centroid(map_db, axis), truth, atol=0.02)
    low, high = heatmap_metrics.envelope(map_db, axis)
    np.testing.assert_allclose(low, truth - 0.4, atol=0.15)
    np.testing.assert_allclose(high, truth + 0.4, atol=0.15)


def test_centroid_errors_of_a_shifted_ridge_are_the_shift():
    axes = {"speed_mps": np.arange(64) * 0.1, "range_m": np.arange(64) * 0.05}
    first = {"time_doppler": ridge(30.0), "time_range": ridge(20.0)}
    second = {"time_doppler": ridge(33.0), "time_range": ridge(24.0)}
    errors = heatmap_metrics.centroid_errors(first, second, axes)
    assert errors["doppler_error_mps"] == pytest.approx(0.3, abs=0.01)
    assert errors["envelope_error_mps"] == pytest.approx(0.3, abs=0.05)
    assert errors["range_error_m"] == pytest.approx(0.2, abs=0.005)


def test_the_level_bias_is_the_difference_of_the_echo_levels():
    """The bias is 7 dB, apart from a little power that enters and leaves at the mask's edge."""
    bias = heatmap_metrics.level_bias_db(ridge(30.0, peak_db=37.0), ridge(30.0, peak_db=30.0))
    assert bias == pytest.approx(7.0, abs=0.1)
    assert np.isnan(heatmap_metrics.level_bias_db(ridge(30.0), np.zeros((50, 64))))


def test_the_envelope_of_a_weak_column_is_kept_or_missing():
    """A column that is 15 dB weaker keeps its envelope; a column that is 40 dB weaker has none."""
    axis = np.arange(64.0)
    map_db = ridge(30.0, width=2.0)
    map_db[10], map_db[20] = map_db[10] - 15, 0.0
    low, high = heatmap_metrics.envelope(map_db, axis)
    np.testing.assert_allclose([low[10], high[10]], [26, 34], atol=1.5)
    assert np.isnan(low[20])
    assert np.isnan(high[20])
