"""Whole-body balance: pelvis over the feet, pelvis height within leg reach, leg kinematics."""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from builders.activities.foot_trajectories import STANDING_WIDTH, FootTrajectory
from builders.activities.joint_angles import leg_rotations, rotation
from builders.activities.movement import Gait, Stance
from builders.activities.skeleton import (
    SIDES,
    J,
    Skeleton,
    forward_kinematics,
    leg_bones,
    leg_inverse_kinematics,
    soft_minimum,
)

# Largest leg extension, relative to the full leg length, for standing and for walking. The
# smoothing keeps standing knees bent by 12 degrees; a walker's knees are never quite straight.
STRAIGHT, STRIDING = 0.996, 0.988
UNLOADED_M = 0.6  # additional pelvis height permitted while one foot carries no load
SMOOTH_S = 0.045  # time scale on which the pelvis height is smoothed while load shifts between legs
CLEAR_M = 0.02  # approximate floor clearance of a foot that follows its joint angles
BALANCE_S = 0.12  # time constant of the pelvis's balance response, before and after the movement
_Y, _Z = np.eye(3)[1:]

# Body segments: fraction of body mass, start joint, end joint, and the relative position of the
# centre of mass between the two joints.
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
    series: dict[str, np.ndarray],
    feet: list[FootTrajectory],
    upper: np.ndarray,
    middle_m: np.ndarray,
    rate_hz: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the rotations of all joints and the position of the pelvis.

    Args:
        skeleton: skeleton of the performer.
        base: stance or gait.
        series: time series of every channel [pose].
        feet: trajectories of the left and the right foot.
        upper: rotations of the joints above the hips [pose, joint, 3, 3].
        middle_m: floor position below a walking body [pose, 2].
        rate_hz: poses per second.

    Returns:
        Local rotations [pose, joint, 3, 3] and the pelvis [pose, 3] in metres.
    """
    sigma = BALANCE_S * rate_hz
    walks = isinstance(base, Gait)
    target_m = middle_m if walks else gaussian_filter1d(_support(feet), sigma, axis=0)
    target_m = target_m + np.stack([series["root.ahead"], series["root.left"]], axis=-1)
    pelvis_m = np.zeros((len(upper), 3))
    pelvis_m[:, :2] = target_m
    num_iterations = 1 if walks else 4
    for remaining in reversed(range(num_iterations)):
        pelvis_m[:, 2] = _height(skeleton, base, series, feet, upper, pelvis_m, rate_hz)
        rotations = _add_legs(skeleton, series, feet, upper, pelvis_m)
        if remaining and not walks:
            joints_m, _ = forward_kinematics(skeleton, rotations, pelvis_m)
            error_m = base.balance * (target_m - centre_of_mass_m(joints_m)[:, :2])
            pelvis_m[:, :2] += gaussian_filter1d(error_m, sigma, axis=0)
    return rotations, pelvis_m


def centre_of_mass_m(joints_m: np.ndarray) -> np.ndarray:
    """Centre of mass of the whole body [pose, 3], computed from its joints."""
    return sum(
        mass * ((1 - position) * joints_m[:, J[start]] + position * joints_m[:, J[end]])
        for mass, start, end, position in SEGMENTS
    ) / sum(mass for mass, *_ in SEGMENTS)


def _support(feet):
    """Load-weighted mean position of the feet [pose, 2], slightly in front of the ankles."""
    load = [1.02 - foot.load_off for foot in feet]
    middles = [
        foot.ankle_m[:, :2] + 0.045 * np.stack([np.cos(foot.yaw_rad), np.sin(foot.yaw_rad)], -1)
        for foot in feet
    ]
    total = (load[0] + load[1])[:, None]
    return (load[0][:, None] * middles[0] + load[1][:, None] * middles[1]) / total


def _height(skeleton, base, series, feet, upper, pelvis_m, rate_hz):
    """Pelvis height [pose]: the requested height, limited by the reach of the loaded legs."""
    straight = STRIDING if isinstance(base, Gait) else STRAIGHT
    reach_m = straight * sum(np.linalg.norm(bone) for bone in leg_bones(skeleton, 0))
    hip, ankle = skeleton.rest_m[J["left_hip"]] - skeleton.rest_m[0], -skeleton.heel_m[0, 2]
    aside_m = STANDING_WIDTH * skeleton.leg_m / 2 - hip[1]
    standing_m = ankle + np.sqrt(reach_m**2 - aside_m**2) - hip[2]
    sink = series["root.sink"] + getattr(base, "sink", 0.0)
    height_m = standing_m + series["root.hop"] - sink * skeleton.leg_m
    for side, track in enumerate(feet):
        hip_m = _hip(skeleton, side, upper, pelvis_m)
        flat_m = np.linalg.norm(track.ankle_m[:, :2] - hip_m[:, :2], axis=-1)
        reach_up_m = np.sqrt(np.maximum(reach_m**2 - flat_m**2, (0.3 * reach_m) ** 2))
        limit_m = track.ankle_m[:, 2] + reach_up_m - (hip_m[:, 2] - pelvis_m[:, 2])
        free = series[f"{SIDES[side]}.foot.free"]
        height_m = soft_minimum(
            height_m, limit_m + UNLOADED_M * np.maximum(track.load_off, free), 0.007
        )
    return gaussian_filter1d(height_m, SMOOTH_S * rate_hz)


def _hip(skeleton, side, upper, pelvis_m):
    """Position of a hip [pose, 3]."""
    hip = skeleton.rest_m[J[f"{SIDES[side]}_hip"]] - skeleton.rest_m[0]
    return pelvis_m + upper[:, 0] @ hip


def _add_legs(skeleton, series, feet, upper, pelvis_m):
    """Local rotations of all joints, with the legs added to `upper` [pose, joint, 3, 3]."""
    rotations = upper.copy()
    for side, name in enumerate(SIDES):
        thigh, shank, foot, toes_deg = _leg(skeleton, side, series, feet[side], upper, pelvis_m)
        rotations[:, J[f"{name}_hip"]] = _inverse(upper[:, 0]) @ thigh
        rotations[:, J[f"{name}_knee"]] = _inverse(thigh) @ shank
        rotations[:, J[f"{name}_ankle"]] = _inverse(shank) @ foot
        rotations[:, J[f"{name}_foot"]] = rotation(-_Y, toes_deg)
    return rotations


def _inverse(rotation):
    return np.swapaxes(rotation, -1, -2)


def _leg(skeleton, side, series, track, upper, pelvis_m):
    """World rotations of thigh, shank and foot, and the toe angle [degrees].

    The foot follows its placement on the floor, the joint angles of the leg, or a blend of the two.
    """
    name = SIDES[side]
    hip_m = _hip(skeleton, side, upper, pelvis_m)
    ankle_m = track.ankle_m
    heading = rotation(_Z, np.rad2deg(track.yaw_rad))
    # The direction of the knee lies between those of the toes and the pelvis.
    leftward = 0.7 * heading[:, :, 1] + 0.3 * upper[:, 0, :, 1]
    foot = heading @ rotation(_Y, track.pitch_deg)
    toes_deg = track.toes_deg
    free = series[f"{name}.foot.free"][:, None]
    if free.any():
        hip, knee, ankle = leg_rotations(series, name)
        free_thigh = upper[:, 0] @ hip
        free_shank = free_thigh @ knee
        t, s = leg_bones(skeleton, side)
        ankle_m = (1 - free) * ankle_m + free * (hip_m + free_thigh @ t + free_shank @ s)
        leftward = (1 - free) * leftward + free * free_thigh[:, :, 1]
        foot = _interpolate(foot, free_shank @ ankle, free)
        ankle_m = ankle_m + free * _clearance_m(skeleton, side, ankle_m, foot)
        toes_deg = toes_deg + series[f"{name}.toes.flexion"] * free[:, 0]
    thigh, shank = leg_inverse_kinematics(skeleton, side, ankle_m - hip_m, leftward)
    return thigh, shank, foot, toes_deg


def _clearance_m(skeleton, side, ankle_m, foot):
    """Upward shift [pose, 3] that keeps a foot with given joint angles above the floor."""
    points = np.stack([skeleton.heel_m[side], skeleton.ball_m[side], skeleton.toe_m[side]])
    low_m = (ankle_m[:, None, 2] + np.einsum("pj,mj->pm", foot[:, 2], points)).min(axis=1)
    depth_m = np.maximum(CLEAR_M - low_m, 0.0)
    shift_m = np.zeros_like(ankle_m)
    shift_m[:, 2] = depth_m**2 / (depth_m + CLEAR_M)  # smooth at the onset of contact
    return shift_m


def _interpolate(first, second, share):
    """Interpolate spherically between two rotations [pose, 3, 3]."""
    difference = Rotation.from_matrix(_inverse(first) @ second).as_rotvec()
    return first @ Rotation.from_rotvec(share * difference).as_matrix()
