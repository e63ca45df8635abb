"""Stores that contain only heatmaps, which were recorded without their IF samples."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pipelines.layout import FLOOR_DB, Layout
from pipelines.plan import Clip, Plan
from pipelines.recipe import Recipe
from pipelines.recordings import RecordedTake, first_frame
from pipelines.schema import BIN_AXIS, HEATMAPS, store_arrays
from pipelines.sources import unchanged
from pipelines.store_spec import StoreSpec, burst_bins, make_store_spec
from radarsim.captures.recorded_maps import COORDINATE, RecordedMaps
from radarsim.errors import InputError


def map_names(maps: RecordedMaps) -> tuple[str, ...]:
    """Names of the heatmaps of a recording, in the order of a store."""
    return tuple(name for name in HEATMAPS if COORDINATE[BIN_AXIS[name]] in maps.axes)


def columns_in(num_frames: int, recipe: Recipe, maps: RecordedMaps) -> int:
    """Number of whole heatmap columns in the duration of the given number of radar frames."""
    return math.floor(num_frames * recipe.radar.frame.period_s / maps.column_period_s + 1e-6)


def map_store_spec(plan: Plan, takes: Mapping[str, RecordedTake], maps: RecordedMaps) -> StoreSpec:
    """Specification of a store of recorded heatmaps.

    Args:
        plan: plan with the recipe and all clips.
        takes: takes, keyed by id.
        maps: one of the recordings, all of which have the same axes.

    Raises:
        InputError: a clip is shorter than one column, or frame maps are requested.
    """
    keep = plan.recipe.keep
    if keep.points or keep.range_doppler or keep.range_azimuth:
        problem = "names arrays of single frames, which need IF samples"
        raise InputError("options", "--keep", problem, "omit it: the recordings are heatmaps")
    columns = columns_in(plan.recipe.num_frames, plan.recipe, maps)
    if columns < 1:
        problem = f"is {plan.recipe.clips.length_s:g} s, less than one column of "
        problem += f"{maps.column_period_s:g} s"
        raise InputError("recipe", "clips.length_s", problem, "give longer clips")
    time_s = np.arange(columns) * maps.column_period_s
    axes = {BIN_AXIS[name]: maps.axes[COORDINATE[BIN_AXIS[name]]] for name in map_names(maps)}
    layout = Layout(
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
        num_frames=plan.recipe.num_frames,
        num_columns=columns,
        bins={axis: len(bins) for axis, bins in axes.items()} | burst_bins(plan.recipe),
        heatmaps=map_names(maps),
        relative=maps.units == "1",
    )
    spec = make_store_spec(plan, takes)
    return replace(
        spec,
        arrays=store_arrays(layout),
        coordinates={"time": time_s, "column_time": time_s, **axes},
        # The window and the clutter removal of the recipe do not apply to recorded heatmaps.
        attributes={**spec.attributes, "heatmaps": "recorded"},
    )


def make_map_clip(recipe: Recipe, clip: Clip, take: RecordedTake) -> dict[str, np.ndarray]:
    """Read the heatmaps of one clip.

    Args:
        recipe: recipe of the dataset.
        clip: a clip of the plan.
        take: take from which the clip is cut.

    Returns:
        Values of the arrays, keyed by array name.

    Raises:
        TakeChanged: the recording has changed since the plan was made, or can no longer be read.
    """
    with unchanged(take, clip.take_sha256):
        maps = take.recording()
        columns = columns_in(clip.num_frames, recipe, maps)
        first = columns_in(first_frame(recipe, clip), recipe, maps)
        columns = min(columns, maps.num_columns - first)
        read = maps.read(first, first + columns)
    full = columns_in(recipe.num_frames, recipe, maps)
    arrays = {name: _stored(read[name], full, maps.units) for name in map_names(maps)}
    counts = {"num_frames": clip.num_frames, "num_columns": columns}
    return arrays | {name: np.int32(count) for name, count in counts.items()}


def _stored(values: np.ndarray, num_columns: int, units: str) -> np.ndarray:
    floor = FLOOR_DB if units == "dB" else 0.0
    stored = np.full((num_columns, values.shape[1]), floor, np.float16)
    stored[: len(values)] = np.maximum(values, FLOOR_DB) if units == "dB" else values
    return stored
