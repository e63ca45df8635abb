"""Path lengths of every face during a burst, split for float32 and fitted by polynomials in time.

Only positions need float64: each face has one reference path, whose whole cycles are dropped in
float64; the remainder is small enough for float32. A path is the distance from a tx to the face
plus the mean distance from the face to the receivers; each rx adds a small difference. Within a
burst (28 ms) the path, the differences and the logarithm of a face's weight are smooth, so
polynomials through four or five Chebyshev nodes represent them (error_budget.NODES_DB).
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.polynomials import derivative, power_coefficients
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_centre_and_half_s


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class PathLengths:
    """Path lengths of the faces at the nodes of one burst, split so that float32 suffices.

    Attributes:
        tx_m: distance from each tx to the face plus the mean distance from the face to the
            receivers, minus the mean path [m].
        rx_m: distance from the face to each rx, minus the mean distance to the receivers [m].
        reference_cycles: carrier phase of the mean path, without whole cycles.
        reference_bin: range bin of the mean path.
        cycles_per_m: carrier phase per metre around the mean path.
    """

    tx_m: Float[Array, "node tx face"]
    rx_m: Float[Array, "node rx face"]
    reference_cycles: Float[Array, " face"]
    reference_bin: Float[Array, " face"]
    cycles_per_m: Float[Array, " face"]


def path_lengths(
    radar: Radar,
    centre_m: Float[Array, "node face 3"],
    origin_m: tuple[Float[Array, "node 3"], Float[Array, "node 3"]],
    residual_video_phase: bool = True,
    antennas_m: tuple[Float[Array, "tx 3"], Float[Array, "rx 3"]] | None = None,
) -> PathLengths:
    """Compute path lengths in float64 and return them as small float32 differences.

    The residual video phase -S tau^2/2 is linearised in the small change of tau; the
    neglected square causes an error of -95 dB.

    Args:
        radar: board whose antennas and waveform are used.
        centre_m: phase points relative to `origin_m` [m].
        origin_m: origin of the phase points, as a high and a low float32 part [m].
        residual_video_phase: whether to keep the term -S tau^2 / 2.
        antennas_m: positions of the transmitters and receivers, or of their images, in float64 [m];
            None for the positions on the board.
    """
    if antennas_m is None:
        antennas_m = radar.array.tx_m, radar.array.rx_m
    chirp = radar.chirp
    with jax.enable_x64(True):
        high, low = (part.astype(jnp.float64)[:, None, :] for part in origin_m)
        points = (centre_m.astype(jnp.float64) + high + low)[:, None]
        tx_m = jnp.linalg.norm(points - antennas_m[0][:, None], axis=-1)
        rx_m = jnp.linalg.norm(points - antennas_m[1][:, None], axis=-1)
        middle_m = rx_m.mean(1, keepdims=True)
        tx_m = tx_m + middle_m
        mean_m = tx_m.mean((0, 1))
        tau = mean_m / SPEED_OF_LIGHT_MPS
        video_hz = chirp.slope_hz_per_s * tau * float(residual_video_phase)
        cycles = (chirp.centre_freq_hz - video_hz / 2) * tau
        bins = chirp.slope_hz_per_s * chirp.num_samples / chirp.sample_rate_hz * tau
        per_m = (chirp.centre_freq_hz - video_hz) / SPEED_OF_LIGHT_MPS
        parts = (tx_m - mean_m, rx_m - middle_m, cycles - jnp.round(cycles), bins, per_m)
        return PathLengths(*(part.astype(jnp.float32) for part in parts))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class PathPolynomial:
    """Polynomials in burst time (-1 to 1) of one part of every face's path.

    Attributes:
        cycles: carrier phase relative to the reference [cycles].
        bins: shift of the tone, including its Doppler shift [range bins].
        rate: change of path length per unit of burst time [m].
    """

    cycles: Float[Array, "*group power antenna face"]
    bins: Float[Array, "*group power antenna face"]
    rate: Float[Array, "*group power antenna face"]


def fit_path(
    radar: Radar,
    path_m: Float[Array, "node antenna face"],
    cycles_per_m: Float[Array, " face"],
    weight_cycles: Float[Array, "node antenna face"] | None = None,
) -> PathPolynomial:
    """Fit polynomials to one part of the path.

    The phase of a complex weight is a carrier phase without a delay: this phase rotates the echo
    without moving the echo in range, except for the Doppler shift caused by the time derivative of
    the phase.

    Within a chirp of length T a path growing at rate tau' shifts the tone by f_c tau' T bins and
    adds the quadratic phase S tau' u^2, whose mean, S tau' T^2 / 12, is a constant phase. The shift
    and the mean are added here; the sum and bulk_motion.bulk_phase apply the rest of the phase.
    """
    sampled_s = radar.chirp.sampled_time_s
    _, half_s = burst_centre_and_half_s(radar)
    length = power_coefficients(path_m)
    rate = derivative(length)
    bins_per_m = np.float32(radar.chirp.slope_hz_per_s * sampled_s / SPEED_OF_LIGHT_MPS)
    mean_quadratic = radar.chirp.slope_hz_per_s * sampled_s**2 / 12 / (SPEED_OF_LIGHT_MPS * half_s)
    cycles = length * cycles_per_m + rate * np.float32(mean_quadratic)
    frequency = rate * cycles_per_m
    if weight_cycles is not None:
        weight = power_coefficients(weight_cycles)
        cycles, frequency = cycles + weight, frequency + derivative(weight)
    bins = length * bins_per_m + frequency * np.float32(sampled_s / half_s)
    return PathPolynomial(cycles=cycles, bins=bins, rate=rate)
