"""Points detected in cubes of known targets: accuracy, angles of all boards, ambiguity, bounds."""

from dataclasses import replace

import jax
import numpy as np
import pytest

import radarsim as rs
from benchmarks.detection import VALUES, accuracy, small_radar
from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.errors import InputError
from radarsim.signal.noise_and_adc import from_codes, to_codes
from tests.helpers.point_echoes import RADAR, echo_v, moving, noise_v

pytestmark = pytest.mark.usefixtures("fast_compilation")

EXACT = rs.DetectionSettings(clutter="none", guard_cells=(2, 2), training_cells=(5, 5))


def small_board(name):
    """The board with 32 loops and 64 samples; bins are four times as wide as with 256 samples."""
    return small_radar(rs.load_radar(name))


def at_angles(range_m, speed_mps, azimuth_deg, elevation_deg):
    """Position over time of a point that recedes along the given direction."""
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    level = np.array([np.cos(azimuth), np.sin(azimuth)]) * np.cos(elevation)
    sight = np.append(level, np.sin(elevation))
    return lambda time_s: (range_m + speed_mps * np.asarray(time_s)[..., None]) * sight


def strongest(radar, cube_v, settings=EXACT):
    """Values of the strongest point of the first frame, by name."""
    points = rs.detect(radar, cube_v, settings)
    assert points.count[0] > 0
    return dict(zip(POINT_VALUES, points.values[0, 0]))


def test_points_of_20_db_are_found_with_errors_near_the_cramer_rao_bound():
    """With a Hann window and five cells per axis, errors are 1.3 to 1.7 times the bound.

    80 points determine a standard deviation to within 8 %, so the limit of 2 has a margin of three
    standard deviations.
    """
    result = accuracy(small_board("AWR1843BOOST"), 20.0, 80)
    assert result.found >= 0.95
    for name in VALUES:
        assert 0.8 < result.rms[name] / result.bound[name] < 2.0, name


def test_range_speed_and_level_of_a_point_without_noise_are_exact():
    """The errors are 0.1 mm, 2 mm/s and 0.2 degrees; the point is near the 1.4 cm wide array."""
    cube_v = echo_v(RADAR, 1, moving(1.53, 0.7, 12.0), 10.0)
    found = strongest(RADAR, cube_v + 1e-3 * noise_v(RADAR, 1))
    middle_s = RADAR.chirp_times_s.mean() + RADAR.chirp.sample_times_s.mean()
    assert found["range_m"] == pytest.approx(1.53 + 0.7 * middle_s, abs=4e-4)
    assert found["speed_mps"] == pytest.approx(0.7, abs=0.005)
    assert np.degrees(found["azimuth_rad"]) == pytest.approx(12.0, abs=0.6)


def test_a_fast_point_straight_ahead_has_zero_azimuth_only_with_tdm_compensation():
    """At 2.5 m/s, the echo phase changes by 100 degrees from one transmitter slot to the next."""
    radar = small_board("AWR1843BOOST")
    cube_v = echo_v(radar, 1, moving(4.0, 2.5), 10.0) + noise_v(radar, 1)
    right = strongest(radar, cube_v)
    assert abs(np.degrees(right["azimuth_rad"])) < 0.3
    wrong = strongest(radar, cube_v, replace(EXACT, tdm_compensation=False))
    assert abs(np.degrees(wrong["azimuth_rad"])) > 3


BOARDS_WITH_ELEVATION = ("AWR1843BOOST", "IWR6843ISK", "IWR6843AOPEVM", "IWR6843ISK-ODS")


