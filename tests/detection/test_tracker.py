"""Tracks of people from point clouds: identity, crossings, track start and end, aliased speeds."""

import jax
import numpy as np
import pytest

import radarsim as rs
from radarsim.detection.point_cloud import PointCloud
from radarsim.detection.track import Track
from radarsim.errors import InputError
from radarsim.validation.track_motion import motion_along_track

RADAR = rs.load_radar("AWR1843BOOST")
PERIOD_S = RADAR.frame.period_s


def cloud_of(people, num_frames, seed=0):
    """Point cloud of people on paths: torso points, and limbs that swing at up to 2 m/s.

    Args:
        people: one function of time per person, which returns x, y and the speeds along x and y, or
            None while the person is absent.
        num_frames: number of frames.
        seed: seed of the scatter of the points.
    """
    rng = np.random.default_rng(seed)
    slots = 24
    values = np.full((num_frames, slots, 8), np.nan, np.float32)
    count = np.zeros(num_frames, np.int32)
    for frame in range(num_frames):
        rows = []
        for person in people:
            state = person(frame * PERIOD_S)
            if state is None:
                continue
            place_m, velocity_mps = np.array(state[:2]), np.array(state[2:])
            for limb in range(6):
                at_m = place_m + rng.normal(0, 0.08 if limb < 3 else 0.2, 2)
                range_m = np.linalg.norm(at_m)
                swing_mps = rng.normal(0, 0.15 if limb < 3 else 1.0)
                speed_mps = at_m @ velocity_mps / range_m + swing_mps
                snr_db = 30.0 - 10 * (limb >= 3) + rng.normal(0, 2)
                rows.append([range_m, np.arctan2(at_m[1], at_m[0]), np.nan, speed_mps, snr_db,
                             *at_m, 0.0])  # fmt: skip
        rows.sort(key=lambda row: -row[4])
        count[frame] = len(rows)
        if rows:
            values[frame, : len(rows)] = rows
    limit = RADAR.max_speed_mps
    speed_mps = (values[..., 3] + limit) % (2 * limit) - limit
    return PointCloud(
        range_m=values[..., 0],
        azimuth_rad=values[..., 1],
        elevation_rad=values[..., 2],
        speed_mps=speed_mps,
        snr_db=values[..., 4],
        position_m=values[..., 5:],
        folded_azimuth_rad=np.repeat(values[..., 1:2], 3, axis=-1),
        count=count,
        radar=RADAR,
    )


def straight(start_m, velocity_mps, first_s=0.0, last_s=np.inf):
    """A person on a straight path, present between two times."""

    def at(time_s):
        if not first_s <= time_s <= last_s:
            return None
        return (*(np.array(start_m) + np.array(velocity_mps) * time_s), *velocity_mps)

    return at


def away_m(one, person):
    """Distance of a track from a person, at the times of the track [m]."""
    at = one.range_m * np.exp(1j * one.azimuth_rad)
    true = [complex(*person(time_s)[:2]) for time_s in one.times_s - RADAR.chirp_times_s.mean()]
    return np.abs(at - true)


def assert_follow(tracks, people):
    """Assert that each person has one track, near the person in its first and last third."""
    assert len(tracks) == len(people)
    for person in people:
        nearest = min(tracks, key=lambda one: np.median(away_m(one, person)))
        third = len(nearest.times_s) // 3
        assert np.median(away_m(nearest, person)[:third]) < 0.3
        assert np.median(away_m(nearest, person)[-third:]) < 0.3


@pytest.mark.parametrize("seed", range(8))
def test_two_people_who_cross_keep_their_tracks(seed):
    """Two people pass within 20 cm of each other, on paths at an angle of 60 to 180 degrees."""
    rng = np.random.default_rng(seed)
    meet_m = np.array([rng.uniform(2.2, 3.5), rng.uniform(-0.4, 0.4)])
    first = rng.uniform(0, 2 * np.pi)
    turns = first, first + rng.choice([-1, 1]) * rng.uniform(np.pi / 3, np.pi)
    people = []
    for turn, speed_mps in zip(turns, rng.uniform(0.8, 1.2, 2)):
        velocity_mps = speed_mps * np.array([np.cos(turn), np.sin(turn)])
        start_m = meet_m + rng.uniform(-0.1, 0.1, 2) - 1.5 * velocity_mps
        people.append(straight(start_m, velocity_mps))
    assert_follow(rs.track(cloud_of(people, 30, seed)), people)


