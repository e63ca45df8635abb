"""Kinds of tracks: static echoes that flicker or vibrate, walkers, and aliased walkers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import fresnel

from radarsim.captures.recording import for_doppler, of_cube
from radarsim.detection.track import FLICKERING, MOVING, VIBRATING
from radarsim.validation.analysis import analyse
from radarsim.validation.capture_stats import measure_stats
from radarsim.validation.track_kinds import with_kind
from radarsim.validation.tracks import find_tracks
from tests.helpers.point_echoes import RADAR, clutter_v, echo_v, moving, noise_v
from tests.helpers.synthetic_tracks import track

FRAMES = 24
# One transmitter and one chirp per frame at 1 kHz, so speeds up to +-0.97 m/s are measured across
# frames.
PULSED = replace(
    RADAR,
    frame=replace(RADAR.frame, num_chirps=1, tx_order=(0,), period_s=1e-3),
    array=RADAR.array.with_tx((0,)),
)
PULSES = 1024
# Twice the range of `RADAR` in twice the bins; a pause in each loop limits speeds to +-0.7 m/s.
LONG = replace(RADAR, chirp=replace(RADAR.chirp, slope_hz_per_s=RADAR.chirp.slope_hz_per_s / 2))
SLOW = replace(LONG, frame=replace(LONG.frame, num_chirps=24, extra_slot_idle_s=4e-4))
WALLS = ((0.9, 20.0), (1.6, -35.0), (2.2, 5.0))


def tracks_in(radar, cube_v):
    recording = of_cube(radar, cube_v)
    bursts = for_doppler(recording)
    tdm = bursts is recording and radar.array.num_tx > 1
    return find_tracks(bursts, measure_stats(bursts), tdm=tdm)


def kinds_in(radar, cube_v):
    return [found.kind for found in tracks_in(radar, cube_v)]


def chirp_times_s(radar, num_frames):
    """Return the time of each chirp [frame, chirp, tx]."""
    return (np.arange(num_frames)[:, None, None] * radar.frame.period_s) + radar.chirp_times_s


def knife_edge(u):
    """Return the field behind a half plane relative to free space; u < 0 is in the shadow."""
    sine, cosine = fresnel(u)
    return (1 + 1j) / 2 * ((0.5 + cosine) - 1j * (0.5 + sine))


def shadow(time_s, seed):
    """Two-way attenuation by a body that crosses the path, as two knife edges 0.35 m apart.

    The body walks across the path at 0.5 to 1.4 m/s; the first Fresnel zone is 5 cm wide.
    """
    rng = np.random.default_rng(seed)
    across_m = rng.uniform(0.5, 1.4) * (time_s - rng.uniform(0.3, 0.7) * time_s.max())
    edges = knife_edge((across_m - 0.175) / 0.05) + knife_edge(-(across_m + 0.175) / 0.05)
    return edges**2


def flickering_room_v(radar, num_frames, seed):
    """Static echoes, each of which is in the shadow of a body for part of the time [V]."""
    time_s = chirp_times_s(radar, num_frames)
    room_v = clutter_v(radar, 1)[:, :1].repeat(num_frames, 0).repeat(radar.frame.num_chirps, 1)
    for wall, (range_m, angle_deg) in enumerate(WALLS):
        echo = echo_v(radar, 1, moving(range_m, 0.0, angle_deg), 20.0)[0, 0]
        room_v = room_v + echo * shadow(time_s, 10 * seed + wall)[..., None, None]
    return (room_v + noise_v(radar, num_frames, seed)).astype(np.complex64)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("radar", "num_frames"), [(RADAR, FRAMES), (PULSED, PULSES)])
def test_walls_in_a_passing_shadow_flicker_and_are_no_targets(radar, num_frames, seed):
    found = tracks_in(radar, flickering_room_v(radar, num_frames, seed))
    assert found
    assert {one.kind for one in found} == {FLICKERING}
    for one in found:
        nearest_m = min(abs(one.median_range_m - range_m) for range_m, _ in WALLS)
        assert nearest_m < 0.1


def sway(range_m, size_m, seed):
    """The position of a person who sways by a few centimetres at 0.2 to 0.5 Hz."""
    rng = np.random.default_rng(seed)
    rates_hz, phases = rng.uniform(0.2, 0.5, 3), rng.uniform(0, 6.28, 3)

    def at(time_s):
        time_s = np.asarray(time_s)
        away_m = sum(size_m / 3 * np.sin(2 * np.pi * f * time_s + p)
                     for f, p in zip(rates_hz, phases))  # fmt: skip
        return moving(range_m)(0 * time_s) + away_m[..., None] * [1.0, 0, 0]

    return at


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("radar", "num_frames"), [(RADAR, FRAMES), (PULSED, PULSES)])
def test_a_person_who_sways_is_no_moving_target(radar, num_frames, seed):
    """The person sways by at most 2 cm at 0.5 Hz, which corresponds to 6 cm/s."""
    person_v = echo_v(radar, num_frames, sway(1.3, 0.02, seed), 10.0)
    kinds = kinds_in(radar, person_v + clutter_v(radar, num_frames) + noise_v(radar, num_frames))
    assert set(kinds) <= {FLICKERING}


@pytest.mark.parametrize("frequency_hz", [100.0, 147.0, 240.0])
def test_a_static_echo_with_mains_ripple_vibrates(frequency_hz):
    """5 % modulation of amplitude and phase gives lines at +-f lambda / 2, one of them stronger."""
    time_s = chirp_times_s(PULSED, PULSES)[..., None, None]
    ripple = 1 + 0.05 * np.exp(2j * np.pi * frequency_hz * time_s)
    ripple = ripple + 0.02 * np.exp(-2j * np.pi * frequency_hz * time_s)
    wall_v = echo_v(PULSED, PULSES, moving(1.6), 25.0) * ripple
    found = tracks_in(PULSED, (wall_v + noise_v(PULSED, PULSES)).astype(np.complex64))
    assert {one.kind for one in found} == {VIBRATING}
    line_mps = frequency_hz * PULSED.chirp.wavelength_m / 2
    assert abs(found[0].median_speed_mps) == pytest.approx(line_mps, abs=0.02)


@pytest.mark.parametrize("speeds_mps", [(0.8, -0.8), (1.1, -0.6)])
def test_two_walkers_who_cross_are_two_tracks(speeds_mps):
    """The walkers pass each other in the middle of the recording, 30 degrees apart."""
    middle_s = FRAMES * RADAR.frame.period_s / 2
    walkers = sum(
        echo_v(RADAR, FRAMES, moving(1.35 - speed * middle_s, speed, angle), 10.0)
        for speed, angle in zip(speeds_mps, (-15.0, 15.0))
    )
    found = tracks_in(RADAR, walkers + clutter_v(RADAR, FRAMES) + noise_v(RADAR, FRAMES))
    moving_ones = sorted((one for one in found if one.kind == MOVING),
                         key=lambda one: -one.median_speed_mps)  # fmt: skip
    assert len(moving_ones) == 2
    for one, speed, angle in zip(moving_ones, speeds_mps, (-15.0, 15.0)):
        assert one.median_speed_mps == pytest.approx(speed, abs=0.1)
        assert np.degrees(one.median_azimuth_rad) == pytest.approx(angle, abs=3.0)
        expected_m = 1.35 + speed * (one.times_s - middle_s)
        assert np.abs(one.range_m - expected_m).max() < 0.1
        assert one.folded_mps is None


@pytest.mark.parametrize("speed_mps", [-1.6, -1.0, 0.95, 1.4, 1.8])
def test_an_aliased_walker_is_one_track_with_the_true_speed_and_azimuth(speed_mps):
    """The walker is in front of walls; phases between TDM slots follow from the true Doppler shift.

    1.4 m/s is a blind speed (2 x 0.7 m/s), so the walker is not detected while passing a wall.
    """
    limit_mps = SLOW.max_speed_mps
    start_m = 1.0 if speed_mps > 0 else 5.0
    frames = 20
    walker = echo_v(SLOW, frames, moving(start_m, speed_mps, 20.0), 10.0)
    found = tracks_in(SLOW, walker + clutter_v(SLOW, frames) + noise_v(SLOW, frames))
    (one,) = [one for one in found if one.kind == MOVING]
    assert len(one.times_s) >= 0.8 * frames
    assert one.median_speed_mps == pytest.approx(speed_mps, abs=0.1)
    assert abs(one.folded_mps) <= limit_mps
    assert np.degrees(one.median_azimuth_rad) == pytest.approx(20.0, abs=3.0)


def test_a_walker_faster_than_a_pulsed_radar_measures_is_one_track():
    walker = echo_v(PULSED, PULSES, moving(0.8, 1.4), 15.0)
    found = tracks_in(PULSED, walker + clutter_v(PULSED, PULSES) + noise_v(PULSED, PULSES))
    (one,) = [one for one in found if one.kind == MOVING]
    assert one.median_speed_mps == pytest.approx(1.4, abs=0.1)
    limit_mps = PULSED.chirp.wavelength_m / (4 * PULSED.frame.period_s)
    assert one.folded_mps == pytest.approx(1.4 - 2 * limit_mps, abs=0.1)


def test_a_walker_among_flickering_walls_is_the_only_target():
    room_v = flickering_room_v(RADAR, FRAMES, 3)
    walker = echo_v(RADAR, FRAMES, moving(2.5, -0.8, -10.0), 10.0)
    analysis = analyse(of_cube(RADAR, room_v + walker))
    (one,) = analysis.tracks
    assert one.kind == MOVING
    assert one.median_speed_mps == pytest.approx(-0.8, abs=0.1)
    assert {echo.kind for echo in analysis.changing} <= {FLICKERING}


def kind_of_series(range_m, speed_mps, period_s=0.1, radar=RADAR):
    times_s = np.arange(len(range_m)) * period_s
    speed_mps = np.broadcast_to(speed_mps, times_s.shape).astype(float)
    one = track(times_s, np.asarray(range_m, float), speed_mps)
    return with_kind(one, radar, one.azimuth_rad[:, None]).kind


@pytest.mark.parametrize("seed", range(40))
def test_any_walk_moves_and_any_fixed_echo_without_doppler_does_not(seed):
    """Speeds and durations are random, and ranges scatter by half a range bin."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(8, 60))
    speed_mps = rng.choice([-1, 1]) * rng.uniform(0.35, 2.0)
    scatter_m = rng.normal(0, 0.02, count)
    walk_m = 20.0 + speed_mps * 0.1 * np.arange(count) + scatter_m
    measured_mps = speed_mps + rng.normal(0, 0.1, count)
    assert kind_of_series(walk_m, measured_mps) == MOVING
    assert kind_of_series(2.0 + scatter_m, rng.normal(0, 0.05, count)) == FLICKERING
    jumps_m = rng.choice([1.6, 1.9, 2.2], count)
    assert kind_of_series(jumps_m, rng.normal(0, 0.03, count)) == FLICKERING


@pytest.mark.parametrize("seed", range(10))
def test_a_flickering_echo_with_some_lines_of_a_vibration_is_no_target(seed):
    """The strongest cell is at zero Doppler in most bursts, and on a vibration line in others."""
    rng = np.random.default_rng(seed)
    lines = rng.random(20) < 0.4
    lines[:11] = False
    speed_mps = np.where(rng.permutation(lines), 0.29, rng.normal(0, 0.005, 20))
    range_m = 1.2 + rng.normal(0, 0.06, 20)
    assert kind_of_series(range_m, speed_mps, 0.064) == FLICKERING


def test_movement_in_place_is_a_moving_target():
    """Arms and legs swing at up to 2 m/s at a fixed range, as in jumping jacks."""
    speed_mps = 2.0 * np.sin(2 * np.pi * 0.9 * 0.1 * np.arange(30))
    assert kind_of_series(np.full(30, 2.0), speed_mps) == MOVING
