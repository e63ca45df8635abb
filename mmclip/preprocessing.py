"""Conversion of stored heatmaps in dB to the input of the network, on the device."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp


def network_input(maps: Mapping[str, jax.Array], size: int) -> jax.Array:
    """Resize each heatmap along its bins and scale its minimum and maximum to -1 and 1.

    Args:
        maps: heatmaps [batch, column, bin] by name [dB].
        size: number of bins after resizing.

    Returns:
        Network input [batch, heatmap, column, bin]; a constant heatmap becomes -1 everywhere.
    """
    resized = [_resize(map_db.astype(jnp.float32), size) for map_db in maps.values()]
    stacked = jnp.stack(resized, axis=1)
    low = stacked.min(axis=(2, 3), keepdims=True)
    span = stacked.max(axis=(2, 3), keepdims=True) - low
    return jnp.where(span > 0, 2 * (stacked - low) / jnp.where(span > 0, span, 1) - 1, -1.0)


def _resize(map_db: jax.Array, size: int) -> jax.Array:
    """Interpolate linearly along the bins, with antialiasing if their number decreases."""
    batch, columns, bins = map_db.shape
    if bins == size:
        return map_db
    return jax.image.resize(map_db, (batch, columns, size), "linear", antialias=True)
