"""Random augmentation of training windows, as pure functions of a key and heatmaps in dB.

Batches of heatmaps have the stored layout, [batch, column, bin].
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from mmclip import random_draws
from mmclip.settings import AugmentSettings
from mmclip.store import FLOOR_DB

HeatmapBatch = dict[str, jax.Array]


def augment(
    key: jax.Array, maps: Mapping[str, jax.Array], settings: AugmentSettings
) -> HeatmapBatch:
    """Apply all augmentations: level change, range shift, noise, blanked columns and heatmaps.

    A heatmap that a store lacks is at the floor everywhere. It stays there, as in a prediction,
    because the network's input scales even weak noise to its full range.

    Args:
        key: random key of the batch.
        maps: heatmaps keyed by name [dB].
        settings: strength of each augmentation.

    Returns:
        Augmented heatmaps [dB], in which no cell is below the floor.
    """
    shift_key, level_key, noise_key, columns_key, maps_key = jax.random.split(key, 5)
    size = next(iter(maps.values())).shape[0]
    missing = missing_heatmaps(maps)
    level_db = jax.random.uniform(level_key, (size,), minval=-1, maxval=1) * settings.level_db
    out = {name: change_level(map_db, level_db) for name, map_db in maps.items()}
    if "time_range" in out:
        bins = draw_range_shift(shift_key, size, settings)
        out["time_range"] = shift_range(out["time_range"], bins)
    keys = jax.random.split(noise_key, len(out))
    if settings.noise_db:
        out = {
            name: add_noise(each, map_db, settings.noise_db, missing[:, index])
            for index, (each, (name, map_db)) in enumerate(zip(keys, out.items()))
        }
    if settings.drop_columns:
        out = blank_columns(columns_key, out, settings.drop_columns)
    if settings.drop and len(out) > 1:
        out = blank_heatmaps(maps_key, out, settings.drop, missing)
    return out


def missing_heatmaps(maps: Mapping[str, jax.Array]) -> jax.Array:
    """Whether each heatmap of a window is at the floor everywhere, bool [batch, heatmap]."""
    return jnp.stack([jnp.all(map_db <= FLOOR_DB, axis=(1, 2)) for map_db in maps.values()], axis=1)


def draw_range_shift(key: jax.Array, size: int, settings: AugmentSettings) -> jax.Array:
    """Draw each window's range shift [bins], 0 or within the limits; positive is farther away.

    If the setting `shift_direction` is "farther", no shift is negative.
    """
    distance_key, sign_key, apply_key = jax.random.split(key, 3)
    bins = jax.random.randint(distance_key, (size,), settings.min_shift, settings.max_shift + 1)
    sign = jax.random.rademacher(sign_key, (size,), dtype=bins.dtype)
    shifted = jax.random.bernoulli(apply_key, float(settings.range_shift), (size,))
    if settings.shift_direction == "farther":
        sign = jnp.ones_like(sign)
    return jnp.where(shifted, bins * sign, 0)


def shift_range(map_db: jax.Array, bins: jax.Array) -> jax.Array:
    """Shift along the range axis without wrap-around; vacated cells are set to the floor.

    Args:
        map_db: time-range heatmaps [batch, column, bin].
        bins: shift of each window; positive values move the echo away from the radar.

    Returns:
        The shifted heatmaps: cell n holds the value of cell n - bins.
    """
    num_bins = map_db.shape[-1]
    source = jnp.arange(num_bins) - bins[:, None]
    inside = (source >= 0) & (source < num_bins)
    shifted = jnp.take_along_axis(map_db, jnp.clip(source, 0, num_bins - 1)[:, None, :], axis=-1)
    return jnp.where(inside[:, None, :], shifted, FLOOR_DB)


def change_level(map_db: jax.Array, level_db: jax.Array) -> jax.Array:
    """Add a constant level to each window; cells at the floor stay at the floor."""
    changed = jnp.maximum(map_db + level_db[:, None, None], FLOOR_DB)
    return jnp.where(map_db <= FLOOR_DB, FLOOR_DB, changed)


def add_noise(
    key: jax.Array, map_db: jax.Array, max_std_db: float, missing: jax.Array | bool = False
) -> jax.Array:
    """Add Gaussian noise; each window's standard deviation is drawn between 0 and `max_std_db`.

    Args:
        key: random key.
        map_db: heatmaps [batch, column, bin].
        max_std_db: maximum standard deviation [dB].
        missing: whether the store lacks the heatmap of each window, which gets no noise [batch].
    """
    std_key, cell_key = jax.random.split(key)
    std_db = jax.random.uniform(std_key, (map_db.shape[0], 1, 1)) * max_std_db
    std_db = jnp.where(jnp.reshape(missing, (-1, 1, 1)), 0, std_db)
    noisy = map_db + std_db * random_draws.normal(cell_key, map_db.shape).astype(map_db.dtype)
    return jnp.maximum(noisy, FLOOR_DB)


def blank_columns(key: jax.Array, maps: HeatmapBatch, max_columns: int) -> HeatmapBatch:
    """Set up to `max_columns` consecutive columns of each window to the floor in all heatmaps."""
    size, columns = next(iter(maps.values())).shape[:2]
    length_key, start_key = jax.random.split(key)
    length = jax.random.randint(length_key, (size, 1), 0, max_columns + 1)
    start = jax.random.randint(start_key, (size, 1), 0, columns)
    column = jnp.arange(columns)
    blank = (column >= start) & (column < start + length)
    return {name: jnp.where(blank[..., None], FLOOR_DB, map_db) for name, map_db in maps.items()}


def blank_heatmaps(
    key: jax.Array, maps: HeatmapBatch, probability: float, missing: jax.Array | bool = False
) -> HeatmapBatch:
    """Set random heatmaps of each window to the floor, but keep at least one, chosen at random.

    Args:
        key: random key.
        maps: heatmaps keyed by name [batch, column, bin].
        probability: probability that a heatmap is set to the floor.
        missing: whether the store lacks a heatmap of a window [batch, heatmap]; such a heatmap is
            not the kept one.
    """
    blank_key, keep_key = jax.random.split(key)
    size = next(iter(maps.values())).shape[0]
    blank = jax.random.bernoulli(blank_key, float(probability), (size, len(maps)))
    kept = jax.random.randint(keep_key, (size,), 0, len(maps))
    # In place of a missing heatmap, the next one that is not missing is kept.
    places = (kept[:, None] + jnp.arange(len(maps))) % len(maps)
    present = ~jnp.broadcast_to(missing, (size, len(maps)))
    first = jnp.take_along_axis(present, places, axis=1).argmax(axis=1)
    kept = (kept + first) % len(maps)
    blank &= jnp.arange(len(maps)) != kept[:, None]
    return {
        name: jnp.where(blank[:, index, None, None], FLOOR_DB, map_db)
        for index, (name, map_db) in enumerate(maps.items())
    }
