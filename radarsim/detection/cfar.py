"""Constant false-alarm rate (CFAR) detection on a range-Doppler map: thresholds and noise levels.

The tested quantity is the mean power over K channels, so noise alone has a gamma distribution of
shape K. The Hann windows correlate the noise of neighbouring cells; the number of training cells is
therefore replaced by the number of independent cells whose mean has the same variance.
"""

from dataclasses import dataclass
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy import optimize, signal, special, stats

from radarsim.detection.settings import DetectionSettings
from radarsim.numerics.windows import hann


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingCells:
    """Training cells around every cell of a map, and the thresholds that follow from them.

    The speed axis is cyclic, but training cells are missing at the ends of the range axis and below
    the smallest range, so all values depend on the range bin.

    Attributes:
        offsets: offset of each training cell from the tested cell, (range, speed).
        first_bin: first range bin that is tested or used for training.
        count: number of training cells.
        factor: threshold, relative to the mean (ca) or the ordered statistic (os).
        order: rank of the ordered statistic among the training cells.
        order_level: expected ordered statistic of pure noise, relative to the mean noise power.
    """

    offsets: Int[np.ndarray, "cell 2"]
    first_bin: int
    count: Float[np.ndarray, " range"]
    factor: Float[np.ndarray, " range"]
    order: Int[np.ndarray, " range"]
    order_level: Float[np.ndarray, " range"]


@lru_cache(maxsize=32)
def training_cells(
    settings: DetectionSettings, num_channels: int, shape: tuple[int, int], first_bin: int
) -> TrainingCells:
    """Training cells and thresholds for maps of a given shape, (speed, range)."""
    loops, bins = shape
    offsets = _offsets(settings, loops)
    inside = _inside(offsets, bins, first_bin)
    factor, order = np.ones(bins), np.ones(bins, int)
    level = np.ones(bins)
    for row in np.unique(inside[first_bin:], axis=0):
        same = (inside == row).all(1)
        order[same] = max(1, round(settings.os_fraction * row.sum()))
        share = order[same][0] / row.sum()
        correlation = np.outer(_correlation(bins), _correlation(loops))
        if settings.cfar == "ca":
            independent = _independent_cells(offsets[row], loops, correlation)
            factor[same] = ca_factor(settings.false_alarm_rate, num_channels, independent)
        else:
            correlation = _rank_correlation(correlation, share)
            independent = _independent_cells(offsets[row], loops, correlation)
            factor[same] = os_factor(settings.false_alarm_rate, num_channels, independent, share)
            level[same] = stats.gamma.ppf(share * row.sum() / (row.sum() + 1), num_channels)
            level[same] /= num_channels
    return TrainingCells(
        offsets=offsets,
        first_bin=first_bin,
        count=np.maximum(inside.sum(1), 1).astype(float),
        factor=factor,
        order=order,
        order_level=level,
    )


def ca_factor(false_alarm_rate: float, num_channels: int, num_cells: float) -> float:
    """Threshold of cell averaging: the ratio of two gamma-distributed means is F-distributed."""
    shape = 2 * num_channels
    return float(stats.f.isf(false_alarm_rate, shape, shape * num_cells))


def os_factor(false_alarm_rate: float, num_channels: int, num_cells: float, share: float) -> float:
    """Threshold relative to the ordered statistic, which is a given quantile of the training cells.

    The cumulative probability of the ordered statistic has a beta distribution. The false-alarm
    rate is the mean over this distribution of the probability that a gamma variable exceeds factor
    x statistic.
    """
    order = share * num_cells
    quantiles, weights = special.roots_legendre(200)
    beta = stats.beta(order, num_cells - order + 1)
    low, high = beta.ppf(1e-12), beta.isf(1e-12)
    at = low + (high - low) * (quantiles + 1) / 2
    weights = weights * beta.pdf(at)
    weights /= weights.sum()
    statistic = stats.gamma.ppf(at, num_channels)

    def log_excess(log_factor):
        rate = weights @ stats.gamma.sf(np.exp(log_factor) * statistic, num_channels)
        return np.log(rate + 1e-300) - np.log(false_alarm_rate)

    return float(np.exp(optimize.brentq(log_excess, np.log(1e-3), np.log(1e4))))


def noise_by_average(
    cells: TrainingCells, settings: DetectionSettings, power: Float[Array, "speed range"]
) -> Float[Array, "speed range"]:
    """Mean power of the training cells around every cell.

    Sums are computed as products with matrices of zeros and ones. The box is split into two parts
    whose sums are added, because subtracting a strong target from the sum over the whole box would
    lose the noise to rounding.
    """
    loops, bins = power.shape
    around, guard = _speed_sets(settings, loops)
    ring_speed = _circulant(sorted(around - guard), loops)
    guard_speed = _circulant(sorted(guard), loops)
    reach, near = sum(_reach(settings, 0)), settings.guard_cells[0]
    box_range, guard_range = _banded(reach, bins, cells), _banded(near, bins, cells)

    def product(speed, ranges):
        in_range = jnp.dot(power, ranges, precision="highest")
        return jnp.dot(speed, in_range, precision="highest")

    total = product(ring_speed, box_range) + product(guard_speed, box_range - guard_range)
    return total / cells.count.astype(np.float32)


