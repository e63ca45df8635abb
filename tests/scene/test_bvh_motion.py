"""BVH onto SMPL: limbs point where the recorded ones do, whatever skeleton they came on."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.files import read_motion
from radarsim.scene.formats import bvh_parser
from radarsim.scene.formats.bvh_joint_names import match_joints
from radarsim.scene.formats.bvh_motion import UNITS_M, parse_bvh
from radarsim.scene.formats.bvh_parser import read_clip
from radarsim.scene.placement import facing_rad
from radarsim.scene.skeleton import JOINT, PARENTS, REST_JOINTS_M
from tests.helpers.bvh_samples import STYLES, bvh_text, forward, moves, person

Z_UP = Rotation.from_rotvec([np.pi / 2, 0, 0])
LIMBS = [
    (f"{side}_{start}", f"{side}_{end}")
    for side in ("left", "right")
    for start, end in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    )
]


def smpl_joints_m(motion):
    """SMPL's joints by one matrix product each, pelvis where the motion puts it."""
    place, frame = [], []
    for joint, parent in enumerate(PARENTS):
        turn = Rotation.from_rotvec(motion.poses_rad[:, joint]).as_matrix()
        if parent < 0:
            place.append(motion.pelvis_m)
            frame.append(turn)
        else:
            place.append(
                place[parent] + frame[parent] @ (REST_JOINTS_M[joint] - REST_JOINTS_M[parent])
            )
            frame.append(frame[parent] @ turn)
    return np.stack(place, axis=1)


def limb_error_rad(motion, joints, index, to_z_up=Z_UP):
    """Angle between each limb of SMPL and the recorded one, [pose, limb]."""
    smpl = smpl_joints_m(motion)
    errors = []
    for start, end in LIMBS:
        wanted = to_z_up.apply(joints[:, index(end)] - joints[:, index(start)])
        found = smpl[:, JOINT[end]] - smpl[:, JOINT[start]]
        cross = np.linalg.norm(np.cross(wanted, found), axis=1)
        errors.append(np.arctan2(cross, (wanted * found).sum(axis=1)))
    return np.stack(errors, axis=1)


def read(someone, turns, positions, **how):
    return parse_bvh(bvh_text(someone, turns, positions, **how), "a.bvh", "a")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("arm_down_rad", [0.0, 0.8])
def test_limbs_point_where_the_recorded_ones_do(style, arm_down_rad):
    """T-pose and A-pose, straight legs against splayed ones: exact but for the text's digits."""
    someone = person(style, arm_down_rad)
    turns, positions = moves(someone)
    motion = read(someone, turns, positions)
    joints = forward(someone, turns, positions)
    assert limb_error_rad(motion, joints, someone.index).max() < 1e-5
    assert motion.stature_m == pytest.approx(0.84 / 0.491, rel=1e-4)


@pytest.mark.parametrize("order", ["XYZ", "ZXY", "YXZ", "ZYX"])
def test_channels_may_turn_in_any_order(order):
    someone = person()
    turns, positions = moves(someone)
    motion = read(someone, turns, positions, order=order)
    joints = forward(someone, turns, positions)
    assert limb_error_rad(motion, joints, someone.index).max() < 1e-5


@pytest.mark.parametrize(("unit", "unit_m"), UNITS_M.items())
def test_the_unit_is_inferred_from_the_legs_and_reported(unit, unit_m):
    someone = person(unit_m=unit_m)
    turns, _ = moves(someone)
    steps = np.outer(np.arange(25) / 25, [0.0, 0.0, 1.0]) / unit_m
    motion = read(someone, turns, steps)
    assert any(unit in note and "1.71 m tall" in note for note in motion.notes)
    # Walked along z in a y-up world, that is along -y in ours.
    still = read(someone, turns, 0 * steps)
    moved_m = motion.pelvis_m - still.pelvis_m
    np.testing.assert_allclose(moved_m[-1], [0, -24 / 25, 0], atol=1e-5)


