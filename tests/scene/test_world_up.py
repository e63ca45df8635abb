"""The up axis of a motion is found for standing people; a wrong choice always comes with a note."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from builders.activities import perform
from radarsim.choices import UP_AXES
from radarsim.files import free_body, open_motion, read_motion
from radarsim.scene.body import skin
from radarsim.scene.formats import npz
from radarsim.scene.retarget import fit_to_body
from radarsim.scene.skeleton import rotation_between
from radarsim.scene.world_up import inferred_up, turned
from tests.helpers.tracker_files import walker

STANDING = ("golf_swing", "walk_forward_and_turn_around", "squat", "jumping_jack", "stand_still")


def in_world(motion, up, rng, raised_m=0.0):
    """Return the motion in a world in which `up` points up, at a random position and heading."""
    axis = np.eye(3)["xyz".index(up[-1])] * (-1 if up.startswith("-") else 1)
    turn = rotation_between(np.array([0, 0, 1.0]), axis)
    turn = turn * Rotation.from_rotvec([0, 0, rng.uniform(-np.pi, np.pi)])
    poses_rad = np.array(motion.poses_rad)
    poses_rad[:, 0] = (turn * Rotation.from_rotvec(poses_rad[:, 0])).as_rotvec()
    moved_m = motion.pelvis_m + np.array([*rng.uniform(-2, 2, 2), raised_m])
    transl_m = turn.apply(moved_m) - motion.pelvis_offset_m
    return replace(motion, poses_rad=poses_rad, transl_m=transl_m)


@pytest.fixture(scope="module")
def standing():
    motions = [perform(name, 1, 0, 0, 3.0, 30.0) for name in STANDING]
    return [replace(motion, poses_rad=np.asarray(motion.poses_rad)) for motion in motions]


@pytest.mark.parametrize("up", UP_AXES)
def test_a_person_who_stands_on_a_floor_at_zero_shows_what_is_up(standing, up):
    rng = np.random.default_rng(0)
    for motion in standing:
        for _ in range(4):
            axis, note = inferred_up(in_world(motion, up, rng))
            assert axis == up
            assert (note == "") == (up == "z")


@pytest.mark.parametrize("up", ["y", "-y"])
def test_in_camera_coordinates_it_is_found_or_a_note_names_the_option(standing, up):
    rng = np.random.default_rng(0)
    for motion in standing:
        for raised_m in (-3.0, -1.2, 0.7, 2.5):
            axis, note = inferred_up(in_world(motion, up, rng, raised_m))
            assert axis == up or "--source-up" in note


def lying(motion, rng):
    """A person who lies on the floor or in a bed, in a z-up world as in AMASS."""
    down = Rotation.from_rotvec([0, 0, rng.uniform(-np.pi, np.pi)]) * Rotation.from_rotvec(
        [-np.pi / 2, 0, 0]
    )
    poses_rad = np.array(motion.poses_rad)
    poses_rad[:, 0] = (down * Rotation.from_rotvec(poses_rad[:, 0])).as_rotvec()
    motion = replace(motion, poses_rad=poses_rad, transl_m=np.zeros_like(motion.transl_m))
    vertices_m = skin(free_body(), np.zeros(0), poses_rad[:1], motion.pelvis_m[:1])
    height_m = rng.uniform(0, 0.5) - float(vertices_m[..., 2].min())
    place_m = np.array([*rng.uniform(-2, 2, 2), height_m])
    return replace(motion, transl_m=motion.transl_m + place_m)


def test_a_person_who_lies_keeps_lying(standing):
    """Published files are never rotated; others with feet at y = 0 may be rotated, with a note."""
    rng = np.random.default_rng(0)
    still = standing[STANDING.index("stand_still")]
    motions = [lying(still, rng) for _ in range(60)]
    assert {inferred_up(motion, published=True)[0] for motion in motions} == {"z"}
    found = [inferred_up(motion) for motion in motions]
    turned_ones = [axis for axis, _ in found if axis != "z"]
    assert len(turned_ones) < 10
    assert all(note for axis, note in found if axis != "z")


def test_turning_puts_the_person_upright_on_the_floor():
    for up in ("y", "-y"):
        motion = read_walk(up)
        fitted = fit_to_body(motion, free_body())
        assert fitted.body_scale == pytest.approx(1.0, abs=0.1)
        trunk = Rotation.from_rotvec(motion.poses_rad[:, 0]).apply([0, 1.0, 0])
        assert trunk[:, 2].min() > 0.99


def read_walk(up):
    from radarsim.scene.formats.amass import motion_from_arrays

    poses, transl_m = walker(up=up)
    shifted_m = transl_m + (np.array([0, 0, 4.0]) if up == "-y" else 0)
    arrays = {"poses": poses.reshape(-1, 72), "trans": shifted_m, "fps": 30}
    return motion_from_arrays(arrays, "a.npz", "a")


def test_a_given_axis_is_used_without_a_note(tmp_path):
    poses, transl_m = walker(up="y")
    path = tmp_path / "a.npz"
    np.savez(path, poses=poses.reshape(-1, 72), trans=transl_m, mocap_framerate=30)
    found, given, kept = (read_motion(path, up=up) for up in ("auto", "y", "z"))
    np.testing.assert_array_equal(found.poses_rad, given.poses_rad)
    np.testing.assert_array_equal(found.transl_m, given.transl_m)
    np.testing.assert_array_equal(kept.poses_rad, poses)
    assert found.notes
    assert not given.notes
    assert not kept.notes


def test_poses_read_on_demand_are_turned_like_others(tmp_path, monkeypatch):
    poses, transl_m = walker(up="y")
    path = tmp_path / "a.npz"
    np.savez_compressed(path, poses=poses.reshape(-1, 72), trans=transl_m, mocap_framerate=30)
    whole = read_motion(path)
    monkeypatch.setattr(npz, "LARGE_BYTES", 0)
    lazy = open_motion(path)
    np.testing.assert_allclose(lazy.poses_rad[20:40], whole.poses_rad[20:40], atol=1e-12)
    np.testing.assert_allclose(lazy.poses_rad[0:1], whole.poses_rad[0:1], atol=1e-12)


def test_turning_back_gives_the_same_motion(standing):
    rng = np.random.default_rng(3)
    world = in_world(standing[0], "-x", rng)
    upright = turned(world, "-x")
    assert inferred_up(upright)[0] == "z"
    heights_m = upright.pelvis_m[:, 2] - standing[0].pelvis_m[:, 2]
    np.testing.assert_allclose(heights_m, 0, atol=1e-9)
