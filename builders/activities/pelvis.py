"""The pelvis between the feet: balanced over them, as high as the legs let it, and the legs."""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from builders.activities.anatomy import leg_rotations, turn
from builders.activities.feet import STANDING_WIDTH, FootTrack
from builders.activities.movement import Gait, Stance
from builders.activities.skeleton import (
    SIDES,
    J,
    Skeleton,
    forward,
    leg_bones,
    reach,
    soft_minimum,
)

STRAIGHT = 0.996  # of the leg's length: what the rounded corners leave keeps the knee bent 12
STRIDING = 0.988  # a walker's knees are never quite straight
UNLOADED_M = 0.6  # a foot without load lets the pelvis rise by this
SMOOTH_S = 0.045  # rounds the corner where one leg takes over from the other
CLEAR_M = 0.02  # a foot led by its angles keeps about this from the floor
BALANCE_S = 0.12  # the pelvis answers the trunk's movement about this late and early
_Y, _Z = np.eye(3)[1:]

# Share of body mass, the joints it lies between, and how far along.
# Source: de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters",
# J. Biomechanics 29, 1996 (mean of men and women; trunk in three parts).
SEGMENTS = (
    (0.068, "neck", "head", 1.0),
    (0.158, "spine3", "neck", 0.4),
    (0.155, "spine1", "spine2", 0.5),
    (0.118, "pelvis", "spine1", 0.0),
    *((0.027, f"{s}_shoulder", f"{s}_elbow", 0.58) for s in SIDES),
    *((0.015, f"{s}_elbow", f"{s}_wrist", 0.46) for s in SIDES),
    *((0.006, f"{s}_wrist", f"{s}_hand", 0.8) for s in SIDES),
    *((0.144, f"{s}_hip", f"{s}_knee", 0.39) for s in SIDES),
    *((0.045, f"{s}_knee", f"{s}_ankle", 0.44) for s in SIDES),
    *((0.013, f"{s}_ankle", f"{s}_foot", 0.5) for s in SIDES),
)


def balanced_pelvis(
    skeleton: Skeleton,
    base: Stance | Gait,
    course: dict[str, np.ndarray],
    feet: list[FootTrack],
    upper: np.ndarray,
    middle_m: np.ndarray,
    rate_hz: float,
) -> tuple[np.ndarray, np.ndarray]:
    """All rotations and the pelvis's place.

    Args:
        skeleton: the subject's.
        base: stance or gait.
        course: every channel [pose].
        feet: left and right.
        upper: rotations of the joints above the hips [pose, joint, 3, 3].
        middle_m: under the body when it walks [pose, 2].
        rate_hz: poses per second.

    Returns:
        Local rotations [pose, joint, 3, 3] and the pelvis [pose, 3] in metres.
    """
    sigma = BALANCE_S * rate_hz
    walks = isinstance(base, Gait)
    target_m = middle_m if walks else gaussian_filter1d(_support(feet), sigma, axis=0)
    target_m = target_m + np.stack([course["root.ahead"], course["root.left"]], axis=-1)
    pelvis_m = np.zeros((len(upper), 3))
    pelvis_m[:, :2] = target_m
    rounds = 1 if walks else 4
    for left in reversed(range(rounds)):
        pelvis_m[:, 2] = _height(skeleton, base, course, feet, upper, pelvis_m, rate_hz)
        rotations = _with_legs(skeleton, course, feet, upper, pelvis_m)
        if left and not walks:
            joints_m, _ = forward(skeleton, rotations, pelvis_m)
            miss_m = base.balance * (target_m - centre_of_mass(joints_m)[:, :2])
            pelvis_m[:, :2] += gaussian_filter1d(miss_m, sigma, axis=0)
    return rotations, pelvis_m


def centre_of_mass(joints_m: np.ndarray) -> np.ndarray:
    """Of the whole body [pose, 3], from its joints."""
    return sum(
        mass * ((1 - along) * joints_m[:, J[a]] + along * joints_m[:, J[b]])
        for mass, a, b, along in SEGMENTS
    ) / sum(segment[0] for segment in SEGMENTS)


def _support(feet):
    """The middle of the loaded feet: a little ahead of the ankles."""
    load = [1.02 - track.load_off for track in feet]
    middles = [
        track.ankle_m[:, :2] + 0.045 * np.stack([np.cos(track.yaw_rad), np.sin(track.yaw_rad)], -1)
        for track in feet
    ]
    total = (load[0] + load[1])[:, None]
    return (load[0][:, None] * middles[0] + load[1][:, None] * middles[1]) / total


