"""What a build would take, by a clip made on trial."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.blueprint import Blueprint
from pipelines.plan import Clip, Plan
from pipelines.recipe import Recipe
from pipelines.shard_job import MakeClip
from pipelines.sources import Take
from pipelines.storage import LocalFolder
from pipelines.store_writer import ShardWriter
from pipelines.worker_environment import default_workers


@dataclass(frozen=True, kw_only=True)
class CostEstimate:
    """What one clip took, and who would share the work.

    Attributes:
        first_s: with its programs compiled, or found where they were kept [s].
        clip_s: once they are [s].
        clip_bytes: in the store, compressed.
        workers: processes.
    """

    first_s: float
    clip_s: float
    clip_bytes: int
    workers: int

    def build_s(self, num_clips: int) -> float:
        """How long that many clips take, if all workers are as fast as this one was alone [s]."""
        return self.first_s + num_clips * self.clip_s / self.workers


def estimate_cost(
    plan: Plan,
    takes: Mapping[str, Take],
    blueprint: Blueprint,
    make_clip: MakeClip,
    workers: int | None = None,
) -> CostEstimate:
    """Make the plan's first clip, twice, as a worker would, and put it into a store on trial.

    Args:
        plan, takes, blueprint, make_clip, workers: as for `run.build`.

    Returns:
        What it took.

    Raises:
        InputError: the clip cannot be made.
    """
    from pipelines.dask_cluster import local_workers

    clip = plan.clips[0]
    with local_workers(1, 1) as client:
        task = client.submit(
            _made_twice, make_clip, plan.recipe, clip, takes[clip.take], blueprint, pure=False
        )
        first_s, clip_s, clip_bytes = task.result()
    count = min(workers or default_workers(), plan.num_shards)
    return CostEstimate(first_s=first_s, clip_s=clip_s, clip_bytes=clip_bytes, workers=count)


def _made_twice(
    make_clip: MakeClip, recipe: Recipe, clip: Clip, take: Take, blueprint: Blueprint
) -> tuple[float, float, int]:
    start_s = time.monotonic()
    make_clip(recipe, clip, take)
    first_s = time.monotonic() - start_s
    with tempfile.TemporaryDirectory() as folder:
        start_s = time.monotonic()
        writer = ShardWriter(LocalFolder(folder), blueprint, clip.shard)
        writer.add(clip.row, clip.id, make_clip(recipe, clip, take))
        writer.finish({}, {})
        return first_s, time.monotonic() - start_s, writer.num_bytes
