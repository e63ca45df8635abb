"""What all faces share: taken off before their sum, and given back to the ADC samples.

A person who walks, or stands aside of the array's axis, moves every tone alike, by pair and loop.
Taken off the faces and given to the samples as a phase it is exact; the powers of shifts in the sum
are left with what differs.
"""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.polynomials import horner, sincos_cycles
from radarsim.radar.config import Radar
from radarsim.radar.timing import burst_centre_and_half_s, mid_times_s
from radarsim.signal.nufft_kernel import Plan
from radarsim.signal.path_polynomials import Course


class Common(NamedTuple):
    """What all faces share.

    Attributes:
        tx_bins, rx_bins: courses of the shift through range, by tx, and what each rx adds.
        rate_m: course of the growth of the path by tx, per unit of burst time.
    """

    tx_bins: Float[Array, "power tx"]
    rx_bins: Float[Array, "power rx"]
    rate_m: Float[Array, "power tx"]


def take_common(
    radar: Radar, tx: Course, rx: Course, share: Float[Array, "face"], own_bend: bool
) -> tuple[Course, Course, Common]:
    """Faces without the speed and the shift that all have in the mean; and that mean.

    Args:
        radar: its sweep.
        tx, rx: courses of all faces.
        share: of each face in the mean; their sum is 1, or 0 where there is no face.
        own_bend: whether the sum will bend what is left of each tone, by x^2 along the samples.
    """
    means = [jnp.sum(part * share, axis=-1) for part in (tx.bins, rx.bins, tx.rate)]
    # What is taken and given back needs no gradient.
    common = Common(*jax.lax.stop_gradient(means))
    tx_bins, rx_bins, rate_m = (part[..., None] for part in common)
    rate = tx.rate - rate_m
    # A course has the mean of its bend as a phase. The sum's x^2 has that mean in itself.
    cycles = tx.cycles - np.float32(bend_cycles_per_m(radar) / 12) * rate if own_bend else tx.cycles
    tx = replace(tx, cycles=cycles, bins=tx.bins - tx_bins, rate=rate)
    return tx, replace(rx, bins=rx.bins - rx_bins), common


def bend_cycles_per_m(radar: Radar) -> float:
    """How far a path that grows by 1 m per unit of burst time bends a tone, in cycles.

    Times x^2, x from -1/2 to 1/2 along the samples: S T^2 / (c half), half a burst long.
    """
    _, half_s = burst_centre_and_half_s(radar)
    chirp = radar.chirp
    return chirp.slope_hz_per_s * chirp.sampled_time_s**2 / (SPEED_OF_LIGHT_MPS * half_s)


def bend_cycles_per_mps(radar: Radar) -> Float[np.ndarray, "sample"]:
    """How a path that grows by 1 m/s bends a tone along its samples, S tau' u^2, in cycles.

    Less its mean, which legs.course has given each face as a phase.
    """
    chirp = radar.chirp
    u_s = (np.arange(chirp.num_samples) - chirp.num_samples / 2) / chirp.sample_rate_hz
    square_s2 = u_s**2 - chirp.sampled_time_s**2 / 12
    return chirp.slope_hz_per_s / SPEED_OF_LIGHT_MPS * square_s2


def bend_rad_per_mps(radar: Radar) -> float:
    """The same in the mean over the samples (rms), for a range that grows by 1 m/s."""
    return float(4 * np.pi * np.sqrt(np.mean(bend_cycles_per_mps(radar) ** 2)))


def sample_phase(
    radar: Radar, plan: Plan, first_cell, common: Common
) -> Complex[Array, "chirp tx rx sample"]:
    """What each sample is turned by: the band's place in range, bend and shift that all share."""
    chirp = radar.chirp
    n = np.arange(chirp.num_samples) - chirp.num_samples / 2
    total = chirp.num_samples * plan.oversampling
    centre_s, half_s = burst_centre_and_half_s(radar)
    u = ((mid_times_s(radar) - centre_s) / half_s).astype(np.float32)
    # first_cell * n / total in whole cycles leaves float32 digits: reduce before dividing.
    turns = jnp.mod(first_cell * n.astype(np.float32), total) / total
    bend = (bend_cycles_per_mps(radar) / half_s).astype(np.float32)
    turns = turns + horner(common.rate_m, u)[..., None, None] * bend
    shift_bins = horner(common.tx_bins, u)[..., None] + horner(common.rx_bins, u[..., None])
    ramp = (n / chirp.num_samples).astype(np.float32)
    sin, cos = sincos_cycles(turns + shift_bins[..., None] * ramp)
    return jax.lax.complex(cos, sin)
