"""Conventions of a BVH file, inferred from the motion: rest pose, unit of length, axes, T-pose."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_joint_names import JointMap
from radarsim.scene.formats.bvh_parser import BvhClip
from radarsim.scene.skeleton import LEG_PER_STATURE, rotation_between

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

NEXT_JOINT = {
    "hip": "knee",
    "knee": "ankle",
    "ankle": "foot",
    "shoulder": "elbow",
    "elbow": "wrist",
}
"""The joint at the other end of the bone that starts at a joint."""


@dataclass
class PosedSkeleton:
    """Joint rotations and positions of a clip in its own unit and axes, and its rest pose."""

    joints: JointMap
    parents: list[int]
    world: list[Rotation]
    positions: np.ndarray
    rest: np.ndarray
    rest_rotations: list[Rotation]

    def bone(self, name: str, positions: np.ndarray) -> np.ndarray | None:
        """Vector from the joint of this SMPL name to the next in its limb, or to its end site."""
        side, part = name.split("_")
        start, end = self.joints.limbs[name], self.joints.limbs.get(f"{side}_{NEXT_JOINT[part]}")
        ends = [end] if end is not None else [i for i, p in enumerate(self.parents) if p == start]
        bone = positions[..., ends, :].mean(axis=-2) - positions[..., start, :] if ends else None
        return None if bone is None or not np.abs(bone).max() > 0 else bone


class Size(NamedTuple):
    """Length of one unit of the file, and stature of the subject [m]."""

    unit_m: float
    stature_m: float


class Axes(NamedTuple):
    """Rotations from the BVH rest frame to SMPL's, and from the BVH world to a z-up world."""

    to_smpl: Rotation
    to_z_up: Rotation


def drop_calibration_pose(clip: BvhClip, where: str) -> list[str]:
    """Drop the T-pose that some converters insert before the recording: it would be a jump."""
    if not np.isfinite(clip.values).all():
        pose = int((~np.isfinite(clip.values)).any(axis=1).argmax())
        raise InputError(where, "MOTION", f"NaN or infinite at pose {pose}", "cut or repair it")
    if len(clip.values) < 3:
        return []
    _, local = next(clip.chunks(2)).local_motion()
    first = [rotation[0].magnitude() for rotation, p in zip(local, clip.parents) if p >= 0]
    jump = [(rotation[0].inv() * rotation[1]).magnitude() for rotation in local]
    if max(first, default=1) < 1e-3 and max(jump) > np.radians(20):
        clip.values = clip.values[1:]
        return ["first pose dropped: a T-pose inserted before the recording"]
    return []


def first_pose(clip: BvhClip, joints: JointMap, where: str, notes: list[str]) -> PosedSkeleton:
    """The first pose, with its rest pose: all rotations zero, or the first pose itself."""
    offsets, local = clip.local_motion()
    positions, world = _forward(clip.parents, offsets, local)
    zero, _ = _forward(
        clip.parents, np.array(clip.offsets)[None], [Rotation.identity(1)] * len(local)
    )
    posed = PosedSkeleton(
        joints, clip.parents, world, positions, zero[0], [Rotation.identity()] * len(local)
    )
    if _is_upright(posed):
        return posed
    posed.rest, posed.rest_rotations = positions[0], [rotation[0] for rotation in world]
    if _is_upright(posed):
        notes.append("the first pose is used as rest pose: that of the skeleton is not upright")
        return posed
    raise InputError(
        where,
        "skeleton",
        "neither rest pose nor first pose is upright with straight legs",
        "export it with a T-pose or A-pose as rest pose or first pose",
    )


def pose_of(chunk: BvhClip, first: PosedSkeleton) -> PosedSkeleton:
    """Forward kinematics of a chunk of the clip whose first pose is given."""
    positions, world = _forward(chunk.parents, *chunk.local_motion())
    return replace(first, world=world, positions=positions)


def mean_trunk_direction(clip: BvhClip, first: PosedSkeleton) -> np.ndarray:
    """Direction of the trunk, averaged over all poses."""
    total = np.zeros(3)
    for chunk in clip.chunks():
        trunk = _trunk(first, pose_of(chunk, first).positions)
        total += (trunk / np.linalg.norm(trunk, axis=1, keepdims=True)).sum(axis=0)
    return total / len(clip.values)


