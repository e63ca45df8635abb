"""Specification of a store without clips: arrays, coordinates, attributes and identity."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from pipelines.frame_schema import frame_arrays
from pipelines.layout import ArraySpec, Layout
from pipelines.plan import Plan
from pipelines.recipe import IF_CUBES_LIMIT_BYTES, Recipe
from pipelines.recipe_toml import dump_recipe, recipe_digest
from pipelines.schema import BIN_AXIS, HEATMAPS, store_arrays
from pipelines.sources import Take
from radarsim.detection.burst_spectrum import burst_middle_s
from radarsim.detection.frame_maps import frame_map_axes
from radarsim.heatmaps.settings import HeatmapSettings, heatmap_axes, measured_heatmaps
from radarsim.radar.toml import dump_radar


@dataclass(frozen=True, kw_only=True)
class StoreSpec:
    """Everything about a store that is known before its first clip is made.

    Attributes:
        arrays: array specifications from `schema.store_arrays`.
        coordinates: values of the arrays without a clip axis, by name.
        attributes: attributes of the root group; JSON values.
        identity: root attributes that must match before a build may resume an existing store.
        num_clips, clips_per_shard: number of rows in the store and in each shard.
    """

    arrays: tuple[ArraySpec, ...]
    coordinates: Mapping[str, np.ndarray]
    attributes: Mapping[str, object]
    identity: Mapping[str, str]
    num_clips: int
    clips_per_shard: int

    @property
    def num_shards(self) -> int:
        return -(-self.num_clips // self.clips_per_shard)

    def rows(self, shard: int) -> range:
        """Return the range of row numbers in a shard."""
        first = shard * self.clips_per_shard
        return range(first, min(first + self.clips_per_shard, self.num_clips))


def make_store_spec(plan: Plan, takes: Mapping[str, Take]) -> StoreSpec:
    """Derive the specification of the store for a plan.

    Args:
        plan: plan with the recipe and all clips.
        takes: takes, keyed by id; the texts of the takes are part of the store's identity.

    Returns:
        Specification of the store.
    """
    recipe = plan.recipe
    axes = heatmap_axes(recipe.radar, recipe.num_frames, heatmap_settings(recipe))
    bins = {"range": "range_m", "speed": "speed_mps", "angle": "angle_rad"}
    coordinates = {
        "time": axes["time_s"],
        "column_time": axes["time_s"],
        **{axis: axes[name] for axis, name in bins.items() if name in axes},
        **frame_axes(recipe),
    }
    attributes = {
        "radar": tomllib.loads(dump_radar(recipe.radar)),
        "window": recipe.maps.window,
        "clutter": recipe.maps.clutter,
        "angle_window": recipe.maps.angle_window,
        "frame_period_s": recipe.radar.frame.period_s,
        "clips_per_shard": plan.clips_per_shard,
    }
    identity = {
        "recipe": dump_recipe(recipe),
        "recipe_digest": recipe_digest(recipe),
        "plan_digest": plan.digest,
        "texts_digest": _texts_digest(plan, takes),
        "code_version": code_version(),
    }
    return StoreSpec(
        arrays=store_arrays(_layout(plan, coordinates)),
        coordinates=coordinates,
        attributes=attributes,
        identity=identity,
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
    )


def heatmap_settings(recipe: Recipe) -> HeatmapSettings:
    """Heatmap settings of a recipe."""
    return recipe.heatmap_settings


def heatmaps_of(recipe: Recipe) -> tuple[str, ...]:
    """Names of the heatmaps that the radar of a recipe measures, in the order of a store."""
    measured = measured_heatmaps(recipe.radar)
    return tuple(name for name in HEATMAPS if name in measured)


def cube_shape(recipe: Recipe) -> tuple[int, int, int, int]:
    """Shape of the IF samples of one frame: (chirp, tx, rx, sample)."""
    radar = recipe.radar
    antennas = (radar.array.num_tx, radar.array.num_rx)
    return radar.frame.num_chirps, *antennas, radar.chirp.num_samples


def cube_bytes(plan: Plan) -> int:
    """Total size of all IF cubes of a plan before compression [bytes]."""
    per_value = 2 if plan.recipe.simulation.quantise else 4
    per_frame = int(np.prod(cube_shape(plan.recipe))) * 2 * per_value
    return len(plan.clips) * plan.recipe.num_frames * per_frame


def keeps_cubes(plan: Plan) -> bool:
    """Whether IF cubes are saved in the store; with "auto", only if their total size is small."""
    setting = plan.recipe.keep.if_cubes
    return setting == "on" or (setting == "auto" and cube_bytes(plan) < IF_CUBES_LIMIT_BYTES)


def num_poses(recipe: Recipe) -> int:
    """Number of saved poses in a full clip, including the first and the last."""
    return round(recipe.clips.length_s * recipe.keep.motion_rate_hz) + 1


def frame_axes(recipe: Recipe) -> dict[str, np.ndarray]:
    """Coordinates of the arrays per radar frame, keyed by the names in `frame_schema`."""
    radar, maps = recipe.radar, recipe.detection.map_settings(recipe.maps.angle_window)
    if not radar.chirp.has_sweep:
        return {}
    axes = frame_map_axes(radar, maps)
    return {
        "frame_time": burst_middle_s(radar, recipe.num_frames),
        "burst_speed": axes["speed_mps"],
        "burst_angle": axes["angle_rad"],
    }


def burst_bins(recipe: Recipe) -> dict[str, int]:
    """Number of bins of each axis of the frame maps, for `Layout.bins`."""
    return {
        "burst_speed": recipe.radar.frame.num_chirps,
        "burst_angle": recipe.detection.azimuth_bins,
    }


def kept_sizes(recipe: Recipe) -> dict[str, int | bool | None]:
    """Fields of `Layout` for the optional arrays that a recipe keeps, except for IF cubes."""
    keep = recipe.keep
    return {
        "num_poses": num_poses(recipe) if keep.motion else None,
        "num_points": recipe.detection.max_points if keep.points else None,
        "range_doppler": keep.range_doppler,
        "range_azimuth": keep.range_azimuth,
        "joints": keep.joints,
        "num_others": recipe.people.number - 1,
        "room": recipe.room.name != "none",
    }


def kept_bytes(plan: Plan) -> int:
    """Total size of all points, frame maps and joints of a plan before compression [bytes]."""
    recipe = plan.recipe
    layout = Layout(
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
        num_frames=recipe.num_frames,
        num_columns=0,
        bins={"range": recipe.radar.chirp.num_samples, **burst_bins(recipe)},
        **kept_sizes(recipe),
    )
    return sum(spec.num_bytes for spec in frame_arrays(layout))


def code_version() -> str:
    """Release number, and digest of the code and data files that determine a store's bytes."""
    try:
        release = metadata.version("radarsim")
    except metadata.PackageNotFoundError:
        release = "0"
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for package in (root / "pipelines", root / "radarsim"):
        for path in sorted(package.rglob("*")):
            if path.suffix in (".py", ".npz", ".toml"):
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return f"{release}+{digest.hexdigest()[:12]}"


def _layout(plan: Plan, coordinates: Mapping[str, np.ndarray]) -> Layout:
    recipe = plan.recipe
    return Layout(
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
        num_frames=recipe.num_frames,
        num_columns=len(coordinates["time"]),
        bins={axis: len(coordinates[axis]) for axis in BIN_AXIS.values() if axis in coordinates}
        | burst_bins(recipe),
        heatmaps=heatmaps_of(recipe),
        cube=cube_shape(recipe) if keeps_cubes(plan) else None,
        cube_step_v=recipe.radar.receiver.adc_step_v if recipe.simulation.quantise else None,
        **kept_sizes(recipe),
    )


def _texts_digest(plan: Plan, takes: Mapping[str, Take]) -> str:
    names = sorted({name for clip in plan.clips for name in clip.takes})
    texts = [[name, [asdict(text) for text in takes[name].texts]] for name in names]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
