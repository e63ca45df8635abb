"""Checks of the points, joints and maps in dB of one clip, with one line per problem."""

from collections.abc import Iterator

import numpy as np

from pipelines.frame_schema import FRAME_MAPS, JOINT_ARRAYS
from pipelines.layout import FLOOR_DB
from pipelines.store_reader import Store
from radarsim.detection.point_cloud import POINT_VALUES

# Maximum heatmap level [dB above noise]; a stronger echo would exceed the ADC range of every known
# board.
HIGHEST_DB = 150.0
# Values of a point that every radar measures; some antenna arrays do not resolve azimuth or
# elevation.
MEASURED = tuple(name for name in POINT_VALUES if name not in ("azimuth_rad", "elevation_rad"))
# Maximum plausible radial speed of a joint; the hands of trained people reach a fifth of this
# speed.
FASTEST_JOINT_MPS = 50.0


def frame_problems(store: Store, row: int, num_frames: int) -> Iterator[tuple[str, str]]:
    """Find problems in those arrays of one clip that have values per radar frame.

    Args:
        store: an open store.
        row: row of the clip.
        num_frames: number of frames of the clip; later frames are padding.

    Yields:
        Name of the array and description of the problem.
    """
    for name in FRAME_MAPS:
        if store.has(name):
            map_db = store.array(name, row).astype(np.float32)
            yield from ((name, line) for line in map_problems(map_db, num_frames, "frame"))
    if store.has("points"):
        counts, points = store.array("num_points", row), store.array("points", row)
        yield from (("points", line) for line in point_problems(points, counts, num_frames))
        yield from (("points", line) for line in _outside_axes(store, points))
    if store.has("joints_m"):
        joints = [store.array(name, row) for name in JOINT_ARRAYS]
        yield from joint_problems(*joints, num_frames)


def point_problems(points: np.ndarray, counts: np.ndarray, num_frames: int) -> Iterator[str]:
    """Find problems in points [frame, point, value] and their counts [frame]."""
    slots = points.shape[1]
    if counts.min(initial=0) < 0 or counts.max(initial=0) > slots:
        yield f"counts are {counts.min()} to {counts.max()}; 0 to {slots} are possible"
        return
    if counts[num_frames:].any():
        yield f"padding from frame {num_frames} on contains points"
    used = np.arange(slots) < counts[:, None]
    measured = np.isin(list(POINT_VALUES), MEASURED)
    missing = np.count_nonzero(~np.isfinite(points[..., measured]).all(-1) & used)
    if missing:
        yield f"{missing} points lack a value"
    if not np.isnan(points[~used]).all():
        yield "slots after the last point are not NaN"


def joint_problems(
    joints_m: np.ndarray, speed_mps: np.ndarray, visible: np.ndarray, num_frames: int
) -> Iterator[tuple[str, str]]:
    """Find problems in joints [frame, joint, axis], joint speeds and visibility [frame, joint]."""
    for name, values in (("joints_m", joints_m), ("joint_speed_mps", speed_mps)):
        if not np.isfinite(values[:num_frames]).all():
            yield name, "values are not finite"
        if not np.isnan(values[num_frames:]).all():
            yield name, f"padding from frame {num_frames} on is not NaN"
    fastest = np.abs(speed_mps[:num_frames]).max(initial=0)
    if fastest > FASTEST_JOINT_MPS:
        yield "joint_speed_mps", f"up to {fastest:.0f} m/s; {FASTEST_JOINT_MPS:g} are possible"
    if visible[num_frames:].any():
        yield "joint_visible", f"padding from frame {num_frames} on is visible"


def _outside_axes(store: Store, points: np.ndarray) -> Iterator[str]:
    """Find points more than two bins beyond the range axis or the unambiguous speeds."""
    radar = store.recipe.radar
    limits = {
        "range_m": radar.range_resolution_m * (radar.chirp.num_samples + 2),
        "speed_mps": radar.max_speed_mps + 2 * radar.speed_resolution_mps,
    }
    for name, limit in limits.items():
        values = np.abs(points[..., list(POINT_VALUES).index(name)])
        furthest = np.nanmax(values, initial=0.0)
        if furthest > limit:
            yield f"{name} up to {furthest:.3g}; {limit:.3g} is possible"


def map_problems(map_db: np.ndarray, measured: int, axis: str) -> Iterator[str]:
    """Find problems in a map in dB; columns or frames from index `measured` on are padding."""
    if not np.isfinite(map_db).all():
        yield f"{np.count_nonzero(~np.isfinite(map_db))} values are not finite"
        return
    if map_db.min() < FLOOR_DB or map_db.max() > HIGHEST_DB:
        low, high = map_db.min(), map_db.max()
        yield f"{low:.1f} to {high:.1f} dB; {FLOOR_DB:g} to {HIGHEST_DB:g} are possible"
    if (map_db[measured:] != FLOOR_DB).any():
        yield f"padding from {axis} {measured} on is not {FLOOR_DB:g} dB"
    if measured and map_db[:measured].max() <= FLOOR_DB:
        yield "is empty: no echo and no noise"
