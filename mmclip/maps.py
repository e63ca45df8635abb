"""Heatmaps as they lie in a store to what the network sees, on the device."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp


def network_input(maps: Mapping[str, jax.Array], size: int) -> jax.Array:
    """Resize each heatmap along its bins and scale it to [-1, 1] by its own extremes.

    Args:
        maps: heatmaps by name [dB], [batch, column, bin].
        size: bins after resizing.

    Returns:
        [batch, heatmap, column, bin]; a heatmap without any contrast becomes -1 throughout.
    """
    resized = [_resized(each.astype(jnp.float32), size) for each in maps.values()]
    stacked = jnp.stack(resized, axis=1)
    low = stacked.min(axis=(2, 3), keepdims=True)
    span = stacked.max(axis=(2, 3), keepdims=True) - low
    return jnp.where(span > 0, 2 * (stacked - low) / jnp.where(span > 0, span, 1) - 1, -1.0)


def _resized(map_db: jax.Array, size: int) -> jax.Array:
    """Linear along the bins, smoothed where there get fewer."""
    batch, columns, bins = map_db.shape
    if bins == size:
        return map_db
    return jax.image.resize(map_db, (batch, columns, size), "linear", antialias=True)
