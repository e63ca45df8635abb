"""Find SMPL's joints in a BVH skeleton by name, or by the shape of the skeleton."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_joint_names import JOINTS, OPTIONAL, limbs_by_name, middle_joints
from radarsim.scene.formats.bvh_joint_shape import Limb, Shape, Tree, UnknownShape, find_shape
from radarsim.scene.formats.bvh_parser import BvhClip
from radarsim.scene.formats.bvh_tree import (
    ancestors,
    children_of,
    common_ancestor,
    forward_kinematics,
    longest_chain,
    path,
)

# Maximum number of poses from which the shape of the skeleton is determined.
_POSES_TO_LOOK_AT = 64
_SIDES = ("left", "right")


@dataclass(frozen=True)
class JointMap:
    """SMPL's joints as joint indices of a BVH skeleton.

    Attributes:
        limbs: limb joints by SMPL name ("left_knee"); optional joints may be missing.
        pelvis: joint at which the legs branch.
        spine: joints above the pelvis up to the joint at which the arms branch, lowest first; may
            be empty.
        neck: joints above the spine up to the head, lowest first; may be empty.
    """

    limbs: dict[str, int]
    pelvis: int
    spine: tuple[int, ...]
    neck: tuple[int, ...]


def match_joints(clip: BvhClip, where: str, notes: list[str]) -> JointMap:
    """Find SMPL's joints in a BVH skeleton.

    Args:
        clip: parsed clip.
        where: name of the file, used in messages.
        notes: list to which the joints used as limbs are added if their names are unknown.

    Returns:
        The joint map.

    Raises:
        InputError: a limb was not found; the message lists missing limbs and the file's names.
    """
    problems = []
    for limbs in limbs_by_name(clip.names):
        problem = _missing(limbs, clip.parents)
        if not problem:
            return _joint_map(limbs, clip, middle_joints(clip.names, "head"))
        problems.append(problem)
    try:
        return _map_of_shape(find_shape(_tree(clip)), clip, notes)
    except UnknownShape as why:
        seen = ", ".join(name.split(":")[-1] for name in clip.names if name)
        problem = f"no joint for {', '.join(problems[-1])}; {why}; joints: {seen[:400]}"
        hint = "rename the joints as Mixamo or MotionBuilder do (LeftUpLeg, LeftLeg, LeftFoot, ...)"
        raise InputError(where, "skeleton", problem, hint) from None


def _missing(limbs: dict[str, int], parents: list[int]) -> list[str]:
    """Limb joints that no joint name matches, or whose match lies outside the limb."""
    missing = [
        f"{side}_{joint}"
        for side in _SIDES
        for joint in JOINTS
        if joint not in OPTIONAL and f"{side}_{joint}" not in limbs
    ]
    for side in _SIDES:
        for chain in (("hip", "knee", "ankle"), ("shoulder", "elbow")):
            joints = [limbs.get(f"{side}_{joint}") for joint in chain]
            for name, upper, lower in zip(chain[1:], joints, joints[1:], strict=False):
                if None not in (upper, lower) and upper not in ancestors(parents, lower):
                    missing.append(f"{side}_{name} below its limb")
    return missing


def _joint_map(limbs: dict[str, int], clip: BvhClip, heads: list[int]) -> JointMap:
    parents = clip.parents
    pelvis = common_ancestor(parents, limbs["left_hip"], limbs["right_hip"])
    chest = common_ancestor(parents, limbs["left_shoulder"], limbs["right_shoulder"])
    top = [*heads[:1], *middle_joints(clip.names, "neck")[-1:], chest][0]
    return JointMap(limbs, pelvis, path(parents, pelvis, chest), path(parents, chest, top))


def _tree(clip: BvhClip) -> Tree:
    """The skeleton with some poses of the clip, as the rest pose alone may be degenerate."""
    chosen = np.unique(np.linspace(0, len(clip.values) - 1, _POSES_TO_LOOK_AT).astype(int))
    offsets, local = clip.poses(chosen).local_motion()
    positions, _ = forward_kinematics(clip.parents, offsets, local)
    lengths = np.linalg.norm(np.median(offsets, axis=0), axis=1)
    lengths[[i for i, parent in enumerate(clip.parents) if parent < 0]] = 0
    still = [Rotation.identity(1)] * len(clip.parents)
    skeleton, _ = forward_kinematics(clip.parents, np.array(clip.offsets)[None], still)
    return Tree(clip.names, clip.parents, lengths, positions, skeleton[0])


def _map_of_shape(shape: Shape, clip: BvhClip, notes: list[str]) -> JointMap:
    limbs = {}
    for side, leg, arm in zip(_SIDES, shape.legs.limbs, shape.arms.limbs, strict=True):
        limbs |= _limb_joints(clip, side, ("", "hip", "knee", "ankle", "foot"), leg)
        limbs |= _limb_joints(clip, side, ("collar", "shoulder", "elbow", "wrist", ""), arm)
    found = "; ".join(
        f"{side} leg {_names(clip, limbs, side, ('hip', 'knee', 'ankle'))}, "
        f"arm {_names(clip, limbs, side, ('shoulder', 'elbow'))}"
        for side in _SIDES
    )
    notes.append(
        f"joint names are unknown: limbs found by the shape of the skeleton, sides by "
        f"{shape.sides_from} ({found})"
    )
    return _joint_map(limbs, clip, _head_by_shape(shape, clip))


def _limb_joints(clip: BvhClip, side: str, parts: tuple[str, ...], limb: Limb) -> dict[str, int]:
    """Joints of a limb by SMPL name: the three joints that were found, and their neighbours."""
    before, upper, middle, lower, after = parts
    named = {upper: limb.upper, middle: limb.middle, lower: limb.lower}
    place = limb.chain.index(limb.upper)
    if before and place:
        named[before] = limb.chain[place - 1]
    beyond = limb.chain[limb.chain.index(limb.lower) + 1 :]
    if after and beyond and clip.names[beyond[0]]:
        named[after] = beyond[0]
    # A hand may be only an end site, which has no rotation of its own.
    optional = {part for part, joint in named.items() if part == "wrist" and not clip.names[joint]}
    return {f"{side}_{part}": joint for part, joint in named.items() if part not in optional}


def _names(clip: BvhClip, limbs: dict[str, int], side: str, parts: tuple[str, ...]) -> str:
    return "-".join(clip.names[limbs[f"{side}_{part}"]] or "end site" for part in parts)


def _head_by_shape(shape: Shape, clip: BvhClip) -> list[int]:
    """Last joint of the longest chain, apart from the arms, that starts where the arms branch."""
    if heads := middle_joints(clip.names, "head"):
        return heads
    children = children_of(clip.parents)
    lengths = np.linalg.norm(clip.offsets, axis=1)
    chest, legs = shape.arms.branch, set(ancestors(clip.parents, shape.legs.branch))
    used = {limb.chain[0] for limb in shape.arms.limbs} | legs
    chains = [longest_chain(children, lengths, c) for c in children[chest] if c not in used]
    chains = [[joint for joint in chain if clip.names[joint]] for chain in chains]
    longest = max(chains, key=lambda chain: lengths[chain].sum(), default=[])
    return longest[1:2] or longest[:1]  # neck and head; the rest belongs to faces and hats
