"""The body as capsules: which parts are inside one another.

A capsule is a segment between two points of the skeleton with a radius, both measured from the
subject's own skin. The trunk is wider than deep and takes two capsules side by side.
"""

from functools import lru_cache
from itertools import combinations

import numpy as np

from builders.activities.posed import Posed, rest_vertices_m
from builders.activities.skeleton import J

# Part, the joint whose rotation carries it, the joint at its far end.
LIMBS = (
    ("upper_arm", "shoulder", "elbow"),
    ("forearm", "elbow", "wrist"),
    ("hand", "wrist", "hand"),
    ("thigh", "hip", "knee"),
    ("shank", "knee", "ankle"),
)
SNUG = 0.8  # of the median distance of the skin: muscles give way where limbs meet
DEEP_M = 0.01  # what soft parts allow besides
# Parts that meet in a joint cannot be judged.
NEIGHBOURS = {("trunk", "upper_arm"), ("trunk", "thigh"), ("upper_arm", "forearm"),
              ("forearm", "hand"), ("thigh", "shank")}  # fmt: skip


def buried(posed: Posed, touches=(), every: int = 4) -> tuple[np.ndarray, str]:
    """Whether some part is inside another where no touch is meant.

    Args:
        posed: the motion.
        touches: pairs of parts that are meant to touch.
        every: pose of so many.

    Returns:
        True for each pose where one is [pose], and the pair that is worst, "" if none.
    """
    ends_m = _ends(posed, every)
    radii_m = _radii(tuple(posed.motion.betas.tolist()))
    meant = {frozenset(pair) for pair in touches}
    deep, worst, worst_m = np.zeros(len(posed.joints_m[::every]), bool), "", DEEP_M
    for one, other in combinations(ends_m, 2):
        if _together(one, other) or frozenset((_kind(one), _kind(other))) in meant:
            continue
        gap_m = segment_gap_m(*ends_m[one], *ends_m[other])
        sunk_m = radii_m[_kind(one)] + radii_m[_kind(other)] - gap_m
        deep |= sunk_m > DEEP_M
        if sunk_m.max() > worst_m:
            worst, worst_m = f"{one}-{other}", sunk_m.max()
    return deep, worst


def segment_gap_m(a0, a1, b0, b1) -> np.ndarray:
    """Shortest distance between segments [pose], each end [pose, 3].

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


def _together(one, other):
    """The same part, neighbours, or the two thighs, which meet in the pelvis."""
    kinds = (_kind(one), _kind(other))
    if {"trunk", "head"} == set(kinds) or kinds in (("thigh", "thigh"), ("trunk", "trunk")):
        return True
    same_side = one.split(".")[0] == other.split(".")[0] or "trunk" in kinds
    return same_side and (kinds in NEIGHBOURS or kinds[::-1] in NEIGHBOURS)


def _ends(posed, every):
    """Both ends of every capsule [pose, 3]."""
    joints_m, turned = posed.joints_m[::every], posed.turned[::every]
    wide_m = _trunk(tuple(posed.motion.betas.tolist()))[1]
    ends = {}
    for side, name in ((1, "left"), (-1, "right")):
        low = joints_m[:, J["pelvis"]] + side * wide_m * turned[:, J["pelvis"], :, 1]
        high = joints_m[:, J["spine3"]] + side * wide_m * turned[:, J["spine3"], :, 1]
        ends[f"trunk{side}.trunk"] = (low, high)
        for part, near, far in LIMBS:
            ends[f"{name}.{part}"] = (joints_m[:, J[f"{name}_{near}"]],
                                      joints_m[:, J[f"{name}_{far}"]])  # fmt: skip
    top = joints_m[:, J["head"]] + 0.09 * turned[:, J["head"], :, 2]
    ends["head.head"] = (joints_m[:, J["head"]], top)
    return ends


@lru_cache(maxsize=64)
def _radii(betas):
    """Of each kind of part, from the skin that its joint carries."""
    from builders.activities.skeleton import free_skeleton
    from radarsim.files import free_body

    rest_m, vertices_m = free_skeleton(betas).rest_m, rest_vertices_m(betas)
    carrier = np.asarray(free_body().skin_weights).argmax(axis=1)
    radii = {"trunk": _trunk(betas)[0]}
    for part, near, far in LIMBS:
        skin_m = vertices_m[carrier == J[f"left_{near}"]]
        a, b = rest_m[J[f"left_{near}"]], rest_m[J[f"left_{far}"]]
        gap_m = segment_gap_m(a, b, skin_m, skin_m)
        radii[part] = SNUG * float(np.median(gap_m))
    skin_m = vertices_m[carrier == J["head"]]
    top = rest_m[J["head"]] + [0.0, 0.0, 0.09]
    radii["head"] = SNUG * float(np.median(segment_gap_m(rest_m[J["head"]], top, skin_m, skin_m)))
    return radii


@lru_cache(maxsize=64)
def _trunk(betas):
    """Radius of the two capsules of the trunk and how far each is from the middle [m]."""
    from radarsim.files import free_body

    carrier = np.asarray(free_body().skin_weights).argmax(axis=1)
    skin_m = rest_vertices_m(betas)[
        np.isin(carrier, [J[n] for n in ("spine1", "spine2", "spine3")])
    ]
    deep_m = 0.5 * float(np.ptp(np.percentile(skin_m[:, 0], [10, 90])))
    wide_m = 0.5 * float(np.ptp(np.percentile(skin_m[:, 1], [10, 90])))
    return SNUG * deep_m, max(wide_m - deep_m, 0.0)
