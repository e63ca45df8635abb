"""Pairs of landmarks at constant distance, which give the size of a person."""

import numpy as np

from radarsim.scene.skeletons.kinematics import Rig

# A landmark within this distance of its joint hardly moves when the joint rotates, so the landmark
# also belongs to the segment above the joint [m].
AT_JOINT_M = 0.03
# Shortest rest distance of a pair used for the size [m].
_SHORTEST_M = 0.08


def carriers(rig: Rig, offsets_m: np.ndarray) -> np.ndarray:
    """Whether each landmark moves rigidly with each joint [landmark, joint]."""
    attached = rig.landmark_joints
    carried = np.zeros((len(attached), rig.num_joints), bool)
    carried[np.arange(len(attached)), attached] = True
    parents = np.array(rig.parents)[attached]
    near = (np.linalg.norm(offsets_m, axis=1) < AT_JOINT_M) & (parents >= 0)
    carried[np.nonzero(near)[0], parents[near]] = True
    return carried


def rest_points_m(rig: Rig, offsets_m: np.ndarray) -> np.ndarray:
    """Landmarks of the mean body in the rest pose [landmark, 3], in metres."""
    return rig.joint_template_m[rig.landmark_joints] + offsets_m


def rigid_pairs(rig: Rig, offsets_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of landmarks on one segment, and their distances on the mean body.

    Returns:
        Indices [pair, 2] and distances [pair], in metres.
    """
    carried = carriers(rig, offsets_m)
    together = np.triu((carried[:, None] & carried[None]).any(axis=-1), k=1)
    pairs = np.argwhere(together)
    rest_m = rest_points_m(rig, offsets_m)
    lengths_m = np.linalg.norm(rest_m[pairs[:, 0]] - rest_m[pairs[:, 1]], axis=1)
    return pairs[lengths_m > _SHORTEST_M], lengths_m[lengths_m > _SHORTEST_M]


def size_ratio(points: np.ndarray, rig: Rig, offsets_m: np.ndarray) -> float:
    """Size of a person relative to the mean body: the median over pairs, weighted by length.

    Args:
        points: observed landmarks [pose, landmark, 3] in any unit; NaN if missing.
        rig, offsets_m: skeleton and landmarks.

    Returns:
        Ratio of observed distances to distances [m] of the mean body; NaN without any pair.
    """
    pairs, lengths_m = rigid_pairs(rig, offsets_m)
    if not len(pairs):
        return float("nan")
    observed = np.linalg.norm(points[:, pairs[:, 0]] - points[:, pairs[:, 1]], axis=-1)
    seen = np.isfinite(observed).any(axis=0)
    if not seen.any():
        return float("nan")
    ratios = np.nanmedian(observed[:, seen], axis=0) / lengths_m[seen]
    order = np.argsort(ratios)
    share = np.cumsum(lengths_m[seen][order])
    return float(ratios[order][np.searchsorted(share, share[-1] / 2)])
