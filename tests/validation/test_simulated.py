"""A body on a track: the stand-in follows it, and a given motion is placed by it."""

import numpy as np
import pytest

from builders.activities import perform
from radarsim.files import free_body
from radarsim.scene.placement import Placement, RadarPose, place, to_radar_frame
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.validation.simulated import (
    own_placement,
    placed_by_track,
    shifted,
    track_gap,
)
from radarsim.validation.track_walker import RATE_HZ, SURFACE_M, moves, stand_in
from radarsim.validation.tracks import Track


def track(times_s, range_m, speed_mps, azimuth_deg=0.0):
    azimuth_rad = np.radians(np.broadcast_to(azimuth_deg, times_s.shape).astype(float))
    return Track(
        times_s=times_s, range_m=range_m, speed_mps=speed_mps, azimuth_rad=azimuth_rad,
        snr_db=np.full(len(times_s), 30.0),
    )  # fmt: skip


TIMES_S = np.arange(30) / 10
RNG = np.random.default_rng(0)
WALK = track(TIMES_S, 4.0 - TIMES_S + RNG.normal(0, 0.03, 30), np.full(30, -1.0), 10.0)


@pytest.mark.parametrize("gait", ["walking", "standing"])
def test_a_stand_in_goes_where_the_track_goes(gait):
    """3 cm of scatter in each sight; half a second of them is averaged."""
    motion = stand_in(WALK, 3.0, gait)
    at_m = motion.pelvis_m[(TIMES_S * RATE_HZ).astype(int)]
    np.testing.assert_allclose(np.hypot(*at_m[:, :2].T), 4.0 - TIMES_S + SURFACE_M, atol=0.06)
    azimuth_deg = np.degrees(np.arctan2(at_m[:, 1], at_m[:, 0]))
    np.testing.assert_allclose(azimuth_deg, 10.0, atol=0.5)


def test_a_walking_stand_in_swings_one_leg_against_the_other():
    motion = stand_in(WALK, 3.0, "walking")
    left, right = motion.poses_rad[30:-30, 1, 0], motion.poses_rad[30:-30, 2, 0]
    assert np.ptp(left) > 0.4
    assert np.corrcoef(left, right)[0, 1] < -0.9
    still = stand_in(WALK, 3.0, "standing")
    assert np.ptp(still.poses_rad[:, 1]) == 0.0


def test_a_single_sight_makes_a_body_that_goes_on_at_its_speed():
    """Within the frame; a quarter of a second later it stops."""
    seen = track(np.array([0.02]), np.array([2.9]), np.array([0.6]))
    assert moves(seen)
    motion = stand_in(seen, 0.1, "standing")
    speed_mps = np.diff(motion.pelvis_m[:6, 0]) * RATE_HZ
    np.testing.assert_allclose(speed_mps, 0.6, atol=0.01)


@pytest.fixture(scope="module")
def subject():
    motion = perform("walk_forward_and_turn_around", duration_s=3.0)
    return Subject(motion, free_body(), Placement())


@pytest.mark.parametrize(("distance_m", "lateral_m", "heading_deg"), [(3.0, 0, 0), (2.5, 0.8, 140)])
def test_a_walk_is_placed_where_its_track_was(subject, distance_m, lateral_m, heading_deg):
    """From the pelvis' own range, speed and azimuth: 5 cm and 8 degrees from a grid of 10."""
    true = Placement(
        distance_m=distance_m, lateral_m=lateral_m, heading_rad=np.radians(heading_deg)
    )
    motion = place(subject.fitted.motion, true)
    own_s = np.arange(motion.num_poses) / motion.rate_hz
    seen_m = np.asarray(to_radar_frame(motion.pelvis_m, RadarPose()))
    range_m = np.linalg.norm(seen_m, axis=1)
    pick = np.arange(0, motion.num_poses - 10, 12)
    ideal = Track(
        times_s=own_s[pick], range_m=range_m[pick] - SURFACE_M,
        speed_mps=np.gradient(range_m, own_s)[pick],
        azimuth_rad=np.arcsin(seen_m[:, 1] / range_m)[pick], snr_db=np.full(len(pick), 30.0),
    )  # fmt: skip
    found = placed_by_track(subject.fitted.motion, ideal, RadarPose())
    assert found.distance_m == pytest.approx(distance_m, abs=0.05)
    assert found.lateral_m == pytest.approx(lateral_m, abs=0.1)
    turn = found.heading_rad - true.heading_rad
    assert abs(np.degrees((turn + np.pi) % (2 * np.pi) - np.pi)) < 8


def test_a_motion_in_the_radars_world_stays_where_it_is(subject):
    motion = place(
        subject.fitted.motion, Placement(distance_m=2.0, lateral_m=-0.5, heading_rad=1.0)
    )
    again = place(motion, own_placement(motion))
    np.testing.assert_allclose(again.pelvis_m, motion.pelvis_m, atol=1e-9)


def test_a_shifted_subject_closes_the_gap_between_tracks(subject):
    farther = track(TIMES_S, WALK.range_m + 0.2, WALK.speed_mps, 13.0)
    gap_m, turn_rad = track_gap([farther], [WALK])
    assert (gap_m, np.degrees(turn_rad)) == pytest.approx((0.2, 3.0))
    moved = shifted(Scene([subject]), gap_m, turn_rad).subjects[0].placement
    assert np.hypot(moved.distance_m, moved.lateral_m) == pytest.approx(3.2)
    assert np.degrees(np.arctan2(moved.lateral_m, moved.distance_m)) == pytest.approx(3.0)
