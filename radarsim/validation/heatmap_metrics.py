"""Compare the heatmaps of two recordings: correlation, SSIM, centroid and envelope errors, level.

All metrics compare heatmaps in dB above noise; each heatmap refers to its own recording's noise.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

# Level above which a cell contains signal, dynamic range below the peak that is compared, and side
# of the SSIM window [cells].
SIGNAL_DB = 6.0
SPAN_DB = 30.0
SSIM_WINDOW = 7
ENVELOPE_SHARE = 0.025  # fraction of a column's power outside each edge of the envelope

Map = Float[np.ndarray, "time bin"]
Maps = Mapping[str, Map]


def signal_cells(first_db: Map, second_db: Map) -> Bool[np.ndarray, "time bin"]:
    """Mask of the cells that are more than 6 dB above noise in either map."""
    return (first_db > SIGNAL_DB) | (second_db > SIGNAL_DB)


def clipped(map_db: Map) -> Map:
    """Clip the cells of a map that are more than 30 dB below the peak of the map."""
    return np.maximum(map_db, map_db.max() - SPAN_DB)


def correlation(first_db: Map, second_db: Map) -> float:
    """Pearson correlation of two maps over the cells with signal in either map.

    Args:
        first_db: heatmap [dB above noise].
        second_db: heatmap of the same shape [dB above noise].

    Returns:
        Correlation from -1 to 1; 0 if there is no signal or a map is constant.
    """
    cells = signal_cells(first_db, second_db)
    if cells.sum() < 2:
        return 0.0
    a, b = clipped(first_db)[cells].astype(np.float64), clipped(second_db)[cells].astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else 0.0


def ssim(first_db: Map, second_db: Map) -> float:
    """Mean structural similarity (SSIM) of two maps over the cells with signal in either map.

        (2 ma mb + c1)(2 sab + c2) / ((ma^2 + mb^2 + c1)(sa^2 + sb^2 + c2))

    SSIM is computed over windows of 7 x 7 cells, with c1 = (0.01 L)^2 and c2 = (0.03 L)^2. The
    dynamic range L is 1, because the upper 30 dB of each map are scaled to 0..1.

    Source:
        Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment", IEEE Trans. IP 13, 2004.
    """
    cells = signal_cells(first_db, second_db)
    if not cells.any():
        return 0.0
    a, b = _unit(first_db), _unit(second_db)
    window = tuple(min(SSIM_WINDOW, size) for size in a.shape)

    def mean(values):
        return ndimage.uniform_filter(values, window, mode="nearest")

    mean_a, mean_b = mean(a), mean(b)
    # Factor of the unbiased sample variance, as in the reference implementation by the authors.
    sample = np.prod(window) / max(1, np.prod(window) - 1)
    var_a, var_b = sample * (mean(a * a) - mean_a**2), sample * (mean(b * b) - mean_b**2)
    both = sample * (mean(a * b) - mean_a * mean_b)
    c1, c2 = 0.01**2, 0.03**2
    similarity_of_cells = ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    )
    return float(similarity_of_cells[cells].mean())


def _unit(map_db: Map) -> Map:
    """Scale the upper 30 dB of a map to 0..1; cells below noise are first raised to noise level."""
    top = map_db.max()
    low = max(top - SPAN_DB, 0.0)
    return (np.clip(map_db, low, top) - low) / max(top - low, 1e-6)


def power_above_noise(map_db: Map) -> Map:
    """Linear power minus noise power in the cells with signal; 0 in all other cells."""
    return np.where(map_db > SIGNAL_DB, 10 ** (map_db / 10) - 1, 0.0)


def centroid(map_db: Map, axis: Float[np.ndarray, " bin"]) -> Float[np.ndarray, " time"]:
    """Power-weighted mean coordinate of each column; NaN for columns without signal."""
    power = power_above_noise(map_db)
    total = power.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, power @ axis / total, np.nan)


def envelope(
    map_db: Map, axis: Float[np.ndarray, " bin"]
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """Doppler envelope: coordinates below and above which 2.5 % of the power of each column lie.

    Cells more than 30 dB below the peak of the map are ignored, because they are too weak to be
    echoes of limbs.

    Returns:
        Lower and upper edge of the envelope; NaN for columns without signal.
    """
    power = np.where(map_db > map_db.max() - SPAN_DB, power_above_noise(map_db), 0.0)
    total = power.sum(1)
    share = np.cumsum(power, axis=1) / np.maximum(total, 1e-30)[:, None]
    low = axis[np.argmax(share >= ENVELOPE_SHARE, axis=1)]
    high = axis[np.argmax(share >= 1 - ENVELOPE_SHARE, axis=1)]
    none = total <= 0
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def rms_difference(first: Float[np.ndarray, " time"], second: Float[np.ndarray, " time"]) -> float:
    """RMS difference of two curves where both are finite; NaN if both are nowhere finite."""
    gap = first - second
    gap = gap[np.isfinite(gap)]
    return float(np.sqrt((gap**2).mean())) if len(gap) else float("nan")


def level_bias_db(first_db: Map, second_db: Map) -> float:
    """Echo power of the first map relative to the second map, after subtracting noise [dB]."""
    first, second = power_above_noise(first_db).sum(), power_above_noise(second_db).sum()
    if first <= 0 or second <= 0:
        return float("nan")
    return float(10 * np.log10(first / second))


def similarity(first: Maps, second: Maps) -> dict[str, dict[str, float]]:
    """Correlation and SSIM of each pair of maps with the same name."""
    return {
        name: {
            "correlation": correlation(first[name], second[name]),
            "ssim": ssim(first[name], second[name]),
        }
        for name in first
    }


def mean_similarity(similarities: Mapping[str, Mapping[str, float]]) -> float:
    """Mean of all correlations and SSIMs: a single score to rank candidate motions.

    In the calibration with twelve activities and an inexact body model, this score ranks the true
    motion first most often; correlation alone fails at high noise, SSIM alone at low noise.
    """
    return float(np.mean([value for pair in similarities.values() for value in pair.values()]))


def centroid_errors(first: Maps, second: Maps, axes: Mapping[str, np.ndarray]) -> dict[str, float]:
    """RMS differences over time between the centroids and Doppler envelopes of two recordings.

    Returns:
        `range_error_m`, `doppler_error_mps`: errors of the centroids in range and Doppler;
        `envelope_error_mps`: error of both edges of the Doppler envelope together.
    """
    speed, reach = axes["speed_mps"], axes["range_m"]
    edges = [np.concatenate(envelope(maps["time_doppler"], speed)) for maps in (first, second)]
    return {
        "range_error_m": rms_difference(
            *(centroid(maps["time_range"], reach) for maps in (first, second))
        ),
        "doppler_error_mps": rms_difference(
            *(centroid(maps["time_doppler"], speed) for maps in (first, second))
        ),
        "envelope_error_mps": rms_difference(*edges),
    }
