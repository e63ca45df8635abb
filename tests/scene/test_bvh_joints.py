"""SMPL's joints in BVH skeletons: found by the names of many programs, or by skeleton shape."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_joint_names import similar_part, split_name
from radarsim.scene.formats.bvh_joints import match_joints
from radarsim.scene.formats.bvh_motion import parse_bvh
from radarsim.scene.formats.bvh_parser import BvhClip, read_clip
from tests.helpers.bvh_limbs import limb_error_rad
from tests.helpers.bvh_names import OTHER_STYLES
from tests.helpers.bvh_samples import (
    STYLES,
    Person,
    bones_along_x,
    bvh_text,
    forward,
    moves,
    nameless,
    person,
)


def clip_of(skeleton, rotations=None, positions=None):
    if rotations is None:
        rotations, positions = moves(skeleton)
    return read_clip(bvh_text(skeleton, rotations, positions), "a.bvh")


def read(skeleton, rotations, positions):
    return parse_bvh(bvh_text(skeleton, rotations, positions), "a.bvh", "a")


def found_by(clip, notes=None):
    """Return the joint names of the skeleton, keyed by SMPL name."""
    limbs = match_joints(clip, "a.bvh", [] if notes is None else notes).limbs
    return {key: clip.names[joint] for key, joint in limbs.items()}


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


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("lhumerus", ("left", "humerus")),
        ("rfemur", ("right", "femur")),
        ("lhipjoint", ("left", "hip")),
        ("rradius", ("right", "radius")),
        ("Robot_LeftUpLeg", ("left", "upleg")),
        ("J_Bip_L_UpperLeg", ("left", "upperleg")),
        ("Armature|mixamorig12:RightFoot", ("right", "foot")),
        ("FK_R_upArm_jnt", ("right", "uparm")),
        ("upperleg01.L", ("left", "upperleg")),
        ("lThighBend", ("left", "thigh")),
        ("lf_knee_jnt", ("left", "knee")),
        ("armLeft", ("left", "arm")),
        ("左Knee", ("left", "knee")),
        ("LFArm", ("left", "forearm")),
        ("leg", ("", "leg")),
        ("radius", ("", "radius")),
        ("lowerleg", ("", "lowerleg")),
        ("LeftHandThumb1", ("left", "")),
        ("Ribs", ("", "")),
        ("L5", ("left", "")),
    ],
)
def test_prefixes_endings_and_glued_sides_are_taken_off(name, wanted):
    assert similar_part(name)[:2] == wanted


def test_cmu_skeletons_with_extra_joints_are_mapped():
    """Converted CMU files have hip joints before the legs, two necks, and fingers after hands."""
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
    found = match_joints(BvhClip(names=names, parents=parents), "cmu.bvh", [])
    assert [names[i] for i in found.spine] == ["LowerBack", "Spine", "Spine1"]
    assert [names[i] for i in found.neck] == ["Neck", "Neck1", "Head"]
    assert names[found.pelvis] == "Hips"
    assert {key: names[i] for key, i in found.limbs.items() if key.startswith("left")} == {
        "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot",
        "left_foot": "LeftToeBase", "left_collar": "LeftShoulder", "left_shoulder": "LeftArm",
        "left_elbow": "LeftForeArm", "left_wrist": "LeftHand",
    }  # fmt: skip


@pytest.mark.parametrize("style", [*STYLES, *OTHER_STYLES])
def test_names_of_many_programs_are_matched_without_a_note(style):
    skeleton, notes = person(style), []
    found = found_by(clip_of(skeleton), notes)
    wanted = {k: n for k, n in zip(skeleton.keys, skeleton.names, strict=True) if "_" in k}
    assert found.items() <= wanted.items()
    assert len(found) >= 14  # some programs call the collar a second shoulder
    assert notes == []


def test_twist_joints_and_fingers_do_not_hide_a_limb_with_a_name():
    skeleton = with_extra_joints(person("vrm"))
    found = found_by(clip_of(skeleton))
    assert found["left_shoulder"] == "J_Bip_L_UpperArm"
    assert found["left_wrist"] == "J_Bip_L_Hand"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("arm_down_rad", [0.0, 0.9])
def test_a_skeleton_without_names_is_found_by_its_shape(seed, extra, arm_down_rad):
    """The skeletons vary in proportions (10 %), joint order, and extra twist and finger joints."""
    rng = np.random.default_rng(seed)
    skeleton = varied(person("mixamo", arm_down_rad), rng)
    skeleton = with_extra_joints(skeleton) if extra else skeleton
    rotations, positions = human_moves(skeleton, seed)
    motion = read(nameless(skeleton), rotations, positions)
    joints = forward(skeleton, rotations, positions)
    assert limb_error_rad(motion, joints, skeleton.index).max() < 1e-5
    assert "limbs found by the shape" in motion.notes[0]
    assert "sides by the direction of feet and knees" in motion.notes[0]


@pytest.mark.parametrize("seed", range(3))
def test_a_skeleton_without_names_and_without_a_rest_pose_is_found(seed):
    """Every bone is along the same axis, so only the poses show the shape of the skeleton."""
    skeleton = person()
    along, rotations = bones_along_x(skeleton, human_moves(skeleton, seed)[0])
    positions = np.zeros((25, 3))
    motion = read(nameless(along), rotations, positions)
    joints = forward(along, rotations, positions)
    assert limb_error_rad(motion, joints, skeleton.index).max() < 1e-5


def test_sides_in_otherwise_unknown_names_decide_left_and_right():
    skeleton = person()
    names = [
        f"x{i} {key.split('_')[0] if '_' in key else ''}" for i, key in enumerate(skeleton.keys)
    ]
    notes = []
    found = found_by(clip_of(replace(skeleton, names=names)), notes)
    assert found["left_knee"].endswith("left")
    assert found["right_elbow"].endswith("right")
    assert "sides by their names" in notes[0]


def test_one_unknown_name_does_not_matter():
    skeleton = person()
    skeleton.names[skeleton.index("left_knee")] = "Tail"
    rotations, positions = moves(skeleton)
    motion = read(skeleton, rotations, positions)
    joints = forward(skeleton, rotations, positions)
    assert limb_error_rad(motion, joints, skeleton.index).max() < 1e-5
    assert "mixamorig:LeftUpLeg-Tail-mixamorig:LeftFoot" in motion.notes[0]


def test_a_skeleton_without_a_leg_lists_what_is_missing():
    skeleton = without_branch(person(), "left_knee")
    with pytest.raises(
        InputError, match="no joint for left_knee, left_ankle; no pair of legs"
    ) as e:
        read(skeleton, *moves(skeleton))
    assert "mixamorig" not in str(e.value)
    assert "rename the joints as Mixamo" in e.value.hint


@pytest.mark.parametrize("scale", [0.2, 4.0])
def test_limbs_of_no_human_proportions_are_refused(scale):
    skeleton = person()
    for side in ("left", "right"):
        skeleton.offsets[skeleton.index(f"{side}_elbow")] *= scale
    with pytest.raises(InputError, match="no pair of legs and pair of arms of human proportions"):
        read(nameless(skeleton), *moves(skeleton))


def test_without_feet_and_with_stiff_knees_left_and_right_cannot_be_known():
    skeleton = person(without=("left_foot", "right_foot"))
    still = [Rotation.from_rotvec(np.zeros((5, 3))) for _ in skeleton.keys]
    text = bvh_text(nameless(skeleton), still, np.zeros((5, 3)))
    text = text.replace("OFFSET 0.000000 5.000000 5.000000", "OFFSET 0 -5 0")
    with pytest.raises(InputError, match="left and right are not determined: no feet, and knees"):
        parse_bvh(text, "a.bvh", "a")


def test_a_knee_outside_its_leg_is_refused():
    skeleton = person()
    knee, foot = skeleton.index("left_knee"), skeleton.index("right_ankle")
    skeleton.names[knee], skeleton.names[foot] = skeleton.names[foot], skeleton.names[knee]
    with pytest.raises(InputError, match=r"below its limb.*names of both sides in one limb"):
        match_joints(clip_of(skeleton), "a.bvh", [])


def varied(skeleton, rng):
    """Return the skeleton with bones up to 10 % longer or shorter, equally on both sides."""
    factors = {key.split("_")[-1]: rng.uniform(0.9, 1.1) for key in skeleton.keys}
    scale = np.array([factors[key.split("_")[-1]] for key in skeleton.keys])
    return replace(skeleton, offsets=skeleton.offsets * scale[:, None])


def human_moves(skeleton, seed):
    """Random movements, in which the knees bend backward by up to 60 degrees, as human knees do."""
    rotations, positions = moves(skeleton, seed=seed)
    for side in ("left", "right"):
        bend = np.abs(rotations[skeleton.index(f"{side}_knee")].as_rotvec()[:, :1])
        rotations[skeleton.index(f"{side}_knee")] = Rotation.from_rotvec(bend * [1.0, 0, 0])
        # Ankles and toes move little, and the feet stay in front of the shanks.
        for part in ("ankle", "foot"):
            joint = skeleton.index(f"{side}_{part}")
            rotations[joint] = Rotation.from_rotvec(0.3 * rotations[joint].as_rotvec())
    return rotations, positions


def with_extra_joints(skeleton):
    """Add a twist joint halfway along the upper arms and thighs, and three fingers per hand."""
    keys, names = list(skeleton.keys), list(skeleton.names)
    parents, offsets = list(skeleton.parents), [np.array(o) for o in skeleton.offsets]

    def add(key, parent, offset):
        keys.append(key)
        names.append(f"{key} extra")
        parents.append(parent)
        offsets.append(offset)
        return len(keys) - 1

    for side, sign in (("left", 1), ("right", -1)):
        for upper, lower in (("shoulder", "elbow"), ("hip", "knee")):
            end = skeleton.index(f"{side}_{lower}")
            add(f"{side}_{upper}twist", skeleton.index(f"{side}_{upper}"), offsets[end] / 2)
        for finger in range(3):
            length = np.linalg.norm(skeleton.offsets[skeleton.index(f"{side}_elbow")])
            base = np.array([sign * 0.3, 0, (finger - 1) * 0.1]) * length
            hand = skeleton.index(f"{side}_wrist")
            joint = add(f"{side}_finger{finger}", hand, base)
            add(f"{side}_fingertip{finger}", joint, np.array([sign * 0.15, 0, 0]) * length)
    return Person(keys, names, parents, np.array(offsets))


def without_branch(skeleton, key):
    """Return the skeleton without a given joint and without all its descendants."""
    removed = {skeleton.index(key)}
    for joint, parent in enumerate(skeleton.parents):
        if parent in removed:
            removed.add(joint)
    kept = [joint for joint in range(len(skeleton.keys)) if joint not in removed]
    return Person(
        [skeleton.keys[i] for i in kept],
        [skeleton.names[i] for i in kept],
        [kept.index(skeleton.parents[i]) if skeleton.parents[i] >= 0 else -1 for i in kept],
        skeleton.offsets[kept],
    )
