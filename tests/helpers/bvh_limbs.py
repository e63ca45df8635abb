"""Directions of bones in SMPL poses and in a BVH clip, for comparison."""

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.scene.skeleton import JOINT, PARENTS, REST_JOINTS_M

Z_UP = Rotation.from_rotvec([np.pi / 2, 0, 0])
SIDES = ("left", "right")
LIMBS = [
    (f"{side}_{start}", f"{side}_{end}")
    for side in SIDES
    for start, end in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    )
]


def smpl_joints_m(motion):
    """Joint positions of an SMPL motion, computed with one matrix product per joint."""
    place, frame = [], []
    for joint, parent in enumerate(PARENTS):
        rotation = Rotation.from_rotvec(motion.poses_rad[:, joint]).as_matrix()
        if parent < 0:
            place.append(motion.pelvis_m)
            frame.append(rotation)
        else:
            bone = REST_JOINTS_M[joint] - REST_JOINTS_M[parent]
            place.append(place[parent] + frame[parent] @ bone)
            frame.append(frame[parent] @ rotation)
    return np.stack(place, axis=1)


def limb_error_rad(motion, joints, index, to_z_up=Z_UP):
    """Angle [pose, limb] between corresponding limbs of the SMPL motion and of the recording."""
    smpl = smpl_joints_m(motion)
    errors = []
    for start, end in LIMBS:
        wanted = to_z_up.apply(joints[:, index(end)] - joints[:, index(start)])
        errors.append(angle_rad(wanted, smpl[:, JOINT[end]] - smpl[:, JOINT[start]]))
    return np.stack(errors, axis=1)


def trunk_error_rad(motion, joints, index, to_z_up=Z_UP):
    """Angle [pose] between the trunk line (see `trunk_line`) of the SMPL motion and that of the
    recording."""
    smpl = trunk_line(smpl_joints_m(motion), JOINT.__getitem__)
    return angle_rad(to_z_up.apply(trunk_line(joints, index)), smpl)


def trunk_line(joints, index):
    """Vector [pose, 3] from the midpoint of the hips to the midpoint of the shoulders."""
    hips, shoulders = (
        joints[:, [index(f"{side}_{part}") for side in SIDES]].mean(axis=1)
        for part in ("hip", "shoulder")
    )
    return shoulders - hips


def angle_rad(one, other):
    """Return the angle between vectors, accurate even for small angles."""
    cross = np.linalg.norm(np.cross(one, other), axis=-1)
    return np.arctan2(cross, (one * other).sum(axis=-1))
