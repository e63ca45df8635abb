"""Motion: checks, sampling, cutting, and the body joints of all layouts."""

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.scene.motion import (
    Motion,
    body_joints,
    check_motion,
    cut_motion,
    sample_motion,
)
from radarsim.scene.skeleton import NUM_JOINTS


def some_motion(layout="smpl", num_poses=20, rate_hz=60.0, **changes):
    rng = np.random.default_rng(0)
    poses_rad = rng.normal(size=(num_poses, NUM_JOINTS[layout], 3)) * 0.3
    fields = dict(poses_rad=poses_rad, transl_m=rng.normal(size=(num_poses, 3)), rate_hz=rate_hz)
    return Motion(**(fields | dict(layout=layout, name="some") | changes))


def test_a_valid_motion_is_returned_unchanged():
    motion = some_motion()
    assert check_motion(motion, "a.npz") is motion


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("array", "field"), [("poses_rad", "poses"), ("transl_m", "trans")])
def test_the_first_invalid_pose_is_named(array, field, value):
    motion = some_motion()
    getattr(motion, array)[[7, 9]] = value
    with pytest.raises(InputError, match=rf"a\.npz: {field}: .*pose 7 \(2 of 20 poses\)"):
        check_motion(motion, "a.npz")


def test_poses_in_degrees_are_detected():
    motion = some_motion()
    motion.poses_rad[4, 3] = [90.0, 0, 0]
    with pytest.raises(InputError, match=r"90 rad at pose 4, limit .* degrees"):
        check_motion(motion, "a.npz")


def test_translation_in_millimetres_is_detected():
    motion = some_motion()
    motion.transl_m[4] = [1800.0, 0, 0]
    with pytest.raises(InputError, match=r"1800 m at pose 4.*millimetres"):
        check_motion(motion, "a.npz")


@pytest.mark.parametrize("rate_hz", [0.0, -120.0, np.nan, 1e6])
def test_an_implausible_rate_is_refused(rate_hz):
    with pytest.raises(InputError, match=r"a.npz: rate: .* Hz is outside 5 to 1000 Hz"):
        check_motion(some_motion(rate_hz=rate_hz), "a.npz")


@pytest.mark.parametrize("num_poses", [0, 1])
def test_fewer_than_two_poses_are_refused(num_poses):
    with pytest.raises(InputError, match=f"{num_poses} poses, but a motion needs at least 2"):
        check_motion(some_motion(num_poses=num_poses), "a.npz")


def test_the_wrong_number_of_joints_is_refused():
    with pytest.raises(InputError, match=r"smplh needs \[pose, 52, 3\]"):
        check_motion(some_motion(layout="smplh", poses_rad=np.zeros((20, 24, 3))), "a.npz")


@pytest.mark.parametrize("layout", ["smplh", "smplx"])
def test_body_joints_keep_the_shared_22_and_straighten_the_hands(layout):
    motion = some_motion(layout)
    joints = body_joints(motion)
    assert joints.shape == (20, 24, 3)
    np.testing.assert_array_equal(joints[:, :22], motion.poses_rad[:, :22])
    assert not joints[:, 22:].any()


def test_body_joints_of_smpl_are_unchanged():
    motion = some_motion()
    np.testing.assert_array_equal(body_joints(motion), motion.poses_rad)


def test_sampling_at_the_poses_gives_the_poses_in_any_shape_of_times():
    motion = some_motion()
    poses_rad, transl_m = sample_motion(motion, np.arange(20.0).reshape(5, 4) / 60)
    np.testing.assert_allclose(poses_rad, motion.poses_rad.reshape(5, 4, 24, 3), atol=1e-9)
    np.testing.assert_allclose(transl_m, motion.transl_m.reshape(5, 4, 3), atol=1e-9)


def test_sampling_past_the_end_is_refused():
    motion = some_motion()
    assert motion.duration_s == pytest.approx(19 / 60)
    with pytest.raises(ValueError, match=r"motion lasts from 0 to 0.317 s"):
        sample_motion(motion, np.array([0.0, 0.4]))


def test_a_cut_starts_at_its_own_zero():
    motion = some_motion()
    part = cut_motion(motion, 5, 10)
    assert part.num_poses == 10
    np.testing.assert_array_equal(part.transl_m[0], motion.transl_m[5])


def test_the_pelvis_position_includes_the_rest_pelvis_of_the_layout():
    assert some_motion(shape_space="free").pelvis_offset_m.tolist() == [0, 0, 0]
    motion = some_motion(rest_pelvis_m=(0.0, -0.2, 0.1))
    np.testing.assert_allclose(motion.pelvis_m - motion.transl_m, [[0, -0.2, 0.1]] * 20, atol=1e-12)
