"""Points and maps of every radar frame of a clip, computed from the IF cube of the clip.

The cube has as many frames as a full clip, so that a worker compiles only once. The values of
frames after the end of a short clip are replaced by padding, and static echoes are estimated from
the clip's own frames.
"""

import jax
import numpy as np

from pipelines.frame_schema import FRAME_MAPS
from pipelines.layout import FLOOR_DB
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from radarsim.detection.frame_products import FrameProducts, WantedProducts, frame_products
from radarsim.detection.point_cloud import PointCloud


def arrays_of_frames(recipe: Recipe, clip: Clip, cube_v: jax.Array) -> dict[str, np.ndarray]:
    """Points and frame maps that the recipe keeps, specified by `frame_schema.frame_arrays`.

    Args:
        recipe: recipe of the dataset.
        clip: the clip; frames beyond its `num_frames` are ignored.
        cube_v: IF cube in volts at the ADC [frame, chirp, tx, rx, sample], with all frames of a
            full clip.

    Returns:
        Values of the arrays, keyed by array name; empty if the recipe keeps no such array.
    """
    if not recipe.keep.frame_products:
        return {}
    products = frame_products(recipe.radar, wanted_products(recipe), cube_v, clip.num_frames)
    arrays = {} if products.points is None else _points(products.points, clip.num_frames)
    for name in FRAME_MAPS:
        map_db = _map_of(products, name)
        if map_db is not None:
            arrays[name] = _stored_map(map_db, clip.num_frames)
    return arrays


def wanted_products(recipe: Recipe) -> WantedProducts:
    """Settings of the points and maps that a recipe keeps."""
    keep, detection = recipe.keep, recipe.detection
    return WantedProducts(
        detection=detection.point_settings,
        maps=detection.map_settings(recipe.maps.angle_window),
        points=keep.points,
        range_doppler=keep.range_doppler,
        range_azimuth=keep.range_azimuth,
    )


def _map_of(products: FrameProducts, name: str) -> jax.Array | None:
    return getattr(products, f"{name}_db")


def _points(points: PointCloud, num_frames: int) -> dict[str, np.ndarray]:
    values = np.array(points.values, np.float32)
    counts = np.array(points.count, np.int32)
    values[num_frames:], counts[num_frames:] = np.nan, 0
    return {"points": values, "num_points": counts}


def _stored_map(map_db: jax.Array, num_frames: int) -> np.ndarray:
    """Round to float16 on the device, because the map is the largest array copied to the host."""
    stored = np.array(jax.numpy.maximum(map_db, FLOOR_DB).astype(np.float16))
    stored[num_frames:] = FLOOR_DB
    return stored
