"""Tests of recordings of runners and of two people, on miniature recordings of moving points."""

import numpy as np
import pytest

import radarsim as rs
from benchmarks.real_walkers import ARRAY, AXES
from benchmarks.walker_comparison import legs_by_direction, measures, straight_legs
from benchmarks.walker_measures import RUNNING, measure_walk
from benchmarks.walker_options import RADAR
from benchmarks.walker_pair_legs import PersonLeg, pair_legs
from benchmarks.walker_pairs import PathLine, separated_walks
from benchmarks.walker_simulation import WalkPlan, built_in_run, built_in_walk, placement_on_path
from radarsim.scene.placement import place
from tests.helpers.array_files import write_array
from tests.helpers.walker_recordings import on_line, range_profiles, stepping


def recorded(folder, tracks, num_frames):
    """Return the radar and the cube of a recording that was written and read again."""
    path = write_array(folder / "mini.mat", range_profiles(tracks, num_frames), ARRAY)
    recording = rs.load_recording(path, str(RADAR), axes=AXES, array=ARRAY)
    return recording.radar, np.asarray(recording.read(0, recording.num_frames))


@pytest.fixture(scope="module")
def crossing(tmp_path_factory):
    """Return two people who pass each other at 6 m, 2.7 m to the left and to the right."""
    left = on_line(2.7, 0.1, stepping(3.6, 0.9, 1.8, 0.1))
    right = on_line(-2.7, -0.1, stepping(8.4, -0.9, 1.6, 0.1))
    radar, cube_v = recorded(tmp_path_factory.mktemp("crossing"), (left, right), 54)
    return separated_walks(radar, cube_v)


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory):
    """Return two people who walk away together with different cadences."""
    left = on_line(2.5, 0.0, stepping(3.7, 0.8, 1.7, 0.12))
    right = on_line(-2.5, 0.0, stepping(3.8, 0.8, 2.1, 0.12))
    radar, cube_v = recorded(tmp_path_factory.mktemp("together"), (left, right), 54)
    return separated_walks(radar, cube_v)


def test_two_people_who_cross_keep_their_tracks(crossing):
    """The ranges deviate by less than 0.1 m RMS, a sixth of a range bin, also at the crossing."""
    for side, start_m, speed_mps in (("left", 3.6, 0.9), ("right", 8.4, -0.9)):
        walk = crossing[side].walk
        true_m = start_m + speed_mps * (walk.times_s + 0.038)  # middle of the burst
        assert np.sqrt(np.mean((walk.range_m - true_m) ** 2)) < 0.1, side


def test_the_speeds_of_two_people_who_cross_have_opposite_signs(crossing):
    """Mean speeds agree within 0.03 m/s; the speed bin of the radar is 0.08 m/s wide."""
    for side, speed_mps in (("left", 0.9), ("right", -0.9)):
        assert crossing[side].walk.speed_mps.mean() == pytest.approx(speed_mps, abs=0.03)


def test_the_paths_of_two_people_are_measured(crossing):
    """The histogram is smoothed over 0.3 m; half of this is the tolerance of the offset."""
    for side, sign in (("left", 1), ("right", -1)):
        path = crossing[side].path
        assert path.lateral_m == pytest.approx(2.7 * sign, abs=0.15)
        assert path.slope == pytest.approx(0.1 * sign, abs=0.06)


def test_the_levels_of_two_equal_points_are_equal(crossing):
    """Both points have the amplitude 1 / R^2. Range bins are sampled up to half a bin away from
    the peak, which changes the level by up to 1.4 dB with a Hann window; the median by less."""
    levels_db = [
        np.median(each.walk.level_db + 40 * np.log10(each.walk.range_m))
        for each in crossing.values()
    ]
    assert levels_db[0] == pytest.approx(levels_db[1], abs=1.0)


def test_people_who_cross_have_one_leg_with_opposite_directions(crossing):
    (pair,) = pair_legs(crossing)
    assert {side: leg.direction for side, leg in pair.items()} == {"left": "out", "right": "back"}


