"""A small store with real axes and tables, but with synthetic instead of simulated clips."""

import hashlib
from dataclasses import replace
from functools import partial

import numpy as np

from pipelines.plan import Clip, clip_seed, draw_placement, make_plan
from pipelines.recipe import Clips, Detection, Placements, Recipe
from pipelines.recipe_toml import recipe_digest
from pipelines.run import build
from pipelines.schema import FLOOR_DB, HEATMAPS
from pipelines.sources import Text
from pipelines.store_spec import StoreSpec, make_store_spec
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from tests.helpers.frame_arrays import drawn_frame_arrays, keep_all
from tests.helpers.pipeline_fakes import FakeTake
from tests.helpers.shared_folders import copy_shared

NUM_CLIPS = 10
FAILED_ROW, SHORT_ROW = 4, 7
LABELS = ("walk", "turn", "sit <down> & $rest$")


def small_recipe() -> Recipe:
    """Return a recipe that keeps all arrays; clips have 20 frames of 16 chirps of 32 samples."""
    radar = BOARDS[DEFAULT_BOARD]
    radar = replace(
        radar,
        chirp=replace(radar.chirp, num_samples=32),
        frame=replace(radar.frame, num_chirps=16),
    )
    return Recipe(
        radar=radar,
        clips=Clips(length_s=2.0, min_frames=4),
        placements=Placements(distance_m=(2.0, 4.0)),
        keep=keep_all(if_cubes="on", motion=True, motion_rate_hz=10.0),
        detection=Detection(max_points=6, azimuth_bins=16),
    )


def build_store(path, num_clips: int = NUM_CLIPS) -> str:
    """Write a store and return the path; clip `FAILED_ROW` fails, and clip `SHORT_ROW` is short.

    A store of each recipe and number of clips is built once in a test run, and then copied.
    """
    recipe = small_recipe()
    name = f"small-store-{num_clips}-{recipe_digest(recipe)[:12]}"
    copy_shared(name, path, partial(_build, recipe=recipe, num_clips=num_clips))
    return str(path)


def _build(path, recipe: Recipe, num_clips: int) -> None:
    takes = {f"t{i}": _take(i) for i in range(num_clips)}
    clips = [_clip(recipe, take) for take in takes.values()]
    plan = make_plan(recipe, clips)
    store_spec = make_store_spec(plan, takes)

    def make_clip(recipe: Recipe, clip: Clip, take: FakeTake) -> dict[str, np.ndarray]:
        return drawn_clip(store_spec, clip)

    build(plan, takes, str(path), store_spec, make_clip, workers=0, quiet=True)


def drawn_clip(store_spec: StoreSpec, clip: Clip) -> dict[str, np.ndarray]:
    """Return the arrays of a clip that shows noise and an echo moving back and forth."""
    from radarsim.errors import InputError

    if clip.row == FAILED_ROW:
        raise InputError(clip.id, "poses", "impossible pose", "inspect the motion")
    rng = np.random.default_rng(clip.seed)
    arrays = {}
    for spec in store_spec.arrays:
        if spec.name in HEATMAPS:
            arrays[spec.name] = _map(rng, spec.shape[1:], _columns(spec.shape[1], clip))
        elif spec.name == "if_cube":
            arrays[spec.name] = rng.integers(-99, 99, spec.shape[1:]).astype(spec.dtype)
        elif spec.per_clip and spec.dtype == "float32" and spec.dims[1:2] != ("frame",):
            arrays[spec.name] = rng.normal(size=spec.shape[1:]).astype(spec.dtype)
    arrays |= drawn_frame_arrays(rng, store_spec.arrays, clip.num_frames)
    columns = _columns(arrays["time_range"].shape[0], clip)
    return {**arrays, "num_frames": np.int32(clip.num_frames), "num_columns": np.int32(columns)}


def _columns(full: int, clip: Clip) -> int:
    return full if clip.row != SHORT_ROW else full // 2


def _map(rng, shape, columns) -> np.ndarray:
    centre = shape[1] / 2 + shape[1] / 6 * np.sin(np.arange(shape[0]) / 6)
    echo_db = 40 * np.exp(-(((np.arange(shape[1]) - centre[:, None]) / 2) ** 2))
    map_db = np.maximum(rng.normal(0, 3, shape) + echo_db, FLOOR_DB).astype(np.float16)
    map_db[columns:] = FLOOR_DB
    return map_db


def _take(number: int) -> FakeTake:
    label = Text(caption=LABELS[number % 3], source="test set", licence="CC0-1.0", kind="label")
    sentence = Text(caption=f"A person does act {number % 3}.", source="test set", end_s=1.0)
    texts = () if number == NUM_CLIPS - 1 else (label, sentence)
    return FakeTake(id=f"t{number}", subject=f"s{number % 5}", licence="GPL", texts=texts)


def _clip(recipe: Recipe, take: FakeTake) -> Clip:
    number = int(take.id[1:])
    return Clip(
        id=f"{take.id}@0.00s.0",
        take=take.id,
        take_sha256=hashlib.sha256(take.id.encode()).hexdigest(),
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        official_split="train" if number < 4 else "",
        num_frames=recipe.num_frames if number != SHORT_ROW else recipe.num_frames // 2,
        seed=clip_seed(recipe, take.id),
        sigma_rad=0.5,
        **draw_placement(recipe, take.id),
    )
