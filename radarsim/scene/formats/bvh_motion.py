"""Retarget a BVH clip to SMPL's skeleton so that all limb bones keep their recorded directions.

Rotations cannot be copied, because the rest poses of the two skeletons differ (T or A pose,
straight or splayed legs, different axes). With W the rotation from the BVH world to a z-up world,
R_bvh,j the rotation of a joint relative to the rest pose of the file, and Q_j the rotation that
brings SMPL's rest bone d_j in line with the file's rest bone e_j (see `bvh_rest_rotations`),

    R_smpl,j = W R_bvh,j Q_j,    so that    R_smpl,j d_j = W R_bvh,j e_j.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.scene.formats.bvh_conventions import drop_calibration_pose, infer_size
from radarsim.scene.formats.bvh_joints import match_joints
from radarsim.scene.formats.bvh_parser import BvhClip, read_clip
from radarsim.scene.formats.bvh_posture import Posture, posture_of
from radarsim.scene.formats.bvh_rest_pose import find_rest_pose
from radarsim.scene.formats.bvh_rest_rotations import RestRotations, rest_rotations
from radarsim.scene.formats.bvh_trunk import spread, trunk_rotations
from radarsim.scene.motion import REST_PELVIS_M, Motion, check_motion
from radarsim.scene.skeleton import (
    JOINT,
    JOINT_NAMES,
    LEG_PER_STATURE,
    PARENTS,
    REST_JOINTS_M,
    leg_length_m,
    rotation_between,
    world_to_local,
)

_Z_UP = np.array([0.0, 0.0, 1.0])


def parse_bvh(text: str, where: str, name: str, up: str = "auto") -> Motion:
    """Parse a BVH file and retarget the motion to SMPL's skeleton.

    Args:
        text: text of the whole file.
        where: path of the file, used in messages.
        name: id of the motion.
        up: up axis of the file, one of `choices.UP_AXES`, or "auto" to infer the axis.

    Returns:
        The checked motion; its `notes` state the inferred unit and axes.

    Raises:
        InputError: the text is not BVH, or the skeleton lacks human limbs.
    """
    return check_motion(motion_from_bvh(read_clip(text, where), where, name, up), where)


def motion_from_bvh(clip: BvhClip, where: str, name: str, up: str = "auto") -> Motion:
    """Convert a clip to SMPL poses in a z-up world, in metres.

    Args:
        clip: parsed clip.
        where: name of the file, used in messages.
        name: id of the motion.
        up: up axis of the clip, one of `choices.UP_AXES`, or "auto" to infer the axis.

    Returns:
        The motion, with stature and notes on inferred properties.

    Raises:
        InputError: the skeleton is not human, or bones have no length.
    """
    notes = [*clip.notes, *drop_calibration_pose(clip, where)]
    joints = match_joints(clip, where, notes)
    rest = find_rest_pose(clip, joints, where, notes, up)
    unit_m, stature_m = infer_size(rest.posture, notes)
    notes.append(rest.up_note)
    at_rest, to_z_up = rest_rotations(rest, where, notes), rotation_between(rest.up, _Z_UP)
    poses_rad, pelvis_m = [], []
    for chunk in clip.chunks():
        posture = posture_of(chunk, joints)
        rotations = _smpl_rotations(posture, at_rest, to_z_up)
        poses_rad.append(world_to_local(rotations))
        pelvis_m.append(_pelvis_m(posture, rotations[0], to_z_up, unit_m, stature_m))
    return Motion(
        poses_rad=np.concatenate(poses_rad),
        transl_m=np.concatenate(pelvis_m) - np.asarray(REST_PELVIS_M["smpl"]),
        rate_hz=clip.rate_hz,
        rest_pelvis_m=REST_PELVIS_M["smpl"],
        name=name,
        stature_m=stature_m,
        notes=tuple(notes),
    )


def _smpl_rotations(posture: Posture, at_rest: RestRotations, to_z_up: Rotation) -> list[Rotation]:
    """World rotation of each SMPL joint."""
    joints, rest = posture.joints, at_rest.trunk
    limbs = {
        name: rest.since(posture, joint) * at_rest.limbs[name]
        for name, joint in joints.limbs.items()
    }
    collars = {name: rotation for name, rotation in limbs.items() if name.endswith("collar")}
    found = limbs | trunk_rotations(posture, rest, collars)
    neck = [rest.since(posture, joint) * rest.smpl for joint in joints.neck]
    found |= spread([found["spine3"], *neck], ("neck", "head"))
    rotations = []
    for name, parent in zip(JOINT_NAMES, PARENTS, strict=True):
        # A joint that the file lacks takes the rotation of its parent.
        rotations.append(to_z_up * found[name] if name in found else rotations[parent])
    return rotations


def _pelvis_m(posture, pelvis_rotation, to_z_up, unit_m, stature_m) -> np.ndarray:
    """Position of SMPL's pelvis at which SMPL's hips coincide with those of the clip [m]."""
    hips_m = to_z_up.apply(posture.middle("hip")) * unit_m
    size = stature_m * LEG_PER_STATURE / leg_length_m(REST_JOINTS_M)
    above_m = -REST_JOINTS_M[[JOINT["left_hip"], JOINT["right_hip"]]].mean(axis=0) * size
    return hips_m + pelvis_rotation.apply(above_m)