def test_people_side_by_side_have_separate_cadences(side_by_side):
    """Both people are in the same range bin at the same speed, and only the receivers differ.

    The resolution of 5.4 s is 0.19 Hz; the strongest line is found within a quarter of this."""
    for side, step_hz in (("left", 1.7), ("right", 2.1)):
        found = measures(side_by_side[side].walk)
        assert found["step frequency [Hz]"] == pytest.approx(step_hz, abs=0.05), side
        assert found["ripple [m/s]"] == pytest.approx(0.12, rel=0.25), side


@pytest.mark.parametrize("speed_mps", [3.4, -3.4])
def test_the_speed_of_a_runner_above_the_unambiguous_speed_is_recovered(tmp_path, speed_mps):
    """The unambiguous speed is 2.59 m/s, so the Doppler line of 3.4 m/s is at -1.78 m/s."""
    start_m = 1.5 if speed_mps > 0 else 9.0
    track = on_line(0.0, 0.0, stepping(start_m, speed_mps, 2.8, 0.15))
    radar, cube_v = recorded(tmp_path, (track,), 22)
    assert radar.max_speed_mps < 2.6
    walk = measure_walk(radar, cube_v, RUNNING)
    (leg,) = legs_by_direction(walk, 2.0, 8.0).values()
    found = measures(leg)
    assert found["torso speed [m/s]"] == pytest.approx(speed_mps, abs=0.03)
    assert found["range rate [m/s]"] == pytest.approx(speed_mps, abs=0.05)
    assert found["step frequency [Hz]"] == pytest.approx(2.8, abs=0.15)  # 1.7 s: 0.6 Hz resolution


def test_a_walk_that_is_too_short_has_no_legs(crossing):
    walk = crossing["left"].walk.part(slice(0, 20))
    assert legs_by_direction(walk, 2.0, 8.0) == {}
    assert straight_legs(walk) == {}


def test_the_position_on_a_path_is_found_at_any_time():
    """A person with a constant speed is found at the range of the recording at any time."""
    path = PathLine(lateral_m=2.0)
    times_s = np.arange(40) * 0.1
    ahead_m = 3.5 + 0.8 * times_s
    leg = PersonLeg(direction="out", walk=_walk(times_s, np.hypot(ahead_m, 2.0)), path=path)
    assert leg.forward_mps() == pytest.approx(0.8, abs=1e-6)
    assert leg.position_at(1.0, 0.8) == pytest.approx([4.3, 2.0], abs=1e-6)


@pytest.mark.parametrize("built", [built_in_walk, built_in_run])
def test_a_placed_motion_follows_its_path(built):
    """After 2 s at 3 m/s along a diagonal path, the pelvis is within 0.15 m of the end point.

    The pelvis sways by 0.02 m, and the hips face up to a few degrees away from the path."""
    motion = built(WalkPlan(speed_mps=3.0, start_m=0.0, duration_s=2.2))
    start_m, end_m = np.array([8.0, -2.0]), np.array([8.0 - 4.8, 1.6])
    placed = place(motion, placement_on_path(motion, start_m, end_m))
    assert placed.pelvis_m[0, :2] == pytest.approx(start_m, abs=1e-6)
    reached_m = placed.pelvis_m[round(2.0 * motion.rate_hz), :2]
    assert reached_m == pytest.approx(end_m, abs=0.15)


def _walk(times_s, range_m):
    """Return a walk of which only times and ranges are used."""
    from benchmarks.walker_measures import Walk

    other = dict.fromkeys(("speed_mps", "level_db", "phase_rad"), np.zeros(len(times_s)))
    spectrum = np.zeros((len(times_s), 3))
    return Walk(
        times_s=times_s,
        range_m=range_m,
        **other,
        spectrum=spectrum,
        offset_mps=np.arange(3.0),
        noise=1.0,
    )
