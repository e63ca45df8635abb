"""Synthetic motion along a track: path, gait and extrapolation."""

import numpy as np
import pytest

from radarsim.validation.track_motion import RATE_HZ, SURFACE_M, is_walking, motion_along_track
from tests.helpers.synthetic_tracks import TIMES_S, WALK, track


@pytest.mark.parametrize("gait", ["walking", "standing"])
def test_the_motion_follows_the_track(gait):
    """Detections scatter by 3 cm; smoothing averages the detections of half a second."""
    motion = motion_along_track(WALK, 3.0, gait)
    at_m = motion.pelvis_m[(TIMES_S * RATE_HZ).astype(int)]
    np.testing.assert_allclose(np.hypot(*at_m[:, :2].T), 4.0 - TIMES_S + SURFACE_M, atol=0.06)
    azimuth_deg = np.degrees(np.arctan2(at_m[:, 1], at_m[:, 0]))
    np.testing.assert_allclose(azimuth_deg, 10.0, atol=0.5)


def test_the_legs_of_the_walking_gait_swing_in_opposite_phase():
    motion = motion_along_track(WALK, 3.0, "walking")
    left, right = motion.poses_rad[30:-30, 1, 0], motion.poses_rad[30:-30, 2, 0]
    assert np.ptp(left) > 0.4
    assert np.corrcoef(left, right)[0, 1] < -0.9
    standing = motion_along_track(WALK, 3.0, "standing")
    assert np.ptp(standing.poses_rad[:, 1]) == 0.0


def test_a_single_detection_gives_a_motion_at_its_speed():
    """The motion has the speed of the target during the frame, and stops 0.25 s later."""
    single = track(np.array([0.02]), np.array([2.9]), np.array([0.6]))
    assert is_walking(single)
    motion = motion_along_track(single, 0.1, "standing")
    speed_mps = np.diff(motion.pelvis_m[:6, 0]) * RATE_HZ
    np.testing.assert_allclose(speed_mps, 0.6, atol=0.01)
