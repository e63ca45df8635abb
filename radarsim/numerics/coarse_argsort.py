"""Fast argsort of values that are rounded to a grid.

On a CPU, XLA sorts plain integers four times as fast as floats with an index: 0.3 ms instead of
1.3 ms for 15,000 items.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int


def coarse_argsort(
    values: Float[Array, " item"], selected: Bool[Array, " item"]
) -> Int[Array, " item"]:
    """Return the indices that sort the values in ascending order, with unselected items last.

    Values are quantized with the bits of a 32-bit integer that the index leaves free: 2^18 levels
    for 15,000 items. Items with the same level are ordered by index.

    Args:
        values: values to sort by, finite for selected items.
        selected: mask of the items that come first.
    """
    num_items = len(values)
    index_bits = max(1, (num_items - 1).bit_length())
    # A float32 represents integers of up to 24 bits exactly.
    most = np.float32(2 ** min(24, 32 - index_bits) - 2)
    low = jnp.min(jnp.where(selected, values, jnp.inf))
    span = jnp.max(jnp.where(selected, values, -jnp.inf)) - low
    level = jnp.where(selected, (values - low) * (most / jnp.where(span > 0, span, 1.0)), most)
    level = jnp.minimum(level.astype(jnp.uint32), np.uint32(most)) + (~selected).astype(jnp.uint32)
    keys = (level << index_bits) | jnp.arange(num_items, dtype=jnp.uint32)
    return (jnp.sort(keys) & np.uint32(2**index_bits - 1)).astype(jnp.int32)
