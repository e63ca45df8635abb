"""How alike two recordings are: the figures that `validate` prints.

All are taken on heatmaps in dB above noise, each recording against its own.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

SIGNAL_DB = 6.0
SPAN_DB = 30.0
SSIM_WINDOW = 7
ENVELOPE_SHARE = 0.025  # of a column's power beyond each side of the Doppler envelope

Map = Float[np.ndarray, "time bin"]
Maps = Mapping[str, Map]


def signal_cells(first_db: Map, second_db: Map) -> Bool[np.ndarray, "time bin"]:
    """Cells more than 6 dB above noise in either map."""
    return (first_db > SIGNAL_DB) | (second_db > SIGNAL_DB)


def clipped(map_db: Map) -> Map:
    """Nothing lower than 30 dB under the map's peak."""
    return np.maximum(map_db, map_db.max() - SPAN_DB)


def correlation(first_db: Map, second_db: Map) -> float:
    """Pearson's correlation of two dB maps over the cells that hold signal in either.

    Args:
        first_db, second_db: dB above noise.

    Returns:
        -1 to 1; 0 where there is no signal, or nothing varies.
    """
    cells = signal_cells(first_db, second_db)
    if cells.sum() < 2:
        return 0.0
    a, b = clipped(first_db)[cells].astype(np.float64), clipped(second_db)[cells].astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else 0.0


def ssim(first_db: Map, second_db: Map) -> float:
    """Mean structural similarity where either map holds signal, on the common 30 dB scale.

        (2 ma mb + c1)(2 sab + c2) / ((ma^2 + mb^2 + c1)(sa^2 + sb^2 + c2))

    over windows of 7 x 7 cells, c1 = (0.01 L)^2, c2 = (0.03 L)^2, L = 1 after scaling each map's
    upper 30 dB to 0..1.

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
    # Of the sample, as the source's authors compute it.
    sample = np.prod(window) / max(1, np.prod(window) - 1)
    var_a, var_b = sample * (mean(a * a) - mean_a**2), sample * (mean(b * b) - mean_b**2)
    both = sample * (mean(a * b) - mean_a * mean_b)
    c1, c2 = 0.01**2, 0.03**2
    alike = ((2 * mean_a * mean_b + c1) * (2 * both + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    )
    return float(alike[cells].mean())


def _unit(map_db: Map) -> Map:
    """The map's upper 30 dB as 0 to 1; below noise counts as noise."""
    top = map_db.max()
    low = max(top - SPAN_DB, 0.0)
    return (np.clip(map_db, low, top) - low) / max(top - low, 1e-6)


def power_above_noise(map_db: Map) -> Map:
    """Linear power less the noise's, of the cells that hold signal; elsewhere 0."""
    return np.where(map_db > SIGNAL_DB, 10 ** (map_db / 10) - 1, 0.0)


def centroid(map_db: Map, axis: Float[np.ndarray, " bin"]) -> Float[np.ndarray, " time"]:
    """Power-weighted mean coordinate of each column; NaN where it holds no signal."""
    power = power_above_noise(map_db)
    total = power.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, power @ axis / total, np.nan)


def envelope(
    map_db: Map, axis: Float[np.ndarray, " bin"]
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """Lower and upper coordinate that leave 2.5 % of each column's power outside; NaN as above.

    Cells more than 30 dB under the map's peak are nobody's limbs.
    """
    power = np.where(map_db > map_db.max() - SPAN_DB, power_above_noise(map_db), 0.0)
    total = power.sum(1)
    share = np.cumsum(power, axis=1) / np.maximum(total, 1e-30)[:, None]
    low = axis[np.argmax(share >= ENVELOPE_SHARE, axis=1)]
    high = axis[np.argmax(share >= 1 - ENVELOPE_SHARE, axis=1)]
    none = total <= 0
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def rms_difference(first: Float[np.ndarray, " time"], second: Float[np.ndarray, " time"]) -> float:
    """Root mean square over the columns that both have; NaN if none."""
    gap = first - second
    gap = gap[np.isfinite(gap)]
    return float(np.sqrt((gap**2).mean())) if len(gap) else float("nan")


def level_bias_db(first_db: Map, second_db: Map) -> float:
    """Power of the first map's echoes over the second's, noise taken off both [dB]."""
    first, second = power_above_noise(first_db).sum(), power_above_noise(second_db).sum()
    if first <= 0 or second <= 0:
        return float("nan")
    return float(10 * np.log10(first / second))


def likeness(first: Maps, second: Maps) -> dict[str, dict[str, float]]:
    """Correlation and SSIM of each pair of maps of one name."""
    return {
        name: {
            "correlation": correlation(first[name], second[name]),
            "ssim": ssim(first[name], second[name]),
        }
        for name in first
    }


def score(alike: Mapping[str, Mapping[str, float]]) -> float:
    """One number to rank motions by: the mean of all correlations and SSIMs.

    Of twelve activities, known as well as one knows a subject, it puts the true one first most
    often: correlation fails where noise is strong, SSIM where it is weak.
    """
    return float(np.mean([value for figures in alike.values() for value in figures.values()]))


def course_errors(first: Maps, second: Maps, axes: Mapping[str, np.ndarray]) -> dict[str, float]:
    """How far the courses of two recordings lie apart, rms over time.

    Returns:
        `range_error_m` and `doppler_error_mps` of the centroids, `envelope_error_mps` of the upper
        and lower Doppler envelope together.
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
