"""Fast argsort on a grid of values.

XLA on a CPU sorts plain integers four times as fast as floats with an index beside each: 0.3
against 1.3 ms for 15,000.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int


def coarse_argsort(
    values: Float[Array, " item"], selected: Bool[Array, " item"]
) -> Int[Array, " item"]:
    """Indices by ascending value, items that are not selected last.

    A value is rounded to as many levels as an integer of 32 bits holds beside the index: 2^18 for
    15,000 items. Within a level the order is that of the indices.

    Args:
        values: finite where selected.
        selected: items that come first.
    """
    num_items = len(values)
    index_bits = max(1, (num_items - 1).bit_length())
    # A float32 holds integers of 24 bits.
    most = np.float32(2 ** min(24, 32 - index_bits) - 2)
    low = jnp.min(jnp.where(selected, values, jnp.inf))
    span = jnp.max(jnp.where(selected, values, -jnp.inf)) - low
    level = jnp.where(selected, (values - low) * (most / jnp.where(span > 0, span, 1.0)), most)
    level = jnp.minimum(level.astype(jnp.uint32), np.uint32(most)) + (~selected).astype(jnp.uint32)
    keys = (level << index_bits) | jnp.arange(num_items, dtype=jnp.uint32)
    return (jnp.sort(keys) & np.uint32(2**index_bits - 1)).astype(jnp.int32)
