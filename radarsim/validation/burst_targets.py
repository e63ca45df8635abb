"""Detect moving targets in one burst: range-Doppler map, CFAR threshold, clustering.

    cube - static -> Hann, FFT over samples and loops -> mean power over channels -> CFAR -> cluster

The noise level of a cell is the median over all Doppler cells of the same range bin, because a
person occupies few Doppler cells; its lower bound is half the noise measured from differences
between chirps. The CFAR threshold above the noise level gives a fixed false-alarm probability for
the power averaged over the channels.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from jaxtyping import Bool, Complex, Float
from scipy import ndimage
from scipy.stats import gamma

from radarsim.captures.recording import mean_chirp
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar
from radarsim.validation.azimuth import azimuth_of_cells
from radarsim.validation.capture_stats import CaptureStats, range_transform

# False-alarm probability of a cell.
FALSE_ALARMS_PER_CELL = 1e-9
# Margin added to the CFAR threshold, because the noise level is only an estimate.
MARGIN_DB = 2.0
# Static echoes are not perfectly stable (phase noise, supply ripple, frame timing). Power below
# these levels relative to the static echo in the same range bin is not detected as a moving target.
STATIC_JITTER_DB = -45.0
STATIC_DRIFT_DB = -20.0  # Applies within the Doppler main lobe around zero speed.
# Cells nearer to zero Doppler than this number of bins count as near zero speed.
MIN_MOVING_BINS = 2
# Peaks more than `SPAN_DB` below the strongest peak are treated as sidelobes, ghosts or multipath.
SPAN_DB = 25.0
# Limit that replaces `SPAN_DB` for peaks within `NEAR_M` of a stronger peak in range.
NEAR_M, NEAR_SPAN_DB = 1.0, 15.0
VALLEY_DB = 10.0  # Minimum depth of the valley between two separate targets.
CLUSTER_DB = 10.0  # Largest level difference between a peak and the cells of its cluster.
# Maximum distance in range between a peak and the cells of its cluster.
CLUSTER_M = 0.35


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A moving target in one burst.

    Attributes:
        range_m: power-weighted mean range of the cells of the target [m].
        speed_mps: radial speed, positive when receding, ambiguous by multiples of twice the maximum
            speed [m/s].
        azimuth_rad: azimuth, positive to the left; None if it cannot be measured [rad].
        snr_db: signal-to-noise ratio of the strongest cell [dB].
        folded_azimuths_rad: azimuths for n = 0, 1 ... num_tx - 1 if the true Doppler frequency is
            n / T_loop above the measured frequency, which changes the phases between TDM slots
            [rad].
    """

    range_m: float
    speed_mps: float
    azimuth_rad: float | None
    snr_db: float
    folded_azimuths_rad: tuple[float | None, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class MovingSpectrum:
    """Range-Doppler map of one burst with static echoes removed; zero Doppler is in the middle.

    Attributes:
        spectrum_v: spectrum of each channel [V].
        power_v2: mean power over the channels [V^2].
        noise_v2: estimated noise power per range bin [V^2].
    """

    spectrum_v: Complex[np.ndarray, "doppler tx rx range"]
    power_v2: Float[np.ndarray, "doppler range"]
    noise_v2: Float[np.ndarray, " range"]


def moving_spectrum(
    radar: Radar, stats: CaptureStats, frame_v: Complex[np.ndarray, "chirp tx rx sample"]
) -> MovingSpectrum:
    """Compute the range-Doppler map of one burst.

    Args:
        radar: radar of the recording.
        stats: statistics of the recording: static echoes and noise.
        frame_v: IF samples of the burst [V].

    Returns:
        The spectrum, the power and the noise estimate.
    """
    loops = radar.frame.num_chirps
    taper = hann(loops)[:, None, None, None]
    moving_v = range_transform(stats.without_static(frame_v))
    spectrum_v = scipy.fft.fftshift(scipy.fft.fft(moving_v * taper, axis=0), axes=0)
    power_v2 = (np.abs(spectrum_v) ** 2).mean((1, 2))
    own = np.median(power_v2, axis=0) / _median_of_mean(radar.num_virtual)
    # Lower bound: half the noise measured from differences between chirps.
    floor = stats.noise_power_v2 * float((taper**2).sum())
    return MovingSpectrum(
        spectrum_v=spectrum_v, power_v2=power_v2, noise_v2=np.maximum(own, 0.5 * floor) + 1e-38
    )


@lru_cache
def _median_of_mean(channels: int) -> float:
    """Median of the mean of `channels` independent exponential variables, each with mean 1."""
    return float(gamma.median(channels) / channels)


@lru_cache
def threshold_db(channels: int) -> float:
    """CFAR threshold above the noise for the power averaged over `channels` channels [dB]."""
    factor = gamma.isf(FALSE_ALARMS_PER_CELL, channels) / channels
    return float(10 * np.log10(factor)) + MARGIN_DB


def targets_of_burst(
    radar: Radar,
    stats: CaptureStats,
    frame_v: Complex[np.ndarray, "chirp tx rx sample"],
    *,
    neighbour_v: Complex[np.ndarray, "tx rx sample"] | None = None,
    tdm: bool = True,
) -> list[Detection]:
    """Detect the moving targets of one burst, strongest first.

    A cell near zero speed is accepted only if its range bin changes between neighbouring bursts.
    A person who stands still for part of the recording contributes to the mean of the recording;
    subtracting the mean creates a ghost at the range of the person, which does not change between
    bursts.

    Args:
        radar: radar of the recording.
        stats: statistics of the recording.
        frame_v: IF samples of the burst [V].
        neighbour_v: mean chirp of a neighbouring burst, zero for a transmitter without recorded
            chirps [V]; cells near zero speed are ignored if it is None, or if no transmitter was
            recorded in both bursts.
        tdm: whether to compensate the phase shift of a moving target between TDM transmit slots.

    Returns:
        The detected targets.
    """
    spectrum = moving_spectrum(radar, stats, frame_v)
    snr_db = 10 * np.log10(spectrum.power_v2 / spectrum.noise_v2 + 1e-12)
    # Levels relative to one noise level, so that targets in different range bins are comparable.
    level_db = snr_db + 10 * np.log10(spectrum.noise_v2 / np.median(spectrum.noise_v2))
    change_v = None if neighbour_v is None else _change(mean_chirp(frame_v), neighbour_v)
    found = moving_cells(radar, stats, spectrum, change_v)
    kept = _separate_targets(radar, level_db, _local_maxima(level_db, found))
    return [_detection(radar, spectrum, snr_db, cell, tdm) for cell in kept]


def is_recorded(mean_v: Complex[np.ndarray, "tx rx sample"]) -> Bool[np.ndarray, " tx"]:
    """Whether each transmitter has recorded chirps; the mean of lost chirps is zero."""
    return mean_v.any((1, 2))


def _change(mean_v, neighbour_v):
    """Change of the transmitters recorded in both bursts [V]; None if there is none."""
    both = is_recorded(mean_v) & is_recorded(neighbour_v)
    return mean_v[both] - neighbour_v[both] if both.any() else None


def moving_cells(
    radar: Radar,
    stats: CaptureStats,
    spectrum: MovingSpectrum,
    change_v: Complex[np.ndarray, "compared_tx rx sample"] | None,
) -> Bool[np.ndarray, "doppler range"]:
    """Find the cells above the noise threshold and above the jitter of the static echoes.

    Args:
        radar: radar of the recording.
        stats: statistics of the recording.
        spectrum: range-Doppler map of the burst.
        change_v: mean chirp minus the mean chirp of a neighbouring burst [V], of the transmitters
            recorded in both; None if there is none.

    Returns:
        Mask of the cells that contain a moving target.
    """
    loops = len(spectrum.power_v2)
    static_v = range_transform(stats.static_v)
    static_v2 = (np.abs(static_v) ** 2).mean((0, 1)) * float(hann(loops).sum()) ** 2
    slow = np.abs(np.arange(loops) - loops // 2) < MIN_MOVING_BINS
    jitter = np.where(slow, 10 ** (STATIC_DRIFT_DB / 10), 10 ** (STATIC_JITTER_DB / 10))
    factor = 10 ** (threshold_db(radar.num_virtual) / 10)
    limit_v2 = np.maximum(spectrum.noise_v2 * factor, jitter[:, None] * (static_v2 + 1e-38))
    found = spectrum.power_v2 > limit_v2
    if change_v is None:
        found[slow] = False
    else:
        change_v2 = (np.abs(range_transform(change_v)) ** 2).mean((0, 1))
        change_v2 = change_v2 * float(hann(loops).sum()) ** 2 / 2
        found[slow] &= change_v2 > limit_v2[slow]
    found[:, 0] = False  # the first range bin contains DC and leakage
    return found


def _local_maxima(level_db, found) -> list[tuple[int, int]]:
    """Cells at least as strong as their eight neighbours, strongest first; Doppler wraps around."""
    top = ndimage.maximum_filter(level_db, size=3, mode=("wrap", "nearest"))
    cells = np.argwhere(found & (level_db >= top))
    order = np.argsort(-level_db[tuple(cells.T)], kind="stable")
    return [(int(d), int(r)) for d, r in cells[order]]


def _separate_targets(radar, level_db, peaks) -> list[tuple[int, int]]:
    """Select the peaks that are strong enough and separated by a valley from stronger peaks."""
    kept: list[tuple[int, int]] = []
    for cell in peaks:
        if level_db[cell] < level_db[peaks[0]] - SPAN_DB:
            break
        near = [one for one in kept if _apart_m(radar, cell, one) < NEAR_M]
        if near and level_db[cell] < level_db[near[0]] - NEAR_SPAN_DB:
            continue
        own = {tuple(part) for part in connected_cells(radar, level_db, cell, NEAR_M, VALLEY_DB)}
        loops = len(level_db)
        if not any((d + wrap, r) in own for d, r in near for wrap in (-loops, 0, loops)):
            kept.append(cell)
    return kept


def _apart_m(radar, cell, other) -> float:
    return abs(cell[1] - other[1]) * radar.range_resolution_m


def _detection(radar, spectrum, snr_db, cell, tdm) -> Detection:
    cells = connected_cells(radar, snr_db, cell, CLUSTER_M, CLUSTER_DB)
    loops = snr_db.shape[0]
    weight = spectrum.power_v2[cells[:, 0] % loops, cells[:, 1]]
    doppler, bins = (weight @ (cells - cell)) / weight.sum() + cell
    speed_per_bin = radar.chirp.wavelength_m / (2 * radar.loop_period_s * loops)
    speed_mps = (doppler - loops // 2) * speed_per_bin
    most_mps = radar.max_speed_mps
    picked = spectrum.spectrum_v[cells[:, 0] % loops, :, :, cells[:, 1]]
    frequency_hz = ((cells[:, 0] % loops) - loops // 2) / (loops * radar.loop_period_s)
    folds = np.arange(radar.array.num_tx) / radar.loop_period_s if tdm else [0.0]
    azimuths_rad = tuple(
        azimuth_of_cells(radar, picked, frequency_hz + fold_hz if tdm else 0 * frequency_hz)
        for fold_hz in folds
    )
    return Detection(
        range_m=float(bins * radar.range_resolution_m),
        speed_mps=float((speed_mps + most_mps) % (2 * most_mps) - most_mps),
        azimuth_rad=azimuths_rad[0],
        snr_db=float(snr_db[cell]),
        folded_azimuths_rad=azimuths_rad,
    )


def connected_cells(
    radar: Radar,
    level_db: Float[np.ndarray, "doppler range"],
    cell: tuple[int, int],
    reach_m: float,
    depth_db: float,
) -> np.ndarray:
    """Find the cells connected to a peak through cells at most `depth_db` below the peak.

    Args:
        radar: radar of the recording.
        level_db: range-Doppler map [dB].
        cell: Doppler and range index of the peak.
        reach_m: largest distance in range from the peak [m].
        depth_db: largest level difference between the peak and a connected cell [dB].

    Returns:
        Doppler and range index of each cell. The Doppler axis is cyclic, so Doppler indices may be
        out of bounds and must be taken modulo the number of Doppler bins.
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
