"""Self-intersection: detect body parts that penetrate each other, modelled as capsules.

The axis of a capsule is a line segment between two points of the skeleton; the radius is measured
on the performer's skin. The trunk is wider than it is deep, so it consists of two parallel
capsules.
"""

from functools import lru_cache
from itertools import combinations

import numpy as np

from builders.activities.joint_trajectories import JointTrajectories, rest_vertices_m
from builders.activities.skeleton import J

# Rows: body part, joint at the near end (which moves the part), and joint at the far end.
LIMBS = (
    ("upper_arm", "shoulder", "elbow"),
    ("forearm", "elbow", "wrist"),
    ("hand", "wrist", "hand"),
    ("thigh", "hip", "knee"),
    ("shank", "knee", "ankle"),
)
# Ratio of the capsule radius to the median distance of the skin from the capsule axis; the ratio is
# below 1 because soft tissue yields.
RADIUS_FACTOR = 0.8
TOLERANCE_M = 0.01  # penetration depth permitted because soft tissue yields
# Parts that share a joint always overlap, so they are not checked.
NEIGHBOURS = {
    ("trunk", "upper_arm"),
    ("trunk", "thigh"),
    ("upper_arm", "forearm"),
    ("forearm", "hand"),
    ("thigh", "shank"),
}


def self_intersections(
    trajectories: JointTrajectories, touches=(), every: int = 4
) -> tuple[np.ndarray, str]:
    """Find poses in which body parts intersect, and the pair of parts that intersects deepest.

    Args:
        trajectories: joint trajectories of the motion.
        touches: pairs of body parts that may touch.
        every: index step between the checked poses.

    Returns:
        True for each checked pose with an intersection [pose], and the worst pair, or "" if there
        is no intersection.
    """
    ends_m = _ends(trajectories, every)
    radii_m = _radii(tuple(trajectories.motion.betas.tolist()))
    allowed = {frozenset(pair) for pair in touches}
    inside, worst, worst_m = np.zeros(len(trajectories.joints_m[::every]), bool), "", TOLERANCE_M
    for one, other in combinations(ends_m, 2):
        if _are_adjacent(one, other) or frozenset((_kind(one), _kind(other))) in allowed:
            continue
        distance_m = segment_distance_m(*ends_m[one], *ends_m[other])
        depth_m = radii_m[_kind(one)] + radii_m[_kind(other)] - distance_m
        inside |= depth_m > TOLERANCE_M
        if depth_m.max() > worst_m:
            worst, worst_m = f"{one}-{other}", depth_m.max()
    return inside, worst


def segment_distance_m(a0, a1, b0, b1) -> np.ndarray:
    """Shortest distance between two line segments [pose]; each end is [pose, 3].

    Source:
        Ericson, "Real-Time Collision Detection", 2005, section 5.1.9.
    """
    d1, d2, r = a1 - a0, b1 - b0, a0 - b0
    a, e = (d1 * d1).sum(-1) + 1e-12, (d2 * d2).sum(-1) + 1e-12
    b, c, f = (d1 * d2).sum(-1), (d1 * r).sum(-1), (d2 * r).sum(-1)
    s = np.clip((b * f - c * e) / (a * e - b * b + 1e-12), 0, 1)
    t = np.clip((b * s + f) / e, 0, 1)
    s = np.clip((b * t - c) / a, 0, 1)
    return np.linalg.norm(r + s[:, None] * d1 - t[:, None] * d2, axis=-1)


def _kind(name):
    return name.split(".")[-1]


def _are_adjacent(one, other):
    """Whether two body parts are identical, share a joint, or are the two thighs."""
    kinds = (_kind(one), _kind(other))
    if {"trunk", "head"} == set(kinds) or kinds in (("thigh", "thigh"), ("trunk", "trunk")):
        return True
    same_side = one.split(".")[0] == other.split(".")[0] or "trunk" in kinds
    return same_side and (kinds in NEIGHBOURS or kinds[::-1] in NEIGHBOURS)


def _ends(trajectories, every):
    """Axis end points of every capsule [pose, 3], keyed by side and part."""
    joints_m, rotations = trajectories.joints_m[::every], trajectories.world_rotations[::every]
    wide_m = _trunk(tuple(trajectories.motion.betas.tolist()))[1]
    ends = {}
    for side, name in ((1, "left"), (-1, "right")):
        low = joints_m[:, J["pelvis"]] + side * wide_m * rotations[:, J["pelvis"], :, 1]
        high = joints_m[:, J["spine3"]] + side * wide_m * rotations[:, J["spine3"], :, 1]
        ends[f"trunk{side}.trunk"] = (low, high)
        for part, near, far in LIMBS:
            near_m, far_m = joints_m[:, J[f"{name}_{near}"]], joints_m[:, J[f"{name}_{far}"]]
            ends[f"{name}.{part}"] = (near_m, far_m)
    top = joints_m[:, J["head"]] + 0.09 * rotations[:, J["head"], :, 2]
    ends["head.head"] = (joints_m[:, J["head"]], top)
    return ends


@lru_cache(maxsize=64)
def _radii(betas):
    """Capsule radius of each kind of body part [m], from the skin that moves with the joint."""
    from builders.activities.skeleton import free_skeleton
    from radarsim.files import free_body

    rest_m, vertices_m = free_skeleton(betas).rest_m, rest_vertices_m(betas)
    carrier = np.asarray(free_body().skin_weights).argmax(axis=1)
    radii = {"trunk": _trunk(betas)[0]}
    for part, near, far in LIMBS:
        skin_m = vertices_m[carrier == J[f"left_{near}"]]
        a, b = rest_m[J[f"left_{near}"]], rest_m[J[f"left_{far}"]]
        distance_m = segment_distance_m(a, b, skin_m, skin_m)
        radii[part] = RADIUS_FACTOR * float(np.median(distance_m))
    skin_m = vertices_m[carrier == J["head"]]
    top = rest_m[J["head"]] + [0.0, 0.0, 0.09]
    radii["head"] = RADIUS_FACTOR * float(
        np.median(segment_distance_m(rest_m[J["head"]], top, skin_m, skin_m))
    )
    return radii


@lru_cache(maxsize=64)
def _trunk(betas):
    """Radius of the two trunk capsules, and the distance of each capsule from the midline [m]."""
    from radarsim.files import free_body

    carrier = np.asarray(free_body().skin_weights).argmax(axis=1)
    skin_m = rest_vertices_m(betas)[
        np.isin(carrier, [J[n] for n in ("spine1", "spine2", "spine3")])
    ]
    deep_m = 0.5 * float(np.ptp(np.percentile(skin_m[:, 0], [10, 90])))
    wide_m = 0.5 * float(np.ptp(np.percentile(skin_m[:, 1], [10, 90])))
    return RADIUS_FACTOR * deep_m, max(wide_m - deep_m, 0.0)
