"""Dask workers on this machine or on a running cluster; no other module imports Dask.

Each worker simulates one shard at a time, on a device that no other worker uses. With a GPU, a
second thread encodes and writes the previous shard. On a running cluster, a worker plugin sets up
the workers, including those that join later.
"""

import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata

from distributed import Client, LocalCluster, WorkerPlugin, as_completed, get_worker

from pipelines.storage import open_folder
from pipelines.store_spec import code_version
from pipelines.worker_environment import (
    claim_device,
    default_workers,
    threads_per_worker,
    use_program_cache,
    visible_devices,
    worker_environment,
)
from radarsim.errors import InputError

TOPIC = "clips-made"
# Maximum time to wait until the scheduler answers [s].
CONNECT_S = 30
# Number of tasks queued per worker, including the running task; enough to keep every worker busy.
QUEUED_PER_WORKER = 2


class SchedulerLost(ConnectionError):
    """The connection to the scheduler was lost; files already written by workers are kept."""


class Prepare(WorkerPlugin):
    """Dask plugin that sets up a worker before its first task."""

    name = "radarsim-prepare"

    def setup(self, worker: object) -> None:
        """Configure one compute thread, the shared compilation cache, and an exclusive device."""
        os.environ.update(worker_environment())
        claim_device()
        use_program_cache()
        _stop_profiling(worker)


