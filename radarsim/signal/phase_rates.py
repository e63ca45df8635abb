"""How fast echoes change within a burst: what the blocks of the sum must be short enough for."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.vectors import norm
from radarsim.radar.config import Radar
from radarsim.radar.timing import node_times_s


class Pace(NamedTuple):
    """Of each face, or of all.

    Attributes:
        walk_bins_per_s: tones through range, against what all do in common.
        spread_bins: half the range over which pairs of antennas see a face, likewise.
        turn_rad_per_s: phase at the outermost receiver against the array's centre.
        drift_mps: range, against what all do in common.
    """

    walk_bins_per_s: Float[Array, "*shape"]
    spread_bins: Float[Array, "*shape"]
    turn_rad_per_s: Float[Array, "*shape"]
    drift_mps: Float[Array, "*shape"]


def pace_of(
    radar: Radar, centre_m: Float[Array, "node face 3"], share: Float[Array, "face"]
) -> Pace:
    """Means over the echo's energy, in the power in which they make errors.

    What powers of shifts leave grows with the square, or more, of a face's walk and
    spread within a block, that of the receivers' Taylor series with the cube of its turn, that of a
    bend which all share with its drift.

    Args:
        radar: for its timing, sweep and array.
        centre_m: faces at the nodes, radar frame [m].
        share: of each face in the echo's energy; their sum is 1.
    """
    each = pace_of_each(radar, centre_m, share)
    powers = (4, 4, 6, 2)
    means = (jnp.sum(share * part**n) ** (1 / n) for part, n in zip(each, powers, strict=True))
    return Pace(*means)


def pace_of_each(
    radar: Radar, centre_m: Float[Array, "node face 3"], share: Float[Array, "face"]
) -> Pace:
    """Of each face, between the first and the last node.

    Args:
        radar: for its timing, sweep and array.
        centre_m: faces at the nodes, radar frame [m].
        share: as for `pace_of`.
    """
    nodes_s = node_times_s(radar, len(centre_m))
    lasted_s = np.float32(nodes_s[-1] - nodes_s[0])
    bins_per_m = np.float32(radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS)  # of path
    rad_per_m = np.float32(2 * np.pi / radar.chirp.wavelength_m)
    range_m = norm(centre_m)
    towards = centre_m / range_m[..., None]
    walk_m = range_m[-1] - range_m[0]
    drift_mps = jnp.abs(walk_m - jnp.sum(share * walk_m)) / lasted_s
    aside = towards[len(towards) // 2]
    aside = aside - jnp.sum(share[:, None] * aside, axis=0)
    tx_m, rx_m = (_offsets_m(positions) for positions in (radar.array.tx_m, radar.array.rx_m))
    spread_m = _farthest_m(aside, tx_m) + _farthest_m(aside, rx_m)
    turn_m = _farthest_m(towards[-1] - towards[0], rx_m)
    return Pace(
        walk_bins_per_s=drift_mps * 2 * bins_per_m,
        spread_bins=spread_m * bins_per_m,
        turn_rad_per_s=turn_m * rad_per_m / lasted_s,
        drift_mps=drift_mps,
    )


def _offsets_m(positions_m) -> np.ndarray:
    """From the middle of the antennas."""
    return (positions_m - positions_m.mean(0)).astype(np.float32)


def _farthest_m(direction, offsets_m):
    """The longest of the offsets along each direction."""
    along_m = jnp.matmul(offsets_m, direction.T, precision="highest")
    return jnp.max(jnp.abs(along_m), axis=0)
