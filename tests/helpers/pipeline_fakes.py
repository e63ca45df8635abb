"""Fake takes, clips and a small store without simulation, for tests of the pipeline code.

Run as a command, this module builds a store, so that tests can kill the process:

    python tests/helpers/pipeline_fakes.py OUT WORKERS DELAY_S [SCHEDULER]
"""

import sys
import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pipelines.plan import Clip, clip_seed, draw_placement, make_plan
from pipelines.recipe import Clips, Recipe
from pipelines.recipe_toml import recipe_digest
from pipelines.schema import Layout, store_arrays
from pipelines.sources import Text
from pipelines.store_spec import StoreSpec
from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from tests.helpers.frame_arrays import drawn_frame_arrays

NUM_FRAMES, NUM_COLUMNS = 3, 7
BINS = {"range": 5, "speed": 6, "angle": 4}
BURST_BINS = {"burst_speed": 3, "burst_angle": 4}
NUM_POINTS = 2
CUBE = (2, 3, 4, 8)


@dataclass(frozen=True, kw_only=True)
class FakeTake:
    """A take whose motion is never read; subclasses may provide a motion."""

    id: str
    subject: str
    source: str = "fake"
    licence: str = "CC0-1.0"
    official_split: str = ""
    split_group: str = ""
    texts: tuple[Text, ...] = ()

    def load(self):
        raise AssertionError("fake clips need no motion")

    def sha256(self) -> str:
        return self.id


def small_recipe(**changes) -> Recipe:
    radar = BOARDS[DEFAULT_BOARD]
    return replace(Recipe(radar=radar, clips=Clips(length_s=0.3, min_frames=2)), **changes)


def fake_takes(num: int) -> dict[str, FakeTake]:
    texts = [Text(caption=f"act {i % 3}", source="fake") for i in range(num)]
    return {
        f"take-{i:03d}": FakeTake(id=f"take-{i:03d}", subject=f"s{i % 5}", texts=(texts[i],))
        for i in range(num)
    }


def fake_plan(takes: dict[str, FakeTake], recipe: Recipe | None = None):
    recipe = recipe or small_recipe()
    return make_plan(recipe, [_clip(recipe, take) for take in takes.values()])


def fake_layout(num_clips: int, clips_per_shard: int, **changes) -> Layout:
    """Return the sizes of a small store that keeps all arrays except the motion."""
    return Layout(
        num_clips=num_clips,
        clips_per_shard=clips_per_shard,
        num_frames=NUM_FRAMES,
        num_columns=NUM_COLUMNS,
        bins={**BINS, **BURST_BINS},
        cube=CUBE,
        cube_step_v=1e-5,
        num_points=NUM_POINTS,
        range_doppler=True,
        range_azimuth=True,
        joints=True,
        **changes,
    )


def fake_store_spec(plan, **changes) -> StoreSpec:
    layout = fake_layout(len(plan.clips), plan.clips_per_shard, **changes)
    coordinates = {name: np.arange(size, dtype=float) for name, size in layout.bins.items()}
    coordinates["frame_time"] = np.arange(NUM_FRAMES) * 0.1
    coordinates |= dict.fromkeys(("time", "column_time"), np.arange(NUM_COLUMNS) / 80)
    identity = {"plan_digest": plan.digest, "recipe_digest": recipe_digest(plan.recipe)}
    return StoreSpec(
        arrays=store_arrays(layout),
        coordinates=coordinates,
        attributes={},
        identity=identity,
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
    )


def fake_clip(recipe, clip, take, *, delay_s=0.0, bad=(), broken=()):
    """Return arrays of noise that, like simulated arrays, depend on the seed of the clip."""
    time.sleep(delay_s)
    if clip.id in bad:
        raise InputError(clip.id, "poses", "impossible pose", "inspect the motion")
    if clip.id in broken:
        raise RuntimeError("a bug")
    rng = np.random.default_rng(clip.seed)
    heatmaps = {
        f"time_{name}": rng.normal(0, 10, (NUM_COLUMNS, BINS[axis])).astype(np.float16)
        for name, axis in (("doppler", "speed"), ("range", "range"), ("angle", "angle"))
    }
    cube = rng.integers(-99, 99, (NUM_FRAMES, *CUBE, 2)).astype(np.int16)
    counts = {"num_frames": np.int32(clip.num_frames), "num_columns": np.int32(NUM_COLUMNS)}
    per_frame = drawn_frame_arrays(rng, store_arrays(fake_layout(1, 1)), clip.num_frames)
    return {**heatmaps, **counts, "if_cube": cube, **per_frame}


def store_bytes(path) -> dict[str, bytes]:
    """Return the contents of all files of a store, keyed by path, including hidden files."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def _clip(recipe: Recipe, take: FakeTake) -> Clip:
    return Clip(
        id=f"{take.id}#000.0",
        take=take.id,
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        num_frames=NUM_FRAMES,
        seed=clip_seed(recipe, take.id),
        sigma_rad=0.5,
        **draw_placement(recipe, take.id),
    )


def main(out: str, workers: str, delay_s: str, scheduler: str | None = None) -> None:
    from pipelines.run import build

    takes = fake_takes(14)
    plan = fake_plan(takes)
    make_clip = partial(fake_clip, delay_s=float(delay_s))
    build(
        plan,
        takes,
        out,
        fake_store_spec(plan),
        make_clip,
        workers=int(workers),
        scheduler=scheduler,
        quiet=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
