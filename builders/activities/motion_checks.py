"""Plausibility checks of a motion: joint range, floor, foot slip, balance, speed, acceleration.

The comment above `LIMITS` states the sources of the limits.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.transform import Rotation

from builders.activities.balance import centre_of_mass_m
from builders.activities.joint_angles import RANGE_DEG, joint_of
from builders.activities.joint_trajectories import JointTrajectories
from builders.activities.jumps import GRAVITY_MPS2
from builders.activities.registry import Activity
from builders.activities.self_intersection import self_intersections
from builders.activities.skeleton import SIDES, J
from builders.activities.synthesis import Performance

# Largest permitted values. Hand speed: amateurs throw balls at 20 m/s or more (van den Tillaar and
# Ettema, "A force-velocity relationship and coordination patterns in overarm throwing", J. Sports
# Sci. Med. 3, 2004). Foot speed: 16 to 22 m/s in soccer kicks (Lees and Nolan, "The biomechanics
# of soccer: a review", J. Sports Sci. 16, 1998). Root speed: the limit allows jogging but not
# sprinting. Landing from small jumps loads the trunk with 3 to 5 times its weight (McNair and
# Prapavessis, "Normative data of vertical ground reaction forces during landing from a jump", J.
# Sci. Med. Sport 2, 1999). Accelerations of hands and feet: a minimum-jerk stroke of 0.15 s with
# peak speed v has a peak acceleration of 3.1 v / 0.15 s.
LIMITS = {
    "range_deg": 0.5,
    "floor_cm": 2.0,
    "afloat_pct": 2.0,
    "slip_cm": 3.0,
    "inside_pct": 2.0,
    "unbalanced_pct": 2.0,
    "hand_mps": 16.0,
    "foot_mps": 16.0,
    "root_mps": 3.0,
    "hand_mps2": 330.0,
    "foot_mps2": 330.0,
    "root_mps2": 40.0,
}
# A person stands still if the centre of mass and the feet are slower than STILL_MPS for STILL_S.
STILL_MPS, STILL_S = 0.1, 0.4
EDGE_M = 0.015  # margin added around the vertices that touch the floor, because soles are soft
# Maximum height at which a sole vertex counts as touching the floor.
TOUCHING_M = 0.01
CLEAR_M = 0.03  # a sole that is higher above the floor carries no load
_FEET = [J["left_ankle"], J["right_ankle"]]


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """Measured values of one performance.

    Attributes:
        values: measured value of each check in `LIMITS`.
        worst: joint or pair of body parts with the worst value, for checks of joints or body parts.
    """

    values: dict[str, float]
    worst: dict[str, str]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks whose values exceed their limits."""
        return tuple(name for name, limit in LIMITS.items() if self.values[name] > limit)


def check_performance(activity: Activity, performance: Performance) -> CheckResult:
    """Measure the values of all checks for one performance.

    Args:
        activity: activity that states which body parts may touch and whether a chair carries the
            body.
        performance: performance of the activity with the free body.
    """
    trajectories = JointTrajectories(performance.motion)
    beyond_deg, joint = beyond_range_deg(trajectories)
    inside, pair = self_intersections(trajectories, activity.touches)
    values = {
        "range_deg": beyond_deg,
        "floor_cm": 100 * floor_penetration_m(trajectories),
        "afloat_pct": 100 * floating_share(trajectories),
        "slip_cm": 100 * foot_slip_m(trajectories, performance.contact),
        "inside_pct": 100 * float(inside.mean()),
        "unbalanced_pct": 0.0 if activity.seated else 100 * unbalanced_share(trajectories),
    }
    values |= _extreme_speeds(trajectories)
    worst = {"range_deg": joint, "inside_pct": pair}
    return CheckResult(values={name: float(values[name]) for name in LIMITS}, worst=worst)


def _extreme_speeds(trajectories):
    """Highest speed [m/s] and acceleration [m/s^2] of hands, feet and root."""
    values = {}
    for part, joints in {
        "hand": ("left_wrist", "right_wrist"),
        "foot": ("left_ankle", "right_ankle"),
        "root": ("pelvis",),
    }.items():
        values[f"{part}_mps"] = max(trajectories.speed_mps(name).max() for name in joints)
        values[f"{part}_mps2"] = max(trajectories.acceleration_mps2(name).max() for name in joints)
    return values


def joint_angles_deg(trajectories: JointTrajectories) -> dict[str, np.ndarray]:
    """Compute each angle [pose] listed in `joint_angles.RANGE_DEG` from the joint rotations.

    A shoulder rotation has no unique decomposition into angles. Instead, the angles by which the
    upper arm points behind and across the body are returned as negative flexion and abduction.
    """
    local = trajectories.local_rotations
    trunk = local[:, J["spine1"]] @ local[:, J["spine2"]] @ local[:, J["spine3"]]
    head = local[:, J["neck"]] @ local[:, J["head"]]
    angles = {}
    for part, rotation in (("trunk", trunk), ("head", head)):
        twist, bend, flexion = _euler_deg(rotation, "ZXY")
        angles |= {f"{part}.twist": twist, f"{part}.bend": -bend, f"{part}.flexion": flexion}
    for side, name in enumerate(SIDES):
        out = 1 - 2 * side
        flexion, abduction, twist = _euler_deg(local[:, J[f"{name}_hip"]], "YXZ")
        angles |= {f"{name}.hip.flexion": -flexion, f"{name}.hip.abduction": out * abduction}
        angles[f"{name}.hip.twist"] = -out * twist
        angles[f"{name}.knee.flexion"] = _euler_deg(local[:, J[f"{name}_knee"]], "YXZ")[0]
        angles[f"{name}.ankle.flexion"] = -_euler_deg(local[:, J[f"{name}_ankle"]], "YXZ")[0]
        angles[f"{name}.toes.flexion"] = -_euler_deg(local[:, J[f"{name}_foot"]], "YXZ")[0]
        angles[f"{name}.elbow.flexion"] = -out * _euler_deg(local[:, J[f"{name}_elbow"]], "ZXY")[0]
        arm = out * (local[:, J[f"{name}_collar"]] @ local[:, J[f"{name}_shoulder"]])[..., 1]
        behind, across = arm[:, 0], out * arm[:, 1]
        angles[f"{name}.shoulder.flexion"] = np.minimum(np.rad2deg(np.arcsin(behind)), 0)
        angles[f"{name}.shoulder.abduction"] = np.minimum(np.rad2deg(np.arcsin(across)), 0)
    return angles


