"""Movers: where they are, how fast, from where, and nothing where nothing moves."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.captures.recording import across_frames, as_one_transmitter, for_doppler, of_cube
from radarsim.validation.capture_stats import measure
from radarsim.validation.direction import slots_look_alike
from radarsim.validation.tracks import find_tracks
from tests.helpers.point_echoes import RADAR, echo_v, moving, noise_v, room_v


def tracks_in(radar, cube_v, **how):
    recording = of_cube(radar, cube_v)
    return find_tracks(recording, measure(recording), **how)


@pytest.mark.parametrize(
    ("range_m", "speed_mps", "angle_deg"), [(1.2, 0.9, 0.0), (1.9, -1.4, 25.0)]
)
def test_a_mover_in_a_room_is_found_where_it_is(range_m, speed_mps, angle_deg):
    """Half a range bin, a fifth of a speed bin, two degrees; noise moves them by much less."""
    walker = echo_v(RADAR, 6, moving(range_m, speed_mps, angle_deg), 5.0)
    (track,) = tracks_in(RADAR, room_v(RADAR, 6) + walker + noise_v(RADAR, 6))
    assert len(track.times_s) == 6
    np.testing.assert_allclose(track.range_m, range_m + speed_mps * track.times_s, atol=0.022)
    np.testing.assert_allclose(track.speed_mps, speed_mps, atol=0.06)
    np.testing.assert_allclose(np.degrees(track.azimuth_rad), angle_deg, atol=2.0)


def test_a_mover_straight_ahead_reads_zero_degrees_only_if_the_tdm_phase_is_undone():
    cube_v = echo_v(RADAR, 1, moving(1.5, 1.6), 10.0) + noise_v(RADAR, 1)
    (right,) = tracks_in(RADAR, cube_v)
    assert abs(np.degrees(right.azimuth_rad[0])) < 0.5
    (wrong,) = tracks_in(RADAR, cube_v, tdm=False)
    assert wrong.typical_azimuth_rad is None or abs(np.degrees(wrong.azimuth_rad[0])) > 2


def test_two_movers_at_one_range_are_two_in_a_single_frame():
    pair = [echo_v(RADAR, 1, moving(1.5, speed), 10.0) for speed in (0.9, -0.9)]
    tracks = tracks_in(RADAR, sum(pair) + room_v(RADAR, 1) + noise_v(RADAR, 1))
    assert sorted(round(track.typical_speed_mps, 1) for track in tracks) == [-0.9, 0.9]


@pytest.mark.parametrize("num_frames", [1, 10])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_moves_in_a_still_room(num_frames, seed):
    """One false alarm in 1e9 cells is asked for; there are 2e4 here."""
    assert not tracks_in(RADAR, room_v(RADAR, num_frames) + noise_v(RADAR, num_frames, seed))


def test_nothing_moves_in_a_still_room_whose_phase_jitters():
    """1 mrad rms from chirp to chirp: 60 dB under each still echo, which stand 45 dB over noise."""
    rng = np.random.default_rng(0)
    turn = np.exp(1j * rng.normal(0, 1e-3, (10, RADAR.frame.num_chirps, 3, 1, 1)))
    assert not tracks_in(
        RADAR, (room_v(RADAR, 10) * turn + noise_v(RADAR, 10)).astype(np.complex64)
    )


def test_a_person_who_breathes_is_found_in_frames_of_two_chirps():
    """Their own Doppler axis has two cells; the frames' has a centimetre per second."""
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=2, period_s=0.05))

    def chest(time_s):
        way_m = 0.002 * np.sin(2 * np.pi * 0.3 * np.asarray(time_s))
        return moving(1.0)(0 * time_s) + way_m[..., None] * [1.0, 0, 0]

    cube_v = echo_v(radar, 160, chest, 10.0) + noise_v(radar, 160)
    bursts = for_doppler(of_cube(radar, cube_v))
    assert bursts.radar.loop_period_s == pytest.approx(0.05)
    (track,) = find_tracks(bursts, measure(bursts), tdm=False)
    assert track.stays
    assert track.typical_range_m == pytest.approx(1.0, abs=0.022)
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
def walked_room():
    walker = echo_v(RADAR, 4, moving(1.2, 0.5, 15.0), 20.0)
    return room_v(RADAR, 4) + walker + noise_v(RADAR, 4)


def test_slots_of_three_transmitters_are_not_taken_for_one(walked_room):
    stats = measure(of_cube(RADAR, walked_room))
    assert not slots_look_alike(stats.slow_time_v, stats.noise_power_v2)


def test_slots_that_fired_one_transmitter_are_seen_and_become_its_loops(walked_room):
    same_v = np.repeat(walked_room[:, :, :1], 3, axis=2) + noise_v(RADAR, 4, 7)
    recording = of_cube(RADAR, same_v)
    stats = measure(recording)
    assert slots_look_alike(stats.slow_time_v, stats.noise_power_v2)
    single = as_one_transmitter(recording)
    assert single.radar.array.num_tx == 1
    assert single.radar.loop_period_s == pytest.approx(RADAR.slot_period_s)
    np.testing.assert_array_equal(single.read(1, 2)[0, 4, 0], same_v[1, 1, 1])
