"""Rest pose of a BVH clip: any pose is accepted, lean is kept, and standing is not required."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.files import read_motion
from radarsim.scene.formats.bvh_motion import parse_bvh
from radarsim.scene.placement import facing_rad
from radarsim.scene.skeleton import JOINT
from tests.helpers.bvh_limbs import (
    angle_rad,
    limb_error_rad,
    smpl_joints_m,
    trunk_error_rad,
    trunk_line,
)
from tests.helpers.bvh_samples import (
    Person,
    bones_along_x,
    bvh_text,
    forward,
    moves,
    person,
    posed,
)

# With six digits in the file (1e-6 degrees, 1e-6 units), directions agree within this angle.
TEXT_RAD = 1e-5
STRIDE = {
    "left_hip": (-0.9, 0, 0), "left_knee": (0.5, 0, 0), "right_hip": (0.7, 0, 0),
    "right_knee": (0.6, 0, 0),
}  # fmt: skip
SITTING = {
    "left_hip": (-1.5, 0, 0), "right_hip": (-1.5, 0, 0), "left_knee": (1.5, 0, 0),
    "right_knee": (1.5, 0, 0), "left_shoulder": (0, 0, -1.2), "right_shoulder": (0, 0, 1.2),
}  # fmt: skip


def read(skeleton, rotations, positions=None, **how):
    positions = np.zeros((len(rotations[0]), 3)) if positions is None else positions
    return parse_bvh(bvh_text(skeleton, rotations, positions, **how), "a.bvh", "a")


def joined(*parts):
    """Return the concatenated rotations of several parts of a clip."""
    return [Rotation.concatenate(joint) for joint in zip(*parts, strict=True)]


def check_bones(motion, skeleton, rotations, trunk_rad=TEXT_RAD):
    joints = forward(skeleton, rotations, np.zeros((len(rotations[0]), 3)))
    assert limb_error_rad(motion, joints, skeleton.index).max() < TEXT_RAD
    assert trunk_error_rad(motion, joints, skeleton.index).max() < trunk_rad


@pytest.mark.parametrize("lean_deg", [-20, 0, 5, 30, 40])
def test_a_lean_of_the_trunk_throughout_is_kept(lean_deg):
    """A pose of the clip becomes the rest pose, but its trunk is not assumed to be upright."""
    lean = np.radians(lean_deg)
    upright = posed(
        person(), {"pelvis": (lean, 0, 0), "left_hip": (-lean, 0, 0), "right_hip": (-lean, 0, 0)}
    )
    skeleton, rotations = bones_along_x(person(), upright)
    motion = read(skeleton, rotations)
    assert "the first pose is used as rest pose" in motion.notes[0]
    check_bones(motion, skeleton, rotations)
    trunk = trunk_line(smpl_joints_m(motion), JOINT.__getitem__)
    found = np.degrees(np.arctan2(-trunk[:, 1], trunk[:, 2]))  # facing -y
    np.testing.assert_allclose(found, lean_deg, atol=1e-3)


@pytest.mark.parametrize("standing_at", [0, 7, 19])
def test_any_standing_pose_of_the_clip_serves_as_rest_pose(standing_at):
    skeleton = person()
    lengths = [standing_at, 1, 20 - standing_at]
    parts = [posed(skeleton, each, n) for each, n in zip([STRIDE, {}, STRIDE], lengths) if n]
    along, rotations = bones_along_x(skeleton, joined(*parts))
    motion = read(along, rotations)
    which = f"pose {standing_at}" if standing_at else "the first pose"
    assert motion.notes[0].startswith(f"{which} is used as rest pose")
    check_bones(motion, along, rotations)


@pytest.mark.parametrize("angles", [STRIDE, SITTING])
def test_a_clip_that_never_stands_is_read_by_its_bones(angles):
    skeleton, rotations = bones_along_x(person(), posed(person(), angles))
    motion = read(skeleton, rotations)
    assert motion.notes[0].startswith("no standing pose: joint rotations follow from the bones of")
    check_bones(motion, skeleton, rotations)
    assert facing_rad(motion) == pytest.approx(-np.pi / 2, abs=1e-6)


def test_a_sitting_knee_bends_about_the_knees_axis():
    """Rotations relative to the parent bone leave no twist in the knees and elbows."""
    skeleton, rotations = bones_along_x(person(), posed(person(), SITTING))
    motion = read(skeleton, rotations)
    knee = motion.poses_rad[0, JOINT["left_knee"]]
    assert abs(knee[0]) == pytest.approx(1.5, abs=0.15)  # SMPL's bones are not exactly collinear
    assert np.abs(knee[1:]).max() < 0.15
    np.testing.assert_allclose(motion.poses_rad[:, JOINT["left_elbow"]], 0, atol=0.1)


@pytest.mark.parametrize(("size", "trunk_rad"), [(0.5, TEXT_RAD), (1.0, 0.2)])
@pytest.mark.parametrize("seed", range(8))
def test_limbs_and_trunk_of_random_clips_without_a_rest_pose_agree(seed, size, trunk_rad):
    """Joints move by up to 60 degrees: few poses are upright, and SMPL limits the waist's bend."""
    upright = [
        Rotation.from_rotvec(size * rotation.as_rotvec())
        for rotation in moves(person(), seed=seed)[0]
    ]
    skeleton, rotations = bones_along_x(person(), upright)
    check_bones(read(skeleton, rotations), skeleton, rotations, trunk_rad)


