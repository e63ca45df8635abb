"""Rates of change of echoes within a burst, which limit the length of chirp blocks."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.radar.timing import node_times_s


class PhaseRates(NamedTuple):
    """Rates of change of each face's echo, or their means over all faces.

    Attributes:
        migration_bins_per_s: range migration of the tone, relative to the bulk motion.
        spread_bins: half the spread of a face's range over the antenna pairs, relative to the bulk
            motion.
        receiver_rad_per_s: phase at the outermost receiver relative to the array's centre.
        speed_spread_mps: radial speed relative to the bulk motion.
    """

    migration_bins_per_s: Float[Array, "*shape"]
    spread_bins: Float[Array, "*shape"]
    receiver_rad_per_s: Float[Array, "*shape"]
    speed_spread_mps: Float[Array, "*shape"]


def mean_rates(
    radar: Radar, centre_m: Float[Array, "node face 3"], share: Float[Array, " face"]
) -> PhaseRates:
    """Energy-weighted power means over faces, with the power at which each rate affects the error.

    The error of the truncated powers of shifts grows at least with the square of a face's migration
    and spread within a block, the error of the receivers' Taylor series with the cube of the phase
    change, and the error of a common quadratic phase linearly with the speed spread.

    Args:
        radar: board whose timing, sweep and array are used.
        centre_m: faces at the nodes, radar frame [m].
        share: share of each face in the echo's energy; the sum is 1.
    """
    rates = face_rates(radar, centre_m, share)
    powers = (4, 4, 6, 2)
    means = (jnp.sum(share * part**n) ** (1 / n) for part, n in zip(rates, powers, strict=True))
    return PhaseRates(*means)


def face_rates(
    radar: Radar, centre_m: Float[Array, "node face 3"], share: Float[Array, " face"]
) -> PhaseRates:
    """Rates of each face between the first and last node, from the arguments of `mean_rates`."""
    nodes_s = node_times_s(radar, len(centre_m))
    duration_s = np.float32(nodes_s[-1] - nodes_s[0])
    bins_per_m = np.float32(radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS)  # per metre of path
    rad_per_m = np.float32(2 * np.pi / radar.chirp.wavelength_m)
    range_m = norm(centre_m)
    direction = centre_m / range_m[..., None]
    growth_m = range_m[-1] - range_m[0]
    speed_spread_mps = jnp.abs(growth_m - jnp.sum(share * growth_m)) / duration_s
    off_mean = direction[len(direction) // 2]
    off_mean = off_mean - jnp.sum(share[:, None] * off_mean, axis=0)
    tx_m, rx_m = (_offsets_m(positions) for positions in (radar.array.tx_m, radar.array.rx_m))
    spread_m = _largest_projection_m(off_mean, tx_m) + _largest_projection_m(off_mean, rx_m)
    receiver_m = _largest_projection_m(direction[-1] - direction[0], rx_m)
    return PhaseRates(
        migration_bins_per_s=speed_spread_mps * 2 * bins_per_m,
        spread_bins=spread_m * bins_per_m,
        receiver_rad_per_s=receiver_m * rad_per_m / duration_s,
        speed_spread_mps=speed_spread_mps,
    )


def _offsets_m(positions_m) -> np.ndarray:
    """Antenna positions relative to their centre."""
    return (positions_m - positions_m.mean(0)).astype(np.float32)


def _largest_projection_m(direction, offsets_m):
    """For each direction, the largest projection of any offset."""
    along_m = jnp.matmul(offsets_m, direction.T, precision="highest")
    return jnp.max(jnp.abs(along_m), axis=0)
