"""Random values for the arrays per radar frame, with padding after the last frame of a clip."""

from collections.abc import Iterable

import numpy as np

from pipelines.frame_schema import FRAME_MAPS
from pipelines.layout import FLOOR_DB, ArraySpec
from pipelines.recipe import Keep

KEEP_ALL = {"points": True, "range_doppler": True, "range_azimuth": True, "joints": True}


def keep_all(**changes) -> Keep:
    """Keep all arrays per radar frame."""
    return Keep(**{**KEEP_ALL, **changes})


def drawn_frame_arrays(
    rng: np.random.Generator, specs: Iterable[ArraySpec], num_frames: int
) -> dict[str, np.ndarray]:
    """Return random values for the specified arrays that have values per radar frame."""
    shapes = {spec.name: spec.shape[1:] for spec in specs}
    arrays = {}
    for name in FRAME_MAPS:
        if name in shapes:
            arrays[name] = np.maximum(rng.normal(2, 4, shapes[name]), FLOOR_DB).astype(np.float16)
            arrays[name][num_frames:] = FLOOR_DB
    if "points" in shapes:
        arrays |= _points(rng, shapes["points"], num_frames)
    if "joints_m" in shapes:
        arrays |= _joints(rng, shapes["joints_m"], num_frames)
    return arrays


def _points(rng, shape, num_frames):
    frames, slots, _ = shape
    counts = rng.integers(0, slots + 1, frames).astype(np.int32)
    counts[num_frames:] = 0
    points = rng.uniform(0, 0.5, shape).astype(np.float32)
    points[np.arange(slots) >= counts[:, None]] = np.nan
    return {"points": points, "num_points": counts}


def _joints(rng, shape, num_frames):
    joints = {
        "joints_m": rng.normal(2, 0.3, shape).astype(np.float32),
        "joint_speed_mps": rng.normal(0, 1, shape[:-1]).astype(np.float32),
        "joint_visible": rng.random(shape[:-1]) < 0.7,
    }
    for values in joints.values():
        values[num_frames:] = False if values.dtype == bool else np.nan
    return joints
