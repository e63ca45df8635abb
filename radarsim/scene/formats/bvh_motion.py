"""A BVH clip on SMPL's skeleton: every limb points where the recorded one does.

The two skeletons rest differently (T or A pose, straight or splayed legs, other axes), so turns
cannot be copied. With G the turn from the BVH rest frame to SMPL's, W the turn from the BVH world
to a z-up one, and A_j the shortest turn from SMPL's rest bone d_j to the BVH's G e_j,

    R_smpl,j = W R_bvh,j G^-1 A_j,    so that    R_smpl,j d_j = W R_bvh,j e_j.

Trunk, collars and head have no bone that means the same in both, and keep A = 1: rest is upright
in both.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_joint_names import JointMap, match_joints
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

# CMU's skeletons are written in units of 1/0.45 inch (their ASF files: "length 0.45").
UNITS_M = {
    "metre": 1.0,
    "decimetre": 0.1,
    "CMU unit (1/0.45 inch)": 0.0254 / 0.45,
    "inch": 0.0254,
    "centimetre": 0.01,
    "millimetre": 0.001,
}
STATURES_M = (1.4, 2.1)
USUAL_STATURE_M = 1.70

# A foot whose rest bone is within this of level stands flat, whatever its ankle-to-toe slope is.
_FLAT_FOOT_RAD = np.radians(40)
_NEXT = {"hip": "knee", "knee": "ankle", "ankle": "foot", "shoulder": "elbow", "elbow": "wrist"}


@dataclass
class _Posed:
    """A clip's joints in its own world and unit, and the pose taken as its rest."""

    joints: JointMap
    parents: list[int]
    world: list[Rotation]
    positions: np.ndarray
    rest: np.ndarray
    rest_turns: list[Rotation]

    def bone(self, name: str, positions: np.ndarray) -> np.ndarray | None:
        """From the joint of this SMPL name to the next in its limb, or to its end site."""
        side, part = name.split("_")
        start, end = self.joints.limbs[name], self.joints.limbs.get(f"{side}_{_NEXT[part]}")
        ends = [end] if end is not None else [i for i, p in enumerate(self.parents) if p == start]
        bone = positions[..., ends, :].mean(axis=-2) - positions[..., start, :] if ends else None
        return None if bone is None or not np.abs(bone).max() > 0 else bone


def parse_bvh(text: str, where: str, name: str) -> Motion:
    """The motion in a BVH file, on SMPL's skeleton.

    Args:
        text: the whole file.
        where: its path, for messages.
        name: the motion's id.

    Returns:
        The checked motion; its `notes` say which unit and axes were inferred.

    Raises:
        InputError: the text is not BVH, or its skeleton has no human limbs.
    """
    return check_motion(motion_from_bvh(read_clip(text, where), where, name), where)


def motion_from_bvh(clip: BvhClip, where: str, name: str) -> Motion:
    """The clip as SMPL poses in a z-up world, in metres.

    Args:
        clip: as parsed.
        where: the file, for messages.
        name: the motion's id.

    Returns:
        The motion, its stature and what was inferred.

    Raises:
        InputError: no human skeleton, or one whose rest pose does not stand.
    """
    notes = _drop_calibration_pose(clip, where)
    joints = match_joints(clip.names, clip.parents, where)
    begin = _begin(next(clip.pieces(1)), joints, where, notes)
    unit_m, stature_m = _unit(begin, notes)
    to_smpl, to_z_up = _axes(begin, _mean_trunk(clip, begin), notes)
    poses_rad, pelvis_m = [], []
    for piece in clip.pieces():
        posed = _pose(piece, begin)
        turns = _smpl_turns(posed, to_smpl, to_z_up)
        poses_rad.append(world_to_local(turns))
        pelvis_m.append(_pelvis_m(posed, turns[0], to_z_up, unit_m, stature_m))
    return Motion(
        poses_rad=np.concatenate(poses_rad),
        transl_m=np.concatenate(pelvis_m) - np.asarray(REST_PELVIS_M["smpl"]),
        rate_hz=clip.rate_hz,
        rest_pelvis_m=REST_PELVIS_M["smpl"],
        name=name,
        stature_m=stature_m,
        notes=tuple(notes),
    )


def _drop_calibration_pose(clip: BvhClip, where: str) -> list[str]:
    """Some converters put a T-pose before the recording; keeping it would be one huge jump."""
    if not np.isfinite(clip.values).all():
        pose = int((~np.isfinite(clip.values)).any(axis=1).argmax())
        raise InputError(where, "MOTION", f"NaN or infinite at pose {pose}", "cut or repair it")
    if len(clip.values) < 3:
        return []
    _, turns = next(clip.pieces(2)).local_motion()
    still = [turn[0].magnitude() for turn, parent in zip(turns, clip.parents) if parent >= 0]
    jump = [(turn[0].inv() * turn[1]).magnitude() for turn in turns]
    if max(still, default=1) < 1e-3 and max(jump) > np.radians(20):
        clip.values = clip.values[1:]
        return ["first pose dropped: a T-pose put before the recording"]
    return []


