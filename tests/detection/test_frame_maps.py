"""Range-Doppler and range-azimuth maps of frames: levels, axes, beamformers."""

from dataclasses import replace

import numpy as np
import pytest

import radarsim as rs
from tests.helpers.point_echoes import RADAR, echo_v, moving, noise_v

pytestmark = pytest.mark.usefixtures("fast_compilation")

STATIC = rs.FrameMapSettings(clutter="none")
MAPS = {"range_doppler": rs.range_doppler, "range_azimuth": rs.range_azimuth}


def peak_of(maps, frame=0):
    """Level and coordinates of the strongest cell of a frame: range and the second axis."""
    map_db = np.asarray(maps.power_db)[frame]
    ranges, second = (axis for name, axis in maps.axes.items() if name != "time_s")
    at = np.unravel_index(map_db.argmax(), map_db.shape)
    return float(map_db[at]), ranges[at[0]], second[at[1]]


@pytest.mark.parametrize("name", MAPS)
def test_noise_alone_is_at_0_db(name):
    """The mean over 4,000 cells of 12 channels has a standard deviation of 0.05 dB."""
    power_db = np.asarray(MAPS[name](RADAR, noise_v(RADAR, 2), STATIC).power_db)
    assert 10 * np.log10(np.mean(10 ** (power_db / 10))) == pytest.approx(0.0, abs=0.15)


def test_the_range_doppler_level_is_the_gain_of_both_transforms():
    """An echo at 0 dB per sample gains 10 log10(64 x 32) = 33.1 dB, less 3.5 dB for two Hann
    windows; the point is in the centre of its cell, and 0.3 dB allow for rounding of the
    position."""
    range_m, speed_mps = 35 * RADAR.range_resolution_m, 4 * RADAR.speed_resolution_mps
    path = moving(range_m - speed_mps * RADAR.chirp_times_s.mean(), speed_mps)
    maps = rs.range_doppler(RADAR, echo_v(RADAR, 1, path, 0.0), STATIC)
    level_db, at_m, at_mps = peak_of(maps)
    assert level_db == pytest.approx(10 * np.log10(64 * 32) - 20 * np.log10(1.5), abs=0.3)
    assert at_m == pytest.approx(range_m)
    assert at_mps == pytest.approx(speed_mps)
    assert maps.power_db.shape == (1, 64, 32)


@pytest.mark.parametrize("beamformer", ["bartlett", "capon"])
@pytest.mark.parametrize("azimuth_deg", [0.0, 25.0, -40.0])
def test_the_azimuth_of_a_moving_point_is_positive_to_the_left(beamformer, azimuth_deg):
    """Bins are 1 degree wide at boresight; the tolerance of 2 degrees covers parallax at 1.5 m."""
    cube_v = echo_v(RADAR, 1, moving(1.5, 1.7, azimuth_deg), 10.0) + noise_v(RADAR, 1)
    maps = rs.range_azimuth(RADAR, cube_v, replace(STATIC, beamformer=beamformer))
    _, at_m, at_rad = peak_of(maps)
    assert at_m == pytest.approx(1.5, abs=RADAR.range_resolution_m)
    assert np.degrees(at_rad) == pytest.approx(azimuth_deg, abs=2.0)


def test_capon_separates_two_points_that_bartlett_does_not():
    """The points are 13 degrees apart, less than the beamwidth of eight elements (14.3 degrees);
    they move at different speeds, so that their echoes are not coherent."""
    pair = [moving(1.5, 0.9, 6.5), moving(1.5, -0.9, -6.5)]
    cube_v = sum(echo_v(RADAR, 1, path, 15.0) for path in pair) + noise_v(RADAR, 1)
    dips = {}
    for beamformer in ("bartlett", "capon"):
        settings = replace(STATIC, beamformer=beamformer, loading_db=-40.0, angle_window="taylor")
        maps = rs.range_azimuth(RADAR, cube_v, settings)
        row = np.asarray(maps.power_db)[0][round(1.5 / RADAR.range_resolution_m)]
        angles_deg = np.degrees(maps.axes["angle_rad"])
        level = np.interp([-6.5, 0.0, 6.5], angles_deg, row)
        dips[beamformer] = min(level[0], level[2]) - level[1]
    assert dips["bartlett"] < 0 < 3 < dips["capon"]


def test_capon_is_nowhere_above_bartlett():
    """Of all beams with unit gain in a direction, the minimum-variance beam has the least power."""
    cube_v = echo_v(RADAR, 1, moving(1.5, 0.9, 20.0), 10.0) + noise_v(RADAR, 1)
    levels = [
        np.asarray(rs.range_azimuth(RADAR, cube_v, settings).power_db)
        for settings in (
            replace(STATIC, angle_window="uniform"),
            replace(STATIC, beamformer="capon", loading_db=-60.0),
        )
    ]
    assert np.all(levels[1] <= levels[0] + 0.05)


def test_static_echoes_are_removed_by_default():
    cube_v = echo_v(RADAR, 9, moving(1.5), 20.0) + noise_v(RADAR, 9)
    for make in MAPS.values():
        assert np.asarray(make(RADAR, cube_v).power_db).max() < 20
        assert np.asarray(make(RADAR, cube_v, STATIC).power_db).max() > 40


def test_axes_belong_to_the_maps():
    cube_v = noise_v(RADAR, 3)
    maps = rs.range_azimuth(RADAR, cube_v, replace(STATIC, num_angle_bins=32))
    assert maps.power_db.shape == (3, 64, 32)
    lengths = {name: len(axis) for name, axis in maps.axes.items()}
    assert lengths == {"time_s": 3, "range_m": 64, "angle_rad": 32}
    assert maps.axes["angle_rad"][16] == 0
    step_s = np.diff(maps.axes["time_s"])
    np.testing.assert_allclose(step_s, RADAR.frame.period_s)
