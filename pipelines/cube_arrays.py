"""Arrays of a clip for the store, from its IF cube: heatmaps, ADC codes, points and frame maps.

`arrays_of_cube` takes the cube of one clip, simulated or recorded. `CubeProducts` computes the same
values inside the compiled program of many clips (`device_clips`), and rounds them there, so that
only stored values are copied from the device. Values after the end of a short clip are padding.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from pipelines.frame_arrays import frame_values, pad_frames, point_arrays, wanted_products
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from pipelines.schema import FLOOR_DB
from pipelines.store_spec import heatmap_settings, heatmaps_of
from radarsim.detection.frame_products import WantedProducts, frame_products, own_clutter_v
from radarsim.heatmaps.heatmaps import HeatmapSettings, make_heatmaps, maps_of_clip, num_columns
from radarsim.heatmaps.settings import measured_heatmaps
from radarsim.posed_clip import PosedClip
from radarsim.radar.radar import Radar
from radarsim.signal.noise_and_adc import to_codes


def arrays_of_cube(
    recipe: Recipe, clip: Clip, cube_v: jax.Array, *, keep_cubes: bool
) -> dict[str, np.ndarray]:
    """Compute the arrays saved in the store from the IF cube of one clip.

    Args:
        recipe: recipe of the dataset.
        clip: the clip; frames beyond its `num_frames` are ignored.
        cube_v: IF cube in volts at the ADC [frame, chirp, tx, rx, sample], with all frames of a
            full clip.
        keep_cubes: whether IF cubes are saved in the store.

    Returns:
        Values of the arrays, keyed by array name.
    """
    values = _heatmaps(recipe, clip, cube_v)
    if keep_cubes:
        values["if_cube"] = _stored_cube(recipe.radar, cube_v, recipe.simulation.quantise)
    if recipe.keep.frame_products:
        wanted = wanted_products(recipe)
        values |= frame_values(frame_products(recipe.radar, wanted, cube_v, clip.num_frames))
    return stored_arrays(recipe, clip, values)


def stored_arrays(recipe: Recipe, clip: Clip, values: dict) -> dict[str, np.ndarray]:
    """Copy values to the host, replace those after the end of the clip, and add its lengths.

    Args:
        recipe: recipe of the dataset.
        clip: the clip.
        values: values of all frames of a full clip, keyed by array name.
    """
    columns = num_columns(recipe.radar, clip.num_frames, heatmap_settings(recipe))
    points = point_arrays(values["points"]) if "points" in values else {}
    arrays = {name: np.array(each) for name, each in (values | points).items()}
    for name in heatmaps_of(recipe):
        arrays[name] = np.maximum(arrays[name], FLOOR_DB).astype(np.float16)
        arrays[name][columns:] = FLOOR_DB
    if "if_cube" in arrays:
        arrays["if_cube"][clip.num_frames :] = 0
    pad_frames(arrays, clip.num_frames)
    counts = {"num_frames": clip.num_frames, "num_columns": columns}
    return arrays | {name: np.int32(count) for name, count in counts.items()}


@dataclass(frozen=True, kw_only=True)
class CubeProducts:
    """Function of radar, IF cube and clip for `BatchSimulator`, traced once for all clips.

    Attributes:
        maps: settings of the heatmaps.
        frames: points and frame maps that the recipe keeps; None if the recipe keeps neither.
        cubes: whether IF cubes are saved in the store.
        quantise: whether saved cubes are ADC codes instead of volts.
    """

    maps: HeatmapSettings
    frames: WantedProducts | None = None
    cubes: bool = False
    quantise: bool = True

    def __call__(self, radar: Radar, cube_v: Array, clip: PosedClip) -> dict[str, Array]:
        """Compute the values of `stored_arrays`; the cube contains all frames of a full clip."""
        own_v, settings = cube_v, self.maps
        if settings.clutter in ("median", "clip"):
            own_v = cube_v - own_clutter_v(cube_v, clip.own_frames, settings.clutter)
            settings = replace(settings, clutter="none")
        maps = maps_of_clip(radar, own_v, settings)
        values = {
            name: jnp.maximum(getattr(maps, name), FLOOR_DB).astype(jnp.float16)
            for name in measured_heatmaps(radar)
        }
        if self.cubes:
            values["if_cube"] = _stored_cube(radar, cube_v, self.quantise)
        if self.frames is not None:
            found = frame_products(radar, self.frames, cube_v, clip.own_frames)
            values |= frame_values(found)
        return values


def cube_products(recipe: Recipe, keep_cubes: bool) -> CubeProducts:
    """Products of the IF cubes of a recipe's clips."""
    return CubeProducts(
        maps=heatmap_settings(recipe),
        frames=wanted_products(recipe) if recipe.keep.frame_products else None,
        cubes=keep_cubes,
        quantise=recipe.simulation.quantise,
    )


def _heatmaps(recipe: Recipe, clip: Clip, cube_v: jax.Array) -> dict[str, jax.Array]:
    cube_v, settings = _own_clutter_removed(cube_v, clip.num_frames, heatmap_settings(recipe))
    maps = make_heatmaps(recipe.radar, cube_v, settings)
    return {name: getattr(maps, name) for name in heatmaps_of(recipe)}


def _own_clutter_removed(
    cube_v: jax.Array, num_frames: int, settings: HeatmapSettings
) -> tuple[jax.Array, HeatmapSettings]:
    """Remove the static echoes of a short clip, estimated from its own frames only.

    Returns:
        The cube, and the settings for the remaining steps.
    """
    if num_frames == len(cube_v) or settings.clutter not in ("median", "clip"):
        return cube_v, settings
    cube_v = cube_v - own_clutter_v(cube_v, num_frames, settings.clutter)
    return cube_v, replace(settings, clutter="none")


def _stored_cube(radar: Radar, cube_v: jax.Array, quantise: bool) -> jax.Array:
    if quantise:
        return to_codes(radar, cube_v)
    return jnp.stack([cube_v.real, cube_v.imag], axis=-1)