@pytest.mark.parametrize("board", BOARDS_WITH_ELEVATION)
@pytest.mark.parametrize(("azimuth_deg", "elevation_deg"), [(20, 15), (-20, 15), (20, -15)])
def test_azimuth_is_positive_to_the_left_and_elevation_positive_upwards(
    board, azimuth_deg, elevation_deg
):
    """At 4 m, parallax over the array is below 0.3 degrees; noise adds less than 0.3."""
    radar = small_board(board)
    path = at_angles(4.0, -0.8, azimuth_deg, elevation_deg)
    found = strongest(radar, echo_v(radar, 1, path, 10.0) + noise_v(radar, 1))
    assert np.degrees(found["azimuth_rad"]) == pytest.approx(azimuth_deg, abs=0.8)
    assert np.degrees(found["elevation_rad"]) == pytest.approx(elevation_deg, abs=0.8)
    assert np.sign(found["y_m"]) == np.sign(azimuth_deg)
    assert np.sign(found["z_m"]) == np.sign(elevation_deg)
    place_m = [found["x_m"], found["y_m"], found["z_m"]]
    assert np.linalg.norm(place_m) == pytest.approx(found["range_m"], rel=1e-5)


def test_a_board_with_one_row_of_antennas_measures_no_elevation():
    board = small_board("AWR1843BOOST")
    radar = replace(board, array=board.array.with_tx((0, 2)),
                    frame=replace(board.frame, tx_order=(0, 1)))  # fmt: skip
    found = strongest(radar, echo_v(radar, 1, moving(4.0, 0.5, 30.0), 10.0) + noise_v(radar, 1))
    assert np.isnan(found["elevation_rad"])
    assert found["z_m"] == 0
    assert np.degrees(found["azimuth_rad"]) == pytest.approx(30.0, abs=0.6)


def test_a_large_cascade_of_antennas_measures_azimuth_of_a_degree():
    """12 transmitters and 16 receivers form a row of 60 positions half a wavelength apart."""
    board = small_board("AWR1843BOOST")
    half_m = board.array.half_wavelength_m
    array = rs.AntennaArray(
        tx_positions_m=tuple((0.0, 4 * half_m * tx, 0.0) for tx in range(12)),
        rx_positions_m=tuple((0.0, half_m * rx, 0.0) for rx in range(16)),
        design_freq_hz=board.array.design_freq_hz,
    )
    frame = replace(board.frame, tx_order=tuple(range(12)), num_chirps=16)
    radar = replace(board, array=array, frame=frame)
    shift_m = array.virtual_m.reshape(-1, 3).mean(0) / 2
    path = at_angles(8.0, 0.2, -21.0, 0.0)
    cube_v = echo_v(radar, 1, lambda time_s: path(time_s) + shift_m, 10.0)
    found = strongest(radar, cube_v + noise_v(radar, 1))
    assert np.degrees(found["azimuth_rad"]) == pytest.approx(-21.0, abs=0.3)


def test_the_azimuth_of_an_aliased_target_is_among_the_folded_azimuths():
    """At 1.3 times the unambiguous speed, n is 1: the measured speed is 2 v_max too low."""
    radar = small_board("AWR1843BOOST")
    speed_mps = 1.3 * radar.max_speed_mps
    cube_v = echo_v(radar, 1, moving(4.0, speed_mps, 10.0), 15.0) + noise_v(radar, 1)
    points = rs.detect(radar, cube_v, EXACT)
    measured = float(points.speed_mps[0, 0])
    assert measured == pytest.approx(speed_mps - 2 * radar.max_speed_mps, abs=0.1)
    folded_deg = np.degrees(np.asarray(points.folded_azimuth_rad)[0, 0])
    assert folded_deg[1] == pytest.approx(10.0, abs=0.6)
    assert abs(folded_deg[0] - 10.0) > 2
    assert folded_deg[0] == pytest.approx(np.degrees(float(points.azimuth_rad[0, 0])))


def test_two_targets_in_one_range_bin_are_two_points_with_their_own_angles():
    pair = [moving(1.5, 1.2, 25.0), moving(1.5, -1.2, -25.0)]
    cube_v = sum(echo_v(RADAR, 1, path, 10.0) for path in pair) + noise_v(RADAR, 1)
    points = rs.detect(RADAR, cube_v, EXACT)
    assert int(points.count[0]) == 2
    found = sorted(zip(np.asarray(points.speed_mps)[0, :2], np.asarray(points.azimuth_rad)[0, :2]))
    np.testing.assert_allclose([speed for speed, _ in found], [-1.2, 1.2], atol=0.05)
    np.testing.assert_allclose(np.degrees([angle for _, angle in found]), [-25, 25], atol=1.5)


