"""Placed motions that lead through or behind the radar: the time and position of the fault."""

from dataclasses import replace

import numpy as np
import pytest

from builders.activities import perform
from radarsim.errors import InputError
from radarsim.files import free_body
from radarsim.scene.placement import Placement, RadarPose
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.validation.motion_path import path_fault, path_notes, require_path_in_front


@pytest.fixture(scope="module")
def walker():
    """A person who walks straight ahead at 1 m/s for 3 s."""
    motion = perform("march_in_place", duration_s=3.0)
    times_s = np.arange(motion.num_poses) / motion.rate_hz
    path_m = motion.transl_m[0] + times_s[:, None] * [1.0, 0.0, 0.0]
    return Subject(replace(motion, transl_m=path_m), free_body())


def placed(walker, distance_m, lateral_m=0.0, heading_deg=0.0):
    return replace(
        walker,
        placement=Placement(
            distance_m=distance_m, lateral_m=lateral_m, heading_rad=np.radians(heading_deg)
        ),
    )


def speed_of(walker):
    """Return the speed of the walk after the motion is fitted to the body [m/s]."""
    path_m = walker.fitted.motion.pelvis_m[:, :2]
    return np.linalg.norm(path_m[-1] - path_m[0]) / walker.fitted.motion.duration_s


def test_a_walk_that_ends_before_the_radar_is_accepted(walker):
    assert path_fault(placed(walker, 4.0), RadarPose(), 3.0) is None
    assert path_fault(placed(walker, 1.0, heading_deg=180.0), RadarPose(), 3.0) is None


@pytest.mark.parametrize("distance_m", [0.8, 1.5, 2.2])
def test_a_walk_through_the_radar_is_refused_with_time_and_position(walker, distance_m):
    fault = path_fault(placed(walker, distance_m), RadarPose(), 3.0)
    assert fault.through
    assert fault.time_s == pytest.approx((distance_m - 0.2) / speed_of(walker), abs=0.1)
    assert np.hypot(fault.ahead_m, fault.left_m) == pytest.approx(0.2, abs=0.02)
    where = r"closer to the radar than 0.2 m, from .* s .*ahead.*left"
    with pytest.raises(InputError, match=where):
        require_path_in_front(placed(walker, distance_m), RadarPose(), 3.0, "--distance-m")


def test_only_the_simulated_time_counts(walker):
    assert path_fault(placed(walker, 2.5), RadarPose(), 1.0) is None
    assert path_fault(placed(walker, 2.5), RadarPose(), 3.0) is not None


def test_a_path_that_a_track_led_through_the_radar_is_a_limitation(walker):
    scenes = [Scene([placed(walker, distance_m)]) for distance_m in (1.5, 5.0)]
    (note,) = path_notes(scenes, 3.0)
    assert note.startswith("placement by the track: the body comes closer to the radar than 0.2 m")
    assert "--distance-m" in note


@pytest.mark.parametrize("tilt_deg", [-30.0, 0.0, 20.0])
def test_a_walk_past_the_radar_is_behind_it_from_the_plane_of_the_antennas_on(walker, tilt_deg):
    """The walk passes 1 m to the left of the radar, with the pelvis at the height of the radar."""
    start = placed(walker, 1.0, 1.0, -45.0)
    height_m = float(start.fitted.motion.pelvis_m[0, 2])
    pose = RadarPose(height_m=height_m, tilt_rad=np.radians(tilt_deg))
    fault = path_fault(start, pose, 3.0)
    assert not fault.through
    assert fault.time_s == pytest.approx(1.0 / speed_of(walker), abs=0.1)
    assert (fault.ahead_m, fault.left_m) == pytest.approx((0.0, 1.0), abs=0.1)
    assert "behind the radar" in fault.text