def _begin(clip: BvhClip, joints: JointMap, where: str, notes: list[str]) -> _Posed:
    """The first pose, and the one that serves as rest: all turns zero, or the first itself."""
    offsets, local = clip.local_motion()
    positions, world = _forward(clip.parents, offsets, local)
    zero, _ = _forward(
        clip.parents, np.array(clip.offsets)[None], [Rotation.identity(1)] * len(local)
    )
    posed = _Posed(
        joints, clip.parents, world, positions, zero[0], [Rotation.identity()] * len(local)
    )
    if _stands(posed):
        return posed
    posed.rest, posed.rest_turns = positions[0], [turn[0] for turn in world]
    if _stands(posed):
        notes.append("rest pose taken from the first pose: the skeleton's own does not stand")
        return posed
    raise InputError(
        where,
        "skeleton",
        "neither its rest pose nor its first pose stands upright with straight legs",
        "export it with a T-pose or A-pose as rest pose or first pose",
    )


def _pose(piece: BvhClip, begin: _Posed) -> _Posed:
    """Forward kinematics of a piece of the clip that begins so."""
    positions, world = _forward(piece.parents, *piece.local_motion())
    return replace(begin, world=world, positions=positions)


def _mean_trunk(clip: BvhClip, begin: _Posed) -> np.ndarray:
    """Which way the trunk points, on average over all poses."""
    total = np.zeros(3)
    for piece in clip.pieces():
        trunk = _trunk(begin, _pose(piece, begin).positions)
        total += (trunk / np.linalg.norm(trunk, axis=1, keepdims=True)).sum(axis=0)
    return total / len(clip.values)


def _forward(parents, offsets, local):
    positions, world = np.zeros(offsets.shape), []
    for joint, parent in enumerate(parents):
        if parent < 0:
            positions[:, joint], turn = offsets[:, joint], local[joint]
        else:
            moved = world[parent].apply(offsets[:, joint])
            positions[:, joint], turn = positions[:, parent] + moved, world[parent] * local[joint]
        world.append(turn)
    return positions, world


def _stands(posed: _Posed) -> bool:
    """Thighs and shanks point the same way, the trunk the other, and hips lie across."""
    legs = [posed.bone(f"{s}_{p}", posed.rest) for s in ("left", "right") for p in ("hip", "knee")]
    if any(leg is None for leg in legs):
        return False
    legs = np.array([leg / np.linalg.norm(leg) for leg in legs])
    down = legs.mean(axis=0) / np.linalg.norm(legs.mean(axis=0))
    trunk, across = _trunk(posed, posed.rest), _across(posed, posed.rest)
    trunk, across = (v / max(np.linalg.norm(v), 1e-12) for v in (trunk, across))
    return bool((legs @ down).min() > 0.85 and trunk @ down < -0.7 and abs(across @ down) < 0.3)


def _trunk(posed: _Posed, positions: np.ndarray) -> np.ndarray:
    limbs = posed.joints.limbs
    arms, legs = ([limbs[f"{s}_{p}"] for s in ("left", "right")] for p in ("shoulder", "hip"))
    return positions[..., arms, :].mean(axis=-2) - positions[..., legs, :].mean(axis=-2)


def _across(posed: _Posed, positions: np.ndarray) -> np.ndarray:
    limbs = posed.joints.limbs
    return positions[..., limbs["left_hip"], :] - positions[..., limbs["right_hip"], :]


def _unit(posed: _Posed, notes: list[str]) -> tuple[float, float]:
    """The unit that makes a person of it, judged by the legs: heads and spines end anywhere."""
    sides = [(f"{s}_hip", f"{s}_knee") for s in ("left", "right")]
    leg = np.mean([sum(np.linalg.norm(posed.bone(j, posed.rest)) for j in side) for side in sides])
    stature = leg / LEG_PER_STATURE
    low_m, high_m = STATURES_M
    statures_m = {unit: stature * size_m for unit, size_m in UNITS_M.items()}
    unit = min(statures_m, key=lambda unit: abs(np.log(statures_m[unit] / USUAL_STATURE_M)))
    if low_m <= statures_m[unit] <= high_m:
        notes.append(f"unit taken as {unit}: legs of a person {statures_m[unit]:.2f} m tall")
        return UNITS_M[unit], float(statures_m[unit])
    notes.append(
        f"no unit gives a stature of {low_m} to {high_m} m (nearest: {unit}, "
        f"{statures_m[unit]:.2f} m): scaled to {USUAL_STATURE_M:.2f} m"
    )
    return USUAL_STATURE_M / stature, USUAL_STATURE_M


