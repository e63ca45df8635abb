"""Detection and tracking of moving targets, false alarms, slow-time bursts and transmit slots."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.captures.recording import across_frames, as_one_transmitter, for_doppler, of_cube
from radarsim.validation.burst_targets import targets_of_burst
from radarsim.validation.capture_stats import measure_stats
from radarsim.validation.tracks import _with_neighbour, find_tracks
from radarsim.validation.transmitter_slots import slots_fired_by_one_transmitter
from tests.helpers.point_echoes import RADAR, clutter_v, echo_v, moving, noise_v


def tracks_in(radar, cube_v, **how):
    recording = of_cube(radar, cube_v)
    return find_tracks(recording, measure_stats(recording), **how)


@pytest.mark.parametrize(
    ("range_m", "speed_mps", "angle_deg"), [(1.2, 0.9, 0.0), (1.9, -1.4, 25.0)]
)
def test_a_moving_target_in_clutter_is_tracked(range_m, speed_mps, angle_deg):
    """Errors are within half a range bin, 0.2 speed bins and two degrees; noise adds much less."""
    walker = echo_v(RADAR, 6, moving(range_m, speed_mps, angle_deg), 5.0)
    (track,) = tracks_in(RADAR, clutter_v(RADAR, 6) + walker + noise_v(RADAR, 6))
    assert len(track.times_s) == 6
    np.testing.assert_allclose(track.range_m, range_m + speed_mps * track.times_s, atol=0.022)
    np.testing.assert_allclose(track.speed_mps, speed_mps, atol=0.06)
    np.testing.assert_allclose(np.degrees(track.azimuth_rad), angle_deg, atol=2.0)


def test_a_moving_target_straight_ahead_has_zero_azimuth_only_with_tdm_compensation():
    cube_v = echo_v(RADAR, 1, moving(1.5, 1.6), 10.0) + noise_v(RADAR, 1)
    (right,) = tracks_in(RADAR, cube_v)
    assert abs(np.degrees(right.azimuth_rad[0])) < 0.5
    (wrong,) = tracks_in(RADAR, cube_v, tdm=False)
    assert wrong.median_azimuth_rad is None or abs(np.degrees(wrong.azimuth_rad[0])) > 2


def test_two_targets_at_one_range_with_different_speeds_are_separated():
    pair = [echo_v(RADAR, 1, moving(1.5, speed), 10.0) for speed in (0.9, -0.9)]
    tracks = tracks_in(RADAR, sum(pair) + clutter_v(RADAR, 1) + noise_v(RADAR, 1))
    assert sorted(round(track.median_speed_mps, 1) for track in tracks) == [-0.9, 0.9]


@pytest.mark.parametrize("num_frames", [1, 10])
@pytest.mark.parametrize("seed", range(5))
def test_static_clutter_gives_no_target(num_frames, seed):
    """The threshold is set for one false alarm in 1e9 cells, and this recording has 2e4 cells."""
    assert not tracks_in(RADAR, clutter_v(RADAR, num_frames) + noise_v(RADAR, num_frames, seed))


STOPPED = 8  # frames of a person who stands still, and then leaves


@pytest.fixture(scope="module")
def standing():
    """A person at 1.2 m in the first half of a recording, and the statistics of the recording."""
    person_v = echo_v(RADAR, STOPPED, moving(1.2), 10.0)
    person_v[STOPPED // 2 :] = 0
    cube_v = clutter_v(RADAR, STOPPED) + person_v + noise_v(RADAR, STOPPED)
    return cube_v, measure_stats(of_cube(RADAR, cube_v))


@pytest.mark.parametrize("lost_tx", [np.s_[:0], np.s_[1], np.s_[:2], np.s_[:]])
@pytest.mark.parametrize("lost_frame", [0, 1, 2])
def test_a_frame_without_a_transmitter_gives_no_ghost_of_a_person_who_stands_still(
    standing, lost_tx, lost_frame
):
    """The lost transmitters would otherwise change by all their static echoes."""
    cube_v, stats = standing[0].copy(), standing[1]
    cube_v[lost_frame, :, lost_tx] = 0
    pairs = _with_neighbour(of_cube(RADAR, cube_v[: STOPPED // 2]))
    for frame_v, neighbour_v in pairs:
        assert not targets_of_burst(RADAR, stats, frame_v, neighbour_v=neighbour_v)


def test_the_neighbour_of_each_transmitter_is_its_last_recorded_frame():
    """The first recorded frame of a transmitter is compared with the second."""
    cube_v = np.ones((5, 2, 3, 1, 4), np.complex64) * np.arange(1, 6)[:, None, None, None, None]
    cube_v[0] = 0
    cube_v[3, :, 1] = 0
    cube_v[1:, :, 2] = 0
    found = [one[:, 0, 0].real for _, one in _with_neighbour(of_cube(RADAR, cube_v))]
    expected = [[3, 3, 0], [3, 3, 0], [2, 2, 0], [3, 3, 0], [4, 3, 0]]
    np.testing.assert_array_equal(found, expected)


def test_static_clutter_with_phase_jitter_gives_no_target():
    """Phase jitter of 1 mrad rms is 60 dB below each static echo; the echoes have 45 dB SNR."""
    rng = np.random.default_rng(0)
    jitter = np.exp(1j * rng.normal(0, 1e-3, (10, RADAR.frame.num_chirps, 3, 1, 1)))
    assert not tracks_in(
        RADAR, (clutter_v(RADAR, 10) * jitter + noise_v(RADAR, 10)).astype(np.complex64)
    )


def test_a_breathing_person_is_tracked_in_frames_of_two_chirps():
    """A frame has two Doppler cells; bursts of several frames resolve one centimetre per second."""
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=2, period_s=0.05))

    def chest(time_s):
        chest_m = 0.002 * np.sin(2 * np.pi * 0.3 * np.asarray(time_s))
        return moving(1.0)(0 * time_s) + chest_m[..., None] * [1.0, 0, 0]

    cube_v = echo_v(radar, 160, chest, 10.0) + noise_v(radar, 160)
    bursts = for_doppler(of_cube(radar, cube_v))
    assert bursts.radar.loop_period_s == pytest.approx(0.05)
    (track,) = find_tracks(bursts, measure_stats(bursts), tdm=False)
    assert track.is_stationary
    assert track.median_range_m == pytest.approx(1.0, abs=0.022)
    assert np.abs(track.speed_mps).max() < 0.005


def test_frames_as_chirps_keep_their_order_and_time():
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=2, period_s=0.05))
    cube_v = noise_v(radar, 40)
    bursts = across_frames(of_cube(radar, cube_v), 16)
    assert bursts.num_frames == 2
    np.testing.assert_allclose(bursts.read(1, 2)[0, 3], cube_v[19].mean(0), rtol=1e-6)
    burst_s = bursts.radar.frame.period_s + bursts.radar.chirp_times_s[3, 0]
    assert burst_s == pytest.approx(19 * 0.05 + radar.chirp_times_s[0, 0])


@pytest.fixture(scope="module")
def walker_in_clutter_v():
    walker = echo_v(RADAR, 4, moving(1.2, 0.5, 15.0), 20.0)
    return clutter_v(RADAR, 4) + walker + noise_v(RADAR, 4)


def test_slots_of_three_transmitters_are_not_taken_for_one(walker_in_clutter_v):
    stats = measure_stats(of_cube(RADAR, walker_in_clutter_v))
    assert not slots_fired_by_one_transmitter(stats.slow_time_v, stats.noise_power_v2)


def test_slots_of_one_transmitter_are_detected_and_become_its_loops(walker_in_clutter_v):
    same_v = np.repeat(walker_in_clutter_v[:, :, :1], 3, axis=2) + noise_v(RADAR, 4, 7)
    recording = of_cube(RADAR, same_v)
    stats = measure_stats(recording)
    assert slots_fired_by_one_transmitter(stats.slow_time_v, stats.noise_power_v2)
    single = as_one_transmitter(recording)
    assert single.radar.array.num_tx == 1
    assert single.radar.loop_period_s == pytest.approx(RADAR.slot_period_s)
    np.testing.assert_array_equal(single.read(1, 2)[0, 4, 0], same_v[1, 1, 1])
