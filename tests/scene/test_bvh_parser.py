"""The BVH parser: contents of the text, and line numbers in errors."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_joint_names import split_name
from radarsim.scene.formats.bvh_parser import read_clip
from tests.helpers.bvh_samples import bvh_text, moves, person

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Bip01 L Thigh
  {
    OFFSET 1 2 3
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -1 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.008333
1 2 3 10 20 30 40 50 60
1 2 4 11 21 31 41 51 61
"""


def test_a_small_file_is_read_as_written():
    clip = read_clip(SMALL, "a.bvh")
    assert clip.names == ["Hips", "Bip01 L Thigh", ""]
    assert clip.parents == [-1, 0, 1]
    assert clip.offsets == [(0, 0, 0), (1, 2, 3), (0, -1, 0)]
    assert clip.rate_hz == 120.0
    assert clip.values[1].tolist() == [1, 2, 4, 11, 21, 31, 41, 51, 61]


def test_rotation_channels_apply_from_left_to_right():
    """Z then X then Y about the rotated axes is the product Rz Rx Ry."""
    _, rotations = read_clip(SMALL, "a.bvh").local_motion()
    z, x, y = (
        Rotation.from_euler(axis, angle, degrees=True)
        for axis, angle in (("z", 40), ("x", 50), ("y", 60))
    )
    np.testing.assert_allclose(rotations[1][0].as_matrix(), (z * x * y).as_matrix(), atol=1e-12)
    assert rotations[2].magnitude().max() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n{", " {").replace("}\n", "} "),
        lambda text: text + "\n\n",
        lambda text: text.replace("Frame Time:", "Frame  Time :").replace("End Site", "END SITE"),
        lambda text: text.replace("  ", "\t"),
    ],
)  # fmt: skip
def test_whitespace_does_not_matter(change):
    clip = read_clip(change(SMALL), "a.bvh")
    assert clip.names == ["Hips", "Bip01 L Thigh", ""]
    np.testing.assert_array_equal(clip.values, read_clip(SMALL, "a.bvh").values)


def test_positions_of_other_joints_replace_offsets_unless_they_are_all_zero():
    text = SMALL.replace("CHANNELS 3 Z", "CHANNELS 6 Xposition Yposition Zposition Z")
    text = text.replace("30 40 50", "30 5 6 7 40 50").replace("31 41 51", "31 5 6 8 41 51")
    offsets, _ = read_clip(text, "a.bvh").local_motion()
    np.testing.assert_array_equal(offsets[:, 1], [[5, 6, 7], [5, 6, 8]])
    text = text.replace("5 6 7", "0 0 0").replace("5 6 8", "0 0 0")
    offsets, _ = read_clip(text, "a.bvh").local_motion()
    np.testing.assert_array_equal(offsets[:, 1], [[1, 2, 3], [1, 2, 3]])


def test_a_chunk_uses_position_channels_that_are_nonzero_elsewhere_in_the_file():
    """Zeros in the chunk are then positions, as when the whole file is read."""
    text = SMALL.replace("CHANNELS 3 Z", "CHANNELS 6 Xposition Yposition Zposition Z")
    text = text.replace("30 40 50", "30 0 0 0 40 50").replace("31 41 51", "31 5 6 8 41 51")
    whole, _ = read_clip(text, "a.bvh").local_motion()
    chunks = [chunk.local_motion()[0] for chunk in read_clip(text, "a.bvh").chunks(1)]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)
    np.testing.assert_array_equal(whole[:, 1], [[0, 0, 0], [5, 6, 8]])


