"""Retarget a BVH clip to SMPL's skeleton: every limb keeps its recorded direction.

The rest poses of the two skeletons differ (T or A pose, straight or splayed legs, other axes), so
rotations cannot be copied. With G the rotation from the BVH rest frame to SMPL's, W the rotation
from the BVH world to a z-up world, and A_j the smallest rotation from SMPL's rest bone d_j to the
BVH's G e_j,

    R_smpl,j = W R_bvh,j G^-1 A_j,    so that    R_smpl,j d_j = W R_bvh,j e_j.

Trunk, collars and head have no bone with the same meaning in both skeletons and use A = 1: both
rest poses are upright.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.scene.formats.bvh_conventions import (
    NEXT_JOINT,
    PosedSkeleton,
    drop_calibration_pose,
    first_pose,
    infer_axes,
    infer_size,
    mean_trunk_direction,
    pose_of,
)
from radarsim.scene.formats.bvh_joint_names import match_joints
from radarsim.scene.formats.bvh_parser import BvhClip, read_clip
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

# A foot whose rest bone is within this angle of horizontal counts as flat on the floor.
_FLAT_FOOT_RAD = np.radians(40)


def parse_bvh(text: str, where: str, name: str) -> Motion:
    """The motion in a BVH file, retargeted to SMPL's skeleton.

    Args:
        text: the whole file.
        where: its path, for messages.
        name: the motion's id.

    Returns:
        The checked motion; its `notes` state the inferred unit and axes.

    Raises:
        InputError: the text is not BVH, or the skeleton lacks human limbs.
    """
    return check_motion(motion_from_bvh(read_clip(text, where), where, name), where)


def motion_from_bvh(clip: BvhClip, where: str, name: str) -> Motion:
    """The clip as SMPL poses in a z-up world, in metres.

    Args:
        clip: as parsed.
        where: the file, for messages.
        name: the motion's id.

    Returns:
        The motion, with stature and notes on inferred properties.

    Raises:
        InputError: the skeleton is not human, or neither rest pose nor first pose is upright.
    """
    notes = drop_calibration_pose(clip, where)
    joints = match_joints(clip.names, clip.parents, where)
    first = first_pose(next(clip.chunks(1)), joints, where, notes)
    unit_m, stature_m = infer_size(first, notes)
    to_smpl, to_z_up = infer_axes(first, mean_trunk_direction(clip, first), notes)
    poses_rad, pelvis_m = [], []
    for chunk in clip.chunks():
        posed = pose_of(chunk, first)
        rotations = _smpl_rotations(posed, to_smpl, to_z_up)
        poses_rad.append(world_to_local(rotations))
        pelvis_m.append(_pelvis_m(posed, rotations[0], to_z_up, unit_m, stature_m))
    return Motion(
        poses_rad=np.concatenate(poses_rad),
        transl_m=np.concatenate(pelvis_m) - np.asarray(REST_PELVIS_M["smpl"]),
        rate_hz=clip.rate_hz,
        rest_pelvis_m=REST_PELVIS_M["smpl"],
        name=name,
        stature_m=stature_m,
        notes=tuple(notes),
    )


def _smpl_rotations(posed: PosedSkeleton, to_smpl: Rotation, to_z_up: Rotation) -> list[Rotation]:
    """World rotation of each SMPL joint."""
    joints = posed.joints

    def rotation_of(bvh_joint: int) -> Rotation:
        since_rest = posed.world[bvh_joint] * posed.rest_rotations[bvh_joint].inv()
        return to_z_up * since_rest * to_smpl.inv()

    found = {"pelvis": rotation_of(joints.pelvis)}
    trunk = ("spine1", "spine2", "spine3")
    found |= _spread([found["pelvis"], *map(rotation_of, joints.spine)], trunk)
    found |= _spread([found["spine3"], *map(rotation_of, joints.neck)], ("neck", "head"))
    for name, joint in joints.limbs.items():
        found[name] = rotation_of(joint) * _rest_offset(posed, name, to_smpl)
    rotations = []
    for name, parent in zip(JOINT_NAMES, PARENTS, strict=True):
        # A joint that the file lacks takes the rotation of its parent.
        rotations.append(found[name] if name in found else rotations[parent])
    return rotations


def _spread(chain: list[Rotation], names: tuple[str, ...]) -> dict[str, Rotation]:
    """Rotations for `names` at equal steps along a chain of joints; the last is its end."""
    last = len(chain) - 1
    places = [last * (i + 1) / len(names) for i in range(len(names))]
    return {name: _between(chain, place) for name, place in zip(names, places, strict=True)}


def _between(chain: list[Rotation], place: float) -> Rotation:
    below = min(int(place + 1e-9), max(len(chain) - 2, 0))
    part = place - below
    if len(chain) == 1 or part < 1e-9:
        return chain[below]
    step = (chain[below].inv() * chain[below + 1]).as_rotvec()
    return chain[below] * Rotation.from_rotvec(part * step)


def _rest_offset(posed: PosedSkeleton, name: str, to_smpl: Rotation) -> Rotation:
    """A_j: rotation from SMPL's rest bone to the clip's, both in SMPL's rest frame."""
    side, part = name.split("_")
    if part == "wrist":  # in the rest pose a hand is in line with its forearm
        return _rest_offset(posed, f"{side}_elbow", to_smpl)
    if part == "foot":  # in the rest pose toes have the direction of the foot
        return _rest_offset(posed, f"{side}_ankle", to_smpl)
    bone = posed.bone(name, posed.rest) if part in NEXT_JOINT else None
    if bone is None:
        return Rotation.identity()
    smpl_bone = REST_JOINTS_M[JOINT[f"{side}_{NEXT_JOINT[part]}"]] - REST_JOINTS_M[JOINT[name]]
    bone = to_smpl.apply(bone)
    if part == "ankle" and np.arcsin(abs(bone[1]) / np.linalg.norm(bone)) < _FLAT_FOOT_RAD:
        smpl_bone, bone = smpl_bone * [1, 0, 1], bone * [1, 0, 1]
    return rotation_between(smpl_bone, bone)


def _pelvis_m(posed, pelvis_rotation, to_z_up, unit_m, stature_m) -> np.ndarray:
    """Position of SMPL's pelvis that puts the hips where the clip's hips are [m]."""
    hips = [posed.joints.limbs[f"{side}_hip"] for side in ("left", "right")]
    hips_m = to_z_up.apply(posed.positions[:, hips].mean(axis=1)) * unit_m
    size = stature_m * LEG_PER_STATURE / leg_length_m(REST_JOINTS_M)
    above_m = -REST_JOINTS_M[[JOINT["left_hip"], JOINT["right_hip"]]].mean(axis=0) * size
    return hips_m + pelvis_rotation.apply(above_m)