def _axes(posed: _Posed, mean_trunk: np.ndarray, notes: list[str]) -> tuple[Rotation, Rotation]:
    """G, BVH rest frame to SMPL's; and W, BVH world to z-up."""
    rest_up = _nearest_axis(_trunk(posed, posed.rest))
    left = _across(posed, posed.rest)
    left = left - (left @ rest_up) * rest_up
    left = left / np.linalg.norm(left)
    # Rows are SMPL's axes (left, up, ahead) seen from the BVH rest frame.
    to_smpl = Rotation.from_matrix(np.stack([left, rest_up, np.cross(left, rest_up)]))
    # Crawlers and sleepers say nothing about the world's up; a skeleton turned upright does.
    upright = np.abs(mean_trunk).max() > 0.8 and mean_trunk @ rest_up < 0.5
    up = _nearest_axis(mean_trunk) if upright else rest_up
    sign = "-" if up.sum() < 0 else ""
    notes.append(f"up taken as {sign}{'xyz'[np.abs(up).argmax()]}")
    return to_smpl, rotation_between(up, np.array([0.0, 0, 1]))


def _nearest_axis(vector: np.ndarray) -> np.ndarray:
    axis = np.zeros(3)
    axis[np.abs(vector).argmax()] = np.sign(vector[np.abs(vector).argmax()])
    return axis


def _smpl_turns(posed: _Posed, to_smpl: Rotation, to_z_up: Rotation) -> list[Rotation]:
    """World rotation of each of SMPL's joints."""
    joints = posed.joints

    def turn(bvh_joint: int) -> Rotation:
        since_rest = posed.world[bvh_joint] * posed.rest_turns[bvh_joint].inv()
        return to_z_up * since_rest * to_smpl.inv()

    found = {"pelvis": turn(joints.pelvis)}
    trunk = ("spine1", "spine2", "spine3")
    found |= _spread([found["pelvis"], *map(turn, joints.spine)], trunk)
    found |= _spread([found["spine3"], *map(turn, joints.neck)], ("neck", "head"))
    for name, joint in joints.limbs.items():
        found[name] = turn(joint) * _rest_offset(posed, name, to_smpl)
    turns = []
    for name, parent in zip(JOINT_NAMES, PARENTS, strict=True):
        # A joint that the file lacks follows its parent. A wrist turns with the forearm it ends.
        turns.append(found[name] if name in found else turns[parent])
    return turns


def _spread(chain: list[Rotation], names: tuple[str, ...]) -> dict[str, Rotation]:
    """A chain of any number of joints as `names`, evenly along it; the last ends where it ends."""
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


def _rest_offset(posed: _Posed, name: str, to_smpl: Rotation) -> Rotation:
    """A_j: from SMPL's rest bone to the clip's, both in SMPL's rest frame."""
    side, part = name.split("_")
    if part == "wrist":  # a hand rests in line with its forearm
        return _rest_offset(posed, f"{side}_elbow", to_smpl)
    if part == "foot":  # toes rest as the foot does
        return _rest_offset(posed, f"{side}_ankle", to_smpl)
    bone = posed.bone(name, posed.rest) if part in _NEXT else None
    if bone is None:
        return Rotation.identity()
    smpl_bone = REST_JOINTS_M[JOINT[f"{side}_{_NEXT[part]}"]] - REST_JOINTS_M[JOINT[name]]
    bone = to_smpl.apply(bone)
    if part == "ankle" and np.arcsin(abs(bone[1]) / np.linalg.norm(bone)) < _FLAT_FOOT_RAD:
        smpl_bone, bone = smpl_bone * [1, 0, 1], bone * [1, 0, 1]
    return rotation_between(smpl_bone, bone)


def _pelvis_m(posed, pelvis_turn, to_z_up, unit_m, stature_m) -> np.ndarray:
    """The pelvis of SMPL, above hips that are where the clip's are."""
    hips = [posed.joints.limbs[f"{side}_hip"] for side in ("left", "right")]
    hips_m = to_z_up.apply(posed.positions[:, hips].mean(axis=1)) * unit_m
    size = stature_m * LEG_PER_STATURE / leg_length_m(REST_JOINTS_M)
    above_m = -REST_JOINTS_M[[JOINT["left_hip"], JOINT["right_hip"]]].mean(axis=0) * size
    return hips_m + pelvis_turn.apply(above_m)