def test_a_hinge_with_one_channel_is_allowed():
    text = SMALL.replace(
        "CHANNELS 3 Zrotation Xrotation Yrotation\n    End", "CHANNELS 1 Xrotation\n    End"
    )
    text = text.replace("40 50 60", "90").replace("41 51 61", "90")
    _, rotations = read_clip(text, "a.bvh").local_motion()
    np.testing.assert_allclose(rotations[1].as_rotvec(), [[np.pi / 2, 0, 0]] * 2, atol=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIERARCHIE", "line 1: 'HIERARCHY' expected"),
        ("OFFSET 1 2 3", "OFFSET 1 2", "line 8: 3 numbers expected, found '1 2'"),
        ("OFFSET 1 2 3", "OFFSET 1 2 x", "line 8: 3 numbers expected"),
        ("OFFSET 1 2 3", "OFSET 1 2 3", "line 8: 'OFSET 1 2 3' is not part of a skeleton"),
        ("CHANNELS 3", "CHANNELS 4", "line 9: CHANNELS '4 Z"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Wrotation", "line 9: CHANNELS"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Xrotation", "line 9: CHANNELS rotate about XXY"),
        ("}\n}\nMOTION", "}\nMOTION", "line 15: 'MOTION' is not part of a skeleton"),
        ("MOTION", "ROOT B\n{\n}\nMOTION", "a second skeleton"),
        ("Frames: 2", "Frames: many", "line 17: 1 numbers expected, found 'many'"),
        ("Frame Time: 0.008333", "Frame Time: 0", "line 18: Frame Time 0 s, limits"),
        ("Frame Time: 0.008333", "", "line 19: 'Frame Time:' expected"),
        ("41 51 61", "41 51", "line 20: 8 values, but the skeleton has 9 channels"),
        ("41 51 61", "41 51 q", "line 20: 9 numbers expected"),
        ("Frames: 2", "Frames: 3", "Frames: is 3, but 2 rows follow"),
        ("Frames: 2", "Frames: 1", "Frames: is 1, but 2 rows follow"),
    ],
)
def test_an_error_names_its_line(old, new, message):
    with pytest.raises(InputError) as error:
        read_clip(SMALL.replace(old, new, 1), "a.bvh")
    assert str(error.value).startswith("a.bvh: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("num_poses", [0, 1])
def test_fewer_than_two_poses_are_refused(num_poses):
    lines = SMALL.replace("Frames: 2", f"Frames: {num_poses}").splitlines()
    with pytest.raises(InputError, match=f"Frames: {num_poses} poses, but a motion needs"):
        read_clip("\n".join(lines[: 18 + num_poses]), "a.bvh")


@pytest.mark.parametrize("num_lines", range(1, 19))
def test_a_file_truncated_anywhere_is_refused(num_lines):
    with pytest.raises(InputError, match=r"a\.bvh: (line \d+|Frames): "):
        read_clip("\n".join(SMALL.splitlines()[:num_lines]), "a.bvh")


@pytest.mark.parametrize("text", ["", "\n\n", "PK\x03\x04 binary \x00", "{}{}{}"])
def test_text_of_another_format_is_refused(text):
    with pytest.raises(InputError, match=r"a\.bvh: line \d+: "):
        read_clip(text, "a.bvh")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("LeftUpLeg", ("left", "upleg")),
        ("mixamorig:LeftUpLeg", ("left", "upleg")),
        ("mixamorigLeftUpLeg", ("left", "upleg")),
        ("LHipJoint", ("left", "hipjoint")),
        ("lThigh", ("left", "thigh")),
        ("Bip01 R Toe0", ("right", "toe0")),
        ("thigh_l", ("left", "thigh")),
        ("up_leg.R", ("right", "upleg")),
        ("m_avg_L_Hip", ("left", "hip")),
        ("lefthand", ("left", "hand")),
        ("LeftHandIndex1", ("left", "handindex1")),
        ("Hips", ("", "hips")),
    ],
)
def test_names_are_split_into_side_and_part(name, wanted):
    assert split_name(name) == wanted


def test_cmu_skeletons_with_extra_joints_are_mapped():
    """The converted CMU library: hip joints before the legs, two necks, fingers after the hand."""
    joints = {
        "Hips": "", "LHipJoint": "Hips", "LeftUpLeg": "LHipJoint", "LeftLeg": "LeftUpLeg",
        "LeftFoot": "LeftLeg", "LeftToeBase": "LeftFoot", "RHipJoint": "Hips",
        "RightUpLeg": "RHipJoint", "RightLeg": "RightUpLeg", "RightFoot": "RightLeg",
        "RightToeBase": "RightFoot", "LowerBack": "Hips", "Spine": "LowerBack",
        "Spine1": "Spine", "Neck": "Spine1", "Neck1": "Neck", "Head": "Neck1",
        "LeftShoulder": "Spine1", "LeftArm": "LeftShoulder", "LeftForeArm": "LeftArm",
        "LeftHand": "LeftForeArm", "LeftFingerBase": "LeftHand", "LThumb": "LeftHand",
        "RightShoulder": "Spine1", "RightArm": "RightShoulder", "RightForeArm": "RightArm",
        "RightHand": "RightForeArm", "RThumb": "RightHand",
    }  # fmt: skip
    names = list(joints)
    parents = [names.index(parent) if parent else -1 for parent in joints.values()]
    found = match_joints(names, parents, "cmu.bvh")
    assert [names[i] for i in found.spine] == ["LowerBack", "Spine", "Spine1"]
    assert [names[i] for i in found.neck] == ["Neck", "Neck1", "Head"]
    assert names[found.pelvis] == "Hips"
    assert {key: names[i] for key, i in found.limbs.items() if key.startswith("left")} == {
        "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot",
        "left_foot": "LeftToeBase", "left_collar": "LeftShoulder", "left_shoulder": "LeftArm",
        "left_elbow": "LeftForeArm", "left_wrist": "LeftHand",
    }  # fmt: skip


def test_a_knee_outside_its_leg_is_refused():
    skeleton = person()
    knee, foot = skeleton.index("left_knee"), skeleton.index("right_ankle")
    skeleton.names[knee], skeleton.names[foot] = skeleton.names[foot], skeleton.names[knee]
    text = bvh_text(skeleton, *moves(skeleton))
    clip = read_clip(text, "a.bvh")
    with pytest.raises(InputError, match="below its limb"):
        match_joints(clip.names, clip.parents, "a.bvh")
