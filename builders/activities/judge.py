"""What a body may do: the figures by which every activity is judged, each with its source."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.spatial import ConvexHull, QhullError

from builders.activities.anatomy import RANGE_DEG
from builders.activities.capsules import buried
from builders.activities.catalogue import Activity
from builders.activities.pelvis import centre_of_mass
from builders.activities.perform import GRAVITY_MPS2, Performance
from builders.activities.posed import Posed
from builders.activities.skeleton import SIDES, J

# Highest values that pass. Hands: amateurs throw balls at 20 m/s and more (van den Tillaar and
# Ettema, "A force-velocity relationship and coordination patterns in overarm throwing", J. Sports
# Sci. Med. 3, 2004). Feet: 16 to 22 m/s in soccer kicks (Lees and Nolan, "The biomechanics of
# soccer: a review", J. Sports Sci. 16, 1998). Root: a jog, not a sprint. Landing from small jumps
# loads the trunk with 3 to 5 times its weight (McNair and Prapavessis, "Normative data of vertical
# ground reaction forces during landing from a jump", J. Sci. Med. Sport 2, 1999). Accelerations of
# hands and feet: a stroke of the least jerk that takes 0.15 s peaks at 3.1 v / 0.15 s.
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
STILL_MPS, STILL_S = 0.1, 0.4  # centre of mass and feet of one who stands still, and how long
EDGE_M = 0.015  # soles are soft: the support reaches a little beyond the vertices that touch
TOUCHING_M = 0.01
CLEAR_M = 0.03  # a sole higher than this carries nobody
_FEET = [J["left_ankle"], J["right_ankle"]]


@dataclass(frozen=True, kw_only=True)
class Findings:
    """One performance, judged.

    Attributes:
        values: a figure for each name of `LIMITS`.
        words: what the worst figures belong to, by the same names.
    """

    values: dict[str, float]
    words: dict[str, str]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the figures beyond their limits."""
        return tuple(name for name, limit in LIMITS.items() if self.values[name] > limit)


def judge(activity: Activity, performance: Performance) -> Findings:
    """Every figure of one performance.

    Args:
        activity: tells which touches are meant and whether a chair carries.
        performance: of the free body.
    """
    posed = Posed(performance.motion)
    beyond_deg, joint = beyond_range_deg(posed)
    inside, pair = buried(posed, activity.touches)
    values = {
        "range_deg": beyond_deg,
        "floor_cm": 100 * floor_m(posed),
        "afloat_pct": 100 * afloat(posed),
        "slip_cm": 100 * slip_m(posed, performance.contact),
        "inside_pct": 100 * float(inside.mean()),
        "unbalanced_pct": 0.0 if activity.seated else 100 * unbalanced(posed),
    }
    for part, joints in {"hand": "wrist", "foot": "ankle"}.items():
        names = [f"{side}_{joints}" for side in SIDES]
        values[f"{part}_mps"] = max(posed.speed_mps(name).max() for name in names)
        values[f"{part}_mps2"] = max(posed.acceleration_mps2(name).max() for name in names)
    values["root_mps"] = posed.speed_mps("pelvis").max()
    values["root_mps2"] = posed.acceleration_mps2("pelvis").max()
    words = {"range_deg": joint, "inside_pct": pair}
    return Findings(values={name: float(values[name]) for name in LIMITS}, words=words)


def joint_angles_deg(posed: Posed) -> dict[str, np.ndarray]:
    """Angles that `anatomy.RANGE_DEG` names, read back from the rotations [pose].

    Shoulders have no unique angles: theirs are how far behind and how far across the upper arm
    points, as negative flexion and abduction.
    """
    local = posed.local
    trunk = local[:, J["spine1"]] @ local[:, J["spine2"]] @ local[:, J["spine3"]]
    head = local[:, J["neck"]] @ local[:, J["head"]]
    angles = {}
    for part, rotation in (("trunk", trunk), ("head", head)):
        twist, bend, flexion = _zxy(rotation)
        angles |= {f"{part}.twist": twist, f"{part}.bend": -bend, f"{part}.flexion": flexion}
    for side, name in enumerate(SIDES):
        out = 1 - 2 * side
        flexion, abduction, twist = _yxz(local[:, J[f"{name}_hip"]])
        angles |= {f"{name}.hip.flexion": -flexion, f"{name}.hip.abduction": out * abduction}
        angles[f"{name}.hip.twist"] = -out * twist
        angles[f"{name}.knee.flexion"] = _yxz(local[:, J[f"{name}_knee"]])[0]
        angles[f"{name}.ankle.flexion"] = -_yxz(local[:, J[f"{name}_ankle"]])[0]
        angles[f"{name}.toes.flexion"] = -_yxz(local[:, J[f"{name}_foot"]])[0]
        angles[f"{name}.elbow.flexion"] = -out * _zxy(local[:, J[f"{name}_elbow"]])[0]
        arm = out * (local[:, J[f"{name}_collar"]] @ local[:, J[f"{name}_shoulder"]])[..., 1]
        angles[f"{name}.shoulder.flexion"] = np.minimum(_degrees(np.arcsin(arm[:, 0])), 0)
        angles[f"{name}.shoulder.abduction"] = np.minimum(_degrees(np.arcsin(out * arm[:, 1])), 0)
    return angles


