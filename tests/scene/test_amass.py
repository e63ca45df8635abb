"""AMASS arrays: the published layouts are read, and all others raise a one-line error."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats import amass_writer
from radarsim.scene.formats.amass import PART_KEYS, motion_from_arrays

WIDTHS = {"smpl": 72, "smplh": 156, "smplx": 165}
PART_WIDTHS = dict(root_orient=3, pose_body=63, pose_jaw=3, pose_eye=6, pose_hand=90)


def amass_arrays(layout="smplh", num_poses=30, **changes):
    """Arrays as published: SMPL-H has 16 betas, SMPL 10, and SMPL-X 16 and a new rate key."""
    rng = np.random.default_rng(0)
    upright = np.zeros(WIDTHS[layout])
    upright[0] = np.pi / 2
    rate_key = "mocap_frame_rate" if layout == "smplx" else "mocap_framerate"
    arrays = {
        "poses": rng.normal(size=(num_poses, WIDTHS[layout])) * 0.3 + upright,
        "trans": rng.normal(size=(num_poses, 3)),
        "betas": rng.normal(size=10 if layout == "smpl" else 16),
        "gender": np.array("female"),
        "dmpls": np.zeros((num_poses, 8)),
        rate_key: np.array(120.0),
    }
    return {key: value for key, value in (arrays | changes).items() if value is not None}


def read(**changes):
    return motion_from_arrays(amass_arrays(**changes), "a_poses.npz", "a")


@pytest.mark.parametrize(
    ("layout", "num_joints", "space"),
    [("smpl", 24, "smpl"), ("smplh", 52, "smpl"), ("smplx", 55, "smplx")],
)
def test_each_published_layout_is_read(layout, num_joints, space):
    arrays = amass_arrays(layout)
    motion = motion_from_arrays(arrays, "a.npz", "ACCAD/s1/walk")
    assert (motion.layout, motion.shape_space, motion.name) == (layout, space, "ACCAD/s1/walk")
    assert motion.rate_hz == 120.0
    assert motion.duration_s == pytest.approx(29 / 120)
    np.testing.assert_array_equal(motion.poses_rad.reshape(30, -1), arrays["poses"])
    assert motion.poses_rad.shape == (30, num_joints, 3)
    np.testing.assert_array_equal(motion.betas, arrays["betas"])


def test_smplx_poses_in_several_arrays_equal_the_full_pose():
    """Stage II files have the full pose and separate arrays; some copies have only the arrays."""
    arrays = amass_arrays("smplx")
    ends = np.cumsum([PART_WIDTHS[key] for key in PART_KEYS])[:-1]
    parts = dict(zip(PART_KEYS, np.split(arrays["poses"], ends, axis=1), strict=True))
    whole = motion_from_arrays(arrays, "a.npz", "a")
    del arrays["poses"]
    from_parts = motion_from_arrays(arrays | parts, "a.npz", "a")
    np.testing.assert_array_equal(from_parts.poses_rad, whole.poses_rad)


@pytest.mark.parametrize(
    ("value", "gender"),
    [
        (np.array("female"), "female"),
        (np.array(b"female"), "female"),
        (np.array(["male"]), "male"),
        (np.array("b'male'"), "male"),
        (np.array("neutral"), "neutral"),
        (np.array("unknown"), "neutral"),
        (None, "neutral"),
        (np.array("f"), "female"),
        (np.array(b"M"), "male"),
        (np.array(["n"]), "neutral"),
        (np.array("Male"), "male"),
        (np.array("b'f'"), "female"),
        ("f", "female"),
        ([b"male"], "male"),
    ],
)
def test_gender_is_read_from_every_published_type(value, gender):
    assert read(gender=value).gender == gender


@pytest.mark.parametrize("value", ["123", np.array(3), "agender?"])
def test_another_gender_is_read_as_neutral_with_a_note(value):
    motion = read(gender=value)
    assert motion.gender == "neutral"
    assert "is read as neutral" in motion.notes[0]


@pytest.mark.parametrize(
    ("value", "rate_hz"),
    [
        (np.array("120"), 120.0),
        (np.array(b"59.94"), 59.94),
        (np.array(["30 fps"]), 30.0),
        ("25", 25.0),
        (np.array([[60]]), 60.0),
        (np.array("1.2e2"), 120.0),
    ],
)
def test_a_rate_may_be_text(value, rate_hz):
    assert read(mocap_framerate=value).rate_hz == rate_hz


@pytest.mark.parametrize("key", ["fps", "frame_rate", "framerate", "mocap_fps", "mocap_frame_rate"])
def test_other_names_of_the_rate_are_known(key):
    assert read(mocap_framerate=None, **{key: 50}).rate_hz == 50.0


def test_a_rate_that_is_missing_can_be_given_and_one_that_is_stated_counts():
    arrays = amass_arrays(mocap_framerate=None)
    assert motion_from_arrays(arrays, "a.npz", "a", rate_hz=30).rate_hz == 30.0
    assert motion_from_arrays(amass_arrays(), "a.npz", "a", rate_hz=30).rate_hz == 120.0


@pytest.mark.parametrize("size", [1, 10, 16, 30, 300])
def test_betas_of_every_pose_become_their_mean(size):
    rng = np.random.default_rng(size)
    betas = rng.normal(size=(30, size))
    motion = read(betas=betas)
    expected = betas.mean(axis=0) if size > 1 else betas.ravel()
    np.testing.assert_allclose(motion.betas, expected)
    np.testing.assert_array_equal(read(betas=betas[:1]).betas, betas[0])
    np.testing.assert_array_equal(read(betas=betas[:1].T).betas, betas[0])


@pytest.mark.parametrize("shape", [(29, 10), (2, 10), (30, 2, 5), (10, 30)])
def test_betas_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match=r"betas: shape .*, but \[beta\] or \[30 poses, beta\]"):
        read(betas=np.zeros(shape))


def as_joints(poses):
    return poses.reshape(len(poses), -1, 3)


@pytest.mark.parametrize("layout", WIDTHS)
@pytest.mark.parametrize("shape", ["joints", "matrices", "flat matrices"])
def test_other_shapes_of_poses_are_read(layout, shape):
    arrays = amass_arrays(layout)
    expected = as_joints(arrays["poses"])
    matrices = Rotation.from_rotvec(expected.reshape(-1, 3)).as_matrix()
    matrices = matrices.reshape(*expected.shape, 3)
    given = {"joints": expected, "matrices": matrices, "flat matrices": matrices.reshape(30, -1)}
    motion = motion_from_arrays({**arrays, "poses": given[shape]}, "a.npz", "a")
    found = Rotation.from_rotvec(motion.poses_rad.reshape(-1, 3))
    error = (found * Rotation.from_rotvec(expected.reshape(-1, 3)).inv()).magnitude()
    assert error.max() < 1e-6
    assert motion.layout == layout


def test_poses_of_22_joints_get_straight_hands():
    arrays = amass_arrays("smpl")
    motion = motion_from_arrays({**arrays, "poses": arrays["poses"][:, :66]}, "a.npz", "a")
    np.testing.assert_array_equal(motion.poses_rad[:, :22], as_joints(arrays["poses"])[:, :22])
    assert not motion.poses_rad[:, 22:].any()
    assert "hands are left straight" in motion.notes[0]


@pytest.mark.parametrize("root", ["global_orient", "root_orient"])
@pytest.mark.parametrize("body", ["body_pose", "pose_body"])
@pytest.mark.parametrize("joints", [21, 23])
@pytest.mark.parametrize("trans", ["trans", "transl"])
@pytest.mark.parametrize("extra_axis", [False, True])
def test_split_poses_are_joined(root, body, joints, trans, extra_axis):
    arrays = amass_arrays("smpl")
    poses = as_joints(arrays.pop("poses"))
    transl_m = arrays.pop("trans")
    turn = poses[:, :1] if extra_axis else poses[:, 0]
    arrays |= {root: turn, body: poses[:, 1 : joints + 1], trans: transl_m}
    motion = motion_from_arrays(arrays, "a.npz", "a")
    np.testing.assert_allclose(motion.poses_rad[:, :22], poses[:, :22])
    np.testing.assert_array_equal(motion.transl_m, transl_m)


def test_fingers_of_split_poses_are_kept():
    arrays = amass_arrays("smplh")
    poses = as_joints(arrays.pop("poses"))
    arrays |= {"global_orient": poses[:, 0], "body_pose": poses[:, 1:22].reshape(30, -1)}
    arrays |= {"left_hand_pose": poses[:, 22:37], "right_hand_pose": poses[:, 37:]}
    motion = motion_from_arrays(arrays, "a.npz", "a")
    assert motion.layout == "smplh"
    np.testing.assert_array_equal(motion.poses_rad, poses)
    arrays["left_hand_pose"] = np.zeros((30, 6))  # principal components instead of joint angles
    motion = motion_from_arrays(arrays, "a.npz", "a")
    assert motion.layout == "smpl"
    assert any("hands" in note for note in motion.notes)


def test_a_motion_without_betas_has_empty_betas():
    assert read(betas=None).betas.size == 0


def test_single_precision_and_rates_in_arrays_are_accepted():
    motion = read(trans=np.zeros((30, 3), np.float32), mocap_framerate=np.array([60], np.int64))
    assert motion.transl_m.dtype == np.float64
    assert motion.rate_hz == 60.0


@pytest.mark.parametrize("key", ["poses", "trans", "mocap_framerate"])
def test_a_missing_key_is_named(key):
    with pytest.raises(InputError, match=rf"a_poses\.npz: {key}: missing"):
        read(**{key: None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(poses=np.zeros((30, 99))), r"poses: 99 values per pose"),
        (dict(poses=np.zeros(156)), r"poses: shape \(156,\)"),
        (dict(poses=np.zeros((30, 52, 4))), r"poses: shape \(30, 52, 4\): quaternions"),
        (dict(poses=np.zeros((30, 24, 6))), r"poses: shape \(30, 24, 6\): 6-D rotations"),
        (dict(poses=np.zeros((30, 24, 3, 3))), r"the matrices are not rotations"),
        (dict(trans=np.zeros((29, 3))), r"trans: shape \(29, 3\), but 30 poses"),
        (dict(trans=np.zeros(30)), r"trans: shape \(30,\)"),
        (dict(poses=np.zeros((0, 156)), trans=np.zeros((0, 3))), r"poses: 0 poses"),
        (dict(poses=np.zeros((1, 156)), trans=np.zeros((1, 3))), r"poses: 1 poses"),
        (dict(poses=np.full((30, 156), "x")), r"poses: holds <U1, not numbers"),
        (dict(mocap_framerate=np.array(0.0)), r"rate: 0 Hz"),
        (dict(mocap_framerate=np.array([60.0, 120.0])), r"mocap_framerate: 2 values"),
        (dict(betas=np.full(16, np.nan)), r"betas: NaN"),
    ],
)
def test_an_error_names_the_field(changes, message):
    with pytest.raises(InputError, match=message) as error:
        read(**changes)
    assert "\n" not in str(error.value)


def test_nan_poses_name_the_first_invalid_pose():
    poses_rad = np.zeros((30, 156))
    poses_rad[11:14, 40] = np.nan
    with pytest.raises(InputError, match=r"poses: NaN or infinite at pose 11 \(3 of 30 poses\)"):
        read(poses=poses_rad)


@pytest.mark.parametrize("source", ["smpl", "smplh", "smplx"])
@pytest.mark.parametrize("layout", amass_writer.LAYOUTS)
def test_written_arrays_have_the_joints_and_the_pelvis_that_were_read(source, layout):
    """The file has the layout that was asked for; single precision keeps 1e-6 rad and 1e-6 m."""
    motion = read(layout=source)
    arrays = amass_writer.amass_arrays(motion, layout)
    assert arrays["poses"].shape == (30, WIDTHS[layout])
    again = motion_from_arrays(arrays, "b_poses.npz", "b")
    assert again.rate_hz == motion.rate_hz
    np.testing.assert_allclose(again.poses_rad[:, :22], motion.poses_rad[:, :22], atol=1e-6)
    np.testing.assert_allclose(again.pelvis_m, motion.pelvis_m, atol=1e-6)


@pytest.mark.parametrize(
    ("scale", "note"), [(1, None), (100, "95 m from height zero and moves at up to 150 m/s")]
)
def test_a_translation_in_centimetres_gives_a_note(scale, note):
    """The person walks for one second at 1.5 m/s, with the pelvis at 0.95 m."""
    trans = np.array([0.0, 0.0, 0.95]) + np.linspace(0, 1, 121)[:, None] * [0.0, -1.5, 0.0]
    notes = " ".join(read(num_poses=121, trans=scale * trans).notes)
    assert (note in notes) if note else not notes
