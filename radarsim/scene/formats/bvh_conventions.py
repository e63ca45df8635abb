"""Infer the length unit of a BVH file from the motion, and drop a T-pose inserted before it."""

from typing import NamedTuple

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_parser import BvhClip
from radarsim.scene.formats.bvh_posture import Posture
from radarsim.scene.skeleton import LEG_PER_STATURE

# CMU's skeletons are written in units of 1/0.45 inch (their ASF files: "length 0.45").
UNITS_M = {
    "metre": 1.0,
    "decimetre": 0.1,
    "CMU unit (1/0.45 inch)": 0.0254 / 0.45,
    "inch": 0.0254,
    "centimetre": 0.01,
    "millimetre": 0.001,
}
# Limits of the stature for which a length unit is accepted, and the usual stature [m].
STATURES_M = (1.4, 2.1)
USUAL_STATURE_M = 1.70


class Size(NamedTuple):
    """Length of one unit of the file, and stature of the subject [m]."""

    unit_m: float
    stature_m: float


def drop_calibration_pose(clip: BvhClip, where: str) -> list[str]:
    """Drop the T-pose that some converters insert before the recording, which causes a jump."""
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


def infer_size(rest: Posture, notes: list[str]) -> Size:
    """Infer unit and stature from the leg length, because head and spine ends differ by file."""
    sides = [(f"{s}_hip", f"{s}_knee") for s in ("left", "right")]
    leg = np.mean([sum(np.linalg.norm(rest.bone(j)) for j in side) for side in sides])
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
