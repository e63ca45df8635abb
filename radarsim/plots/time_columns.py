"""Times of the columns of a drawn heatmap, and limits of the time axis."""

import numpy as np
from jaxtyping import Float

# Drawn width of a single recorded column, whose length is unknown [s].
_UNKNOWN_WIDTH_S = 1.0


def time_limits_s(time_s: Float[np.ndarray, " time"]) -> tuple[float, float]:
    """Limits of the time axis [s]; a single column lasts from 0 s to the end of its window.

    Args:
        time_s: mean time of the loops in each column, since the start of the clip [s]. The first
            column of recorded maps has the time 0.
    """
    if len(time_s) == 1:
        return 0.0, _end_of_first_s(time_s)
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
    time_s = np.asarray(time_s)
    if len(time_s[: len(map_db)]) > 1:
        return time_s[: len(map_db)], map_db
    return _end_of_first_s(time_s) * np.array([0.25, 0.75]), np.repeat(map_db, 2, axis=0)


def _end_of_first_s(time_s: Float[np.ndarray, " time"]) -> float:
    """End of the first column [s]; its mean time is the middle, unless the time is 0."""
    if time_s[0] > 0:
        return 2 * float(time_s[0])
    return float(time_s[1]) if len(time_s) > 1 else _UNKNOWN_WIDTH_S
