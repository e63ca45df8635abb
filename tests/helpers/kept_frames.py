"""Add points, frame maps and joints to a small store, as a build with --keep would write them."""

import warnings

import numpy as np
import zarr

from radarsim.radar.radar import Radar

NUM_SLOTS, NUM_SPEEDS, NUM_ANGLES = 6, 16, 32


def add_kept_frames(path, radar: Radar, names=("points", "range_doppler", "range_azimuth")) -> None:
    """Add or replace arrays of a body, 30 degrees to the left, that recedes from 1 m at 1 m/s.

    Args:
        path: finished store.
        radar: radar of the store, which gives the axes and the times of the frames.
        names: arrays to add; `joints_m` can be added as well.
    """
    group = zarr.open_group(path, mode="a")
    num_clips, num_bins = group["num_frames"].shape[0], group["range"].shape[0]
    num_frames = int(group["num_frames"][:].max())
    range_m = 1.0 + radar.frame.period_s * np.arange(num_frames)
    made = {
        "burst_speed": (np.arange(NUM_SPEEDS) - NUM_SPEEDS // 2) / 2,
        "burst_angle": np.arcsin((np.arange(NUM_ANGLES) - NUM_ANGLES // 2) / NUM_ANGLES * 2),
        **_points(range_m),
        **_maps(range_m, group["range"][:], num_bins),
        "joints_m": range_m[:, None, None] * np.array([0.87, 0.5, 0.0]) + _skeleton(),
    }
    wanted = {*names, "burst_speed", "burst_angle", *(("num_points",) if "points" in names else ())}
    for name in wanted:
        value = np.asarray(made[name])
        if not name.startswith("burst_"):
            value = np.broadcast_to(value, (num_clips, *value.shape)).copy()
        group.create_array(name, data=value, overwrite=True)
    consolidate(path)


def consolidate(path) -> None:
    """Rewrite the consolidated metadata of a store whose arrays have changed."""
    with warnings.catch_warnings(action="ignore"):  # Zarr warns about files that are not arrays
        zarr.consolidate_metadata(path)


def _points(range_m) -> dict[str, np.ndarray]:
    azimuth_rad = np.pi / 6
    values = np.full((len(range_m), NUM_SLOTS, 8), np.nan, np.float32)
    for slot in range(2):
        height_m = -0.4 * slot
        floor_m = np.sqrt(range_m**2 - height_m**2)
        at_m = (floor_m * np.cos(azimuth_rad), floor_m * np.sin(azimuth_rad), height_m)
        scalars = (range_m, azimuth_rad, np.arcsin(height_m / range_m), 1.0 - slot, 20.0)
        for column, value in enumerate((*scalars, *at_m)):
            values[:, slot, column] = value
    # Padding slots need not be NaN, because the count determines which slots are read.
    values[:, 2:] = 0
    return {"points": values, "num_points": np.full(len(range_m), 2, np.int32)}


def _maps(range_m, bins_m, num_bins) -> dict[str, np.ndarray]:
    nearest = np.abs(bins_m - range_m[:, None]).argmin(1)
    doppler = np.zeros((len(range_m), num_bins, NUM_SPEEDS), np.float16)
    azimuth = np.zeros((len(range_m), num_bins, NUM_ANGLES), np.float16)
    frames = np.arange(len(range_m))
    doppler[frames, nearest, NUM_SPEEDS // 2 + 2] = 40
    azimuth[frames, nearest, NUM_ANGLES * 3 // 4] = 35
    return {"range_doppler": doppler, "range_azimuth": azimuth}


def _skeleton() -> np.ndarray:
    from radarsim.scene.skeleton import REST_JOINTS_M

    # The rest pose has y up; the radar frame has z up.
    return REST_JOINTS_M[:, [2, 0, 1]]
