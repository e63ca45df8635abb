"""Times of the columns of a drawn heatmap, and limits of the time axis."""

import numpy as np
from jaxtyping import Float


def time_limits_s(time_s: Float[np.ndarray, " time"]) -> tuple[float, float]:
    """Limits of the time axis [s]; a single column lasts from 0 s to the end of its window.

    Args:
        time_s: mean time of the loops in each column, since the start of the clip [s].
    """
    if len(time_s) == 1:
        return 0.0, 2 * float(time_s[0])
    return float(time_s[0]), float(time_s[-1])


def drawn_columns(
    time_s: Float[np.ndarray, " time"], map_db: Float[np.ndarray, "column bin"]
) -> tuple[Float[np.ndarray, " drawn"], Float[np.ndarray, "drawn bin"]]:
    """Middles and levels of the columns to draw; a single column is drawn as two halves.

    `pcolormesh` computes the width of a column from its neighbours: a single column has no width.

    Args:
        time_s: mean time of the loops in each column, possibly of more columns than the map [s].
        map_db: heatmap [dB above noise].
    """
    time_s = np.asarray(time_s)[: len(map_db)]
    if len(time_s) > 1:
        return time_s, map_db
    first_s, last_s = time_limits_s(time_s)
    return first_s + (last_s - first_s) * np.array([0.25, 0.75]), np.repeat(map_db, 2, axis=0)