def test_a_skeleton_in_no_unit_is_scaled_to_a_usual_person():
    motion = read(person(unit_m=0.0161), *moves(person()))
    assert motion.stature_m == 1.70
    assert "scaled to 1.70 m" in motion.notes[0]


def test_a_z_up_skeleton_is_recognised():
    someone = person(turn=Z_UP)
    turns, positions = moves(someone)
    motion = read(someone, turns, positions)
    joints = forward(someone, turns, positions)
    assert "up taken as z" in motion.notes
    assert limb_error_rad(motion, joints, someone.index, Rotation.identity()).max() < 1e-5


def test_a_y_up_skeleton_turned_into_a_z_up_world_stands():
    someone = person()
    turns, positions = moves(someone)
    turns[0] = Z_UP * turns[0]
    motion = read(someone, turns, positions)
    joints = forward(someone, turns, positions)
    assert "up taken as z" in motion.notes
    assert limb_error_rad(motion, joints, someone.index, Rotation.identity()).max() < 1e-5


def test_a_skeleton_without_a_rest_pose_uses_its_first_pose():
    """Some files lay every bone along one axis; the first pose then shows how the person stands."""
    someone = person()
    upright, positions = moves(someone)
    upright[0] = Rotation.from_rotvec(np.zeros((25, 3)) + upright[0].as_rotvec() * [0, 1, 0])
    turns = []
    for joint, turn in enumerate(upright):
        ramp = np.linspace(0, 1, 25)[:, None]
        upright[joint] = Rotation.from_rotvec(turn.as_rotvec() * ramp)
    along = person()
    own = [Rotation.identity()] * len(upright)
    for joint, parent in enumerate(someone.parents):
        children = [i for i, p in enumerate(someone.parents) if p == joint]
        if joint and children:
            bone = someone.offsets[children[0]] / np.linalg.norm(someone.offsets[children[0]])
            own[joint] = Rotation.align_vectors(bone[None], [[1.0, 0, 0]])[0]
        along.offsets[joint] = own[parent].inv().apply(someone.offsets[joint]) if joint else 0
    for joint, parent in enumerate(someone.parents):
        before = own[parent].inv() if joint else Rotation.identity()
        turns.append(before * upright[joint] * own[joint])
    joints = forward(along, turns, positions)
    np.testing.assert_allclose(joints, forward(someone, upright, positions), atol=1e-9)
    motion = read(along, turns, positions)
    assert "rest pose taken from the first pose" in motion.notes[0]
    assert limb_error_rad(motion, joints, someone.index).max() < 1e-5


def test_missing_trunk_joints_share_the_bend_there_is():
    """One spine joint that bends by 60 degrees bends each of SMPL's three by 20."""
    someone = person(without=("spine2", "spine3", "neck", "left_collar", "right_collar"))
    turns = [Rotation.from_rotvec(np.zeros((5, 3))) for _ in someone.keys]
    turns[someone.index("spine1")] = Rotation.from_rotvec(np.tile([np.pi / 3, 0, 0], (5, 1)))
    turns[someone.index("head")] = Rotation.from_rotvec(np.tile([0, 0.6, 0], (5, 1)))
    motion = read(someone, turns, np.zeros((5, 3)))
    for joint in ("spine1", "spine2", "spine3"):
        np.testing.assert_allclose(
            motion.poses_rad[:, JOINT[joint]], [[np.pi / 9, 0, 0]] * 5, atol=1e-6
        )
    for joint in ("neck", "head"):
        np.testing.assert_allclose(motion.poses_rad[:, JOINT[joint]], [[0, 0.3, 0]] * 5, atol=1e-6)
    assert not motion.poses_rad[:, JOINT["left_collar"]].any()


def test_standing_at_rest_is_smpls_rest_upright_and_facing_minus_y():
    someone = person()
    turns = [Rotation.from_rotvec(np.zeros((5, 3))) for _ in someone.keys]
    motion = read(someone, turns, np.zeros((5, 3)))
    np.testing.assert_allclose(motion.poses_rad[:, 0], [[np.pi / 2, 0, 0]] * 5, atol=1e-9)
    assert facing_rad(motion) == pytest.approx(-np.pi / 2)
    assert np.abs(motion.poses_rad[:, [JOINT["spine1"], JOINT["head"]]]).max() < 1e-9


