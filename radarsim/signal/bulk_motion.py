"""Bulk-motion compensation: remove the motion common to all faces and restore it after the sum.

If a person walks, or is off the array's axis, all tones of a pair and loop have a common shift.
This shift is removed from the faces and applied to the samples as a phase, which is exact; the
powers of shifts in the sum only have to describe the differences between faces.
"""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.polynomials import horner, sincos_cycles
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_centre_and_half_s, mid_times_s
from radarsim.signal.nufft_kernel import OVERSAMPLING, samples_from_middle
from radarsim.signal.path_polynomials import PathPolynomial


class BulkMotion(NamedTuple):
    """Mean motion of all faces, as polynomials in burst time.

    Attributes:
        tx_bins, rx_bins: range shift for each tx, and the shift that each rx adds [bins].
        rate_m: growth of the path for each tx, per unit of burst time [m].
    """

    tx_bins: Float[Array, "power tx"]
    rx_bins: Float[Array, "power rx"]
    rate_m: Float[Array, "power tx"]


def remove_bulk_motion(
    radar: Radar,
    tx: PathPolynomial,
    rx: PathPolynomial,
    share: Float[Array, " face"],
    own_quadratic: bool,
) -> tuple[PathPolynomial, PathPolynomial, BulkMotion]:
    """Subtract the mean shift and speed of all faces from their paths; also return the mean.

    Args:
        radar: board whose sweep is used.
        tx, rx: path polynomials of all faces.
        share: weight of each face in the mean; the sum is 1, or 0 if there are no faces.
        own_quadratic: whether the sum applies the remaining quadratic phase of each tone.
    """
    means = [jnp.sum(part * share, axis=-1) for part in (tx.bins, rx.bins, tx.rate)]
    # No gradient is needed, because the bulk motion is first removed and then restored exactly.
    bulk = BulkMotion(*jax.lax.stop_gradient(means))
    tx_bins, rx_bins, rate_m = (part[..., None] for part in bulk)
    rate = tx.rate - rate_m
    cycles = tx.cycles
    if own_quadratic:
        # The path polynomial and the term x^2 in the sum both contain the mean of the quadratic
        # phase, so this mean is subtracted once here.
        cycles = cycles - np.float32(quadratic_cycles_per_m(radar) / 12) * rate
    tx = replace(tx, cycles=cycles, bins=tx.bins - tx_bins, rate=rate)
    return tx, replace(rx, bins=rx.bins - rx_bins), bulk


def quadratic_cycles_per_m(radar: Radar) -> float:
    """Quadratic phase of a tone whose path grows by 1 m per unit of burst time [cycles].

    This is the factor of x^2, with x from -1/2 to 1/2 along the samples: S T^2 / (c half), where
    `half` is half the burst duration.
    """
    _, half_s = burst_centre_and_half_s(radar)
    chirp = radar.chirp
    return chirp.slope_hz_per_s * chirp.sampled_time_s**2 / (SPEED_OF_LIGHT_MPS * half_s)


def quadratic_cycles_per_mps(radar: Radar) -> Float[np.ndarray, " sample"]:
    """Quadratic phase S tau' u^2 along the samples for a path that grows at 1 m/s [cycles].

    The mean over the samples is subtracted, because path_polynomials.fit_path adds it to each
    face's phase.
    """
    chirp = radar.chirp
    u_s = samples_from_middle(chirp.num_samples) / chirp.sample_rate_hz
    square_s2 = u_s**2 - chirp.sampled_time_s**2 / 12
    return chirp.slope_hz_per_s / SPEED_OF_LIGHT_MPS * square_s2


def quadratic_rad_per_mps(radar: Radar) -> float:
    """Rms quadratic phase over the samples for a range that grows at 1 m/s [rad]."""
    return float(4 * np.pi * np.sqrt(np.mean(quadratic_cycles_per_mps(radar) ** 2)))


def bulk_phase(
    radar: Radar, first_cell: Float[Array, ""], bulk: BulkMotion
) -> Complex[Array, "chirp tx rx sample"]:
    """Phase factor of every sample due to the band's range, bulk shift and quadratic phase.

    Args:
        radar: board whose waveform and timing are used.
        first_cell: grid cell of the first cell of the band.
        bulk: bulk motion from `remove_bulk_motion`.
    """
    chirp = radar.chirp
    n = samples_from_middle(chirp.num_samples)
    total = chirp.num_samples * OVERSAMPLING
    centre_s, half_s = burst_centre_and_half_s(radar)
    u = ((mid_times_s(radar) - centre_s) / half_s).astype(np.float32)
    # first_cell * n / total exceeds float32 precision, so whole cycles are dropped before dividing.
    cycles = jnp.mod(first_cell * n.astype(np.float32), total) / total
    quadratic = (quadratic_cycles_per_mps(radar) / half_s).astype(np.float32)
    cycles = cycles + horner(bulk.rate_m, u)[..., None, None] * quadratic
    shift_bins = horner(bulk.tx_bins, u)[..., None] + horner(bulk.rx_bins, u[..., None])
    ramp = (n / chirp.num_samples).astype(np.float32)
    sin, cos = sincos_cycles(cycles + shift_bins[..., None] * ramp)
    return jax.lax.complex(cos, sin)
