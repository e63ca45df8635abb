"""Maps the stages over the plan, one Dask task per shard; resumes; shows progress.

A task first looks whether its shard is done. So the same command goes on where a killed one
stopped, and how many workers there are decides only how long it takes.
"""

import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from pipelines.blueprint import Blueprint
from pipelines.data_card import DATA_CARD, make_data_card
from pipelines.plan import Note, Plan
from pipelines.progress import Progress
from pipelines.shard_job import MakeClip, ShardJob, make_shard
from pipelines.sources import Take
from pipelines.storage import open_folder
from pipelines.store_folder import StoreError, StoreFolder
from pipelines.store_writer import find_state, finish_store, prepare
from radarsim.errors import InputError

# A scheduler that is restarted, by a person or a batch system, is there again within this time.
PATIENCE_S = 120


@dataclass(kw_only=True)
class Summary:
    """What a build did.

    Attributes:
        state: "new", "resumed", or "finished" where nothing was left to do.
        num_clips, num_frames, num_bytes: of the shards that are done.
        failed: clips that could not be simulated.
        unfinished: one line per shard that is not done, with its cause.
        bug: traceback of the first error that nobody foresaw, or "".
    """

    state: str
    num_clips: int = 0
    num_frames: int = 0
    num_bytes: int = 0
    failed: list[Note] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    bug: str = ""


def build(
    plan: Plan,
    takes: Mapping[str, Take],
    out: str,
    blueprint: Blueprint,
    make_clip: MakeClip,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    quiet: bool = False,
) -> Summary:
    """Make every clip of a plan that its store does not hold yet.

    Args:
        plan: the clips.
        takes: by id, all that the plan names.
        out: path of the store.
        blueprint: of the store.
        make_clip: one clip in, named arrays out; must pickle.
        workers: processes; None: `workers.default_workers`; 0: work here, without Dask.
        scheduler: address of a Dask cluster to use in place of processes of our own.
        quiet: no progress bar.

    Returns:
        What was done; the store is finished unless `unfinished` holds lines.

    Raises:
        InputError: the path holds something else, or cannot be written; the scheduler is gone.
    """
    folder = open_folder(out)
    with _only_build(folder, blueprint) as state:
        summary = Summary(state=state)
        if state == "finished":
            summary.num_clips, summary.num_frames = len(plan.clips), plan.num_frames
            return summary
        job = ShardJob(out=str(out), recipe=plan.recipe, blueprint=blueprint, make_clip=make_clip)
        work = _Work(job, plan, takes, workers, scheduler)
        with Progress(plan, quiet) as progress, closing(work.outcomes(progress)) as outcomes:
            for shard, outcome in outcomes:
                _count(summary, shard, outcome)
                progress.finished(shard, outcome)
        if not summary.unfinished:
            finish_store(folder, blueprint, {DATA_CARD: make_data_card(folder)})
    return summary


@contextmanager
def _only_build(folder: StoreFolder, blueprint: Blueprint) -> Iterator[str]:
    """Prepare the store and keep other builds out of it; yields its state as it was found."""
    state = find_state(folder, blueprint.identity)
    lock = folder.lock() if state != "finished" else None
    try:
        yield prepare(folder, blueprint)
    finally:
        if lock is not None:
            lock.close()


def _count(summary: Summary, shard: int, outcome: dict | Exception) -> None:
    if isinstance(outcome, StoreError):
        raise outcome
    if isinstance(outcome, Exception):
        foreseen = isinstance(outcome, InputError)
        line = str(outcome) if foreseen else f"{type(outcome).__name__}: {outcome}"
        summary.unfinished.append(f"shard {shard}: {line}")
        if not foreseen and not summary.bug:
            summary.bug = "".join(traceback.format_exception(outcome))
        return
    summary.num_clips += outcome["clips"]
    summary.num_frames += outcome["frames"]
    summary.num_bytes += outcome["bytes"]
    summary.failed += [Note(**note) for note in outcome["failed"]]


@dataclass
class _Work:
    """The shards of a build, and who makes them."""

    job: ShardJob
    plan: Plan
    takes: Mapping[str, Take]
    workers: int | None
    scheduler: str | None

    def outcomes(self, progress: Progress) -> Iterator[tuple[int, dict | Exception]]:
        """(shard, record or error) as shards come in."""
        shards = range(self.plan.num_shards)
        if self.scheduler:
            yield from self._on_cluster(progress)
        elif self.workers == 0:
            for shard in shards:
                yield shard, _tried(*self._task(shard), progress.making(shard))
        else:
            from pipelines.dask_cluster import hear, local_workers, map_tasks

            with local_workers(self.workers, len(shards)) as client:
                hear(client, progress.made)
                yield from map_tasks(client, make_shard, self._tasks(shards))

    def _on_cluster(self, progress: Progress) -> Iterator[tuple[int, dict | Exception]]:
        """On a cluster of somebody's, again and again while its scheduler comes back in time."""
        from pipelines.dask_cluster import SchedulerLost, hear, map_tasks, running_cluster

        left = dict.fromkeys(range(self.plan.num_shards))
        lost_s = None
        while left:
            try:
                with running_cluster(self.scheduler, self.job.out) as client:
                    hear(client, progress.made)
                    for shard, outcome in map_tasks(client, make_shard, self._tasks(list(left))):
                        del left[shard]
                        lost_s = None
                        yield shard, outcome
            except (SchedulerLost, InputError) as error:
                # At the first try it is the address that is wrong, not the scheduler that is gone.
                if lost_s is None and isinstance(error, InputError):
                    raise
                lost_s = lost_s or time.monotonic()
                if time.monotonic() - lost_s > PATIENCE_S:
                    hint = "start it and run the same command again; finished shards are kept"
                    raise InputError(self.scheduler, "--scheduler", "went away", hint) from None
                time.sleep(1)

    def _tasks(self, shards: Iterable[int]) -> Iterator[tuple[int, tuple]]:
        return ((shard, self._task(shard)) for shard in shards)

    def _task(self, shard: int) -> tuple:
        """What `make_shard` needs: little, as it travels."""
        clips = self.plan.shard(shard)
        return self.job, shard, clips, {clip.take: self.takes[clip.take] for clip in clips}


def _tried(*task: object) -> dict | Exception:
    try:
        return make_shard(*task)
    except Exception as error:
        return error