@pytest.mark.parametrize("without", [(), ("spine2", "spine3"), ("spine1", "spine2", "spine3")])
@pytest.mark.parametrize("seed", range(4))
def test_the_trunk_of_an_upright_skeleton_bends_as_recorded(seed, without):
    """The bend is relative to the rest pose, where SMPL's hip-shoulder line leans by 4 degrees."""
    skeleton = person(without=(*without, "left_collar", "right_collar"))
    rotations, positions = moves(skeleton, seed=seed)
    motion = read(skeleton, rotations, positions)
    joints = forward(skeleton, rotations, positions)
    at_rest = np.radians(4.24)
    assert trunk_error_rad(motion, joints, skeleton.index).max() < at_rest + 1e-3


def test_the_bend_of_a_low_spine_joint_is_kept():
    """One joint above the hips bends by 60 degrees; a split over three joints would lose 20."""
    skeleton = person(without=("spine2", "spine3", "neck", "left_collar", "right_collar"))
    rotations = posed(skeleton, {"spine1": (np.pi / 3, 0, 0)})
    motion = read(skeleton, rotations)
    joints = forward(skeleton, rotations, np.zeros((10, 3)))
    lean = angle_rad(trunk_line(joints, skeleton.index), np.array([0, 1.0, 0]))
    trunk = trunk_line(smpl_joints_m(motion), JOINT.__getitem__)
    found = angle_rad(trunk, np.array([0, 0, 1.0]))
    np.testing.assert_allclose(found, lean - np.radians(4.24), atol=1e-3)
    spine = motion.poses_rad[:, [JOINT[f"spine{i}"] for i in (1, 2, 3)], 0].sum(axis=1)
    assert np.all(spine < np.radians(80))


def test_hips_that_turn_below_the_pelvis_joint_turn_the_pelvis():
    """Some exports keep the root still and rotate two joints between the root and the hips."""
    base = person()
    keys = ["pelvis", "left_joint", "right_joint", *base.keys[1:]]
    names = [base.names[0], "a", "b", *base.names[1:]]
    above = {"left_hip": 1, "right_hip": 2}
    parents = [p + 2 if p > 0 else p for p in base.parents]
    parents = [-1, 0, 0, *(above.get(k, p) for k, p in zip(base.keys[1:], parents[1:]))]
    offsets = np.concatenate([base.offsets[:1], np.zeros((2, 3)), base.offsets[1:]])
    skeleton = Person(keys, names, parents, offsets)
    turn = (0, 1.2, 0)
    rotations = posed(skeleton, {"left_joint": turn, "right_joint": turn, "spine1": turn})
    motion = read(skeleton, rotations)
    joints = forward(skeleton, rotations, np.zeros((10, 3)))
    assert limb_error_rad(motion, joints, skeleton.index).max() < TEXT_RAD
    assert facing_rad(motion) == pytest.approx(1.2 - np.pi / 2, abs=1e-6)


@pytest.mark.parametrize("lean_deg", [20, 36])
def test_a_skeleton_that_leans_keeps_its_lean(lean_deg):
    """Anatomy explains a lean of up to 15 degrees; a skeleton from a video frame leans more."""
    skeleton = person()
    lean = Rotation.from_rotvec([np.radians(lean_deg), 0, 0])
    for key in ("spine1", "spine2", "spine3", "neck", "head", "left_collar", "right_collar"):
        joint = skeleton.index(key)
        skeleton.offsets[joint] = lean.apply(skeleton.offsets[joint])
    rotations, positions = moves(skeleton)
    motion = read(skeleton, rotations, positions)
    joints = forward(skeleton, rotations, positions)
    assert any("the trunk of the skeleton leans by" in note for note in motion.notes)
    assert limb_error_rad(motion, joints, skeleton.index).max() < TEXT_RAD
    assert trunk_error_rad(motion, joints, skeleton.index).max() < TEXT_RAD


@pytest.mark.parametrize("axis", ["x", "-y", "z"])
def test_the_up_axis_of_a_clip_without_a_rest_pose_is_found(axis):
    up = np.zeros(3)
    up["xyz".index(axis[-1])] = -1 if axis[0] == "-" else 1
    turn = Rotation.align_vectors(up[None], [[0, 1.0, 0]])[0]
    upright = posed(person(), {"left_shoulder": (0, 0, -1), "right_shoulder": (0, 0, 1)})
    upright[0] = turn * upright[0]
    skeleton, rotations = bones_along_x(person(), upright)
    motion = read(skeleton, rotations, order="XYZ")
    assert motion.notes[-1] == f"up axis inferred as {axis}"
    trunk = trunk_line(smpl_joints_m(motion), JOINT.__getitem__)
    assert (trunk[:, 2] / np.linalg.norm(trunk, axis=1)).min() > 0.99


