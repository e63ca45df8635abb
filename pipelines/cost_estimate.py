"""Estimate the time and disk space of a build from one call of the simulation (for `--dry-run`)."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.clip_maker import ClipMaker
from pipelines.plan import Clip, Plan
from pipelines.recipe import Recipe
from pipelines.shard_job import MakeClip
from pipelines.sources import Take, take_of_clip
from pipelines.storage import LocalFolder
from pipelines.store_spec import StoreSpec
from pipelines.store_writer import ShardWriter
from pipelines.worker_environment import default_workers


@dataclass(frozen=True, kw_only=True)
class CostEstimate:
    """Cost of one clip, and the number of workers.

    Attributes:
        first_s: time for the first clip, including compilation or loading of cached programs [s].
        clip_s: time for each further clip [s].
        clip_bytes: compressed size of a clip in the store.
        workers: number of worker processes.
    """

    first_s: float
    clip_s: float
    clip_bytes: int
    workers: int

    def build_s(self, num_clips: int) -> float:
        """Time [s] to make `num_clips` clips, if parallel workers do not slow each other down."""
        return self.first_s + num_clips * self.clip_s / self.workers


def estimate_cost(
    plan: Plan,
    takes: Mapping[str, Take],
    store_spec: StoreSpec,
    make_clip: MakeClip,
    workers: int | None = None,
) -> CostEstimate:
    """Make the first clip of a plan twice in a worker process and write it to a temporary store.

    An accelerator makes many clips per call; the time per clip is then the time of a call divided
    by the number of clips.

    Args:
        plan, takes, store_spec, make_clip, workers: arguments of `run.build`.

    Returns:
        Measured times and size of one clip, and the number of workers.

    Raises:
        InputError: the clip cannot be made.
    """
    # Imported late because `dask_cluster` imports distributed.
    from pipelines.dask_cluster import local_workers

    clip = plan.clips[0]
    with local_workers(1, 1) as client:
        task = client.submit(
            _make_twice,
            make_clip,
            plan.recipe,
            clip,
            take_of_clip(clip, takes),
            store_spec,
            pure=False,
        )
        first_s, clip_s, clip_bytes = task.result()
    count = min(workers or default_workers(), plan.num_shards)
    return CostEstimate(first_s=first_s, clip_s=clip_s, clip_bytes=clip_bytes, workers=count)


def _make_twice(
    make_clip: MakeClip, recipe: Recipe, clip: Clip, take: Take, store_spec: StoreSpec
) -> tuple[float, float, int]:
    """Return the times of the first and second run [s] and the number of bytes written."""
    start_s = time.monotonic()
    make_clip(recipe, clip, take)
    first_s = time.monotonic() - start_s
    at_once = make_clip.clips_at_once(recipe) if isinstance(make_clip, ClipMaker) else None
    with tempfile.TemporaryDirectory() as folder:
        start_s = time.monotonic()
        writer = ShardWriter(LocalFolder(folder), store_spec, clip.shard)
        arrays = make_clip(recipe, clip, take)
        made_s = time.monotonic() - start_s
        writer.add(clip.row, clip.id, arrays)
        writer.finish({}, {})
        # A single clip takes as long as a full call, because incomplete batches are padded.
        clip_s = time.monotonic() - start_s - made_s + made_s / (at_once or 1)
        return first_s, clip_s, writer.num_bytes