def test_a_person_who_enters_and_one_who_leaves_have_tracks_of_their_time():
    people = [straight((2.0, 1.0), (0.4, 0.0), last_s=1.21), straight((4.0, -1.0), (-0.4, 0), 2.0)]
    tracks = rs.track(cloud_of(people, 40))
    spans = sorted((one.times_s[0], one.times_s[-1]) for one in tracks)
    middle_s = RADAR.chirp_times_s.mean()
    np.testing.assert_allclose(spans, np.array([(0.0, 1.2), (2.0, 3.9)]) + middle_s, atol=0.01)


def test_a_track_survives_a_gap_of_half_a_second_and_ends_after_two():
    def blinking(gap_s):
        path = straight((3.0, 0.0), (0.3, 0.0))
        return lambda time_s: None if 1.0 < time_s < 1.0 + gap_s else path(time_s)

    assert len(rs.track(cloud_of([blinking(0.5)], 40))) == 1
    assert len(rs.track(cloud_of([blinking(2.0)], 60))) == 2


def test_limbs_do_not_become_people():
    """One person yields a single track over 5 s, for each of ten random sets of limb points."""
    for seed in range(10):
        assert len(rs.track(cloud_of([straight((3.5, 0.2), (-0.3, 0.1))], 50, seed))) == 1


def test_a_person_faster_than_the_unambiguous_speed_gets_the_true_speed():
    """At 1.2 v_max, the measured speed is -0.8 v_max; the track contains both speeds."""
    speed_mps = 1.2 * RADAR.max_speed_mps
    (one,) = rs.track(cloud_of([straight((2.0, 0.1), (speed_mps, 0.0))], 12))
    assert one.folded_mps == pytest.approx(speed_mps - 2 * RADAR.max_speed_mps, abs=0.2)
    assert one.median_speed_mps == pytest.approx(speed_mps, abs=0.2)
    slow = rs.track(cloud_of([straight((2.0, 0.1), (1.0, 0.0))], 12))
    assert slow[0].folded_mps is None


def test_frames_without_points_give_no_track():
    assert rs.track(cloud_of([lambda time_s: None], 10)) == []


def test_the_points_of_several_clips_are_refused():
    clip = cloud_of([straight((3.0, 0.0), (0.3, 0.0))], 10)
    clips = jax.tree.map(lambda values: np.stack([values, values]), clip)
    with pytest.raises(InputError, match="several clips"):
        rs.track(clips)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_two_simulated_walkers_who_cross_keep_their_tracks(seed):
    """The echoes of two bodies are simulated separately and added, without mutual shadowing."""
    rng = np.random.default_rng(seed)
    meet_m = np.array([rng.uniform(2.2, 3.5), rng.uniform(-0.4, 0.4)])
    first = rng.uniform(0, 2 * np.pi)
    turns = first, first + rng.choice([-1, 1]) * rng.uniform(np.pi / 3, np.pi)
    people, cube_v = [], 0.0
    for number, (turn, speed_mps) in enumerate(zip(turns, rng.uniform(0.8, 1.2, 2))):
        velocity_mps = speed_mps * np.array([np.cos(turn), np.sin(turn)])
        person = straight(meet_m + rng.uniform(-0.1, 0.1, 2) - 1.5 * velocity_mps, velocity_mps)
        people.append(person)
        key = jax.random.fold_in(jax.random.key(seed), number)
        settings = rs.SimulationSettings(method="fast", thermal_noise=number == 0, quantise=False)
        cube_v += rs.simulate(RADAR, _walk(person), key, settings=settings, num_frames=30)
    assert_follow(rs.track(rs.detect(RADAR, cube_v)), people)


def _walk(person):
    """Scene with a walking body on a person's path."""
    times_s = np.arange(32) * PERIOD_S
    place_m = np.array([person(time_s)[:2] for time_s in times_s])
    range_m = np.linalg.norm(place_m, axis=1)
    path = Track(
        times_s=times_s,
        range_m=range_m,
        speed_mps=np.gradient(range_m, times_s),
        azimuth_rad=np.arctan2(place_m[:, 1], place_m[:, 0]),
        snr_db=np.full(len(times_s), 30.0),
    )
    motion = motion_along_track(path, 3.2, "walking")
    return rs.Scene([rs.Subject(motion, rs.free_body(), None)])