def test_a_calibration_pose_before_the_recording_is_dropped():
    someone = person()
    turns, positions = moves(someone, num_poses=25)
    first = [
        Rotation.from_rotvec(turn.as_rotvec() * (np.arange(25) > 0)[:, None]) for turn in turns
    ]
    motion = read(someone, first, positions)
    assert motion.num_poses == 24
    assert "first pose dropped" in motion.notes[0]


def test_a_skeleton_without_limbs_lists_what_is_missing():
    someone = person()
    someone.names[someone.index("left_knee")] = "Tail"
    with pytest.raises(InputError, match=r"skeleton: no joint for left_knee among: .*Tail"):
        read(someone, *moves(someone))


def test_a_skeleton_that_never_stands_is_refused():
    someone = person()
    someone.offsets[someone.index("left_knee")] *= -1
    with pytest.raises(InputError, match="stands upright with straight legs; export it with"):
        read(someone, *moves(someone))


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_a_value_that_is_no_number_names_its_pose(bad):
    someone = person()
    lines = bvh_text(someone, *moves(someone)).splitlines()
    lines[-3] = " ".join([bad, *lines[-3].split()[1:]])
    with pytest.raises(InputError, match="MOTION: NaN or infinite at pose 22"):
        parse_bvh("\n".join(lines), "a.bvh", "a")


def test_a_real_walk_keeps_its_limbs_and_walks_forward():
    """Mean error under 2 degrees was asked for; direct alignment leaves none."""
    folder = os.environ.get("RADARSIM_TEST_DATA")
    if not folder:
        pytest.skip("RADARSIM_TEST_DATA names no folder with real recordings")
    path = next((Path(folder) / "mocap_walk_bvh").glob("*.bvh"))
    motion = read_motion(path)
    assert (motion.num_poses, motion.rate_hz) == (1064, 120.0)
    assert 1.6 < motion.stature_m < 1.8
    assert "inch" in motion.notes[0]
    clip = read_clip(path.read_text(), "walk")
    index = match_joints(clip.names, clip.parents, "walk").limbs
    joints = _clip_joints(clip)
    assert limb_error_rad(motion, joints, index.__getitem__).max() < 1e-6
    # A walker faces where it goes, within the lean of a tight figure of eight.
    speed = np.gradient(motion.pelvis_m, axis=0)[::20]
    facing = np.array([facing_rad(motion, pose) for pose in range(0, 1064, 20)])
    off = np.angle(np.exp(1j * (facing - np.arctan2(speed[:, 1], speed[:, 0]))))
    assert np.abs(off).max() < np.radians(30)
    assert np.median(motion.pelvis_m[:, 2]) == pytest.approx(0.95, abs=0.06)


def _clip_joints(clip):
    offsets, turns = clip.local_motion()
    place, frame = [], []
    for joint, parent in enumerate(clip.parents):
        turn = turns[joint].as_matrix()
        if parent < 0:
            place.append(offsets[:, joint])
            frame.append(turn)
        else:
            place.append(place[parent] + np.einsum("pij,pj->pi", frame[parent], offsets[:, joint]))
            frame.append(frame[parent] @ turn)
    return np.stack(place, axis=1)


def test_a_long_file_is_read_in_pieces_and_is_the_same_motion(monkeypatch):
    someone = person()
    text = bvh_text(someone, *moves(someone, num_poses=25))
    whole = parse_bvh(text, "a.bvh", "a")
    monkeypatch.setattr(bvh_parser, "_POSES_AT_ONCE", 7)
    pieces = parse_bvh(text, "a.bvh", "a")
    np.testing.assert_array_equal(pieces.poses_rad, whole.poses_rad)
    np.testing.assert_array_equal(pieces.transl_m, whole.transl_m)
    assert pieces.notes == whole.notes