def beyond_range_deg(trajectories: JointTrajectories) -> tuple[float, str]:
    """Largest excess of a joint angle over its range of motion [degrees], and the channel."""
    worst_deg, worst = 0.0, ""
    for channel, angle_deg in joint_angles_deg(trajectories).items():
        low, high = RANGE_DEG[joint_of(channel)]
        beyond_deg = max(low - angle_deg.min(), angle_deg.max() - high)
        if beyond_deg > worst_deg:
            worst_deg, worst = float(beyond_deg), channel
    return worst_deg, worst


def floor_penetration_m(trajectories: JointTrajectories, every: int = 10) -> float:
    """Depth of the lowest vertex below the floor."""
    from radarsim.files import free_body
    from radarsim.scene.body import skin

    motion = trajectories.motion
    poses_rad, transl_m = motion.poses_rad[::every], motion.transl_m[::every]
    vertices_m = np.asarray(skin(free_body(), motion.betas, poses_rad, transl_m))
    return max(0.0, -float(vertices_m[..., 2].min()))


def floating_share(trajectories: JointTrajectories, every: int = 3) -> float:
    """Fraction of poses in which neither sole is near the floor and the body is not falling."""
    lowest_m = np.min(
        [trajectories.soles_m(side, every)[..., 2].min(axis=1) for side in (0, 1)], axis=0
    )
    rate_hz = trajectories.motion.rate_hz / every
    height_m = centre_of_mass_m(trajectories.joints_m)[::every, 2]
    up_mps2 = np.gradient(np.gradient(height_m)) * rate_hz**2
    return float(np.mean((lowest_m > CLEAR_M) & (up_mps2 > -0.25 * GRAVITY_MPS2)))


def foot_slip_m(trajectories: JointTrajectories, contact: np.ndarray, every: int = 2) -> float:
    """Largest distance that a sole slides during one contact with the floor.

    The centroid of the vertices that touch the floor in two successive poses is tracked, so a foot
    that rolls from heel to toe does not count as sliding.
    """
    worst_m = 0.0
    for side in (0, 1):
        soles_m, stands = trajectories.soles_m(side, every), contact[::every, side]
        touching = soles_m[..., 2] < soles_m[..., 2].min(axis=1, keepdims=True) + TOUCHING_M
        both = (touching[1:] & touching[:-1])[..., None]
        steps_m = (np.diff(soles_m[..., :2], axis=0) * both).sum(1) / np.maximum(both.sum(1), 1)
        held = stands[1:] & stands[:-1]
        edges = np.flatnonzero(np.diff(np.r_[0, held, 0]))
        for start, end in zip(edges[::2], edges[1::2]):
            slid_m = np.cumsum(steps_m[start:end], axis=0)
            worst_m = max(worst_m, float(np.linalg.norm(slid_m, axis=1).max()))
    return worst_m


def unbalanced_share(trajectories: JointTrajectories, every: int = 6) -> float:
    """Fraction of standing poses with the centre of mass outside the base of support."""
    centre_m = centre_of_mass_m(trajectories.joints_m)
    tracked_m = np.concatenate([centre_m[:, None], trajectories.joints_m[:, _FEET]], axis=1)
    rate_hz = trajectories.motion.rate_hz
    speeds_mps = np.linalg.norm(np.gradient(tracked_m, 1 / rate_hz, axis=0), axis=-1).max(axis=1)
    still = (maximum_filter1d(speeds_mps, int(STILL_S * rate_hz)) < STILL_MPS)[::every]
    soles_m = np.concatenate([trajectories.soles_m(side, every) for side in (0, 1)], axis=1)
    num_unbalanced = 0
    for pose in np.flatnonzero(still):
        touching_m = soles_m[pose][soles_m[pose, :, 2] < TOUCHING_M, :2]
        num_unbalanced += not _is_above(centre_m[pose * every, :2], touching_m)
    return num_unbalanced / max(len(still), 1)


def _is_above(point_m, support_m):
    """Whether a point lies above the convex hull of the support, with a margin."""
    if len(support_m) < 3:
        return False
    try:
        edges = ConvexHull(support_m).equations
    except QhullError:
        return False
    return bool((edges[:, :2] @ point_m + edges[:, 2]).max() < EDGE_M)


def _euler_deg(rotation, axes):
    """Euler angles [angle, pose] in degrees: "YXZ" gives R = Ry(a) Rx(b) Rz(c)."""
    return Rotation.from_matrix(rotation).as_euler(axes, degrees=True).T