def beyond_range_deg(posed: Posed) -> tuple[float, str]:
    """How far the worst joint is beyond its range, and which it is."""
    worst, which = 0.0, ""
    for channel, angle_deg in joint_angles_deg(posed).items():
        key = channel.split(".", 1)[1] if channel.startswith(SIDES) else channel
        low, high = RANGE_DEG[key]
        beyond = max(low - angle_deg.min(), angle_deg.max() - high)
        if beyond > worst:
            worst, which = float(beyond), channel
    return worst, which


def floor_m(posed: Posed, every: int = 10) -> float:
    """How deep the lowest vertex of the body is below the floor."""
    from radarsim.files import free_body
    from radarsim.scene.body import skin

    motion = posed.motion
    poses_rad, transl_m = motion.poses_rad[::every], motion.transl_m[::every]
    vertices_m = np.asarray(skin(free_body(), motion.betas, poses_rad, transl_m))
    return max(0.0, -float(vertices_m[..., 2].min()))


def afloat(posed: Posed, every: int = 3) -> float:
    """Share of poses in which no sole is near the floor and yet the body does not fall."""
    lowest_m = np.min([posed.soles_m(side, every)[..., 2].min(axis=1) for side in (0, 1)], axis=0)
    rate_hz = posed.motion.rate_hz / every
    up_mps2 = np.gradient(np.gradient(centre_of_mass(posed.joints_m)[::every, 2])) * rate_hz**2
    return float(np.mean((lowest_m > CLEAR_M) & (up_mps2 > -0.25 * GRAVITY_MPS2)))


def slip_m(posed: Posed, contact: np.ndarray, every: int = 2) -> float:
    """The longest way that a standing sole slides in one contact.

    From pose to pose the centroid of the vertices that touch the floor in both is followed: a
    foot that rolls from heel to toe does not slide.
    """
    worst = 0.0
    for side in (0, 1):
        soles_m, stands = posed.soles_m(side, every), contact[::every, side]
        touching = soles_m[..., 2] < soles_m[..., 2].min(axis=1, keepdims=True) + TOUCHING_M
        both = (touching[1:] & touching[:-1])[..., None]
        steps_m = (np.diff(soles_m[..., :2], axis=0) * both).sum(1) / np.maximum(both.sum(1), 1)
        held = stands[1:] & stands[:-1]
        edges = np.flatnonzero(np.diff(np.r_[0, held, 0]))
        for start, end in zip(edges[::2], edges[1::2]):
            way_m = np.cumsum(steps_m[start:end], axis=0)
            worst = max(worst, float(np.linalg.norm(way_m, axis=1).max()))
    return worst


def unbalanced(posed: Posed, every: int = 6) -> float:
    """Share of still poses whose centre of mass is not above the support."""
    centre_m, rate_hz = centre_of_mass(posed.joints_m), posed.motion.rate_hz
    moved_m = np.concatenate([centre_m[:, None], posed.joints_m[:, _FEET]], axis=1)
    speeds = np.linalg.norm(np.gradient(moved_m, 1 / rate_hz, axis=0), axis=-1).max(axis=1)
    still = (maximum_filter1d(speeds, int(STILL_S * rate_hz)) < STILL_MPS)[::every]
    soles_m = np.concatenate([posed.soles_m(side, every) for side in (0, 1)], axis=1)
    off = 0
    for pose in np.flatnonzero(still):
        touching = soles_m[pose][soles_m[pose, :, 2] < TOUCHING_M, :2]
        off += not _above(centre_m[pose * every, :2], touching)
    return off / max(len(still), 1)


def _above(point_m, support_m):
    if len(support_m) < 3:
        return False
    try:
        edges = ConvexHull(support_m).equations
    except QhullError:
        return False
    return bool((edges[:, :2] @ point_m + edges[:, 2]).max() < EDGE_M)


def _yxz(rotation):
    """Angles [degrees] of R = Ry(a) Rx(b) Rz(c)."""
    b = np.arcsin(np.clip(-rotation[:, 1, 2], -1, 1))
    a = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    return _degrees(a), _degrees(b), _degrees(np.arctan2(rotation[:, 1, 0], rotation[:, 1, 1]))


def _zxy(rotation):
    """Angles [degrees] of R = Rz(a) Rx(b) Ry(c)."""
    b = np.arcsin(np.clip(rotation[:, 2, 1], -1, 1))
    a = np.arctan2(-rotation[:, 0, 1], rotation[:, 1, 1])
    return _degrees(a), _degrees(b), _degrees(np.arctan2(-rotation[:, 2, 0], rotation[:, 2, 2]))


def _degrees(angle_rad):
    return np.rad2deg(angle_rad)
