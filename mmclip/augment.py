"""Changes of a training window, drawn from a key: pure functions on heatmaps in dB.

All take a batch of one kind of heatmap, [batch, column, bin], as it lies in the store.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from mmclip.config import Augment
from mmclip.store import FLOOR_DB

Maps = dict[str, jax.Array]


def augment(key: jax.Array, maps: Mapping[str, jax.Array], settings: Augment) -> Maps:
    """All changes, in the order in which a radar would make them.

    Args:
        key: of this batch.
        maps: heatmaps by name [dB].
        settings: how much of each.

    Returns:
        Changed heatmaps [dB], no cell below the floor.
    """
    shift_key, level_key, noise_key, run_key, drop_key = jax.random.split(key, 5)
    size = next(iter(maps.values())).shape[0]
    level_db = jax.random.uniform(level_key, (size,), minval=-1, maxval=1) * settings.level_db
    out = {name: level(each, level_db) for name, each in maps.items()}
    if "time_range" in out:
        bins = draw_shift(shift_key, size, settings)
        out["time_range"] = shift_range(out["time_range"], bins)
    keys = jax.random.split(noise_key, len(out))
    if settings.noise_db:
        out = {n: noise(k, each, settings.noise_db) for k, (n, each) in zip(keys, out.items())}
    if settings.drop_columns:
        out = drop_run(run_key, out, settings.drop_columns)
    if settings.drop and len(out) > 1:
        out = drop_maps(drop_key, out, settings.drop)
    return out


def draw_shift(key: jax.Array, size: int, settings: Augment) -> jax.Array:
    """Bins to shift each window by: none, or within the limits, farther (+) or nearer (-)."""
    how_far, which_way, whether = jax.random.split(key, 3)
    bins = jax.random.randint(how_far, (size,), settings.min_shift, settings.max_shift + 1)
    sign = jax.random.rademacher(which_way, (size,), dtype=bins.dtype)
    shifted = jax.random.bernoulli(whether, float(settings.range_shift), (size,))
    return jnp.where(shifted, bins * sign, 0)


def shift_range(map_db: jax.Array, bins: jax.Array) -> jax.Array:
    """Move everything along the range axis; what comes in is the floor, what goes out is lost.

    Args:
        map_db: time-range maps [batch, column, bin].
        bins: of each window; positive is farther.

    Returns:
        The shifted maps: cell n holds what cell n - bins held.
    """
    num_bins = map_db.shape[-1]
    source = jnp.arange(num_bins) - bins[:, None]
    inside = (source >= 0) & (source < num_bins)
    moved = jnp.take_along_axis(map_db, jnp.clip(source, 0, num_bins - 1)[:, None, :], axis=-1)
    return jnp.where(inside[:, None, :], moved, FLOOR_DB)


def level(map_db: jax.Array, level_db: jax.Array) -> jax.Array:
    """Raise or lower the echo of each window; what lies on the floor stays there."""
    raised = jnp.maximum(map_db + level_db[:, None, None], FLOOR_DB)
    return jnp.where(map_db <= FLOOR_DB, FLOOR_DB, raised)


def noise(key: jax.Array, map_db: jax.Array, most_db: float) -> jax.Array:
    """Add noise to every cell, its standard deviation drawn per window up to `most_db`."""
    strength_key, cell_key = jax.random.split(key)
    strength = jax.random.uniform(strength_key, (map_db.shape[0], 1, 1)) * most_db
    added = map_db + strength * jax.random.normal(cell_key, map_db.shape, map_db.dtype)
    return jnp.maximum(added, FLOOR_DB)


def drop_run(key: jax.Array, maps: Maps, longest: int) -> Maps:
    """Blank one run of columns in all heatmaps alike, up to `longest`, as lost packets do."""
    first = next(iter(maps.values()))
    size, columns = first.shape[:2]
    length_key, start_key = jax.random.split(key)
    length = jax.random.randint(length_key, (size, 1), 0, longest + 1)
    start = jax.random.randint(start_key, (size, 1), 0, columns)
    column = jnp.arange(columns)
    blank = (column >= start) & (column < start + length)
    return {name: jnp.where(blank[..., None], FLOOR_DB, each) for name, each in maps.items()}


def drop_maps(key: jax.Array, maps: Maps, share: float) -> Maps:
    """Blank whole heatmaps of a window, never all of them."""
    drop_key, keep_key = jax.random.split(key)
    size = next(iter(maps.values())).shape[0]
    dropped = jax.random.bernoulli(drop_key, float(share), (size, len(maps)))
    kept = jax.random.randint(keep_key, (size,), 0, len(maps))
    dropped &= jnp.arange(len(maps)) != kept[:, None]
    return {
        name: jnp.where(dropped[:, number, None, None], FLOOR_DB, each)
        for number, (name, each) in enumerate(maps.items())
    }
