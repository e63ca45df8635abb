"""Stretching of short clips to the length of a window."""

import numpy as np


def stretch(map_db: np.ndarray, columns: int) -> np.ndarray:
    """Interpolate a heatmap linearly in time, so that it has the given number of columns.

    The first and the last column keep their values. The speed axis of a time-Doppler heatmap is not
    affected, so that a stretched movement keeps its apparent speed but lasts longer.

    Args:
        map_db: heatmap [column, bin].
        columns: number of columns of the result.

    Returns:
        Heatmap [column, bin] of the same dtype; the given array itself if it already has this
        length.
    """
    if len(map_db) == columns:
        return map_db
    place = np.linspace(0, len(map_db) - 1, columns, dtype=np.float32)[:, None]
    low = np.minimum(place.astype(int), len(map_db) - 2)
    below, above = map_db[low[:, 0]].astype(np.float32), map_db[low[:, 0] + 1].astype(np.float32)
    return (below + (place - low) * (above - below)).astype(map_db.dtype)
