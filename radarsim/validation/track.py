"""Track of one target over time, and the kinds of tracks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MIN_DETECTIONS = 3  # with fewer detections, the range rate is undefined
# Kinds of tracks (`track_kinds`). A stationary target is a person whose breathing was found.
MOVING, STATIONARY, FLICKERING, VIBRATING = "moving", "stationary", "flickering", "vibrating"


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """One target over time; tracks of a single burst have one entry.

    Attributes:
        times_s: middle of each burst that detected the target, since the first frame [s].
        range_m: power-weighted mean range of each detection [m].
        speed_mps: radial speed, receding positive [m/s].
        azimuth_rad: azimuth, left positive; NaN where it could not be measured [rad].
        snr_db: signal-to-noise ratio [dB].
        kind: `MOVING`, `STATIONARY`, `FLICKERING` or `VIBRATING`.
        folded_mps: median measured speed [m/s] if the target is faster than the unambiguous speed
            of the radar; None if it is not aliased.
    """

    times_s: Float[np.ndarray, " seen"]
    range_m: Float[np.ndarray, " seen"]
    speed_mps: Float[np.ndarray, " seen"]
    azimuth_rad: Float[np.ndarray, " seen"]
    snr_db: Float[np.ndarray, " seen"]
    kind: str = MOVING
    folded_mps: float | None = None

    @property
    def median_range_m(self) -> float:
        """Median range [m]."""
        return float(np.median(self.range_m))

    @property
    def median_speed_mps(self) -> float:
        """Median radial speed [m/s]."""
        return float(np.median(self.speed_mps))

    @property
    def median_azimuth_rad(self) -> float | None:
        """Median azimuth [rad]; None if fewer than a quarter of the bursts could measure it."""
        known = self.azimuth_rad[np.isfinite(self.azimuth_rad)]
        return float(np.median(known)) if len(known) >= max(1, len(self.azimuth_rad) // 4) else None

    @property
    def is_stationary(self) -> bool:
        """Whether the target is stationary: 90 % of its ranges lie within 0.3 m."""
        low, high = np.percentile(self.range_m, [5, 95])
        return bool(high - low < 0.3)
