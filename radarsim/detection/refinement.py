"""Refine peaks of Hann-windowed spectra to a fraction of a bin by maximum likelihood (5 x 5 cells).

In the cells around a peak, a tone at the distance d from the peak bin has the amplitudes a h(m - d)
at m = -2 ... 2, where h is the transform of the window, and the noise of the cells has the
covariance C of the window. The amplitude a of each channel and a correction of d are linear
functions of the cells; they are tabulated over d. More distant cells would lower the errors
further, but they contain echoes of other parts of the body.
"""

from functools import lru_cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from radarsim.numerics.windows import hann

REACH = 2  # Number of cells on each side of the peak.
TABLE_STEP = 0.02  # Step of d; the error of the linear correction is about its square.
MOST = 1.0  # Largest distance from the peak bin [bins].
ROUNDS = 2


class RefinedPeaks(NamedTuple):
    """Distances from the peak bins along speed and range [bins], and the peak amplitudes [V]."""

    speed_bins: Float[Array, " point"]
    range_bins: Float[Array, " point"]
    amplitude_v: Complex[Array, "point tx rx"]


class _Table(NamedTuple):
    """Weights of the five cells for the amplitude and for the correction of d, tabulated over d."""

    amplitude: Float[np.ndarray, "distance cell"]
    correction: Float[np.ndarray, "distance cell"]
    phase: Complex[np.ndarray, " cell"]


def refine_peaks(
    spectrum_v: Complex[Array, "speed tx rx range"],
    speed_idx: Int[Array, " point"],
    range_idx: Int[Array, " point"],
) -> RefinedPeaks:
    """Refine peaks of a burst's spectrum.

    Args:
        spectrum_v: spectrum from `burst_spectrum`, at least five cells along each axis.
        speed_idx, range_idx: cells of the peaks.

    Returns:
        Distances of at most one bin from the peak cells, and amplitudes, which contain less noise
        than the peak cells.
    """
    loops, bins = spectrum_v.shape[0], spectrum_v.shape[-1]
    by_speed, by_range = _table(loops), _table(bins)
    offsets = np.arange(-REACH, REACH + 1)
    at_speed = (speed_idx[:, None, None] + offsets[:, None]) % loops
    at_range = (range_idx[:, None, None] + offsets) % bins  # FFT axes are cyclic
    cells_v = spectrum_v[at_speed, :, :, at_range].reshape(
        *at_speed.shape[:2], len(offsets), -1
    )  # [point, speed, range, channel]
    phase = by_speed.phase[:, None] * by_range.phase
    cells_v = cells_v * phase[:, :, None]
    centre = cells_v[:, REACH, :, :], cells_v[:, :, REACH, :]
    range_bins, speed_bins = (hann_offset(line_v) for line_v in centre)
    for _ in range(ROUNDS):
        along_speed = jnp.einsum("pr,psrc->psc", _amplitude(by_range, range_bins), cells_v)
        speed_bins = _corrected(by_speed, speed_bins, along_speed)
        along_range = jnp.einsum("ps,psrc->prc", _amplitude(by_speed, speed_bins), cells_v)
        range_bins = _corrected(by_range, range_bins, along_range)
    amplitude_v = jnp.einsum("pr,prc->pc", _amplitude(by_range, range_bins), along_range)
    return RefinedPeaks(speed_bins, range_bins, amplitude_v.reshape(-1, *spectrum_v.shape[1:3]))


def hann_offset(line_v: Complex[Array, "point cell channel"]) -> Float[Array, " point"]:
    """Distance of a tone from the middle of five cells of a Hann-windowed spectrum [bins].

    The neighbours have the amplitudes (1 - d) / (2 + d) and (1 + d) / (2 - d) relative to the peak,
    which gives d = 2 (after - before) / (2 + after + before). The amplitudes are least-squares
    estimates over all channels, so that noise does not bias them.

    Args:
        line_v: cells with the phase of the window's centre removed, so that all cells of a tone are
            in phase.
    """
    peak = line_v[:, REACH]
    power = (jnp.abs(peak) ** 2).sum(1) + 1e-37

    def relative(neighbour):
        return (neighbour * peak.conj()).real.sum(1) / power

    low, high = relative(line_v[:, REACH - 1]), relative(line_v[:, REACH + 1])
    return jnp.clip(2 * (high - low) / jnp.maximum(2 + high + low, 1e-3), -MOST, MOST)


def _corrected(table: _Table, distance, line_v) -> Float[Array, " point"]:
    """One Gauss-Newton step of the distance, common to all channels."""
    index = _index(distance)
    amplitude = jnp.einsum("pm,pmc->pc", jnp.asarray(table.amplitude)[index], line_v)
    slope = jnp.einsum("pm,pmc->pc", jnp.asarray(table.correction)[index], line_v)
    power = (jnp.abs(amplitude) ** 2).sum(1) + 1e-37
    step = (amplitude.conj() * slope).real.sum(1) / power
    # The tabulated distance is the starting point of the step.
    start = index * TABLE_STEP - MOST
    return jnp.clip(start + jnp.clip(step, -0.5, 0.5), -MOST, MOST)


def _amplitude(table: _Table, distance) -> Float[Array, "point cell"]:
    return jnp.asarray(table.amplitude)[_index(distance)]


def _index(distance):
    return jnp.round((distance + MOST) / TABLE_STEP).astype(jnp.int32)


@lru_cache(maxsize=32)
def _table(count: int) -> _Table:
    """Weights for a Hann window of the given number of samples."""
    window = hann(count).astype(float)
    centred = np.arange(count) - (count - 1) / 2
    cells = np.arange(-REACH, REACH + 1)

    def transform(values, at):
        return (values * np.exp(-2j * np.pi * np.outer(at, centred) / count)).sum(1).real

    lags = np.subtract.outer(cells, cells)
    covariance = transform(window**2, lags.ravel()).reshape(lags.shape)
    amplitude, correction = [], []
    for distance in np.arange(-MOST, MOST + TABLE_STEP / 2, TABLE_STEP):
        shape = transform(window, cells - distance)
        slope = 2 * np.pi / count * np.array(
            [(window * centred * np.sin(2 * np.pi * (cell - distance) * centred / count)).sum()
             for cell in cells]
        )  # fmt: skip
        whitened = np.linalg.solve(covariance, np.stack([shape, slope], axis=1))
        matched = whitened[:, 0] / (shape @ whitened[:, 0])
        free = whitened[:, 1] - matched * (shape @ whitened[:, 1])
        amplitude.append(matched)
        correction.append(free / (free @ slope))
    phase = np.exp(1j * np.pi * cells * (count - 1) / count)
    return _Table(
        np.array(amplitude, np.float32), np.array(correction, np.float32),
        phase.astype(np.complex64),
    )  # fmt: skip
