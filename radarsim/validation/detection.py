"""Movers in one burst: still echoes removed, range-Doppler map, threshold, clusters.

    cube - still -> Hann, FFT over samples and loops -> mean power over pairs -> CFAR -> clusters

The noise under a cell is the median over its range bin's Doppler cells (a person fills few of
them), never less than the recording's own noise there. The threshold over it follows from the
probability of a false alarm of a mean over so many channels.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from jaxtyping import Bool, Complex, Float
from scipy import ndimage
from scipy.stats import gamma

from radarsim.radar.config import Radar
from radarsim.validation.capture_stats import CaptureStats, hann, range_transform
from radarsim.validation.direction import azimuth_of_cells

FALSE_ALARMS_PER_CELL = 1e-9
# The noise under a cell is itself an estimate.
MARGIN_DB = 2.0
# What stood still jitters (phase noise, supply, frame timing): under so much of it, nothing moves.
STATIC_JITTER_DB = -45.0
STATIC_DRIFT_DB = -20.0  # within the Doppler main lobe of standing still
MIN_MOVING_BINS = 2
# Targets this far under the strongest are its side lobes, ghosts and reflections.
SPAN_DB = 25.0
NEAR_M, NEAR_SPAN_DB = 1.0, 15.0
VALLEY_DB = 10.0  # between two targets, else they are one
CLUSTER_DB = 10.0  # of a cluster that counts for its centre
CLUSTER_M = 0.35


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A target in one burst.

    Attributes:
        range_m: power-weighted over its cluster [m].
        speed_mps: radial, receding positive, modulo twice the radar's maximum [m/s].
        azimuth_rad: left positive; None where the antennas cannot tell [rad].
        snr_db: of its strongest cell over noise.
    """

    range_m: float
    speed_mps: float
    azimuth_rad: float | None
    snr_db: float


@dataclass(frozen=True, kw_only=True, eq=False)
class RangeDoppler:
    """One burst's spectrum with its still part removed; Doppler zero in the middle.

    Attributes:
        spectrum_v: per channel [V].
        power_v2: mean over channels [V^2].
        noise_v2: estimated noise per range bin [V^2].
    """

    spectrum_v: Complex[np.ndarray, "doppler tx rx range"]
    power_v2: Float[np.ndarray, "doppler range"]
    noise_v2: Float[np.ndarray, " range"]


def range_doppler(
    radar: Radar, stats: CaptureStats, frame_v: Complex[np.ndarray, "chirp tx rx sample"]
) -> RangeDoppler:
    """Transform one burst.

    Args:
        radar: which recorded it.
        stats: of the recording: what stood still, and the noise.
        frame_v: the burst [V].
    """
    loops = radar.frame.num_chirps
    taper = hann(loops)[:, None, None, None]
    moving_v = range_transform(frame_v - stats.static_v)
    spectrum_v = scipy.fft.fftshift(scipy.fft.fft(moving_v * taper, axis=0), axes=0)
    power_v2 = (np.abs(spectrum_v) ** 2).mean((1, 2))
    own = np.median(power_v2, axis=0) / _median_of_mean(radar.num_virtual)
    # A still receiver bin may be quieter between chirps than within a burst, never louder.
    floor = stats.noise_power_v2 * float((taper**2).sum())
    return RangeDoppler(
        spectrum_v=spectrum_v, power_v2=power_v2, noise_v2=np.maximum(own, 0.5 * floor) + 1e-38
    )


@lru_cache
def _median_of_mean(channels: int) -> float:
    """Median of the mean of so many exponential variables of mean 1."""
    return float(gamma.median(channels) / channels)


@lru_cache
def threshold_db(channels: int) -> float:
    """Over the noise, for a mean over so many channels [dB]."""
    factor = gamma.isf(FALSE_ALARMS_PER_CELL, channels) / channels
    return float(10 * np.log10(factor)) + MARGIN_DB


def detect(
    radar: Radar,
    stats: CaptureStats,
    frame_v: Complex[np.ndarray, "chirp tx rx sample"],
    *,
    other_v: Complex[np.ndarray, "tx rx sample"] | None = None,
    tdm: bool = True,
) -> list[Detection]:
    """Targets of one burst, strongest first.

    Args:
        radar: which recorded it.
        stats: of the recording.
        frame_v: the burst [V].
        other_v: mean chirp of a neighbouring burst. What does not move within a burst is a target
            only where it moved since then: who stands somewhere later leaves a trace in the
            recording's mean, and taking that off puts a ghost there, which stays as it is. None:
            the burst is alone, and zero speed is no target.
        tdm: transmitters fire one after the other, and a mover's phase between them is undone.
    """
    spectrum = range_doppler(radar, stats, frame_v)
    snr_db = 10 * np.log10(spectrum.power_v2 / spectrum.noise_v2 + 1e-12)
    # Strengths of targets are compared with each other, whatever noise lies under each.
    level_db = snr_db + 10 * np.log10(spectrum.noise_v2 / np.median(spectrum.noise_v2))
    change_v = None if other_v is None else frame_v.mean(0) - other_v
    found = moving_cells(radar, stats, spectrum, change_v)
    kept = _told_apart(radar, level_db, _local_maxima(level_db, found))
    return [_detection(radar, spectrum, snr_db, cell, tdm) for cell in kept]


