"""AMASS files of a swaying body, and stores of clips simulated from such files."""

from functools import partial

import numpy as np

from builders.sources.takes import amass_takes
from pipelines.clip_selection import select_clips
from pipelines.clip_simulation import make_clip
from pipelines.plan import make_plan
from pipelines.recipe_toml import recipe_from_table
from pipelines.shard_job import ShardJob, make_shard
from pipelines.storage import LocalFolder
from pipelines.store_spec import make_store_spec
from pipelines.store_writer import finish_store, prepare


def swaying(path, step_mps=0.0, seconds=2.2, rate_hz=60.0):
    """Write an AMASS file of a body that sways and moves forward at `step_mps`."""
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    poses = np.zeros((len(time_s), 156))
    poses[:, 0] = np.pi / 2
    poses[:, 3] = 0.3 * np.sin(2 * np.pi * time_s)
    trans = np.outer(time_s, [0, -step_mps, 0]) + np.array([0, 0, 0.9])
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {"poses": poses, "trans": trans, "betas": np.zeros(16), "gender": "female"}
    np.savez(path, **arrays, mocap_framerate=rate_hz)
    return path


def build_swaying_store(root, name, keep):
    """Build a store as builders.amass does, but in this process, to compile only once."""
    clips = {"length_s": 2.0, "stride_s": 2.0, "min_frames": 15}
    table = {"radar": str(root / "radar.toml"), "clips": clips, "keep": keep, "body": "models"}
    recipe, models = recipe_from_table(table, "test"), str(root / "models")
    takes = {take.id: take for take in amass_takes(str(root / "AMASS"))}
    plan = make_plan(
        recipe,
        [clip for take in takes.values() for clip in select_clips(recipe, take, models).clips],
    )
    stage = partial(make_clip, body_models=models, keep_cubes=keep["if_cubes"] == "on")
    folder, store_spec = LocalFolder(root / name), make_store_spec(plan, takes)
    prepare(folder, store_spec)
    job = ShardJob(out=str(root / name), recipe=recipe, store_spec=store_spec, make_clip=stage)
    make_shard(job, 0, plan.shard(0), takes)
    finish_store(folder, store_spec)
