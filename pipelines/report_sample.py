"""Heatmap statistics for the report, from a sample of clips spread evenly over a store."""

from dataclasses import dataclass

import numpy as np

from pipelines.schema import BIN_AXIS, FLOOR_DB
from pipelines.store_reader import Store

# Default limit on the number of clips in the sample.
MOST_CLIPS = 200
LEVEL_EDGES_DB = np.arange(FLOOR_DB, 101.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Statistics over the heatmaps of some clips.

    Attributes:
        rows: rows of the clips.
        levels: for each heatmap, normalised histogram of levels with the bin edges
            `LEVEL_EDGES_DB`.
        shares: for each heatmap, fraction of the echo power in each bin of its axis; all clips have
            equal weight.
        peaks_db: level of the strongest cell in each clip's time-range map.
        distances_m: initial distance from the radar of each clip's subject.
    """

    rows: tuple[int, ...]
    levels: dict[str, np.ndarray]
    shares: dict[str, np.ndarray]
    peaks_db: np.ndarray
    distances_m: np.ndarray


def evenly(rows: list[int], most: int) -> list[int]:
    """Select at most `most` evenly spaced rows; equal rows give equal results."""
    if len(rows) <= most:
        return rows
    return [rows[int(index)] for index in np.linspace(0, len(rows) - 1, most).round()]


def take_sample(store: Store, most: int = MOST_CLIPS) -> Sample:
    """Read the heatmaps of some clips and compute statistics of the heatmaps.

    Args:
        store: an open store.
        most: maximum number of clips.

    Returns:
        Statistics of the heatmaps; the number of clips is 0 if all clips failed.
    """
    rows = evenly([row for row, clip in store.clips.items() if clip.num_frames], most)
    levels = {name: np.zeros(len(LEVEL_EDGES_DB) - 1) for name in store.heatmaps}
    shares = {name: np.zeros(store.group[BIN_AXIS[name]].shape[0]) for name in store.heatmaps}
    peaks_db = np.zeros(len(rows))
    for number, row in enumerate(rows):
        maps = {name: map_db.astype(np.float32) for name, map_db in store.maps(row).items()}
        for name, map_db in maps.items():
            levels[name] += np.histogram(map_db, LEVEL_EDGES_DB)[0] / map_db.size
            shares[name] += power_share(map_db)
        peaks_db[number] = maps.get("time_range", maps[store.heatmaps[0]]).max()
    return Sample(
        rows=tuple(rows),
        levels={name: sums / max(len(rows), 1) for name, sums in levels.items()},
        shares={name: sums / max(len(rows), 1) for name, sums in shares.items()},
        peaks_db=peaks_db,
        distances_m=np.array([store.clips[row].distance_m for row in rows]),
    )


def power_share(map_db: np.ndarray) -> np.ndarray:
    """Fraction of the power above the noise in each bin of a heatmap [time, bin]; the sum is 1."""
    power = np.maximum(10 ** (map_db / 10) - 1, 0).sum(axis=0)
    return power / max(power.sum(), 1e-12)
