"""Placement: start position and heading of the subject, and height and tilt of the radar."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.motion import Motion
from radarsim.scene.placement import (
    ActivityArea,
    Placement,
    RadarPose,
    facing_rad,
    place,
    to_radar_frame,
)

UPRIGHT = Rotation.from_rotvec([np.pi / 2, 0, 0])  # y-up to z-up; SMPL then faces -y


def walker(root=UPRIGHT, speed_mps=(0.0, -1.0, 0.0), num_poses=61):
    """A walk along -y, the direction that an upright SMPL body faces."""
    poses_rad = np.zeros((num_poses, 24, 3))
    poses_rad[:, 0] = root.as_rotvec()
    transl_m = np.array([4.0, 5.0, 0.9]) + np.outer(np.arange(num_poses) / 60, speed_mps)
    return Motion(poses_rad=poses_rad, transl_m=transl_m, rate_hz=60.0)


def test_an_upright_smpl_body_faces_minus_y():
    assert facing_rad(walker()) == pytest.approx(-np.pi / 2)


@pytest.mark.parametrize("turn_rad", [0.0, 1.0, 2.5, -2.0])
@pytest.mark.parametrize(("distance_m", "lateral_m"), [(3.0, 0.0), (2.0, 1.5), (4.0, -2.0)])
def test_the_subject_starts_in_place_and_walks_to_the_radar(turn_rad, distance_m, lateral_m):
    """The subject starts at the given position for any initial heading of the motion."""
    turn = Rotation.from_rotvec([0, 0, turn_rad])
    motion = walker(turn * UPRIGHT, tuple(turn.apply([0, -1, 0])))
    placed = place(motion, Placement(distance_m=distance_m, lateral_m=lateral_m))
    start = placed.pelvis_m[0]
    np.testing.assert_allclose(start[:2], [distance_m, lateral_m], atol=1e-9)
    left_m = np.hypot(*placed.pelvis_m[-1, :2])
    assert left_m == pytest.approx(np.hypot(distance_m, lateral_m) - 1.0)
    np.testing.assert_allclose(placed.pelvis_m[:, 2], motion.pelvis_m[:, 2], atol=1e-12)


def test_heading_turns_the_subject_to_its_left():
    """A subject that faces the radar and turns left walks to the radar's right, towards -y."""
    placed = place(walker(), Placement(heading_rad=np.pi / 2))
    np.testing.assert_allclose(placed.pelvis_m[-1, :2], [3.0, -1.0], atol=1e-9)
    assert facing_rad(placed) == pytest.approx(-np.pi / 2)


def test_one_who_bends_forward_faces_as_before():
    bent = walker()
    bent.poses_rad[:, 3] = [1.4, 0, 0]
    assert facing_rad(bent) == pytest.approx(-np.pi / 2)
    flat = walker(UPRIGHT * Rotation.from_rotvec([1.5, 0, 0]))
    assert facing_rad(flat) == pytest.approx(-np.pi / 2)


def test_one_who_lies_on_a_side_faces_where_the_chest_does():
    on_side = walker(UPRIGHT * Rotation.from_rotvec([0, 0, np.pi / 2]))
    assert facing_rad(on_side) == pytest.approx(-np.pi / 2)


def test_a_placed_pelvis_takes_the_rest_offset_into_account():
    """SMPL rotates about the rest pelvis; rotating only the translation causes a 23 cm error."""
    placed = place(walker(), Placement())
    np.testing.assert_allclose(placed.transl_m[0, :2] + [0, -0.23], [3.0, 0.0], atol=1e-9)


def test_the_radar_sees_points_from_its_own_height():
    seen = to_radar_frame(np.array([3.0, 0.5, 1.0]), RadarPose(height_m=1.0))
    np.testing.assert_allclose(seen, [3.0, 0.5, 0.0])


def test_a_raised_point_is_straight_ahead_of_a_radar_that_is_tilted_up():
    tilt_rad = 0.3
    point_m = np.array([5 * np.cos(tilt_rad), 0.0, 1.2 + 5 * np.sin(tilt_rad)])
    seen = to_radar_frame(point_m, RadarPose(height_m=1.2, tilt_rad=tilt_rad))
    np.testing.assert_allclose(seen, [5.0, 0.0, 0.0], atol=1e-12)


def test_height_and_tilt_may_be_traced_and_differentiated():
    @jax.jit
    def ahead(placement):
        return to_radar_frame(jnp.array([3.0, 0.0, 2.0]), placement)[0]

    slope = jax.grad(ahead)(RadarPose(height_m=1.0, tilt_rad=0.0))
    assert slope.tilt_rad == pytest.approx(1.0)  # d/de (x cos e + z' sin e) = z' at e = 0
    assert slope.height_m == pytest.approx(0.0)


def test_a_clip_ends_where_the_subject_leaves_the_area():
    """From 3 m towards the radar at 1 m/s, the subject crosses the 1 m line at 2 s, at pose 120."""
    placed = place(walker(num_poses=181), Placement())
    assert ActivityArea(near_m=0.995).inside(placed) == 121
    assert ActivityArea(near_m=0.0).inside(placed) == 181
    assert ActivityArea(near_m=4.0).inside(placed) == 0
    sideways = place(walker(num_poses=181), Placement(heading_rad=np.pi / 2))
    assert ActivityArea(half_width_m=1.005).inside(sideways) == 61


def test_an_impossible_area_is_refused():
    with pytest.raises(InputError, match="from 6 to 1 m ahead"):
        ActivityArea(near_m=6.0, far_m=1.0)
    with pytest.raises(InputError, match="half_width_m: is 0 m; must exceed 0 m; give metres"):
        ActivityArea(half_width_m=0.0)
