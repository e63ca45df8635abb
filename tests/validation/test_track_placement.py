"""Placement of a motion on a track, and correction of the offset between two tracks."""

import numpy as np
import pytest

from builders.activities import perform
from radarsim.detection.track import Track
from radarsim.files import free_body
from radarsim.scene.placement import Placement, RadarPose, place, to_radar_frame
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.validation.track_motion import SURFACE_M
from radarsim.validation.track_placement import (
    current_placement,
    place_on_track,
    shift_subject,
    track_offset,
)
from tests.helpers.synthetic_tracks import TIMES_S, WALK, track


@pytest.fixture(scope="module")
def subject():
    return Subject(perform("walk_forward_and_turn_around", duration_s=3.0), free_body())


@pytest.mark.parametrize(("distance_m", "lateral_m", "heading_deg"), [(3.0, 0, 0), (2.5, 0.8, 140)])
def test_a_walk_is_placed_on_its_own_track(subject, distance_m, lateral_m, heading_deg):
    """The track follows the pelvis; the tolerances are 5 cm, and 8 degrees on a 10 degree grid."""
    true = Placement(
        distance_m=distance_m, lateral_m=lateral_m, heading_rad=np.radians(heading_deg)
    )
    motion = place(subject.fitted.motion, true)
    own_s = np.arange(motion.num_poses) / motion.rate_hz
    pelvis_m = np.asarray(to_radar_frame(motion.pelvis_m, RadarPose()))
    range_m = np.linalg.norm(pelvis_m, axis=1)
    pick = np.arange(0, motion.num_poses - 10, 12)
    ideal = Track(
        times_s=own_s[pick], range_m=range_m[pick] - SURFACE_M,
        speed_mps=np.gradient(range_m, own_s)[pick],
        azimuth_rad=np.arcsin(pelvis_m[:, 1] / range_m)[pick], snr_db=np.full(len(pick), 30.0),
    )  # fmt: skip
    found = place_on_track(subject.fitted.motion, ideal, RadarPose())
    assert found.distance_m == pytest.approx(distance_m, abs=0.05)
    assert found.lateral_m == pytest.approx(lateral_m, abs=0.1)
    rotation_rad = found.heading_rad - true.heading_rad
    assert abs(np.degrees((rotation_rad + np.pi) % (2 * np.pi) - np.pi)) < 8


def test_the_current_placement_leaves_a_motion_where_it_is(subject):
    start = Placement(distance_m=2.0, lateral_m=-0.5, heading_rad=1.0)
    motion = place(subject.fitted.motion, start)
    again = place(motion, current_placement(motion))
    np.testing.assert_allclose(again.pelvis_m, motion.pelvis_m, atol=1e-9)


def test_a_shifted_subject_closes_the_offset_between_tracks(subject):
    farther = track(TIMES_S, WALK.range_m + 0.2, WALK.speed_mps, 13.0)
    offset = track_offset([farther], [WALK])
    assert (offset.range_m, np.degrees(offset.azimuth_rad)) == pytest.approx((0.2, 3.0))
    moved = shift_subject(Scene([subject]), offset).subjects[0].placement
    assert np.hypot(moved.distance_m, moved.lateral_m) == pytest.approx(3.2)
    assert np.degrees(np.arctan2(moved.lateral_m, moved.distance_m)) == pytest.approx(3.0)
