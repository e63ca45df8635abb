"""Preparation of observed landmarks: exchanged sides, noise, unusable poses, gaps."""

import numpy as np
from scipy.ndimage import median_filter

from radarsim.scene.skeletons.landmarks import MARKERS, mirror_name

# Groups of landmarks that trackers exchange between left and right together.
_LEG = ("hip", "knee", "ankle", "foot", "heel", "toe")
_ARM = ("shoulder", "elbow", "wrist", "hand", "thumb", "index", "pinky", "collar")
# Additional cost of a pose with exchanged sides [m^2], and distance by which an exchange of the
# sides must shorten the paths of the group [m].
_SWAPPED_M2, _CHANGE_M = 1e-4, 0.05
# Lower and upper limit of the estimated standard deviations of the noise [m].
LEAST_M, _MOST_M = 0.003, 0.10
# Percentile of the noise levels over the clip that is taken as the noise of a landmark.
_CLEAN_PERCENTILE = 40
# Time around a pose over which noise is evaluated [s], and noise above which the pose is unusable
# [m].
_LOCAL_S, _UNUSABLE_M = 0.5, 0.12


def undo_swaps(points_m: np.ndarray, confidence: np.ndarray, landmarks) -> tuple:
    """Exchange left and right where this makes the paths of a limb continuous.

    The two sides of a group are assigned to minimise the squared distances between consecutive
    observations (Viterbi's algorithm over two states); most poses are assumed to be correct.

    Args:
        points_m: [pose, landmark, 3], NaN where missing.
        confidence: [pose, landmark].
        landmarks: names of the landmarks.

    Returns:
        Points, confidence, and the number of poses that were changed.
    """
    points_m, confidence = points_m.copy(), confidence.copy()
    changed = np.zeros(len(points_m), bool)
    if set(landmarks) <= MARKERS:
        return points_m, confidence, 0
    for words in (_LEG, _ARM):
        pairs = _pairs(landmarks, words)
        if not len(pairs):
            continue
        swapped = _swapped(points_m[:, pairs])
        one, other = pairs.T
        rows = np.flatnonzero(swapped)[:, None]
        for values in (points_m, confidence):
            values[rows, one], values[rows, other] = values[rows, other], values[rows, one]
        changed |= swapped
    return points_m, confidence, int(changed.sum())


def _pairs(landmarks, words) -> np.ndarray:
    """Indices of left and right landmarks of a group [pair, 2]."""
    index = {name: place for place, name in enumerate(landmarks)}
    found = [
        (place, index[mirror_name(name)])
        for name, place in index.items()
        if name.startswith("left_") and any(word in name for word in words)
        if mirror_name(name) in index
    ]
    return np.array(found, int).reshape(-1, 2)


def _swapped(sides_m: np.ndarray) -> np.ndarray:
    """Whether the sides of each pose are exchanged; `sides_m` is [pose, pair, side, 3]."""
    filled_m = fill_gaps(sides_m)
    before, after = filled_m[:-1], filled_m[1:]
    kept = ((after - before) ** 2).sum(axis=(1, 2, 3))
    exchanged = ((after[:, :, ::-1] - before) ** 2).sum(axis=(1, 2, 3))
    penalty = sides_m.shape[1] * _CHANGE_M**2
    cost, came_from = np.array([0.0, penalty]), []
    for stay, change in zip(kept, exchanged + penalty, strict=True):
        total = cost[None] + np.array([[stay, change], [change, stay + _SWAPPED_M2]])
        came_from.append(total.argmin(axis=1))
        cost = total.min(axis=1)
    states = [int(cost.argmin())]
    for choice in reversed(came_from):
        states.append(int(choice[states[-1]]))
    states = np.array(states[::-1], bool)
    return ~states if states.mean() > 0.5 else states


def fill_gaps(points_m: np.ndarray) -> np.ndarray:
    """Interpolate missing points linearly in time, and hold the first and the last point.

    Points that are never observed become the mean of the observed points at each pose.
    """
    flat = points_m.reshape(len(points_m), -1, 3).copy()
    times = np.arange(len(flat))
    for place in range(flat.shape[1]):
        seen = np.isfinite(flat[:, place]).all(axis=-1)
        if seen.any() and not seen.all():
            for axis in range(3):
                flat[:, place, axis] = np.interp(times, times[seen], flat[seen, place, axis])
    missing = ~np.isfinite(flat).all(axis=(0, 2))
    flat[:, missing] = flat[:, ~missing].mean(axis=1, keepdims=True) if (~missing).any() else 0.0
    return flat.reshape(points_m.shape)


def _roughness_m(points_m: np.ndarray) -> np.ndarray:
    """Fourth differences scaled to the standard deviation of white noise [pose - 4, landmark].

    Fourth differences suppress movements of limbs: at 30 poses per second, a movement at 2 Hz keeps
    0.4 % of its amplitude.
    """
    fourth = np.diff(points_m, 4, axis=0)
    return np.sqrt((fourth**2).mean(axis=-1) / 70.0)  # 1 + 16 + 36 + 16 + 1 = 70


def noise_stds_m(points_m: np.ndarray, rate_hz: float) -> np.ndarray:
    """Standard deviation per axis of the noise of each landmark [landmark], in metres.

    The noise is estimated from the slower part of the clip, so that neither fast movements nor an
    unusable part of the recording raise the estimate.

    Args:
        points_m: [pose, landmark, 3], NaN where missing.
        rate_hz: poses per second.
    """
    rough = _roughness_m(points_m)
    span = max(5, round(rate_hz))
    count = max(1, len(rough) // span)
    stds_m = []
    for column in rough.T:
        parts = [part[np.isfinite(part)] for part in np.array_split(column, count)]
        levels = [np.median(part) for part in parts if len(part) >= 3]
        # The median length of a normal vector over sqrt(3) is 0.89 of its standard deviation.
        stds_m.append(np.percentile(levels, _CLEAN_PERCENTILE) / 0.89 if levels else np.nan)
    stds_m = np.array(stds_m)
    usual_m = np.nanmedian(stds_m) if np.isfinite(stds_m).any() else LEAST_M
    return np.clip(np.where(np.isfinite(stds_m), stds_m, usual_m), LEAST_M, _MOST_M)


def unusable_poses(points_m: np.ndarray, rate_hz: float) -> np.ndarray:
    """Whether the landmarks around each pose are too noisy to fit a body to them [pose]."""
    if len(points_m) < 5:
        return np.zeros(len(points_m), bool)
    rough = _roughness_m(points_m)
    rough[~np.isfinite(rough).any(axis=1)] = 0.0
    rough = np.pad(np.nanmedian(rough, axis=1), 2, mode="edge")
    size = max(3, round(_LOCAL_S * rate_hz)) | 1
    return median_filter(rough, size, mode="nearest") > _UNUSABLE_M
