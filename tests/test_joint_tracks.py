"""Joint tracks of a body in known postures: positions, radial speeds and visibility."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import radarsim as rs
from builders.activities import perform
from radarsim.joint_tracks import VISIBLE_SHARE, _joints_and_shares, visible_shares
from radarsim.radar.timing import burst_centre_and_half_s, burst_times_s
from radarsim.scene.formats.smpl import read_body_model
from radarsim.scene.joint_surfaces import joint_faces, smpl_joints
from radarsim.scene.scene import pose, skin_scene
from radarsim.scene.skeleton import JOINT, JOINT_NAMES
from tests.helpers.moving_sphere import small_radar
from tests.helpers.scenes import plate, together
from tests.helpers.still_postures import (
    ARMS_IN_FRONT,
    BODY,
    LEVEL,
    PELVIS_HEIGHT_M,
    gliding,
    pelvis_height,
    posture,
    standing,
)
from tests.helpers.synthetic_bodies import synthetic_model

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=8, num_samples=32)
LEFT = [JOINT[f"left_{part}"] for part in ("shoulder", "elbow", "wrist", "hand")]
RIGHT = [JOINT[f"right_{part}"] for part in ("shoulder", "elbow", "wrist", "hand")]
MIRRORED = [
    JOINT[name.replace("left", "*").replace("right", "left").replace("*", "right")]
    for name in JOINT_NAMES
]


# --- place ---------------------------------------------------------------------------------------


def test_joints_of_a_body_in_its_rest_pose_lie_at_the_rest_joints():
    """For a body in T-pose that faces the radar, left is -y, up is +z and front is -x."""
    scene = standing({}, rs.RadarPose(height_m=1.2), distance_m=3.0, lateral_m=0.0)
    fitted = scene.subjects[0].fitted
    rest_m = np.asarray(BODY.joint_template_m, np.float64)
    rest_m = (rest_m - rest_m[0]) * float(fitted.body_scale)
    pelvis_m = scene.subjects[0].motion.pelvis_m[0] - [0, 0, 1.2]
    expected_m = pelvis_m + np.stack([-rest_m[:, 2], -rest_m[:, 0], rest_m[:, 1]], axis=1)
    tracks = rs.joint_tracks(RADAR, scene)
    assert tracks.names == JOINT_NAMES
    # float32 rounding of skinning and of positions at 3 m is below 2 um.
    np.testing.assert_allclose(
        tracks.position_m, np.broadcast_to(expected_m, tracks.position_m.shape), atol=1e-5
    )
    np.testing.assert_allclose(tracks.speed_mps, 0, atol=1e-4)


def test_the_pelvis_stands_where_the_subject_is_placed():
    """`Placement` gives the floor position of the pelvis, `RadarPose` the height of the radar."""
    radar_pose = rs.RadarPose(height_m=0.4)
    tracks = rs.joint_tracks(RADAR, standing({}, radar_pose, distance_m=2.0, lateral_m=1.5))
    pelvis = tracks.position_m[0, JOINT["pelvis"]]
    np.testing.assert_allclose(pelvis[:2], [2.0, 1.5], atol=1e-4)
    # Retargeting may move the pelvis vertically, so that the soles touch the floor.
    assert pelvis[2] == pytest.approx(PELVIS_HEIGHT_M - 0.4, abs=0.1)
    at = (0, JOINT["pelvis"])
    assert tracks.range_m[at] == pytest.approx(np.linalg.norm(pelvis), rel=1e-6)
    assert tracks.azimuth_rad[at] == pytest.approx(np.arctan2(1.5, 2.0), abs=1e-4)
    assert tracks.elevation_rad[at] == pytest.approx(np.arctan2(pelvis[2], 2.5), abs=1e-4)


def test_joints_lie_within_the_simulated_surface():
    """In every frame, the joints lie in the bounding box of the mesh that `simulate` uses."""
    motion = perform("walk_forward_and_turn_around", 1, duration_s=1.0)
    scene = rs.Scene(
        [rs.Subject(motion, BODY, rs.Placement(distance_m=2.5, heading_rad=0.7))],
        rs.RadarPose(height_m=2.0, tilt_rad=-0.3),
    )
    tracks = rs.joint_tracks(RADAR, scene, 5)
    mesh, _ = skin_scene(scene.bodies, pose(scene, burst_times_s(RADAR, 5, 3)))
    surface_m = np.asarray(mesh.vertices_m + mesh.origin_high_m[:, :, None])[:, 1]
    assert (tracks.position_m > surface_m.min(axis=1, keepdims=True)).all()
    assert (tracks.position_m < surface_m.max(axis=1, keepdims=True)).all()


@pytest.mark.parametrize("layout", ["smplh", "smplx"])
def test_bodies_with_fingers_have_the_joints_of_smpl(layout, tmp_path):
    """The hand is the base of the middle finger, which follows the wrist if the fingers rest."""
    np.savez(tmp_path / "model.npz", **synthetic_model(layout))
    body = read_body_model(tmp_path / "model.npz")
    motion = replace(posture(), shape_space=body.shape_space)
    scene = rs.Scene([rs.Subject(motion, body, rs.Placement(distance_m=4.0))])
    tracks = rs.joint_tracks(RADAR, scene, 1)
    assert tracks.visible.shape == (1, 24)
    rest_m = np.asarray(body.joint_template_m)
    fitted = scene.subjects[0].fitted
    for side, finger in zip(("left", "right"), smpl_joints(body)[22:], strict=True):
        hand, wrist = JOINT[f"{side}_hand"], JOINT[f"{side}_wrist"]
        bone_m = np.linalg.norm(tracks.position_m[0, hand] - tracks.position_m[0, wrist])
        expected_m = np.linalg.norm(rest_m[finger] - rest_m[wrist]) * float(fitted.body_scale)
        assert bone_m == pytest.approx(expected_m, rel=1e-3)


def test_tilt_turns_the_joints_about_the_radar():
    """Upward tilt lowers the elevation of a target straight ahead by the tilt, not its range."""
    level, tilted = (
        rs.joint_tracks(
            RADAR, standing(radar_pose=rs.RadarPose(height_m=1.5, tilt_rad=tilt_rad)), 1
        )
        for tilt_rad in (0.0, 0.25)
    )
    np.testing.assert_allclose(tilted.range_m, level.range_m, atol=1e-5)
    np.testing.assert_allclose(tilted.position_m[..., 1], level.position_m[..., 1], atol=1e-5)
    side = [
        np.arctan2(each.position_m[..., 2], each.position_m[..., 0]) for each in (level, tilted)
    ]
    np.testing.assert_allclose(side[0] - side[1], 0.25, atol=1e-5)


def test_joints_are_given_in_the_middle_of_each_burst():
    """The range of a pelvis that recedes at 1.5 m/s is that in the middle of each burst."""
    scene = gliding((1.5, 0, 0), LEVEL)
    tracks = rs.joint_tracks(RADAR, scene)
    centre_s, _ = burst_centre_and_half_s(RADAR)
    times_s = np.arange(len(tracks.times_s)) * RADAR.frame.period_s + centre_s
    np.testing.assert_allclose(tracks.times_s, times_s, atol=1e-9)
    ahead_m = tracks.position_m[:, JOINT["pelvis"], 0]
    np.testing.assert_allclose(ahead_m, 3.0 + 1.5 * times_s, atol=1e-4)
    later = rs.joint_tracks(RADAR, scene, 2, first_frame=3)
    np.testing.assert_allclose(later.position_m, tracks.position_m[3:5], atol=1e-5)
    np.testing.assert_allclose(later.times_s, tracks.times_s[3:5], atol=1e-9)


# --- speed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed_mps", [1.3, -0.8])
def test_a_body_that_glides_away_recedes_at_every_joint_straight_ahead(speed_mps):
    """Joints off the line of sight at angle theta recede at v cos(theta)."""
    still = gliding((0, 0, 0), LEVEL)
    tracks = rs.joint_tracks(RADAR, gliding((speed_mps, 0, 0), pelvis_height(still)))
    cosine = tracks.position_m[..., 0] / tracks.range_m
    # The float32 rounding of joint positions, over 10 ms or more, corresponds to a speed below 0.1
    # mm/s.
    np.testing.assert_allclose(tracks.speed_mps, speed_mps * cosine, atol=3e-4)
    trunk = [JOINT[name] for name in ("pelvis", "spine1", "spine2", "left_hip", "right_hip")]
    np.testing.assert_allclose(tracks.speed_mps[:, trunk], speed_mps, rtol=0.005)


def test_a_body_that_moves_across_the_view_recedes_by_its_direction():
    """The radial speed is the projection of the velocity on the line of sight."""
    velocity_mps = np.array([0.4, -1.0, 0.0])
    tracks = rs.joint_tracks(RADAR, gliding(velocity_mps, LEVEL, at_m=(2.0, 1.0)))
    expected = tracks.position_m @ velocity_mps / tracks.range_m
    # Over a burst of 20 ms the direction turns by 0.01 rad, which averages out to second order.
    np.testing.assert_allclose(tracks.speed_mps, expected, atol=1e-3)


def test_speed_is_exact_even_if_a_frame_is_a_single_chirp():
    """The speed is the change of range per time between the frames 5 ms before and after.

    Rounding of ranges to 0.2 um causes 0.04 mm/s; over the chirp itself (0.1 ms), the rounding of
    the joints would cause millimetres per second.
    """
    frame = replace(RADAR.frame, num_chirps=1, period_s=0.005, extra_slot_idle_s=0.0)
    motion = perform("walk_forward_and_turn_around", 0, duration_s=1.0)
    scene = rs.Scene([rs.Subject(motion, BODY, rs.Placement(distance_m=3.0))])
    tracks = rs.joint_tracks(replace(RADAR, frame=frame), scene)
    assert len(tracks.times_s) > 150  # up to both ends of the motion
    difference_m = tracks.range_m[2:].astype(float) - tracks.range_m[:-2]
    np.testing.assert_allclose(tracks.speed_mps[1:-1], difference_m / 0.01, atol=2e-4)
    # The first and the last frame have a shorter, one-sided difference: an acceleration of up to
    # 30 m/s^2 (the foot) changes the speed by 0.15 m/s in 5 ms.
    np.testing.assert_allclose(tracks.speed_mps[[0, -1]], tracks.speed_mps[[1, -2]], atol=0.15)


# --- visibility ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("turn", "near", "far"), [(1, RIGHT, LEFT), (-1, LEFT, RIGHT)])
def test_from_the_side_the_arm_behind_the_trunk_is_hidden(turn, near, far):
    """A body that has turned to its left shows its right side."""
    tracks = rs.joint_tracks(RADAR, standing(heading_rad=turn * np.pi / 2), 1)
    assert tracks.visible[0, near].all()
    assert not tracks.visible[0, far].any()


def test_turning_around_swaps_left_and_right():
    """From the other side of the symmetric body, each joint is as visible as its mirror image."""
    one, other = (
        rs.joint_tracks(RADAR, standing(heading_rad=turn_rad), 1)
        for turn_rad in (np.pi / 2, -np.pi / 2)
    )
    mirrored = one.position_m[:, MIRRORED] * np.array([1, -1, 1])
    np.testing.assert_allclose(other.position_m, mirrored, atol=2e-3)
    np.testing.assert_array_equal(other.visible, one.visible[:, MIRRORED])


def test_the_left_hand_of_a_person_who_faces_the_radar_is_on_the_radars_right():
    """Azimuth is positive to the left of the radar; turning by 180 degrees changes its sign."""
    for heading_rad, sign in ((0.0, -1), (np.pi, 1)):
        tracks = rs.joint_tracks(RADAR, standing(heading_rad=heading_rad), 1)
        assert (sign * tracks.azimuth_rad[0, LEFT] > 0).all()
        assert (sign * tracks.azimuth_rad[0, RIGHT] < 0).all()


def test_hands_before_the_belly_are_seen_from_the_front_only():
    """From the front all arm joints are seen; from behind, the trunk hides wrists and hands."""
    front, behind = (
        rs.joint_tracks(RADAR, standing(ARMS_IN_FRONT, heading_rad=heading_rad), 1)
        for heading_rad in (0.0, np.pi)
    )
    ends = [JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("wrist", "hand")]
    assert front.visible[0, LEFT + RIGHT].all()
    assert not behind.visible[0, ends].any()
    trunk = [JOINT[name] for name in ("pelvis", "spine3", "neck", "head", "left_hip", "right_hip")]
    assert front.visible[0, trunk].all()
    assert behind.visible[0, trunk].all()


def test_the_share_is_that_of_the_projected_area_that_faces_the_radar():
    """Half of a plate is hidden by another plate; a plate that faces away has no visible share."""
    front = plate(0.4, 8, (3.0, 0.2, 0))
    half = plate(0.4, 8, (3.1, 0.0, 0))
    away_m, away_faces = plate(0.4, 2, (3.0, 1.0, 0))
    vertices_m, faces, owner = together(front, half, (away_m, away_faces[:, ::-1]))
    belongs = jnp.asarray(owner[:, None] == np.arange(3), jnp.float32)
    share = jax.jit(visible_shares)(jnp.asarray(vertices_m), jnp.asarray(faces), belongs)
    # The shadow of the front plate hides the left half of the rear one: four of eight columns.
    np.testing.assert_allclose(share, [1.0, 0.5, 0.0], atol=0.01)


def test_faces_count_with_their_projected_area():
    """A part has a visible plate and a hidden one of equal size, turned by 60 degrees."""
    screen = plate(0.4, 8, (3.0, 0.2, 0.0))
    upright = plate(0.2, 4, (3.5, 0.2, 1.0))
    flat_m, turned_faces = plate(0.2, 4, (0.0, 0.0, 0.0))
    turn = Rotation.from_rotvec([0, 0, np.radians(60)])
    turned_m = (turn.apply(flat_m) + np.array([3.5, 0.2, 0.0])).astype(np.float32)
    vertices_m, faces, owner = together(screen, upright, (turned_m, turned_faces))
    belongs = jnp.asarray(owner[:, None] > 0, jnp.float32)
    share = jax.jit(visible_shares)(jnp.asarray(vertices_m), jnp.asarray(faces), belongs)
    towards = [([1, 0, 0], [3.5, 0.2, 1.0]), (turn.apply([1, 0, 0]), [3.5, 0.2, 0.0])]
    cosines = [np.dot(normal, away) / np.linalg.norm(away) for normal, away in towards]
    assert cosines[1] < 0.6 * cosines[0]
    # The cosine varies over each plate by a few per cent.
    np.testing.assert_allclose(share, cosines[0] / sum(cosines), atol=0.01)


def test_the_coarse_mesh_gives_the_flags_of_the_full_mesh():
    """At least 97 % of the flags agree for a walker seen from all sides; 99.7 % were measured.

    The threshold is a visible share of 10 %, so joints near this share may differ.
    """
    motion = perform("walking_clockwise", 0, duration_s=4.0)
    scene = rs.Scene([rs.Subject(motion, BODY, rs.Placement(distance_m=3.0))])
    radar = replace(RADAR, frame=replace(RADAR.frame, period_s=0.25))
    tracks = rs.joint_tracks(radar, scene)
    mesh, faces = skin_scene(scene.bodies, pose(scene, tracks.times_s[:, None]))
    vertices_m = (mesh.vertices_m + mesh.origin_high_m[:, :, None])[:, 0]
    belongs = jnp.asarray(joint_faces(BODY), jnp.float32)
    shares = jax.jit(partial(visible_shares, faces=faces, belongs=belongs))
    full = np.stack([shares(each) for each in vertices_m])
    seen = full >= VISIBLE_SHARE
    assert 0.5 < seen.mean() < 0.99
    assert (tracks.visible == seen).mean() > 0.97
    assert np.sqrt(np.mean((tracks.visible_share - full) ** 2)) < 0.1


# --- calls ---------------------------------------------------------------------------------------


def test_clips_of_any_length_and_place_share_one_program():
    rs.joint_tracks(RADAR, standing(), 2)
    programs = _joints_and_shares._cache_size()
    rs.joint_tracks(RADAR, standing(ARMS_IN_FRONT, distance_m=5.0, heading_rad=1.0), 5)
    rs.joint_tracks(small_radar(num_chirps=16), standing(radar_pose=rs.RadarPose(tilt_rad=0.2)), 3)
    long = rs.Scene([rs.Subject(posture(seconds=1.8), BODY)])
    assert len(rs.joint_tracks(RADAR, long).visible) > 10
    assert _joints_and_shares._cache_size() == programs


def test_by_default_the_frames_are_those_of_a_simulation():
    scene = standing()
    settings = rs.SimulationSettings(method="fast", visibility="facing")
    cube_v = rs.simulate(RADAR, scene, jax.random.key(0), settings=settings)
    assert len(rs.joint_tracks(RADAR, scene).position_m) == len(cube_v)


def test_frames_of_long_bursts_may_be_given():
    """The limit on the duration of a burst concerns `simulate`, which may use more nodes."""
    long = replace(RADAR, frame=replace(RADAR.frame, extra_slot_idle_s=3e-3))
    assert long.burst_duration_s > 0.07
    assert len(rs.joint_tracks(long, standing(), 2).position_m) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rs.joint_tracks(RADAR, standing(), 50), "num_frames.*lasts 0.600 s"),
        (lambda: rs.joint_tracks(RADAR, standing(), 0), "num_frames"),
        (lambda: rs.joint_tracks(RADAR, standing(), first_frame=-1), "first_frame"),
    ],
)
def test_frames_outside_the_motion_are_refused(call, message):
    with pytest.raises(rs.InputError, match=message):
        call()
