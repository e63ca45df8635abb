"""Points and maps of every radar frame of a clip, computed from the IF cube of the clip.

The cube has as many frames as a full clip, so that a worker compiles only once. The values of
frames after the end of a short clip are replaced by padding, and static echoes are estimated from
the clip's own frames.
"""

import jax
import jax.numpy as jnp
import numpy as np

from pipelines.frame_schema import FRAME_MAPS
from pipelines.layout import FLOOR_DB
from pipelines.recipe import Recipe
from radarsim.detection.frame_products import FrameProducts, WantedProducts
from radarsim.detection.point_cloud import PointCloud


def frame_values(products: FrameProducts) -> dict[str, jax.Array | PointCloud]:
    """Point clouds as "points", and frame maps as specified by `frame_schema.frame_arrays`.

    Maps are rounded to float16 on the device, because they are the largest arrays
    copied to the host.

    Args:
        products: points and maps of the frames of a full clip.
    """
    values = {} if products.points is None else {"points": products.points}
    for name in FRAME_MAPS:
        map_db = getattr(products, f"{name}_db")
        if map_db is not None:
            values[name] = jnp.maximum(map_db, FLOOR_DB).astype(jnp.float16)
    return values


def point_arrays(points: PointCloud) -> dict[str, np.ndarray]:
    """Arrays of the points of all frames, on the host."""
    values = np.array(points.values, np.float32)
    return {"points": values, "num_points": np.array(points.count, np.int32)}


def pad_frames(arrays: dict[str, np.ndarray], num_frames: int) -> None:
    """Replace the values of frames after the end of a clip by padding, in place."""
    for name in FRAME_MAPS:
        if name in arrays:
            arrays[name][num_frames:] = FLOOR_DB
    if "points" in arrays:
        arrays["points"][num_frames:], arrays["num_points"][num_frames:] = np.nan, 0


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
