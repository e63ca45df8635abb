"""How large the arrays of a compiled sum must be: faces, range cells, blocks of loops.

Measured on the device per frame, taken together on the host per clip, and rounded up so that few
programs are compiled.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.accuracy import Accuracy
from radarsim.config import Radar
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.legs import node_times_s
from radarsim.mesh import chebyshev_nodes
from radarsim.synthesis import Plan

# Room for the curvature of a path between the nodes.
BAND_MARGIN_BINS = 0.25
FACES_PER_GROUP = 128
# Smaller arrays would save no time that shows, but be programs of their own.
LEAST_LIT = 1024
LEAST_CELLS = 64
MAX_CHIRPS_PER_BLOCK = 4


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Extent:
    """What one frame needs, or many along a leading axis.

    Attributes:
        num_lit: faces seen.
        group_bins: range bins that a group of neighbours covers, at most.
        start_bins: range bins from the lowest group's start to the highest one's.
        walk_bins_per_s: of `tone_walk_bins_per_s`.
    """

    num_lit: Int[Array, "*frame"]
    group_bins: Float[Array, "*frame"]
    start_bins: Float[Array, "*frame"]
    walk_bins_per_s: Float[Array, "*frame"]


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of the sum: faces, cells of the band and of a group; see `synthesis.Plan`."""

    num_lit: int
    num_cells: int
    group_cells: int
    chirps_per_block: int
    shift_nodes: int


def bins_of(
    radar: Radar, centre_m: Float[Array, "node face 3"]
) -> tuple[Float[Array, "face"], Float[Array, "face"]]:
    """Lowest and highest range bin that each face's tone reaches during the burst, with a margin.

    A range growing at v moves the tone by 2 v f_c T / c bins, and goes on beyond the last node.
    """
    chirp, nodes = radar.chirp, chebyshev_nodes(len(centre_m))
    bins = range_bins(radar, centre_m)
    walk = bins[-1] - bins[0]
    nodes_s = node_times_s(radar, len(nodes))
    # [bins / s] of walk to bins of shift: the sweep's time over its relative width.
    shift_s = chirp.sampled_time_s * chirp.centre_freq_hz / chirp.bandwidth_hz
    shift = walk * np.float32(shift_s / (nodes_s[-1] - nodes_s[0]))
    margin = margin_bins(radar) + jnp.abs(walk) * np.float32((1 - nodes[-1]) / (2 * nodes[-1]))
    low = jnp.min(bins, axis=0) + jnp.minimum(shift, 0) - margin
    return low, jnp.max(bins, axis=0) + jnp.maximum(shift, 0) + margin


def range_bins(radar: Radar, centre_m: Float[Array, "node face 3"]) -> Float[Array, "node face"]:
    """Range of each face in bins."""
    bins_per_m = 2 * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS
    return jnp.linalg.norm(centre_m, axis=-1) * np.float32(bins_per_m)


def margin_bins(radar: Radar) -> np.float32:
    """How far a resting tone may lie from its face's range, as antennas are not at the origin."""
    array_m = sum(
        np.linalg.norm(positions_m, axis=-1).max()
        for positions_m in (radar.array.tx_m, radar.array.rx_m)
    )
    return np.float32(BAND_MARGIN_BINS + array_m * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS)


def tone_walk_bins_per_s(
    radar: Radar, centre_m: Float[Array, "node face 3"], log_strength: Float[Array, "face"]
) -> Float[Array, ""]:
    """How fast tones walk through range, as the fourth-power mean over the echo's energy.

    The error of the interpolation between shift nodes grows with the square of a face's walk
    within a block, its energy with the fourth power.

    Args:
        radar: for its timing and sweep.
        centre_m: faces at the nodes, radar frame [m].
        log_strength: log-amplitude of each face; minus infinity where it is not summed.
    """
    strongest = jnp.max(log_strength)
    power = jnp.exp(2 * (log_strength - jnp.where(jnp.isfinite(strongest), strongest, 0.0)))
    nodes_s = node_times_s(radar, len(centre_m))
    way_m = jnp.linalg.norm(centre_m[-1], axis=-1) - jnp.linalg.norm(centre_m[0], axis=-1)
    rate_mps = way_m / np.float32(nodes_s[-1] - nodes_s[0])
    fourth = jnp.sum(power * rate_mps**4) / jnp.maximum(jnp.sum(power), 1e-30)
    return fourth ** (1 / 4) * 2 * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS


def blocks_for(radar: Radar, accuracy: Accuracy, walk_bins_per_s: float) -> dict[str, int]:
    """Loops that share one set of kernels, and the shifts at which those are made.

    A power of two, at most 4: longer blocks save nothing.
    Two shifts, unless a single loop is already too long for them.
    """
    walk_bins_per_loop = max(walk_bins_per_s * radar.loop_period_s, 1e-9)
    fitting = {n: 2 * accuracy.shift_limit_bins(n) / walk_bins_per_loop for n in (2, 3)}
    shift_nodes = 2 if fitting[2] >= 1 else 3
    loops = 2 ** int(np.log2(np.clip(fitting[shift_nodes], 1, MAX_CHIRPS_PER_BLOCK)))
    return {"chirps_per_block": loops, "shift_nodes": shift_nodes}


def sizes_for(radar: Radar, accuracy: Accuracy, extent: Extent) -> Sizes:
    """Sizes that hold every frame of a clip, rounded up so that few programs are compiled.

    Padding costs little: groups without faces are passed over, and the band is a small part.
    """
    parts = (extent.num_lit, extent.group_bins, extent.start_bins, extent.walk_bins_per_s)
    num_lit, group_bins, start_bins, walk = (float(np.max(np.asarray(part))) for part in parts)
    group_cells = cells_for(accuracy, group_bins)
    # The last group to begin needs all its cells inside the band, whatever it covers itself.
    start = int(np.ceil(start_bins * Plan.oversampling)) + 1
    return Sizes(
        num_lit=power_of_two(max(1, int(num_lit)), LEAST_LIT),
        num_cells=power_of_two(start + group_cells, LEAST_CELLS),
        group_cells=group_cells,
        **blocks_for(radar, accuracy, walk),
    )


def cells_for(accuracy: Accuracy, num_bins: float) -> int:
    """Grid cells that hold so many range bins and the kernel at both ends.

    Two sizes per power of two: every cell of every face is computed.
    """
    needed = int(np.ceil(num_bins * Plan.oversampling)) + accuracy.kernel_width + 2
    power = power_of_two(needed, 16)
    return power * 3 // 4 if needed <= power * 3 // 4 else power


def power_of_two(value: int, least: int) -> int:
    """The next one, at least `least`."""
    return max(least, 1 << (value - 1).bit_length())


def round_up(value: int, step: int) -> int:
    """The next multiple."""
    return max(1, -(-int(value) // step)) * step
