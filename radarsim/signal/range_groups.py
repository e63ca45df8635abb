"""Group faces that are neighbours in range, so that every face is near the middle of its group.

The fast sum expands the tones of a group in a short series around the middle of the group
(tone_series.py), which is valid over a limited number of range bins. A group ends when the group is
full or has reached the maximum width; unused places are padded.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.coarse_argsort import coarse_argsort
from radarsim.numerics.polynomials import chebyshev_nodes
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.radar.timing import node_times_s
from radarsim.signal.nufft_kernel import OVERSAMPLING

# Maximum number of faces in a group, and number of places reserved for each group.
FACES_PER_GROUP = 128
# Maximum width of a group at the middle of a burst; the motion of the faces widens it further.
GROUP_BINS = 2.0
# Minimum value of the limit on the number of groups that end at the maximum width; 128 groups cover
# 256 range bins. For a radar with more bins the limit is higher, so that the groups cover all bins.
LEAST_WIDE_GROUPS = 128
# Margin that allows for the curvature of a path between the nodes.
BAND_MARGIN_BINS = 0.25


class GroupSpans(NamedTuple):
    """Range position of each group of a frame, and the width of the widest group.

    Attributes:
        middle_cells: NUFFT grid cell nearest to the middle of each group.
        widest_bins: range bins that the widest group covers.
    """

    middle_cells: Float[Array, "*frame group"]
    widest_bins: Float[Array, "*frame"]


def group_by_range(
    radar: Radar, middle_bins: Float[Array, " face"], selected: Bool[Array, " face"]
) -> Int[Array, " place"]:
    """Divide the selected faces into groups by range, nearest first; unused places are -1.

    Args:
        radar: board whose maximum range limits the number of groups.
        middle_bins: range of each face at the middle of the burst [bins].
        selected: faces to be summed.

    Returns:
        Face indices, `FACES_PER_GROUP` places for each group.
    """
    # Faces whose position is not finite are omitted here and reported by `required_sizes`.
    selected = selected & jnp.isfinite(middle_bins)
    order = coarse_argsort(middle_bins, selected)
    edges = _group_edges(
        jnp.where(selected, middle_bins, jnp.inf)[order], most_groups(radar, len(order))
    )
    places = edges[:-1, None] + np.arange(FACES_PER_GROUP)
    faces = order[jnp.minimum(places, len(order) - 1)]
    return jnp.where(places < edges[1:, None], faces, -1).reshape(-1)


def _group_edges(sorted_bins: Float[Array, " face"], num_groups: int) -> Int[Array, " edge"]:
    """First place of each group in the sorted faces, and the end of the last group.

    A CPU loops from group to group. For an accelerator, which would need thousands of small steps,
    the end of the group that would start at a face is computed for every face at once; then the
    edges are collected by doubling: a step of n groups from each of the first n edges gives the
    next n edges. On a CPU, doubling takes 0.7 ms instead of 0.4 ms for 15,000 faces, and twice as
    long to compile (1.1 s instead of 0.6 s, with the sort).

    Args:
        sorted_bins: ranges in ascending order [bins], infinite for faces that are in no group.
        num_groups: number of groups; those after the last face are empty.
    """
    padded_bins = jnp.pad(sorted_bins, (0, FACES_PER_GROUP), constant_values=jnp.inf)
    num_grouped = jnp.sum(jnp.isfinite(sorted_bins), dtype=jnp.int32)

    def next_edge(group, edges):
        start = edges[group]
        end = _group_ends(padded_bins, num_grouped, start, padded_bins[start])
        return edges.at[group + 1].set(end)

    if jax.default_backend() == "cpu":
        edges = jnp.zeros(num_groups + 1, jnp.int32)
        return jax.lax.fori_loop(0, num_groups, next_edge, edges)
    start = jnp.arange(len(sorted_bins) + 1, dtype=jnp.int32)
    ends = _group_ends(padded_bins, num_grouped, start, padded_bins[: len(start)])
    edges = jnp.zeros(1, jnp.int32)
    while len(edges) <= num_groups:
        edges = jnp.concatenate([edges, ends[edges]])
        ends = ends[ends]
    return edges[: num_groups + 1]


def _group_ends(
    padded_bins: Float[Array, " padded"],
    num_grouped: Int[Array, ""],
    start: Int[Array, "*shape"],
    start_bins: Float[Array, "*shape"],
) -> Int[Array, "*shape"]:
    """End of the group that would start at a place, by binary search among the next faces.

    A face that is in no group, and the end of the faces, are their own end.

    Args:
        padded_bins: ranges in ascending order [bins], and infinite values for a whole group.
        num_grouped: number of finite ranges.
        start, start_bins: places and their ranges [bins].
    """
    limit_bins = start_bins + GROUP_BINS
    end = start + 1
    step = FACES_PER_GROUP // 2
    while step:
        end = jnp.where(padded_bins[end + step - 1] <= limit_bins, end + step, end)
        step //= 2
    return jnp.where(jnp.isfinite(start_bins), jnp.minimum(end, num_grouped), start)


def group_spans(
    low_bins: Float[Array, " place"], high_bins: Float[Array, " place"], real: Bool[Array, " place"]
) -> GroupSpans:
    """Middle and width of each group, from the range of each face (`migration_span`).

    Args:
        low_bins, high_bins: lowest and highest range bin of each face.
        real: mask of the faces, False for padding, which is ignored.
    """

    def extreme(values, fill, reduce):
        return reduce(jnp.where(real, values, fill).reshape(-1, FACES_PER_GROUP), axis=1)

    lows, highs = extreme(low_bins, jnp.inf, jnp.min), extreme(high_bins, -jnp.inf, jnp.max)
    # Groups that contain only padding get the position of the first group and contribute nothing.
    some = lows < highs
    first_low, first_high = (jnp.where(some[0], edges[0], 0.0) for edges in (lows, highs))
    lows, highs = jnp.where(some, lows, first_low), jnp.where(some, highs, first_high)
    middle = jax.lax.stop_gradient(jnp.round((lows + highs) / 2 * OVERSAMPLING))
    return GroupSpans(middle, jnp.max(highs - lows))


def migration_span(
    radar: Radar, bins: Float[Array, "node face"]
) -> tuple[Float[Array, " face"], Float[Array, " face"]]:
    """Lowest and highest range bin that each face's tone reaches during the burst, with a margin.

    A range that grows at the speed v shifts the tone by 2 v f_c T / c bins and continues to grow
    beyond the last node.

    Args:
        radar: board whose sweep and timing are used.
        bins: range of each face without the bulk motion, from `bins_without_bulk` [bins].
    """
    chirp, nodes = radar.chirp, chebyshev_nodes(len(bins))
    growth = bins[-1] - bins[0]
    nodes_s = node_times_s(radar, len(nodes))
    # Factor from growth [bins / s] to Doppler shift [bins]: sweep duration divided by relative
    # bandwidth.
    shift_s = 0.0
    if chirp.has_sweep:
        shift_s = chirp.sampled_time_s * chirp.centre_freq_hz / chirp.bandwidth_hz
    shift = growth * np.float32(shift_s / (nodes_s[-1] - nodes_s[0]))
    margin = margin_bins(radar) + jnp.abs(growth) * np.float32((1 - nodes[-1]) / (2 * nodes[-1]))
    low = jnp.min(bins, axis=0) + jnp.minimum(shift, 0) - margin
    return low, jnp.max(bins, axis=0) + jnp.maximum(shift, 0) + margin


def bins_without_bulk(
    radar: Radar, centre_m: Float[Array, "node face 3"], share: Float[Array, " face"]
) -> Float[Array, "node face"]:
    """Range of each face in bins, without the bulk motion (mean motion, weighted by `share`).

    The sum removes the bulk motion from every tone and restores it in the samples
    (bulk_motion.remove_bulk_motion).
    """
    bins = range_bins(radar, centre_m)
    common = jnp.sum(bins * share, axis=-1)
    return bins - (common - common.mean())[:, None]


def range_bins(radar: Radar, centre_m: Float[Array, "*shape 3"]) -> Float[Array, "*shape"]:
    """Range of each face in bins."""
    bins_per_m = 2 * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS
    return norm(centre_m) * np.float32(bins_per_m)


def margin_bins(radar: Radar) -> np.float32:
    """Margin for the curvature of a path and for antennas that are off the origin [bins]."""
    array_m = sum(
        np.linalg.norm(positions_m, axis=-1).max()
        for positions_m in (radar.array.tx_m, radar.array.rx_m)
    )
    return np.float32(BAND_MARGIN_BINS + array_m * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS)


def most_groups(radar: Radar, num_faces: int) -> int:
    """Upper limit for the number of groups: full groups plus groups of maximum width."""
    return -(-num_faces // FACES_PER_GROUP) + min(num_faces, most_wide_groups(radar))


def most_wide_groups(radar: Radar) -> int:
    """Number of groups that may end at the maximum width."""
    return max(LEAST_WIDE_GROUPS, int(np.ceil(radar.chirp.num_samples / GROUP_BINS)))