def test_the_strongest_points_are_kept_in_order_and_empty_slots_are_nan():
    paths = [(0.9, 2.0, 5.0), (1.4, 1.0, 10.0), (1.9, -1.0, 15.0)]
    cube_v = noise_v(RADAR, 2) + sum(
        echo_v(RADAR, 2, moving(range_m, speed), snr_db) for range_m, speed, snr_db in paths
    )
    two = rs.detect(RADAR, cube_v, replace(EXACT, max_points=2))
    np.testing.assert_allclose(np.asarray(two.range_m)[0], [1.9, 1.4], atol=0.05)
    every = rs.detect(RADAR, cube_v, EXACT)
    assert np.array_equal(every.count, [3, 3])
    assert np.isnan(every.values[:, 3:]).all()
    assert np.isfinite(every.values[:, :3]).all()
    assert np.all(np.diff(np.asarray(every.snr_db)[0, :3]) < 0)


def test_all_cells_above_the_threshold_contain_the_peaks():
    cube_v = echo_v(RADAR, 1, moving(1.5, 1.0), 15.0) + noise_v(RADAR, 1)
    peaks = rs.detect(RADAR, cube_v, EXACT)
    every = rs.detect(RADAR, cube_v, replace(EXACT, peaks_only=False))
    assert int(every.count[0]) > int(peaks.count[0])
    assert float(every.range_m[0, 0]) == float(peaks.range_m[0, 0])


@pytest.mark.parametrize("cfar", ["ca", "os"])
def test_static_echoes_are_removed_and_noise_gives_hardly_any_point(cfar):
    """Eight frames of 2e3 cells give 0.2 false alarms at a rate of 1e-5."""
    still_v = echo_v(RADAR, 8, moving(1.5), 20.0) + noise_v(RADAR, 8)
    settings = replace(EXACT, cfar=cfar, clutter="median")
    assert int(np.sum(rs.detect(RADAR, still_v, settings).count)) <= 2
    kept = rs.detect(RADAR, still_v, replace(settings, clutter="none"))
    assert np.all(np.asarray(kept.count) >= 1)


def test_a_batch_of_clips_and_a_compiled_call_give_the_same_points():
    clips_v = np.stack(
        [echo_v(RADAR, 2, moving(1.2 + 0.3 * i, 1.0), 10.0) + noise_v(RADAR, 2, i) for i in (0, 1)]
    )
    each = [rs.detect(RADAR, clip_v, EXACT) for clip_v in clips_v]
    batch = jax.jit(jax.vmap(lambda clip_v: rs.detect(RADAR, clip_v, EXACT)))(clips_v)
    for index, points in enumerate(each):
        np.testing.assert_array_equal(batch.count[index], points.count)
        np.testing.assert_allclose(batch.values[index], points.values, rtol=1e-3, atol=1e-4)


def test_a_recorded_cube_of_adc_codes_gives_the_same_points_as_the_volts():
    """The rounding error of ADC codes is far below the noise."""
    cube_v = echo_v(RADAR, 2, moving(1.5, 1.0, 10.0), 15.0) + noise_v(RADAR, 2)
    recorded_v = np.asarray(from_codes(RADAR, to_codes(RADAR, cube_v)))
    exact, rounded = rs.detect(RADAR, cube_v, EXACT), rs.detect(RADAR, recorded_v, EXACT)
    np.testing.assert_allclose(rounded.values[:, 0, :5], exact.values[:, 0, :5], atol=0.1)


def test_a_frame_of_one_loop_is_refused():
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=1))
    with pytest.raises(InputError, match="one loop"):
        rs.detect(radar, noise_v(radar, 2))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cfar": "go"}, "cfar"),
        ({"false_alarm_rate": 0.0}, "false_alarm_rate"),
        ({"guard_cells": (1, 4)}, "guard_cells"),
        ({"training_cells": (8,)}, "training_cells"),
        ({"clutter": "window"}, "clutter"),
    ],
)
def test_wrong_settings_are_refused_by_name(wrong, field):
    with pytest.raises(InputError, match=field):
        rs.DetectionSettings(**wrong)
