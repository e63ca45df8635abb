"""Seeded random variation: random generators seeded by ids, cycle timing, and smooth noise."""

import hashlib

import numpy as np
from scipy.interpolate import CubicSpline


def generator(*ids) -> np.random.Generator:
    """Create a random generator whose seed depends only on the given ids."""
    digest = hashlib.sha256("/".join(map(str, ids)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def cycle_phase(
    rng: np.random.Generator, times_s: np.ndarray, period_s: float, start: float, spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Phase of a movement over time, with randomly varying cycle lengths.

    Args:
        rng: random generator for the length of each cycle.
        times_s: increasing times [s], which may start before zero.
        period_s: mean length of a cycle.
        start: phase at time zero.
        spread: standard deviation of the cycle length, relative to the mean.

    Returns:
        Phase [cycles] and the local length of the cycle [s] at each time, both smooth.
    """
    first = int(np.floor(start + times_s[0] / period_s)) - 2
    last = int(np.ceil(start + times_s[-1] / period_s)) + 3
    lengths_s = period_s * np.clip(rng.normal(1.0, spread, last - first), 0.85, 1.15)
    ends_s = np.concatenate([[0.0], np.cumsum(lengths_s)])
    spline = CubicSpline(ends_s, np.arange(first, last + 1.0))
    zero_s = float(np.interp(start, np.arange(first, last + 1.0), ends_s))
    return spline(times_s + zero_s), 1.0 / spline(times_s + zero_s, 1)


def smooth_noise(
    rng: np.random.Generator, times_s: np.ndarray, spacing_s: float = 0.6
) -> np.ndarray:
    """Smooth noise of about unit variance, independent of the sampling rate.

    The noise is a cubic spline through normally distributed values at intervals of `spacing_s`.
    """
    num_knots = int((times_s[-1] - times_s[0]) / spacing_s) + 4
    knots_s = times_s[0] + spacing_s * (np.arange(num_knots) - 1)
    return CubicSpline(knots_s, rng.normal(0.0, 1.1, num_knots))(times_s)
