"""Noise, clipping, leakage and static clutter of recordings with known values."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.captures.recording import of_cube
from radarsim.validation import capture_stats
from radarsim.validation.capture_stats import measure_stats
from tests.helpers.point_echoes import NOISE_V, RADAR, clutter_v, echo_v, moving, noise_v


@pytest.fixture(scope="module")
def walker_in_clutter():
    """A recording of eight frames with static clutter and a walker."""
    walker = echo_v(RADAR, 8, moving(1.3, 0.8, 10.0), 15.0)
    return of_cube(RADAR, clutter_v(RADAR, 8) + walker + noise_v(RADAR, 8))


def test_noise_is_measured_under_leakage_clutter_and_a_walker(walker_in_clutter):
    """The tolerance is 0.2 dB: 64 bins of 2,900 differences scatter by 0.08 dB, medians by less."""
    stats = measure_stats(walker_in_clutter)
    assert capture_stats.noise_bias_db(RADAR, stats) == pytest.approx(0.0, abs=0.2)
    floor = capture_stats.datasheet_floor_dbfs(RADAR)
    assert floor == pytest.approx(20 * np.log10(NOISE_V / RADAR.receiver.full_scale_v))


def test_breathing_does_not_add_to_the_noise_of_frames_with_one_chirp():
    """Third differences reduce motion at 0.3 Hz to 1e-4; the scatter for 77 frames is 0.3 dB."""
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=1, period_s=0.05))

    def chest(time_s):
        chest_m = 0.004 * np.sin(2 * np.pi * 0.3 * np.asarray(time_s))
        return moving(1.0)(0 * time_s) * (1 + chest_m[..., None])

    cube_v = echo_v(radar, 80, chest, 30.0) + noise_v(radar, 80)
    stats = measure_stats(of_cube(radar, cube_v))
    assert capture_stats.noise_bias_db(radar, stats) == pytest.approx(0.0, abs=0.3)


def test_statistics_do_not_depend_on_the_block_size(walker_in_clutter, monkeypatch):
    whole = measure_stats(walker_in_clutter)
    monkeypatch.setattr(capture_stats, "BLOCK_BYTES", 1)
    blocks = measure_stats(walker_in_clutter)
    np.testing.assert_allclose(blocks.static_v, whole.static_v, rtol=1e-4, atol=1e-9)
    np.testing.assert_array_equal(blocks.slow_time_v, whole.slow_time_v)
    assert blocks.noise_rms_v == pytest.approx(whole.noise_rms_v, rel=1e-5)


def test_clipped_samples_are_counted():
    """Exactly three samples have the lowest or the highest code in I or Q."""
    cube_v = noise_v(RADAR, 2)
    step_v = RADAR.receiver.adc_step_v
    cube_v[0, 0, 0, 0, :2] = 32767 * step_v
    cube_v[1, 3, 1, 2, 5] = -32768j * step_v
    stats = measure_stats(of_cube(RADAR, cube_v))
    assert stats.clipped_fraction == pytest.approx(3 / cube_v.size)
    assert stats.peak_dbfs == pytest.approx(0.0, abs=0.01)


def test_leakage_and_clutter_are_found_at_their_ranges(walker_in_clutter):
    """A Hann window lowers a tone midway between two bins by 1.4 dB; the DC bin adds some power."""
    stats = measure_stats(walker_in_clutter)
    leakage = capture_stats.leakage(RADAR, stats)
    full_v = RADAR.receiver.full_scale_v
    assert leakage.level_dbfs == pytest.approx(20 * np.log10(NOISE_V / full_v) + 29.3, abs=1.0)
    assert leakage.range_m < 0.06
    echoes = capture_stats.clutter(RADAR, stats)
    for true_m in (0.9, 1.6, 2.2):
        assert min(abs(echo.range_m - true_m) for echo in echoes) < 0.05


def test_lost_frames_are_counted_and_do_not_change_the_noise():
    cube_v = noise_v(RADAR, 8)
    cube_v[3] = 0
    stats = measure_stats(of_cube(RADAR, cube_v))
    assert stats.empty_frames == 1
    assert capture_stats.noise_bias_db(RADAR, stats) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("lost", [np.s_[:, :16], np.s_[:, ::3, 1], np.s_[2:5], np.s_[0, 1:, 0]])
def test_lost_chirps_do_not_bias_noise_or_static_echoes(lost):
    """At least 900 differences of 64 bins remain, which scatter by less than 0.2 dB."""
    cube_v = clutter_v(RADAR, 8) + noise_v(RADAR, 8)
    whole = measure_stats(of_cube(RADAR, cube_v.copy()))
    cube_v[lost] = 0
    cut = measure_stats(of_cube(RADAR, cube_v))
    assert 20 * np.log10(cut.noise_rms_v / whole.noise_rms_v) == pytest.approx(0.0, abs=0.2)
    strong = np.abs(whole.static_v) > 5 * NOISE_V
    np.testing.assert_allclose(cut.static_v[strong], whole.static_v[strong], rtol=0.1)
    strong = np.abs(whole.slow_time_v[0]) > 100 * NOISE_V
    np.testing.assert_allclose(cut.slow_time_v[:, strong], whole.slow_time_v[:, strong], rtol=0.1)


def test_lost_frames_of_one_chirp_do_not_change_noise_and_static_echoes():
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=1))
    cube_v = clutter_v(radar, 80) + noise_v(radar, 80)
    cube_v[::8, 0, 1] = 0
    stats = measure_stats(of_cube(radar, cube_v))
    assert capture_stats.noise_bias_db(radar, stats) == pytest.approx(0.0, abs=0.3)
    leakage = [static_v[0, 0] for static_v in stats.static_v]
    expected = [clutter_v(radar, 1)[0, 0, tx, 0, 0] for tx in range(3)]
    np.testing.assert_allclose(leakage, expected, rtol=0.1)


def test_subtracting_the_static_echoes_leaves_lost_chirps_zero(walker_in_clutter):
    stats, cube_v = measure_stats(walker_in_clutter), walker_in_clutter.read(0, 1).copy()
    cube_v[0, 3, 1] = 0
    moving_v = stats.without_static(cube_v)
    assert not moving_v[0, 3, 1].any()
    np.testing.assert_array_equal(moving_v[0, 4], cube_v[0, 4] - stats.static_v)


def test_slow_time_rows_are_averaged_to_fit_the_memory_limit(walker_in_clutter, monkeypatch):
    """Averaging does not change static echoes."""
    monkeypatch.setattr(capture_stats, "MAX_SLOW_TIME_BYTES", 3 * 8 * 12 * 64)
    stats = measure_stats(walker_in_clutter)
    assert stats.slow_time_step == 3
    assert len(stats.slow_time_v) == 3
    still = capture_stats.range_transform(clutter_v(RADAR, 1)[0, 0])
    strong = np.abs(still) > 100 * NOISE_V
    np.testing.assert_allclose(stats.slow_time_v[1][strong], still[strong], rtol=0.2)