def exceeds_ordered(
    cells: TrainingCells, power: Float[Array, "speed range"]
) -> Bool[Array, "speed range"]:
    """Whether each cell exceeds factor x ordered statistic, found by counting instead of sorting.

    A cell exceeds the threshold if at least `order` training cells, multiplied by the factor, are
    weaker than the cell.
    """
    reach = int(np.abs(cells.offsets[:, 0]).max())
    scaled = power.at[:, : cells.first_bin].set(jnp.inf)
    padded = jnp.pad(scaled, ((0, 0), (reach, reach)), constant_values=jnp.inf)
    limit = power / cells.factor.astype(np.float32)
    offsets = jnp.asarray(cells.offsets)

    def add(index, weaker):
        in_range, in_speed = offsets[index]
        shifted = jax.lax.dynamic_slice_in_dim(padded, reach + in_range, power.shape[1], axis=1)
        return weaker + (jnp.roll(shifted, -in_speed, axis=0) < limit)

    weaker = jax.lax.fori_loop(0, len(offsets), add, jnp.zeros(power.shape, jnp.int32))
    return weaker >= cells.order


def noise_by_order(
    cells: TrainingCells,
    power: Float[Array, "speed range"],
    speed: Int[Array, " point"],
    ranges: Int[Array, " point"],
) -> Float[Array, " point"]:
    """Noise level at the given cells, from the ordered statistic of their training cells."""
    loops, bins = power.shape
    at_range = ranges[:, None] + cells.offsets[:, 0]
    at_speed = (speed[:, None] + cells.offsets[:, 1]) % loops
    valid = (at_range >= cells.first_bin) & (at_range < bins)
    training = jnp.where(valid, power[at_speed, jnp.clip(at_range, 0, bins - 1)], jnp.inf)
    order = jnp.asarray(cells.order)[ranges] - 1
    statistic = jnp.take_along_axis(jnp.sort(training, axis=1), order[:, None], axis=1)[:, 0]
    return statistic / jnp.asarray(cells.order_level, jnp.float32)[ranges]


def _reach(settings: DetectionSettings, axis: int) -> tuple[int, int]:
    return settings.guard_cells[axis], settings.training_cells[axis]


def _speed_sets(settings: DetectionSettings, loops: int) -> tuple[set[int], set[int]]:
    """Speed offsets of the whole box and of the guard cells, wrapped around the cyclic axis."""
    guard, reach = settings.guard_cells[1], sum(_reach(settings, 1))
    around = {offset % loops for offset in range(-reach, reach + 1)}
    return around, {offset % loops for offset in range(-guard, guard + 1)}


def _offsets(settings: DetectionSettings, loops: int) -> np.ndarray:
    around, guard = _speed_sets(settings, loops)
    reach, near = sum(_reach(settings, 0)), settings.guard_cells[0]
    return np.array(
        [
            (in_range, in_speed)
            for in_range in range(-reach, reach + 1)
            for in_speed in sorted(around)
            if abs(in_range) > near or in_speed not in guard
        ]
    )


def _inside(offsets: np.ndarray, bins: int, first_bin: int) -> np.ndarray:
    """Whether each training cell lies within the map [range, cell]."""
    at = np.arange(bins)[:, None] + offsets[:, 0]
    return (at >= first_bin) & (at < bins)


def _independent_cells(offsets: np.ndarray, loops: int, kernel: np.ndarray) -> float:
    """Number of independent cells whose mean has the same variance as the mean of the given cells.

    Args:
        offsets: training cells.
        loops: length of the cyclic speed axis.
        kernel: correlation of cells that are -2 to 2 cells apart, (range, speed).
    """
    reach = int(np.abs(offsets[:, 0]).max())
    mask = np.zeros((2 * reach + 1, loops))
    mask[offsets[:, 0] + reach, offsets[:, 1] % loops] = 1
    padded = np.concatenate([mask[:, -2:], mask, mask[:, :2]], axis=1) if loops > 4 else mask
    spread = signal.convolve2d(padded, kernel, mode="same")
    spread = spread[:, 2:-2] if loops > 4 else spread
    return float(mask.sum() ** 2 / (mask * spread).sum())


def _correlation(count: int) -> np.ndarray:
    """Correlation of noise power between cells -2 to 2 apart, for a Hann window."""
    squared = hann(count).astype(float) ** 2
    lags = np.exp(-2j * np.pi * np.outer(np.arange(-2, 3), np.arange(count)) / count) @ squared
    return np.abs(lags / squared.sum()) ** 2


def _rank_correlation(correlation: np.ndarray, share: float) -> np.ndarray:
    """Correlation between the indicators that one cell, or another, is below the quantile `share`.

    This is the integral over the joint density of two correlated normal variables, because the mean
    power over several channels is nearly normal.
    """
    level = stats.norm.ppf(share)
    nodes, weights = special.roots_legendre(40)
    at = correlation[..., None] * (nodes + 1) / 2
    density = np.exp(-(level**2) / (1 + at)) / (2 * np.pi * np.sqrt(np.maximum(1 - at**2, 1e-12)))
    joint = correlation / 2 * (density @ weights)
    return np.where(correlation > 1 - 1e-9, 1.0, joint / (share * (1 - share)))


def _circulant(offsets, loops: int) -> Float[np.ndarray, "speed speed"]:
    matrix = np.zeros((loops, loops), np.float32)
    for offset in offsets:
        matrix[np.arange(loops), (np.arange(loops) + offset) % loops] = 1
    return matrix


def _banded(reach: int, bins: int, cells: TrainingCells) -> Float[np.ndarray, "range range"]:
    apart = np.abs(np.subtract.outer(np.arange(bins), np.arange(bins))) <= reach
    return (apart & (np.arange(bins)[:, None] >= cells.first_bin)).astype(np.float32)
