"""Frames, signs and angles: every convention of this project, said once.

Radar frame
    Origin at the radar's phase centre, +x ahead (boresight), +y left, +z up, metres.
World frame
    +z up, floor at z = 0; the radar stands at (0, 0, height). Motion lives here until it is placed.
SMPL rest pose
    +y up, facing +z, left hand towards +x. AMASS worlds are +z up: the root orientation holds the
    turn from one to the other.
IF phase
    The mixer multiplies tx with conj(rx): a growing path turns the IF phase forward, so a receding
    face has a positive IF frequency in slow time. Speeds are printed as receding = positive.
Azimuth
    atan2(y, x), positive to the left; straight ahead reads zero. An element further left hears a
    target on the left earlier: its path is shorter by y sin(azimuth).
"""

import numpy as np
from jaxtyping import Float


def azimuth_rad(point_m: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch"]:
    """Azimuth of points in the radar frame, positive to the left [rad]."""
    return np.arctan2(point_m[..., 1], point_m[..., 0])


def split_float64(
    values: Float[np.ndarray, "*shape"],
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """A float64 array as the sum of two float32 arrays, good to about 48 bits.

    A carrier at 79 GHz turns once in 1.9 mm of range: positions at 3 m in one float32 (0.12 um)
    leave 0.4 mrad of phase noise, the pair leaves none. JAX without its global 64-bit flag takes
    float32 arguments only, so positions cross that border as pairs.
    """
    high = values.astype(np.float32)
    return high, (values - high.astype(np.float64)).astype(np.float32)
