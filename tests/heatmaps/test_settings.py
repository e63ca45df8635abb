"""Heatmap settings: slow-time spacing, clutter from people who pause, sidelobes in angle."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.heatmaps.heatmaps import make_heatmaps
from radarsim.heatmaps.settings import HeatmapSettings, heatmap_axes, slow_time_spacing_s
from radarsim.point_targets import simulate_points
from radarsim.radar.timing import burst_times_s
from tests.helpers.scenes import KEY, QUIET, RADAR, moving_point

pytestmark = pytest.mark.usefixtures("fast_compilation")

PAPER = HeatmapSettings(window="paper", clutter="none")


def radar_of(num_chirps, period_s, num_samples=64):
    chirp = replace(RADAR.chirp, num_samples=num_samples)
    frame = replace(RADAR.frame, num_chirps=num_chirps, period_s=period_s)
    return replace(RADAR, chirp=chirp, frame=frame)


def test_loops_within_a_burst_are_a_loop_period_apart():
    assert slow_time_spacing_s(RADAR) == RADAR.loop_period_s == pytest.approx(216e-6)
    assert slow_time_spacing_s(RADAR, PAPER) == RADAR.loop_period_s


def test_frames_of_one_loop_are_a_frame_period_apart():
    """The limit lambda / 4 T = 3.79 mm / 4 / 1 ms is 0.95 m/s; a loop period would give 4.4 m/s."""
    radar = radar_of(1, 1e-3)
    settings = replace(PAPER, window_chirps=64, num_doppler_bins=64)
    speed_mps = heatmap_axes(radar, 100, settings)["speed_mps"]
    assert slow_time_spacing_s(radar, settings) == 1e-3
    assert speed_mps[0] == pytest.approx(-radar.chirp.wavelength_m / 4 / 1e-3)


@pytest.mark.parametrize("speed_mps", [0.3, -0.6])
def test_a_point_in_frames_of_one_loop_reads_its_speed(speed_mps):
    radar = radar_of(1, 1e-3)
    settings = replace(PAPER, window_chirps=64, num_doppler_bins=64)
    points_m = moving_point(radar, 64, (3.0, 0, 0), (speed_mps, 0, 0))
    cube_v = simulate_points(radar, points_m, np.array([1.0]), KEY, QUIET)
    maps = make_heatmaps(radar, cube_v, settings)
    found_mps = maps.axes["speed_mps"][int(np.argmax(maps.time_doppler[0]))]
    bin_mps = np.diff(maps.axes["speed_mps"])[0]
    assert found_mps == pytest.approx(speed_mps, abs=bin_mps)


@pytest.mark.parametrize(("window", "num_bins"), [("burst", 300), ("paper", 256)])
def test_a_long_burst_has_one_speed_bin_per_loop_on_map_and_axis(window, num_bins):
    """A burst of 300 loops has more speeds than the 256 bins of the default settings."""
    radar = radar_of(300, 0.1, num_samples=8)
    points_m = moving_point(radar, 2, (3.0, 0, 0), (0.6, 0, 0))
    cube_v = simulate_points(radar, points_m, np.array([1.0]), KEY, QUIET)
    maps = make_heatmaps(radar, cube_v, HeatmapSettings(window=window, clutter="none"))
    speed_mps = maps.axes["speed_mps"]
    assert maps.time_doppler.shape[1] == len(speed_mps) == num_bins
    found_mps = speed_mps[int(np.argmax(maps.time_doppler[0]))]
    assert found_mps == pytest.approx(0.6, abs=np.diff(speed_mps)[0])


def test_single_bursts_of_one_loop_have_no_speed():
    with pytest.raises(InputError, match=r"holds one loop.*--window paper"):
        slow_time_spacing_s(radar_of(1, 1e-3), HeatmapSettings(window="burst"))


@pytest.mark.parametrize("num_chirps", [2, 4, 7])
def test_few_loops_with_gaps_between_are_refused_across_bursts(num_chirps):
    with pytest.raises(
        InputError, match=f"holds {num_chirps} loops and then a gap.*--window burst"
    ):
        slow_time_spacing_s(radar_of(num_chirps, 5e-3), PAPER)


@pytest.mark.parametrize("num_chirps", [2, 7, 128])
def test_loops_without_gaps_are_uniform_however_few_a_frame_holds(num_chirps):
    radar = radar_of(num_chirps, num_chirps * RADAR.loop_period_s)
    assert slow_time_spacing_s(radar, PAPER) == radar.loop_period_s


def pausing_point(radar, num_frames):
    """A point that stays at 3 m for the first quarter of the time, then moves away at 2 m/s."""
    times_s = burst_times_s(radar, num_frames)[..., None, None]
    moved_m = 2.0 * np.maximum(times_s - times_s.max() / 4, 0.0)
    return np.array([3.0, 0.0, 0.0]) + moved_m * np.array([1.0, 0.0, 0.0])


def test_the_median_leaves_no_ghost_of_someone_who_paused():
    """Removing the mean leaves a quarter of the standing echo (-12 dB) for the rest of the clip.

    The median over bursts does not contain the echo, which lasts for less than half of the bursts.
    """
    radar, frames = radar_of(16, 40e-3, num_samples=128), 24
    cube_v = simulate_points(radar, pausing_point(radar, frames), np.array([1.0]), KEY, QUIET)
    settings = {"window_chirps": 32, "num_doppler_bins": 32}
    ghost_db = {}
    for clutter in ("none", "clip", "median"):
        maps = make_heatmaps(radar, cube_v, HeatmapSettings(clutter=clutter, **settings))
        at_start = int(np.argmin(np.abs(maps.axes["range_m"] - 3.0)))
        ghost_db[clutter] = float(maps.time_range[-1, at_start])
    standing_db = float(maps.time_range[0, at_start])
    assert ghost_db["clip"] - standing_db == pytest.approx(-12, abs=2.5)
    assert ghost_db["median"] < ghost_db["clip"] - 20
    assert ghost_db["median"] == pytest.approx(ghost_db["none"], abs=3)


@pytest.mark.parametrize(("angle_window", "sidelobe_db"), [("uniform", -12.8), ("taylor", -28.3)])
def test_sidelobes_in_angle(angle_window, sidelobe_db):
    """Sidelobes equal the array factor of eight elements; a target straight ahead is at zero."""
    cube_v = simulate_points(RADAR, moving_point(RADAR, 1, (20.0, 0, 0)), np.ones(1), KEY, QUIET)
    settings = HeatmapSettings(
        clutter="none", angle_window=angle_window, window_chirps=128, num_doppler_bins=128
    )
    maps = make_heatmaps(RADAR, cube_v, settings)
    beam_db = np.asarray(maps.time_angle[0])
    peak = int(np.argmax(beam_db))
    right = beam_db[peak:]
    first_null = int(np.argmax(np.diff(right) > 0))
    assert maps.axes["angle_rad"][peak] == 0.0
    assert right[first_null:].max() - beam_db[peak] == pytest.approx(sidelobe_db, abs=0.3)


def test_the_angle_taper_keeps_noise_at_zero_decibels():
    noise_v = RADAR.receiver.noise_rms_v(RADAR.chirp.sample_rate_hz)
    rng = np.random.default_rng(1)
    parts = rng.normal(size=(2, 1, 128, 3, 4, 256)) * noise_v / np.sqrt(2)
    settings = HeatmapSettings(clutter="none", angle_window="taylor", window_chirps=128)
    maps = make_heatmaps(RADAR, parts[0] + 1j * parts[1], settings)
    power = 10 ** (np.asarray(maps.time_angle[0], np.float64) / 10)
    assert 10 * np.log10(power.mean()) == pytest.approx(0.0, abs=0.1)
