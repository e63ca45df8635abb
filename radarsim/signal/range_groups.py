"""Faces in groups of neighbours in range, each near enough to its group's middle.

The sum treats the tones of a group as a short series around its middle (tones.py), which holds for
so many range bins. A group is full, or as wide as it may be; padding fills it up.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from radarsim.numerics.sorting import coarse_order
from radarsim.radar.config import Radar
from radarsim.signal.array_sizes import FACES_PER_GROUP, GROUP_BINS, most_groups


def by_range(
    radar: Radar, near_bins: Float[Array, "face"], lit: Bool[Array, "face"]
) -> Int[Array, "place"]:
    """Faces to be summed, nearest first and in groups; -1 where there is none.

    Args:
        radar: its range decides how many groups there may be.
        near_bins: range of each face at the middle of the burst, in bins.
        lit: those to be summed.

    Returns:
        Face indices, `FACES_PER_GROUP` places for each group.
    """
    # What is nowhere is left out here, and told by `extent`.
    lit = lit & jnp.isfinite(near_bins)
    order = coarse_order(near_bins, lit)
    sorted_bins = jnp.where(lit, near_bins, jnp.inf)[order]
    num_lit = jnp.sum(lit)

    def more(group, edges):
        start = edges[group]
        reach = jnp.searchsorted(sorted_bins, sorted_bins[start] + GROUP_BINS, side="right")
        end = jnp.minimum(jnp.minimum(start + FACES_PER_GROUP, reach), num_lit)
        end = jnp.maximum(end, start)  # an order is coarse
        return edges.at[group + 1].set(end.astype(edges.dtype))

    num_groups = most_groups(radar, len(order))
    edges = jax.lax.fori_loop(0, num_groups, more, jnp.zeros(num_groups + 1, jnp.int32))
    places = edges[:-1, None] + np.arange(FACES_PER_GROUP)
    faces = order[jnp.minimum(places, len(order) - 1)]
    return jnp.where(places < edges[1:, None], faces, -1).reshape(-1)


def group_spans(
    low_bins: Float[Array, "place"], high_bins: Float[Array, "place"], real: Bool[Array, "place"]
) -> tuple[Float[Array, "group"], Float[Array, "group"]]:
    """Lowest and highest range bin of each group, without padding (not `real`)."""

    def extreme(values, fill, reduce):
        return reduce(jnp.where(real, values, fill).reshape(-1, FACES_PER_GROUP), axis=1)

    lows, highs = extreme(low_bins, jnp.inf, jnp.min), extreme(high_bins, -jnp.inf, jnp.max)
    # Groups of padding alone join the first, where they add nothing; if all are, any place will do.
    some = lows < highs
    first_low, first_high = (jnp.where(some[0], edges[0], 0.0) for edges in (lows, highs))
    return jnp.where(some, lows, first_low), jnp.where(some, highs, first_high)


def middle_cells(
    low_bins: Float[Array, "group"], high_bins: Float[Array, "group"], oversampling: int
) -> Float[Array, "group"]:
    """Grid cell nearest to the middle of each group."""
    return jax.lax.stop_gradient(jnp.round((low_bins + high_bins) / 2 * oversampling))
