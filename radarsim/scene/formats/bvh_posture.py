"""Postures of a BVH clip: positions and rotations of its joints, and directions of its bones."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_joints import JointMap
from radarsim.scene.formats.bvh_parser import BvhClip
from radarsim.scene.formats.bvh_tree import forward_kinematics

NEXT_JOINT = {
    "hip": "knee",
    "knee": "ankle",
    "ankle": "foot",
    "shoulder": "elbow",
    "elbow": "wrist",
}
"""For each joint: the joint at the far end of the bone that starts there."""
LEG_BONES = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee")]


@dataclass
class Posture:
    """Joint positions [pose, joint, 3] and rotations of some poses, in the file's unit and axes."""

    joints: JointMap
    parents: list[int]
    world: list[Rotation]
    positions: np.ndarray

    def bone(self, name: str) -> np.ndarray | None:
        """Vector from the joint with this SMPL name to the next joint or end site in the limb."""
        side, part = name.split("_")
        start, end = self.joints.limbs[name], self.joints.limbs.get(f"{side}_{NEXT_JOINT[part]}")
        ends = [end] if end is not None else [i for i, p in enumerate(self.parents) if p == start]
        if not ends:
            return None
        bone = self.positions[..., ends, :].mean(axis=-2) - self.positions[..., start, :]
        return bone if np.abs(bone).max() > 0 else None

    def middle(self, part: str) -> np.ndarray:
        """Midpoint between the left and the right joint of a pair such as "hip"."""
        both = [self.joints.limbs[f"{side}_{part}"] for side in ("left", "right")]
        return self.positions[..., both, :].mean(axis=-2)

    @property
    def trunk(self) -> np.ndarray:
        """Vector from the middle of the hips to the middle of the shoulders."""
        return self.middle("shoulder") - self.middle("hip")

    @property
    def across(self) -> np.ndarray:
        """Vector from right to left hip; from right to left shoulder if the hips coincide."""
        for part in ("hip", "shoulder"):
            left, right = (self.joints.limbs[f"{side}_{part}"] for side in ("left", "right"))
            across = self.positions[..., left, :] - self.positions[..., right, :]
            if np.abs(across).max() > 0:
                break
        return across


class Directions(NamedTuple):
    """Directions of all poses of a clip, as unit vectors, and the extent of the body.

    Attributes:
        legs: directions of both thighs and shanks [pose, bone, 3].
        trunk: directions from the hips to the shoulders.
        body: directions from the ankles to the shoulders.
        across: directions from the right hip to the left.
        feet: component of the foot direction perpendicular to the shank, averaged over both feet;
            not normalised.
        low: minimum coordinates over the joints.
        high: maximum coordinates over the joints.
    """

    legs: np.ndarray
    trunk: np.ndarray
    body: np.ndarray
    across: np.ndarray
    feet: np.ndarray
    low: np.ndarray
    high: np.ndarray


def posture_of(clip: BvhClip, joints: JointMap) -> Posture:
    """Compute the postures of all poses of a clip or chunk."""
    positions, world = forward_kinematics(clip.parents, *clip.local_motion())
    return Posture(joints, clip.parents, world, positions)


def skeleton_posture(clip: BvhClip, joints: JointMap) -> Posture:
    """The skeleton as the file defines it: one pose with all rotations zero."""
    still = [Rotation.identity(1)] * len(clip.parents)
    positions, world = forward_kinematics(clip.parents, np.array(clip.offsets)[None], still)
    return Posture(joints, clip.parents, world, positions)


def check_bones(skeleton: Posture, first: Posture, where: str) -> None:
    """Check that legs, hips and trunk have a length, in the skeleton or in the first pose."""
    for posture in (skeleton, first):
        bones = {name: posture.bone(name) for name in LEG_BONES}
        bones |= {"trunk": posture.trunk, "hips": posture.across}
        empty = [name for name, bone in bones.items() if bone is None or not np.abs(bone).max() > 0]
        if not empty:
            return
    problem = f"no length of {', '.join(empty)}: two joints are at the same point"
    raise InputError(where, "skeleton", problem, "export it with the OFFSET of every joint")


def directions_of(clip: BvhClip, joints: JointMap) -> Directions:
    """Compute the directions of all poses of a clip, chunk by chunk."""
    chunks = [_directions(posture_of(chunk, joints)) for chunk in clip.chunks()]
    return Directions(*(np.concatenate(values) for values in zip(*chunks, strict=True)))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Normalise vectors to length one; zero vectors stay zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _directions(posture: Posture) -> Directions:
    legs = [_bone_or_zero(posture, name) for name in LEG_BONES]
    feet = [
        _across(unit(_bone_or_zero(posture, f"{side}_ankle")), unit(legs[shank]))
        for side, shank in (("left", 1), ("right", 3))
    ]
    return Directions(
        legs=unit(np.stack(legs, axis=1)),
        trunk=unit(posture.trunk),
        body=unit(posture.middle("shoulder") - posture.middle("ankle")),
        across=unit(posture.across),
        feet=np.mean(feet, axis=0),
        low=posture.positions.min(axis=1),
        high=posture.positions.max(axis=1),
    )


def _bone_or_zero(posture: Posture, name: str) -> np.ndarray:
    bone = posture.bone(name)
    return np.zeros((len(posture.positions), 3)) if bone is None else bone


def _across(vectors: np.ndarray, axes: np.ndarray) -> np.ndarray:
    return vectors - (vectors * axes).sum(axis=-1, keepdims=True) * axes
