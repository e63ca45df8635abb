"""Dask workers, on this machine or on a cluster that is running already: the only such door.

A worker runs one task at a time, with one thread, before a device of its own. Where workers were
not started by us, a plugin prepares them, those that come later included.
"""

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata

from distributed import Client, LocalCluster, WorkerPlugin, as_completed, get_worker

from pipelines.blueprint import code_version
from pipelines.storage import open_folder
from pipelines.worker_environment import (
    claim_device,
    default_workers,
    use_program_cache,
    worker_environment,
)
from radarsim.errors import InputError

TOPIC = "clips-made"
CONNECT_S = 30
# Tasks that wait at each worker for the one that it makes: enough that none idles.
WAITING_PER_WORKER = 2
_ONE_AT_A_TIME = threading.Lock()


class SchedulerLost(ConnectionError):
    """The scheduler went away; what its workers wrote is there."""


class Prepare(WorkerPlugin):
    """What a worker is given before its first task."""

    name = "radarsim-prepare"

    def setup(self, worker: object) -> None:
        """One thread for sums, the shared program cache, and a device nobody else has."""
        os.environ.update(worker_environment())
        claim_device()
        use_program_cache()
        _stop_profiling(worker)


@contextlib.contextmanager
def local_workers(count: int | None, at_most: int) -> Iterator[Client]:
    """Single-threaded processes on this machine.

    Args:
        count: how many; None: `workers.default_workers`.
        at_most: tasks that there are.
    """
    import dask

    settings = {
        "distributed.nanny.pre-spawn-environ": worker_environment(),
        # A worker that holds compiled programs must neither pause nor be ended for its size.
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": False,
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        # Dask's profiler keeps what ran each second of the last hour: 150 kB a second and process.
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(settings):
        cluster = LocalCluster(
            n_workers=min(count or default_workers(), at_most),
            threads_per_worker=1,
            processes=True,
            # Off the network, and off the port that another cluster may use.
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
        with cluster, Client(cluster) as client:
            client.register_plugin(Prepare())
            client.run(_leave_interrupts_to_the_build)
            yield client


@contextlib.contextmanager
def running_cluster(address: str, out: str) -> Iterator[Client]:
    """A cluster that somebody started.

    Args:
        address: of its scheduler.
        out: the store, which every worker must see.

    Raises:
        InputError: nobody answers, a worker runs other code, or one does not see the store.
        SchedulerLost: it answered once, and went.
    """
    for name in ["distributed", *logging.root.manager.loggerDict]:
        if name.startswith("distributed"):  # its own words about lost connections; ours follow
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        hint = "start one (dask scheduler) or leave --scheduler out"
        raise InputError(address, "--scheduler", f"does not answer ({error})", hint) from None
    try:
        client.register_plugin(Prepare())
        _same_everywhere(client, address, out)
        yield client
    finally:
        client.close(timeout=2)


def map_tasks(
    client: Client, make: Callable[..., dict], tasks: Iterator[tuple[int, tuple]]
) -> Iterator[tuple[int, dict | Exception]]:
    """Run tasks, a few ahead of the workers, and yield (number, outcome) as they come in.

    Only those few travel: memory does not grow with the plan, and a slow disk holds its workers
    back and nothing else.

    Raises:
        SchedulerLost: the connection broke.
    """
    done, numbers = as_completed(), {}

    def submit(room: int) -> None:
        for _ in range(room):
            number, arguments = next(tasks, (None, ()))
            if number is None:
                return
            future = client.submit(
                _on_worker, make, number, *arguments, key=f"shard-{number}", pure=False
            )
            numbers[future] = number
            done.add(future)

    submit(_room(client))
    for future in done:
        if future.status == "cancelled":
            raise SchedulerLost
        error = future.exception()
        number = numbers.pop(future)
        yield number, error if error is not None else future.result()
        future.release()
        submit(_room(client) - len(numbers))


def hear(client: Client, heard: Callable[..., None]) -> None:
    """Call back with what tasks tell while they run: (number, clips, frames)."""
    client.subscribe_topic(TOPIC, lambda event: heard(*event[1]))


def _room(client: Client) -> int:
    workers = len(client.scheduler_info(n_workers=-1)["workers"])
    return max(1, workers) * WAITING_PER_WORKER


def _on_worker(make: Callable[..., dict], number: int, *arguments: object) -> dict:
    """A task as a worker runs it."""
    # What is worth a warning was said by the survey.
    logging.getLogger("radarsim").setLevel(logging.ERROR)
    worker = get_worker()

    def tell(num_clips: int, num_frames: int) -> None:
        worker.log_event(TOPIC, (number, num_clips, num_frames))

    with _ONE_AT_A_TIME:
        return make(*arguments, tell)


def _same_everywhere(client: Client, address: str, out: str) -> None:
    """Workers must run this code, or stores would differ, and see this store."""
    here, found = _version_here(), client.run(_version_here)
    if not found:
        hint = "start some: dask worker ADDRESS --nthreads 1"
        raise InputError(address, "--scheduler", "has no workers", hint)
    for worker, version in found.items():
        if version != here:
            problem = f"worker {worker} runs {version}, this command {here}"
            raise InputError(address, "--scheduler", problem, "install the same there")
    for worker, names in client.run(_names, out).items():
        if not names:
            hint = "name a path that every worker sees, or a URL such as s3://bucket/synth.zarr"
            raise InputError(out, "--out", f"worker {worker} does not see it", hint)


def _version_here() -> str:
    """What must agree for the same bytes: our code, and what computes with it."""
    return f"{code_version()}, jaxlib {metadata.version('jaxlib')}"


def _names(out: str) -> Sequence[str]:
    return sorted(open_folder(out).names())


def _stop_profiling(worker: object) -> None:
    """Of workers that somebody started; ours never begin (see `local_workers`)."""
    for name in ("profile", "profile-cycle"):
        if (callback := worker.periodic_callbacks.pop(name, None)) is not None:
            callback.stop()


def _leave_interrupts_to_the_build() -> None:
    """Ctrl-C reaches every process of a terminal; the build ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
