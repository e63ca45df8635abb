"""Points, frame maps and joints of a clip for figures, from a store or from an IF cube."""

import numpy as np

from pipelines.store_reader import Store
from radarsim.detection.burst_spectrum import burst_middle_s
from radarsim.detection.detect import detect
from radarsim.detection.frame_maps import frame_map_axes, range_azimuth, range_doppler
from radarsim.plots.frames import FrameSeries
from radarsim.radar.radar import Radar

# Arrays of a store that a figure of single frames shows, and the axes of the maps.
FRAME_ARRAYS = ("points", "range_doppler", "range_azimuth", "joints_m")
_AXES = {"range_m": "range", "speed_mps": "burst_speed", "angle_rad": "burst_angle"}


def has_frames(store: Store) -> bool:
    """Whether a store contains points, frame maps or joints."""
    return any(store.has(name) for name in FRAME_ARRAYS)


def stored_frames(store: Store, row: int) -> FrameSeries:
    """Return those of the points, frame maps and joints of a clip that the store contains.

    Args:
        store: open store.
        row: row of the clip.

    Raises:
        InputError: an array is damaged.
    """
    num_frames = int(store.array("num_frames", row))
    found = {name: store.array(name, row)[:num_frames] for name in FRAME_ARRAYS if store.has(name)}
    if "points" in found:
        found["points"] = _counted(found["points"], store.array("num_points", row)[:num_frames])
    axes = {name: store.group[each][:] for name, each in _AXES.items() if store.has(each)}
    times_s = burst_middle_s(store.recipe.radar, num_frames)
    return FrameSeries(times_s=times_s, axes=axes, **found)


def frames_of_cube(radar: Radar, cube_v) -> FrameSeries:
    """Detect the points and compute the maps of every frame of an IF cube.

    Args:
        radar: radar that recorded the cube.
        cube_v: volts at the ADC [frame, chirp, tx, rx, sample].

    Raises:
        InputError: a frame contains a single loop and therefore has no Doppler axis.
    """
    points = detect(radar, cube_v)
    return FrameSeries(
        times_s=points.times_s,
        axes=frame_map_axes(radar),
        points=points.values,
        range_doppler=np.asarray(range_doppler(radar, cube_v).power_db),
        range_azimuth=np.asarray(range_azimuth(radar, cube_v).power_db),
    )


def _counted(points: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The points, with NaN in the slots after the last point of each frame."""
    empty = np.arange(points.shape[1]) >= counts[:, None]
    return np.where(empty[..., None], np.nan, points)