@pytest.mark.parametrize("has_rest_pose", [True, False])
def test_a_given_up_axis_replaces_the_inferred_axis_of_a_lying_person(tmp_path, has_rest_pose):
    """The trunk points along y throughout, which only a lying person does in a z-up world."""
    skeleton = person()
    rotations, positions = moves(skeleton)
    if not has_rest_pose:
        skeleton, rotations = bones_along_x(skeleton, rotations)
    path = tmp_path / "lying.bvh"
    path.write_text(bvh_text(skeleton, rotations, positions, order="XYZ"))
    motion = read_motion(path, up="z")
    assert motion.notes[-1] == "up axis set to z; the poses suggest y"
    joints = forward(skeleton, rotations, positions)
    assert limb_error_rad(motion, joints, skeleton.index, Rotation.identity()).max() < TEXT_RAD
    assert read_motion(path, up="y").notes == read_motion(path).notes


def test_the_floor_determines_the_up_axis_of_an_oblique_walk():
    """A body bent by 50 degrees is closer to horizontal, but its feet stay on the floor."""
    bent = np.radians(50)
    angles = {"pelvis": (bent, 0, 0)}
    upright = posed(person(), angles, 20)
    positions = np.stack([np.zeros(20), np.full(20, 90.0), np.linspace(0, 300, 20)], axis=1)
    skeleton, rotations = bones_along_x(person(), upright)
    motion = read(skeleton, rotations, positions)
    assert motion.notes[-1] == "up axis inferred as y"
    np.testing.assert_allclose(np.ptp(motion.pelvis_m[:, 2]), 0, atol=1e-6)


def test_an_animal_on_four_legs_is_refused():
    skeleton = person()
    for key in ("spine1", "spine2", "spine3"):
        skeleton.offsets[skeleton.index(key)] = [0, 0, 15]
    for side in ("left", "right"):
        skeleton.offsets[skeleton.index(f"{side}_elbow")] = [0, -30, 0]
        skeleton.offsets[skeleton.index(f"{side}_wrist")] = [0, -30, 0]
    with pytest.raises(InputError, match="an animal on four legs; only people are supported"):
        read(skeleton, posed(skeleton, {}))


def test_a_person_who_crawls_over_a_floor_is_not_set_upright():
    crawl = {
        "pelvis": (1.4, 0, 0), "left_hip": (-1.5, 0, 0), "right_hip": (-1.4, 0, 0),
        "left_knee": (1.5, 0, 0), "right_knee": (1.5, 0, 0), "left_shoulder": (0, 1.4, 0),
        "right_shoulder": (0, -1.4, 0),
    }  # fmt: skip
    skeleton = person()
    rotations = posed(skeleton, crawl)
    positions = np.stack([np.zeros(10), np.full(10, 45.0), np.linspace(0, 500, 10)], axis=1)
    motion = read(skeleton, rotations, positions)
    assert motion.notes[-1] == "up axis inferred as y"
    joints = forward(skeleton, rotations, positions)
    assert limb_error_rad(motion, joints, skeleton.index).max() < TEXT_RAD


def test_a_leg_that_points_up_in_the_skeleton_is_read():
    """The skeleton is never upright, but its bones are still identified."""
    skeleton = person()
    skeleton.offsets[skeleton.index("left_knee")] *= -1
    rotations, positions = moves(skeleton)
    motion = read(skeleton, rotations, positions)
    joints = forward(skeleton, rotations, positions)
    assert "no standing pose" in motion.notes[0]
    assert limb_error_rad(motion, joints, skeleton.index).max() < TEXT_RAD


@pytest.mark.parametrize("key", ["left_knee", "right_ankle"])
def test_a_bone_without_length_is_refused(key):
    skeleton = person()
    skeleton.offsets[skeleton.index(key)] *= 0
    with pytest.raises(InputError, match=r"no length of .*: two joints are at the same point"):
        read(skeleton, *moves(skeleton))


def test_hips_in_line_with_the_trunk_are_refused():
    skeleton = person()
    for key, up in (("left_hip", 9), ("right_hip", -9)):
        skeleton.offsets[skeleton.index(key)] = [0, up, 0]
    with pytest.raises(InputError, match="the hips are in line with the trunk"):
        read(skeleton, posed(skeleton, {}))


def test_exchanged_left_and_right_are_noted():
    skeleton = person()
    mirrored = replace(skeleton, offsets=skeleton.offsets * [-1, 1, 1])
    note = "feet point backward: left and right may be exchanged in the file"
    assert note in read(mirrored, posed(mirrored, {})).notes
    assert note not in read(skeleton, posed(skeleton, {})).notes
    kneeling = posed(skeleton, {"left_knee": (1.5, 0, 0), "right_knee": (1.5, 0, 0)})
    assert note not in read(skeleton, kneeling).notes
