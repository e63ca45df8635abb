"""Build a store or resume a build: make all shards of a plan with Dask workers.

Each task first checks whether its shard is done, so repeating the command resumes a build that was
killed. The number of workers changes only the duration of a build, not the bytes of the store.
"""

import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from pipelines.data_card import DATA_CARD, make_data_card
from pipelines.device_record import record_to_keep
from pipelines.failed_clips import failed_clips, failures_to_keep
from pipelines.plan import Note, Plan
from pipelines.progress import Progress
from pipelines.shard_job import MakeClip, ShardJob, make_shard
from pipelines.sources import Take, takes_of_clips
from pipelines.storage import open_folder
from pipelines.store_folder import StoreError, StoreFolder
from pipelines.store_reader import Store
from pipelines.store_spec import StoreSpec
from pipelines.store_writer import find_state, finish_store, prepare
from radarsim.errors import InputError

# Maximum time to wait until a person or a batch system has restarted the scheduler [s].
RECONNECT_S = 120


@dataclass(kw_only=True)
class Summary:
    """Result of a build.

    Attributes:
        state: "new", "resumed", or "finished" if the store was already finished.
        num_clips, num_frames, num_bytes: totals over the finished shards.
        failed: clips that could not be simulated.
        unfinished: one line per unfinished shard, with the cause.
        bug: traceback of the first unexpected error; "" if no such error occurred.
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
    store_spec: StoreSpec,
    make_clip: MakeClip,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    quiet: bool = False,
) -> Summary:
    """Make all clips of a plan that are not yet in its store.

    Args:
        plan: plan of all clips.
        takes: all takes of the plan, keyed by id.
        out: path or URL of the store.
        store_spec: specification of the store.
        make_clip: function that makes the named arrays of one clip; must be picklable.
        workers: number of processes; None for `worker_environment.default_workers()`; 0 to run in
            this process, without Dask.
        scheduler: address of a running Dask cluster, used instead of local processes.
        quiet: whether to show no progress.

    Returns:
        Summary of the build; the store is finished if `unfinished` is empty.

    Raises:
        InputError: the path is not a store of this plan or cannot be written, or the scheduler
            does not answer.
    """
    folder = open_folder(out)
    with _only_build(folder, store_spec) as state:
        if state == "finished":
            return _finished(Store(out))
        summary = Summary(state=state)
        job = ShardJob(out=str(out), recipe=plan.recipe, store_spec=store_spec, make_clip=make_clip)
        tasks = _ShardTasks(job, plan, takes, workers, scheduler)
        with Progress(plan, quiet) as progress, closing(tasks.outcomes(progress)) as outcomes:
            for shard, outcome in outcomes:
                _count(summary, shard, outcome)
                progress.finished(shard, outcome)
        if not summary.unfinished:
            also = {DATA_CARD: make_data_card(folder), **record_to_keep(folder)}
            also |= failures_to_keep(summary.failed)
            finish_store(folder, store_spec, also)
    return summary


@contextmanager
def _only_build(folder: StoreFolder, store_spec: StoreSpec) -> Iterator[str]:
    """Lock the store against other builds, prepare it, and yield the state from `prepare`."""
    state = find_state(folder, store_spec.identity)
    lock = folder.lock() if state != "finished" else None
    try:
        yield prepare(folder, store_spec)
    finally:
        if lock is not None:
            lock.close()


def _finished(store: Store) -> Summary:
    """Summary of a finished store, with the clips that failed when the store was built."""
    frames = store.rows_of("num_frames", slice(None))
    return Summary(
        state="finished",
        num_clips=int((frames > 0).sum()),
        num_frames=int(frames.sum()),
        failed=failed_clips(store),
    )


def _count(summary: Summary, shard: int, outcome: dict | Exception) -> None:
    if isinstance(outcome, StoreError):
        raise outcome
    if isinstance(outcome, Exception):
        expected = isinstance(outcome, InputError)
        line = str(outcome) if expected else f"{type(outcome).__name__}: {outcome}"
        summary.unfinished.append(f"shard {shard}: {line}")
        if not expected and not summary.bug:
            summary.bug = "".join(traceback.format_exception(outcome))
        return
    summary.num_clips += outcome["clips"]
    summary.num_frames += outcome["frames"]
    summary.num_bytes += outcome["bytes"]
    summary.failed += [Note(**note) for note in outcome["failed"]]


@dataclass
class _ShardTasks:
    """Run one task per shard: in this process, in local workers, or on a running cluster."""

    job: ShardJob
    plan: Plan
    takes: Mapping[str, Take]
    workers: int | None
    scheduler: str | None

    def outcomes(self, progress: Progress) -> Iterator[tuple[int, dict | Exception]]:
        """Yield (shard, record or error) in the order in which shards finish."""
        shards = range(self.plan.num_shards)
        if self.scheduler:
            yield from self._on_cluster(progress)
        elif self.workers == 0:
            for shard in shards:
                yield shard, _outcome(*self._task(shard), progress.callback_for(shard))
        else:
            from pipelines.dask_cluster import local_workers, map_tasks, on_worker_progress

            with local_workers(self.workers, len(shards)) as client:
                on_worker_progress(client, progress.update)
                yield from map_tasks(client, make_shard, self._tasks(shards))

    def _on_cluster(self, progress: Progress) -> Iterator[tuple[int, dict | Exception]]:
        """Run tasks on a cluster; reconnect while its scheduler restarts within `RECONNECT_S`."""
        from pipelines.dask_cluster import (
            SchedulerLost,
            map_tasks,
            on_worker_progress,
            running_cluster,
        )

        left = dict.fromkeys(range(self.plan.num_shards))
        lost_s = None
        while left:
            try:
                with running_cluster(self.scheduler, self.job.out) as client:
                    on_worker_progress(client, progress.update)
                    for shard, outcome in map_tasks(client, make_shard, self._tasks(list(left))):
                        del left[shard]
                        lost_s = None
                        yield shard, outcome
            except (SchedulerLost, InputError) as error:
                # If the first connection fails, the address is wrong, so waiting does not help.
                if lost_s is None and isinstance(error, InputError):
                    raise
                lost_s = lost_s or time.monotonic()
                if time.monotonic() - lost_s > RECONNECT_S:
                    hint = "start it and run the same command again; finished shards are kept"
                    raise InputError(self.scheduler, "--scheduler", "is lost", hint) from None
                time.sleep(1)

    def _tasks(self, shards: Iterable[int]) -> Iterator[tuple[int, tuple]]:
        return ((shard, self._task(shard)) for shard in shards)

    def _task(self, shard: int) -> tuple:
        """Arguments of `make_shard`, kept small because they are sent to a worker."""
        clips = self.plan.shard(shard)
        return self.job, shard, clips, takes_of_clips(clips, self.takes)


def _outcome(*task: object) -> dict | Exception:
    try:
        return make_shard(*task)
    except Exception as error:
        return error
