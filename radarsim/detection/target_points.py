"""Points of single frames, and the mean of the points that belong to one target."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.detection.track import Track

COLUMN = {name: index for index, name in enumerate(POINT_VALUES)}


class FramePoints(NamedTuple):
    """The points of one frame: middle of the burst [s], values, azimuths per Doppler ambiguity."""

    time_s: float
    values: Float[np.ndarray, "point value"]
    folded_azimuths_rad: Float[np.ndarray, "point fold"]


class TargetPoints(NamedTuple):
    """Mean of the points assigned to a target in one frame, weighted by power.

    Attributes:
        frame: index of the frame.
        time_s: middle of the burst [s].
        range_m, speed_mps, azimuth_rad: means over the points; the azimuth is NaN if unknown.
        snr_db: signal-to-noise ratio of the strongest point [dB].
        folded_azimuths_rad: azimuth for each Doppler ambiguity, as in `PointCloud`.
    """

    frame: int
    time_s: float
    range_m: float
    speed_mps: float
    azimuth_rad: float
    snr_db: float
    folded_azimuths_rad: Float[np.ndarray, " fold"]


def mean_of_points(
    index: int, frame: FramePoints, own: Bool[np.ndarray, " point"], max_speed_mps: float
) -> TargetPoints:
    """Mean of some points of a frame, weighted by power.

    Args:
        index: index of the frame.
        frame: points of the frame.
        own: mask of the points to average.
        max_speed_mps: unambiguous speed; before averaging, speeds are unwrapped so that they differ
            by at most this speed from that of the strongest point [m/s].
    """
    values, folded_rad = frame.values[own], frame.folded_azimuths_rad[own]
    snr_db = values[:, COLUMN["snr_db"]]
    weight = 10 ** ((snr_db - snr_db.max()) / 10)
    weight /= weight.sum()
    speed_mps = values[:, COLUMN["speed_mps"]]
    strongest_mps = speed_mps[snr_db.argmax()]
    apart_mps = wrapped(speed_mps - strongest_mps, max_speed_mps)
    known = np.isfinite(folded_rad)
    sines = weight @ np.where(known, np.sin(folded_rad), 0.0)
    with np.errstate(invalid="ignore"):  # no point has a known azimuth
        azimuths_rad = np.arcsin(np.clip(sines / (weight @ known), -1, 1))
    return TargetPoints(
        frame=index,
        time_s=frame.time_s,
        range_m=float(weight @ values[:, COLUMN["range_m"]]),
        speed_mps=float(wrapped(strongest_mps + weight @ apart_mps, max_speed_mps)),
        azimuth_rad=float(azimuths_rad[0]),
        snr_db=float(snr_db.max()),
        folded_azimuths_rad=azimuths_rad,
    )


def as_track(entries: Sequence[TargetPoints]) -> Track:
    """Series of a target's ranges, speeds, azimuths and signal-to-noise ratios."""
    return Track(
        times_s=np.array([entry.time_s for entry in entries]),
        range_m=np.array([entry.range_m for entry in entries]),
        speed_mps=np.array([entry.speed_mps for entry in entries]),
        azimuth_rad=np.array([entry.azimuth_rad for entry in entries]),
        snr_db=np.array([entry.snr_db for entry in entries]),
    )


def folded_azimuths_rad(entries: Sequence[TargetPoints]) -> Float[np.ndarray, "seen fold"]:
    """Azimuth of each entry for each Doppler ambiguity n; NaN if not measured [rad]."""
    return np.stack([entry.folded_azimuths_rad for entry in entries])


def energy(one: Track) -> float:
    """Sum of the linear signal-to-noise ratios of all detections of a track."""
    return float((10 ** (one.snr_db / 10)).sum())


def wrapped(speed_mps, max_speed_mps: float):
    """Speed difference modulo twice the unambiguous speed, in -max_speed_mps to max_speed_mps."""
    return (speed_mps + max_speed_mps) % (2 * max_speed_mps) - max_speed_mps