@contextlib.contextmanager
def local_workers(count: int | None, at_most: int) -> Iterator[Client]:
    """Start worker processes on this machine: one per core, or one per GPU.

    Args:
        count: number of processes; None for `worker_environment.default_workers()`.
        at_most: upper limit on the number of processes, for example the number of tasks.
    """
    import dask

    settings = {
        "distributed.nanny.pre-spawn-environ": worker_environment(),
        # Compiled programs need memory, so Dask must not pause or terminate workers because of
        # their memory use.
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": False,
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        # A daemon could not start the processes that prepare clips for its GPU.
        "distributed.worker.daemon": not visible_devices(),
        # Dask's profiler stores the samples of the last hour: 150 kB per second and process.
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(settings):
        cluster = LocalCluster(
            n_workers=min(count or default_workers(), at_most),
            threads_per_worker=threads_per_worker(),
            processes=True,
            # The port is not reachable from the network and does not conflict with other clusters.
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
        try:
            with Client(cluster, set_as_default=False) as client:
                client.register_plugin(Prepare())
                client.run(_ignore_interrupts)
                yield client
        finally:
            _close(cluster)


def _close(cluster: LocalCluster) -> None:
    """Close a cluster; workers that have not ended in time, as on a busy machine, are killed.

    The tasks are finished or abandoned by then, so nothing is lost.
    """
    pids = [nanny.pid for nanny in cluster.workers.values() if nanny.pid]
    try:
        cluster.close()
    except TimeoutError:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def running_cluster(address: str, out: str) -> Iterator[Client]:
    """Connect to a running cluster, and check the code version and file access of its workers.

    Args:
        address: address of the scheduler.
        out: path or URL of the store, which every worker must be able to read.

    Raises:
        InputError: the scheduler does not answer or has no workers, a worker runs a different
            version of the code or has another kind of device, or a worker cannot read the store.
        SchedulerLost: the connection to the scheduler was established and then lost.
    """
    for name in ["distributed", *logging.root.manager.loggerDict]:
        if name.startswith("distributed"):  # silence Dask's messages about lost connections
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        hint = "start one (dask scheduler) or omit --scheduler"
        raise InputError(address, "--scheduler", f"does not answer ({error})", hint) from None
    try:
        client.register_plugin(Prepare())
        _check_workers(client, address, out)
        yield client
    finally:
        client.close(timeout=2)


def map_tasks(
    client: Client, make: Callable[..., dict], tasks: Iterator[tuple[int, tuple]]
) -> Iterator[tuple[int, dict | Exception]]:
    """Run tasks and yield (task number, outcome) in the order in which the tasks finish.

    Only `QUEUED_PER_WORKER` tasks per worker are submitted in advance, so memory use does not grow
    with the length of the plan, and a slow disk delays only the workers that use the disk.

    Raises:
        SchedulerLost: the connection to the scheduler was lost.
    """
    done, numbers = as_completed(loop=client.loop), {}

    def submit(count: int) -> None:
        for _ in range(count):
            number, arguments = next(tasks, (None, ()))
            if number is None:
                return
            future = client.submit(
                _run_on_worker, make, number, *arguments, key=f"shard-{number}", pure=False
            )
            numbers[future] = number
            done.add(future)

    submit(_queue_size(client))
    for future in done:
        if future.status == "cancelled":
            raise SchedulerLost
        error = future.exception()
        number = numbers.pop(future)
        yield number, error if error is not None else future.result()
        future.release()
        submit(_queue_size(client) - len(numbers))


def on_worker_progress(client: Client, callback: Callable[[int, int, int], None]) -> None:
    """Call `callback(task, clips, frames)` whenever a running task reports its progress."""
    client.subscribe_topic(TOPIC, lambda event: callback(*event[1]))


def _queue_size(client: Client) -> int:
    """Maximum number of tasks that are submitted to the cluster at a time."""
    workers = len(client.scheduler_info(n_workers=-1)["workers"])
    return max(1, workers) * QUEUED_PER_WORKER


def _run_on_worker(make: Callable[..., dict], number: int, *arguments: object) -> dict:
    """Run a task in a worker, with a progress callback as the task's last argument."""
    # Warnings about the motions were already shown when the clips were selected.
    logging.getLogger("radarsim").setLevel(logging.ERROR)
    worker = get_worker()

    def report(num_clips: int, num_frames: int) -> None:
        worker.log_event(TOPIC, (number, num_clips, num_frames))

    return make(*arguments, report)


def _check_workers(client: Client, address: str, out: str) -> None:
    """Check that all workers run this version of the code, on equal devices, and can read the
    store.

    Workers with a different version or device could write different bytes.
    """
    here, found = _version_here(), client.run(_version_here)
    if not found:
        hint = "start some: dask worker ADDRESS --nthreads 1"
        raise InputError(address, "--scheduler", "has no workers", hint)
    for worker, version in found.items():
        if version != here:
            problem = f"worker {worker} runs {version}, but this command runs {here}"
            raise InputError(address, "--scheduler", problem, "install the same version there")
    kinds = sorted(set(client.run(_device_here).values()))
    if len(kinds) > 1:
        problem = f"has workers with different devices: {', '.join(kinds)}"
        hint = "use workers of one kind, because the last digits depend on the device"
        raise InputError(address, "--scheduler", problem, hint)
    for worker, names in client.run(_names, out).items():
        if not names:
            hint = "give a path that every worker can read, or a URL such as s3://bucket/synth.zarr"
            raise InputError(out, "--out", f"worker {worker} cannot read it", hint)


def _version_here() -> str:
    """Versions of this code and of jaxlib, which must match so that workers produce equal bytes."""
    return f"{code_version()}, jaxlib {metadata.version('jaxlib')}"


def _device_here() -> str:
    """Kind of this process's device, on which the bytes of a clip depend."""
    import jax

    return jax.devices()[0].device_kind


def _names(out: str) -> Sequence[str]:
    return sorted(open_folder(out).names())


def _stop_profiling(worker: object) -> None:
    """Stop the profiler of a worker on a running cluster; `local_workers` starts no profiler."""
    for name in ("profile", "profile-cycle"):
        if (callback := worker.periodic_callbacks.pop(name, None)) is not None:
            callback.stop()


def _ignore_interrupts() -> None:
    """Ignore Ctrl-C, which reaches all processes of a terminal; the build stops the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
