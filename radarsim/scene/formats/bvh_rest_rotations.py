"""Rotations of SMPL's joints in the rest pose of a BVH clip: Q_j of `bvh_motion`.

Trunk, collars and head have no corresponding bones in the two skeletons. If the trunk of the file's
skeleton is upright, trunk, collars and head keep SMPL's upright orientation, and every limb bone is
aligned by the smallest possible rotation.

If the rest pose is a pose of the clip, or the skeleton leans, the trunk has the direction from hips
to shoulders and the heading of the hips. Every bone further along a limb is aligned by the smallest
rotation relative to the preceding bone, as at a bending joint.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_posture import NEXT_JOINT, Posture, unit
from radarsim.scene.formats.bvh_rest_pose import RestPose
from radarsim.scene.formats.bvh_trunk import RestTrunk
from radarsim.scene.skeleton import JOINT, REST_JOINTS_M, rotation_between

# A foot bone within this angle of horizontal counts as flat on the floor.
_FLAT_FOOT_RAD = np.radians(40)
# Lean of the trunk below which a skeleton is treated as upright. In upright skeletons, the
# direction from hips to shoulders differs from SMPL's by up to 12 degrees.
_MAX_ANATOMICAL_LEAN_RAD = np.radians(15)
# Joints without a bone of their own take the direction of the previous bone: toes that of the foot,
# hands that of the forearm.
_IN_LINE_WITH = {"wrist": "elbow", "foot": "ankle"}
_PARENT_BONE = {"knee": "hip", "ankle": "knee", "elbow": "shoulder"}


class RestRotations(NamedTuple):
    """Rotations in the rest pose, in the file's world coordinates.

    Attributes:
        trunk: rotation of SMPL's pelvis, spine, neck and head.
        limbs: rotations of SMPL's other joints, by name.
    """

    trunk: RestTrunk
    limbs: dict[str, Rotation]


def rest_rotations(rest: RestPose, where: str, notes: list[str]) -> RestRotations:
    """Rotations of SMPL's joints that reproduce the rest pose of a clip.

    Args:
        rest: the rest pose.
        where: name of the file, used in messages.
        notes: list to which a note is added if the trunk of the skeleton leans.

    Returns:
        The rotations.

    Raises:
        InputError: the line between the hips is parallel to the trunk, so the heading is undefined.
    """
    posture = rest.posture
    upright = _upright_frame(posture, rest.upright, where)
    trunk = _trunk_frame(posture, where)
    lean_rad = (upright.inv() * trunk).magnitude()
    if rest.is_skeleton and lean_rad < _MAX_ANATOMICAL_LEAN_RAD:
        trunk = upright
    elif rest.is_skeleton:
        notes.append(f"the trunk of the skeleton leans by {np.degrees(lean_rad):.0f} degrees: kept")
    bones = _Bones(posture, rest, upright, trunk)
    limbs = {name: bones.rotation(name) for name in posture.joints.limbs}
    return RestRotations(RestTrunk(posture, trunk), limbs)


class _Bones(NamedTuple):
    """The rest pose, with the frames of an upright trunk and of the actual trunk."""

    posture: Posture
    rest: RestPose
    upright: Rotation
    trunk: Rotation

    def rotation(self, name: str) -> Rotation:
        """Compute the rotation of one of SMPL's limb joints."""
        side, part = name.split("_")
        if part in _IN_LINE_WITH:
            return self.rotation(f"{side}_{_IN_LINE_WITH[part]}")
        parent = self._parent(side, part)
        bone = self.posture.bone(name) if part in NEXT_JOINT else None
        if bone is None:
            return parent
        smpl = REST_JOINTS_M[JOINT[f"{side}_{NEXT_JOINT[part]}"]] - REST_JOINTS_M[JOINT[name]]
        return self._aligned(part, parent, smpl, bone[0])

    def _parent(self, side: str, part: str) -> Rotation:
        if self.trunk is self.upright:
            return self.upright
        above = _PARENT_BONE.get(part)
        return self.rotation(f"{side}_{above}") if above else self.trunk

    def _aligned(self, part: str, parent: Rotation, smpl, bone) -> Rotation:
        """The parent's rotation, then the smallest rotation that aligns SMPL's bone with `bone`."""
        up = self.upright.apply([0.0, 1.0, 0.0])
        flat = abs(bone @ up) < np.sin(_FLAT_FOOT_RAD) * np.linalg.norm(bone)
        if part == "ankle" and flat and self.rest.is_standing:
            parent, smpl, bone = self.upright, smpl * [1, 0, 1], bone - (bone @ up) * up
        return rotation_between(parent.apply(smpl), bone) * parent


def _upright_frame(posture: Posture, up: np.ndarray, where: str) -> Rotation:
    """SMPL's rest frame (left, up, ahead), upright in the file's world coordinates."""
    return _frame(posture.across[0], up, where)


def _trunk_frame(posture: Posture, where: str) -> Rotation:
    """SMPL's rest frame, rotated so that SMPL's trunk is parallel to the trunk of the file."""
    hips, shoulders = ([JOINT[f"{s}_{p}"] for s in ("left", "right")] for p in ("hip", "shoulder"))
    smpl = REST_JOINTS_M[shoulders].mean(axis=0) - REST_JOINTS_M[hips].mean(axis=0)
    frame = _frame(posture.across[0], posture.trunk[0], where)
    return frame * _frame(np.array([1.0, 0, 0]), smpl, where).inv()


def _frame(left: np.ndarray, up: np.ndarray, where: str) -> Rotation:
    """Rotation that maps x to `left` and y to `up`; `left` need not be perpendicular to `up`."""
    up = unit(up)
    across = left - (left @ up) * up
    if np.linalg.norm(across) < 1e-3 * np.linalg.norm(left):
        problem = "the hips are in line with the trunk, so that the pelvis has no heading"
        raise InputError(where, "skeleton", problem, "export it in another pose, such as a T-pose")
    left = unit(across)
    return Rotation.from_matrix(np.stack([left, up, np.cross(left, up)], axis=1))
