"""Track of one target over time, and the names of the kinds of tracks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MIN_DETECTIONS = 3  # With fewer detections, the range rate cannot be determined.
# Kinds of tracks, see `track_kinds`. A stationary target is a person whose breathing was detected.
MOVING, STATIONARY, FLICKERING, VIBRATING = "moving", "stationary", "flickering", "vibrating"


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """Track of one target over time; a track within a single burst has one entry.

    Attributes:
        times_s: middle of the burst of each detection, since the start of the first frame [s].
        range_m: power-weighted mean range of each detection [m].
        speed_mps: radial speed of each detection, positive when receding [m/s].
        azimuth_rad: azimuth of each detection, positive to the left; NaN if not measured [rad].
        snr_db: signal-to-noise ratio of each detection [dB].
        kind: `MOVING`, `STATIONARY`, `FLICKERING` or `VIBRATING`.
        folded_mps: median of the measured, aliased speeds if the target is faster than the
            unambiguous speed of the radar; None if the speeds are not aliased [m/s].
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
        """Median range of the target [m]."""
        return float(np.median(self.range_m))

    @property
    def median_speed_mps(self) -> float:
        """Median radial speed of the target [m/s]."""
        return float(np.median(self.speed_mps))

    @property
    def median_azimuth_rad(self) -> float | None:
        """Median azimuth [rad]; None if measured for fewer than a quarter of the detections."""
        known = self.azimuth_rad[np.isfinite(self.azimuth_rad)]
        return float(np.median(known)) if len(known) >= max(1, len(self.azimuth_rad) // 4) else None

    @property
    def is_stationary(self) -> bool:
        """Whether the target is stationary: 90 % of its ranges lie within 0.3 m."""
        low, high = np.percentile(self.range_m, [5, 95])
        return bool(high - low < 0.3)