def _height(skeleton, base, course, feet, upper, pelvis_m, rate_hz):
    """As high as asked for, and no higher than the loaded legs reach."""
    straight = STRIDING if isinstance(base, Gait) else STRAIGHT
    reach_m = straight * sum(np.linalg.norm(bone) for bone in leg_bones(skeleton, 0))
    hip, ankle = skeleton.rest_m[J["left_hip"]] - skeleton.rest_m[0], -skeleton.heel_m[0, 2]
    aside_m = STANDING_WIDTH * skeleton.leg_m / 2 - hip[1]
    standing_m = ankle + np.sqrt(reach_m**2 - aside_m**2) - hip[2]
    sink = course["root.sink"] + getattr(base, "sink", 0.0)
    height_m = standing_m + course["root.hop"] - sink * skeleton.leg_m
    for side, track in enumerate(feet):
        hip_m = _hip(skeleton, side, upper, pelvis_m)
        flat_m = np.linalg.norm(track.ankle_m[:, :2] - hip_m[:, :2], axis=-1)
        reach_up_m = np.sqrt(np.maximum(reach_m**2 - flat_m**2, (0.3 * reach_m) ** 2))
        limit_m = track.ankle_m[:, 2] + reach_up_m - (hip_m[:, 2] - pelvis_m[:, 2])
        free = course[f"{SIDES[side]}.foot.free"]
        height_m = soft_minimum(
            height_m, limit_m + UNLOADED_M * np.maximum(track.load_off, free), 0.007
        )
    return gaussian_filter1d(height_m, SMOOTH_S * rate_hz)


def _hip(skeleton, side, upper, pelvis_m):
    hip = skeleton.rest_m[J[f"{SIDES[side]}_hip"]] - skeleton.rest_m[0]
    return pelvis_m + upper[:, 0] @ hip


def _with_legs(skeleton, course, feet, upper, pelvis_m):
    rotations = upper.copy()
    for side, name in enumerate(SIDES):
        thigh, shank, foot, toes_deg = _leg(skeleton, side, course, feet[side], upper, pelvis_m)
        inverse = lambda matrix: np.swapaxes(matrix, -1, -2)  # noqa: E731
        rotations[:, J[f"{name}_hip"]] = inverse(upper[:, 0]) @ thigh
        rotations[:, J[f"{name}_knee"]] = inverse(thigh) @ shank
        rotations[:, J[f"{name}_ankle"]] = inverse(shank) @ foot
        rotations[:, J[f"{name}_foot"]] = turn(-_Y, toes_deg)
    return rotations


def _leg(skeleton, side, course, track, upper, pelvis_m):
    """World rotations of thigh, shank and foot: placed by the floor, led by angles, or between."""
    name = SIDES[side]
    hip_m = _hip(skeleton, side, upper, pelvis_m)
    ankle_m = track.ankle_m
    heading = turn(_Z, np.rad2deg(track.yaw_rad))
    # Knees follow the toes, but not all the way.
    leftward = 0.7 * heading[:, :, 1] + 0.3 * upper[:, 0, :, 1]
    foot = heading @ turn(_Y, track.pitch_deg)
    toes_deg = track.toes_deg
    free = course[f"{name}.foot.free"][:, None]
    if free.any():
        hip, knee, ankle = leg_rotations(course, name)
        free_thigh = upper[:, 0] @ hip
        free_shank = free_thigh @ knee
        t, s = leg_bones(skeleton, side)
        ankle_m = (1 - free) * ankle_m + free * (hip_m + free_thigh @ t + free_shank @ s)
        leftward = (1 - free) * leftward + free * free_thigh[:, :, 1]
        foot = _between(foot, free_shank @ ankle, free)
        ankle_m = ankle_m + free * _clear_of_floor(skeleton, side, ankle_m, foot)
        toes_deg = toes_deg + course[f"{name}.toes.flexion"] * free[:, 0]
    thigh, shank = reach(skeleton, side, ankle_m - hip_m, leftward)
    return thigh, shank, foot, toes_deg


def _clear_of_floor(skeleton, side, ankle_m, foot):
    """How far a foot led by its angles must be raised, so that no part of it is in the floor."""
    points = np.stack([skeleton.heel_m[side], skeleton.ball_m[side], skeleton.toe_m[side]])
    low_m = (ankle_m[:, None, 2] + np.einsum("pj,mj->pm", foot[:, 2], points)).min(axis=1)
    deep_m = np.maximum(CLEAR_M - low_m, 0.0)
    raise_m = np.zeros_like(ankle_m)
    raise_m[:, 2] = deep_m**2 / (deep_m + CLEAR_M)  # smooth at the moment of touching
    return raise_m


def _between(first, second, share):
    """The rotation a share of the way from one to the other."""
    apart = Rotation.from_matrix(np.swapaxes(first, -1, -2) @ second).as_rotvec()
    return first @ Rotation.from_rotvec(share * apart).as_matrix()
