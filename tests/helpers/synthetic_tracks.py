"""Synthetic target tracks for the tests of the validation."""

import numpy as np

from radarsim.detection.track import Track


def track(times_s, range_m, speed_mps, azimuth_deg=0.0):
    """Return a track with constant azimuth and 30 dB signal-to-noise ratio."""
    azimuth_rad = np.radians(np.broadcast_to(azimuth_deg, times_s.shape).astype(float))
    return Track(
        times_s=times_s, range_m=range_m, speed_mps=speed_mps, azimuth_rad=azimuth_rad,
        snr_db=np.full(len(times_s), 30.0),
    )  # fmt: skip


TIMES_S = np.arange(30) / 10
RNG = np.random.default_rng(0)
WALK = track(TIMES_S, 4.0 - TIMES_S + RNG.normal(0, 0.03, 30), np.full(30, -1.0), 10.0)