def moving_cells(
    radar: Radar,
    stats: CaptureStats,
    spectrum: RangeDoppler,
    change_v: Complex[np.ndarray, "tx rx sample"] | None,
) -> Bool[np.ndarray, "doppler range"]:
    """Cells that hold more than noise and more than jitter of what stands still.

    Args:
        radar, stats, spectrum: of the burst.
        change_v: its mean chirp less a neighbouring burst's; None where there is none.
    """
    loops = len(spectrum.power_v2)
    still_v = range_transform(stats.static_v)
    still_v2 = (np.abs(still_v) ** 2).mean((0, 1)) * float(hann(loops).sum()) ** 2
    slow = np.abs(np.arange(loops) - loops // 2) < MIN_MOVING_BINS
    jitter = np.where(slow, 10 ** (STATIC_DRIFT_DB / 10), 10 ** (STATIC_JITTER_DB / 10))
    factor = 10 ** (threshold_db(radar.num_virtual) / 10)
    limit_v2 = np.maximum(spectrum.noise_v2 * factor, jitter[:, None] * (still_v2 + 1e-38))
    found = spectrum.power_v2 > limit_v2
    if change_v is None:
        found[slow] = False
    else:
        change_v2 = (np.abs(range_transform(change_v)) ** 2).mean((0, 1))
        change_v2 = change_v2 * float(hann(loops).sum()) ** 2 / 2
        found[slow] &= change_v2 > limit_v2[slow]
    found[:, 0] = False  # the first bin is DC and leakage
    return found


def _local_maxima(level_db, found) -> list[tuple[int, int]]:
    """Cells that top their eight neighbours, strongest first; Doppler wraps, range does not."""
    top = ndimage.maximum_filter(level_db, size=3, mode=("wrap", "nearest"))
    cells = np.argwhere(found & (level_db >= top))
    order = np.argsort(-level_db[tuple(cells.T)], kind="stable")
    return [(int(d), int(r)) for d, r in cells[order]]


def _told_apart(radar, level_db, peaks) -> list[tuple[int, int]]:
    """Peaks that are targets of their own."""
    kept: list[tuple[int, int]] = []
    for cell in peaks:
        if level_db[cell] < level_db[peaks[0]] - SPAN_DB:
            break
        near = [one for one in kept if _apart_m(radar, cell, one) < NEAR_M]
        if near and level_db[cell] < level_db[near[0]] - NEAR_SPAN_DB:
            continue
        hill = {tuple(part) for part in hill_around(radar, level_db, cell, NEAR_M, VALLEY_DB)}
        loops = len(level_db)
        if not any((d + wrap, r) in hill for d, r in near for wrap in (-loops, 0, loops)):
            kept.append(cell)
    return kept


def _apart_m(radar, cell, other) -> float:
    return abs(cell[1] - other[1]) * radar.range_resolution_m


def _detection(radar, spectrum, snr_db, cell, tdm) -> Detection:
    cells = hill_around(radar, snr_db, cell, CLUSTER_M, CLUSTER_DB)
    loops = snr_db.shape[0]
    weight = spectrum.power_v2[cells[:, 0] % loops, cells[:, 1]]
    doppler, bins = (weight @ (cells - cell)) / weight.sum() + cell
    speed_per_bin = radar.chirp.wavelength_m / (2 * radar.loop_period_s * loops)
    speed_mps = (doppler - loops // 2) * speed_per_bin
    most_mps = radar.max_speed_mps
    picked = spectrum.spectrum_v[cells[:, 0] % loops, :, :, cells[:, 1]]
    frequency_hz = ((cells[:, 0] % loops) - loops // 2) / (loops * radar.loop_period_s)
    return Detection(
        range_m=float(bins * radar.range_resolution_m),
        speed_mps=float((speed_mps + most_mps) % (2 * most_mps) - most_mps),
        azimuth_rad=azimuth_of_cells(radar, picked, frequency_hz if tdm else 0 * frequency_hz),
        snr_db=float(snr_db[cell]),
    )


def hill_around(
    radar: Radar,
    level_db: Float[np.ndarray, "doppler range"],
    cell: tuple[int, int],
    reach_m: float,
    depth_db: float,
) -> np.ndarray:
    """Cells joined to a cell on ground no more than so much lower, near it in range.

    Returns:
        [cell, (doppler, range)]; Doppler counted on beyond the ends of the axis where it wraps.
    """
    loops, bins = level_db.shape
    reach = max(1, round(reach_m / radar.range_resolution_m))
    low, high = max(0, cell[1] - reach), min(bins, cell[1] + reach + 1)
    half = loops // 2
    doppler = np.arange(cell[0] - half, cell[0] - half + loops)
    part = level_db[doppler % loops, low:high] >= level_db[cell] - depth_db
    labels, _ = ndimage.label(part, structure=np.ones((3, 3)))
    own = np.argwhere(labels == labels[half, cell[1] - low])
    return np.stack([doppler[own[:, 0]], own[:, 1] + low], axis=1)