def _forward(parents, offsets, local):
    positions, world = np.zeros(offsets.shape), []
    for joint, parent in enumerate(parents):
        if parent < 0:
            positions[:, joint], rotation = offsets[:, joint], local[joint]
        else:
            moved = world[parent].apply(offsets[:, joint])
            positions[:, joint] = positions[:, parent] + moved
            rotation = world[parent] * local[joint]
        world.append(rotation)
    return positions, world


def _is_upright(posed: PosedSkeleton) -> bool:
    """Whether all thighs and shanks are parallel, opposite to the trunk, and across the hips."""
    legs = [posed.bone(f"{s}_{p}", posed.rest) for s in ("left", "right") for p in ("hip", "knee")]
    if any(leg is None for leg in legs):
        return False
    legs = np.array([leg / np.linalg.norm(leg) for leg in legs])
    down = legs.mean(axis=0) / np.linalg.norm(legs.mean(axis=0))
    trunk, across = _trunk(posed, posed.rest), _across(posed, posed.rest)
    trunk, across = (v / max(np.linalg.norm(v), 1e-12) for v in (trunk, across))
    return bool((legs @ down).min() > 0.85 and trunk @ down < -0.7 and abs(across @ down) < 0.3)


def _trunk(posed: PosedSkeleton, positions: np.ndarray) -> np.ndarray:
    limbs = posed.joints.limbs
    arms, legs = ([limbs[f"{s}_{p}"] for s in ("left", "right")] for p in ("shoulder", "hip"))
    return positions[..., arms, :].mean(axis=-2) - positions[..., legs, :].mean(axis=-2)


def _across(posed: PosedSkeleton, positions: np.ndarray) -> np.ndarray:
    limbs = posed.joints.limbs
    return positions[..., limbs["left_hip"], :] - positions[..., limbs["right_hip"], :]


def infer_size(posed: PosedSkeleton, notes: list[str]) -> Size:
    """Unit and stature from the leg length: the ends of head and spine vary between files."""
    sides = [(f"{s}_hip", f"{s}_knee") for s in ("left", "right")]
    leg = np.mean([sum(np.linalg.norm(posed.bone(j, posed.rest)) for j in side) for side in sides])
    stature = leg / LEG_PER_STATURE
    low_m, high_m = STATURES_M
    statures_m = {unit: stature * size_m for unit, size_m in UNITS_M.items()}
    unit = min(statures_m, key=lambda unit: abs(np.log(statures_m[unit] / USUAL_STATURE_M)))
    if low_m <= statures_m[unit] <= high_m:
        stature_m = float(statures_m[unit])
        notes.append(f"unit inferred as {unit}: leg length of a person {stature_m:.2f} m tall")
        return Size(UNITS_M[unit], stature_m)
    notes.append(
        f"no unit gives a stature of {low_m} to {high_m} m (nearest: {unit}, "
        f"{statures_m[unit]:.2f} m): scaled to {USUAL_STATURE_M:.2f} m"
    )
    return Size(USUAL_STATURE_M / stature, USUAL_STATURE_M)


def infer_axes(posed: PosedSkeleton, mean_trunk: np.ndarray, notes: list[str]) -> Axes:
    """Axes from the directions of trunk and hips, in the rest pose and on average."""
    rest_up = _nearest_axis(_trunk(posed, posed.rest))
    left = _across(posed, posed.rest)
    left = left - (left @ rest_up) * rest_up
    left = left / np.linalg.norm(left)
    # Rows are SMPL's axes (left, up, ahead) in the BVH rest frame.
    to_smpl = Rotation.from_matrix(np.stack([left, rest_up, np.cross(left, rest_up)]))
    # Crawling and lying do not determine the up axis; a skeleton that was rotated upright does.
    upright = np.abs(mean_trunk).max() > 0.8 and mean_trunk @ rest_up < 0.5
    up = _nearest_axis(mean_trunk) if upright else rest_up
    sign = "-" if up.sum() < 0 else ""
    notes.append(f"up axis inferred as {sign}{'xyz'[np.abs(up).argmax()]}")
    return Axes(to_smpl, rotation_between(up, np.array([0.0, 0, 1])))


def _nearest_axis(vector: np.ndarray) -> np.ndarray:
    axis = np.zeros(3)
    axis[np.abs(vector).argmax()] = np.sign(vector[np.abs(vector).argmax()])
    return axis
