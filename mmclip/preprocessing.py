"""Conversion of stored heatmaps in dB to the input of the network, on the device."""

from collections.abc import Mapping
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

# A heatmap whose values span at most this range [dB] counts as constant: resizing causes rounding
# errors of 2e-6 dB in a blanked heatmap, which scaling must not amplify. The values of a measured
# heatmap span 10 dB or more.
CONSTANT_DB = 1e-3


def network_input(maps: Mapping[str, jax.Array], size: int) -> jax.Array:
    """Resize each heatmap along its bins and scale its minimum and maximum to -1 and 1.

    Args:
        maps: heatmaps [batch, column, bin] by name [dB].
        size: number of bins after resizing.

    Returns:
        Network input [batch, heatmap, column, bin]; a constant heatmap becomes -1 everywhere.
    """
    return jnp.stack([scaled_heatmap(map_db, size) for map_db in maps.values()], axis=1)


def scaled_heatmap(map_db: jax.Array, size: int) -> jax.Array:
    """Resize heatmaps [batch, column, bin] of one kind and scale each to the range -1 to 1."""
    resized = _resize(map_db.astype(jnp.float32), size)
    low = resized.min(axis=(1, 2), keepdims=True)
    span = resized.max(axis=(1, 2), keepdims=True) - low
    varies = span > CONSTANT_DB
    return jnp.where(varies, 2 * (resized - low) / jnp.where(varies, span, 1) - 1, -1.0)


def _resize(map_db: jax.Array, size: int) -> jax.Array:
    """Interpolate linearly along the bins, with antialiasing if the number of bins decreases.

    The result equals that of `jax.image.resize`, which multiplies by a matrix of mostly zeros.
    """
    bins = map_db.shape[-1]
    if bins == size:
        return map_db
    first, weights = _interpolation(bins, size)
    return sum(map_db[..., first + tap] * row for tap, row in enumerate(weights))


@cache
def _interpolation(bins: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """First input bin of each output bin, and weights of this bin and its successors [tap, bin].

    The weights are found by resizing each unit vector.
    """
    with jax.ensure_compile_time_eval():
        matrix = jax.image.resize(jnp.eye(bins), (bins, size), "linear", antialias=True)
    matrix = np.asarray(matrix)
    used = matrix != 0
    taps = int((bins - used[::-1].argmax(0) - used.argmax(0)).max())
    first = np.minimum(used.argmax(0), bins - taps)
    return first, matrix[first + np.arange(taps)[:, None], np.arange(size)]
