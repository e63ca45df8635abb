"""Maps the stages over the plan, one Dask task per shard; resumes; shows progress.

A task first looks whether its shard is done. So the same command goes on where a killed one
stopped, and how many workers there are decides only how long it takes.
"""

import logging
import signal
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tqdm import tqdm

from pipelines.blueprint import Blueprint
from pipelines.folder import Folder, StoreError
from pipelines.plan import Clip, Note, Plan
from pipelines.shards import find_state, finish_store, prepare
from pipelines.sources import Take
from pipelines.work import Job, MakeClip, make_shard
from pipelines.workers import default_workers, worker_environment
from radarsim.errors import InputError

_TOPIC = "clips-made"


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
        quiet: no progress bar.

    Returns:
        What was done; the store is finished unless `unfinished` holds lines.

    Raises:
        InputError: the path holds something else, or cannot be written.
    """
    folder = Folder(out)
    with _only_build(folder, blueprint) as state:
        summary = Summary(state=state)
        if state == "finished":
            summary.num_clips, summary.num_frames = len(plan.clips), plan.num_frames
            return summary
        job = Job(out=str(out), recipe=plan.recipe, blueprint=blueprint, make_clip=make_clip)
        tasks = [_task(job, plan, takes, shard) for shard in range(plan.num_shards)]
        with _Bar(plan, quiet) as bar:
            for shard, outcome in _outcomes(tasks, workers, bar):
                _count(summary, shard, outcome)
                bar.finished(shard, outcome)
        if not summary.unfinished:
            finish_store(folder, blueprint)
    return summary


@contextmanager
def _only_build(folder: Folder, blueprint: Blueprint) -> Iterator[str]:
    """Prepare the store and keep other builds out of it; yields its state as it was found."""
    state = find_state(folder, blueprint.identity)
    lock = folder.lock() if state != "finished" else None
    try:
        yield prepare(folder, blueprint)
    finally:
        if lock is not None:
            lock.close()


def _task(job: Job, plan: Plan, takes: Mapping[str, Take], shard: int) -> tuple:
    clips = plan.shard(shard)
    return job, shard, clips, {clip.take: takes[clip.take] for clip in clips}


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


def _outcomes(
    tasks: list[tuple], workers: int | None, bar: "_Bar"
) -> Iterator[tuple[int, dict | Exception]]:
    """(shard, record or error) as shards come in."""
    if workers == 0:
        for task in tasks:
            yield task[1], _tried(*task, bar.making(task[1]))
        return
    from distributed import as_completed

    with _client(min(workers or default_workers(), len(tasks))) as client:
        client.subscribe_topic(_TOPIC, lambda event: bar.made(*event[1]))
        futures = {
            client.submit(_on_worker, *task, key=f"shard-{task[1]}", pure=False): task[1]
            for task in tasks
        }
        for future in as_completed(list(futures)):
            error = future.exception()
            yield futures[future], error if error is not None else future.result()
            future.release()


def _tried(job: Job, shard: int, clips: tuple[Clip, ...], takes: dict, tell) -> dict | Exception:
    try:
        return make_shard(job, shard, clips, takes, tell)
    except Exception as error:
        return error


def _on_worker(job: Job, shard: int, clips: tuple[Clip, ...], takes: dict) -> dict:
    """The task as a Dask worker runs it."""
    from distributed import get_worker

    # What is worth a warning was said by the survey.
    logging.getLogger("radarsim").setLevel(logging.ERROR)
    worker = get_worker()

    def tell(num_clips: int, num_frames: int) -> None:
        worker.log_event(_TOPIC, (shard, num_clips, num_frames))

    return make_shard(job, shard, clips, takes, tell)


@contextmanager
def _client(workers: int):
    """A Dask client of a cluster on this machine, one single-threaded process per worker."""
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.nanny.pre-spawn-environ": worker_environment(),
        # A worker that holds compiled programs must neither pause nor be ended for its size.
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": False,
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
    }
    with dask.config.set(settings):
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            # Off the network, and off the port that another cluster may use.
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
        with cluster, Client(cluster) as client:
            client.run(_leave_interrupts_to_the_build)
            yield client


def _leave_interrupts_to_the_build() -> None:
    """Ctrl-C reaches every process of a terminal; the build ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Bar:
    """Clips, frames per second and time left, in one line."""

    def __init__(self, plan: Plan, quiet: bool):
        self._bar = tqdm(total=len(plan.clips), unit="clip", disable=quiet, dynamic_ncols=True)
        self._sizes = {shard: len(plan.shard(shard)) for shard in range(plan.num_shards)}
        self._clips: dict[int, int] = {}
        self._frames: dict[int, int] = {}

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def making(self, shard: int):
        """What a task of this shard calls after each clip."""
        return lambda num_clips, num_frames: self.made(shard, num_clips, num_frames)

    def made(self, shard: int, num_clips: int, num_frames: int) -> None:
        """A clip more; late news of a shard that is already counted changes nothing."""
        more = num_clips - self._clips.get(shard, 0)
        if more <= 0:
            return
        self._clips[shard], self._frames[shard] = num_clips, num_frames
        elapsed_s = max(self._bar.format_dict["elapsed"], 1e-3)
        rate = sum(self._frames.values()) / elapsed_s
        self._bar.set_postfix_str(f"{rate:.1f} frames/s", refresh=False)
        self._bar.update(more)

    def finished(self, shard: int, outcome: dict | Exception) -> None:
        """A shard came in; one found done does not count towards the rate."""
        if isinstance(outcome, Exception):
            return
        if not outcome.get("found"):
            self.made(shard, self._sizes[shard], outcome["frames"])
        elif not self._bar.disable:
            self._clips[shard] = self._sizes[shard]
            self._bar.initial += self._sizes[shard]
            self._bar.update(self._sizes[shard])
