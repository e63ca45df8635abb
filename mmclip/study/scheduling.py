"""Execution of the study's graph in this process or on Dask workers."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mmclip.errors import MmclipError
from mmclip.study.node_queue import Failures, NodeQueue
from mmclip.study.nodes import Node, result_path
from mmclip.study.work import execute

# Time until a file that another computer wrote must be visible here [s]. Network file systems
# remember for up to a minute that a file does not exist.
VISIBLE_WITHIN_S = 90.0


class Progress:
    """Progress of the study, with an estimate of the remaining time.

    The estimate is the predicted time of the remaining nodes, multiplied by the ratio of measured
    to predicted time of the nodes that have been executed so far.

    Args:
        nodes: all nodes of the study.
        root: output folder.
        workers: number of nodes that are executed in parallel.
        report: function that receives each line of progress.
    """

    def __init__(
        self, nodes: Sequence[Node], root: Path, workers: int, report: Callable[[str], None]
    ):
        self._left = {node.id: node.seconds for node in nodes if not _is_done(root, node)}
        self._total, self._workers, self._report = len(nodes), max(workers, 1), report
        self._spent_s = self._predicted_s = 0.0

    def dropped(self, node: Node) -> None:
        """Remove a node that has failed from the remaining time."""
        self._left.pop(node.id, None)

    def finished(self, node: Node, seconds: float) -> None:
        """Report that a node has just been finished."""
        self._spent_s += seconds
        self._predicted_s += self._left.pop(node.id, 0.0)
        ratio = self._spent_s / self._predicted_s if self._predicted_s else 1.0
        left_h = ratio * sum(self._left.values()) / self._workers / 3600
        number = self._total - len(self._left)
        self._report(
            f"[{number}/{self._total}] {node.title}: {seconds / 60:.1f} min; "
            f"about {left_h:.1f} h left"
        )


def run_nodes(
    nodes: Sequence[Node],
    root: Path,
    *,
    workers: int = 0,
    scheduler: str = "",
    report: Callable[[str], None] = print,
    finish: Callable[[Failures], None] = lambda failures: None,
) -> None:
    """Execute all unfinished nodes; a failed node stops only the nodes that need it.

    Args:
        nodes: nodes in topological order.
        root: output folder of the study.
        workers: number of local worker processes; 0: nodes are executed in this process.
        scheduler: address of a running Dask cluster whose workers can access the output folder.
        report: function that receives each line of progress.
        finish: function that is called with `NodeQueue.failures` at the end, before an error.

    Raises:
        MmclipError: a node cannot be executed; raised when all independent nodes are finished. Or
            the results of the workers do not appear in the output folder; raised at once.
    """
    if workers or scheduler:
        queue = _run_on_cluster(nodes, root, workers, scheduler, report)
    else:
        queue = _run_in_process(nodes, root, report)
    finish(queue.failures)
    queue.raise_first_error()


def _run_in_process(nodes: Sequence[Node], root: Path, report: Callable[[str], None]) -> NodeQueue:
    progress, queue = Progress(nodes, root, 1, report), NodeQueue(nodes, root, report)
    while node := queue.take():
        try:
            seconds = execute(node, root)
        except Exception as error:
            progress.dropped(node)
            queue.failed(node, error)
        else:
            queue.finished(node)
            progress.finished(node, seconds)
    return queue


def _run_on_cluster(
    nodes: Sequence[Node],
    root: Path,
    workers: int,
    scheduler: str,
    report: Callable[[str], None],
) -> NodeQueue:
    from distributed import Client, LocalCluster

    # This address cannot be reached from the network and does not conflict with other clusters.
    cluster = scheduler or LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=0,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )
    try:
        with Client(cluster, set_as_default=False) as client:
            return _run_on_workers(client, nodes, root, report)
    finally:
        if not scheduler:
            cluster.close()


def _run_on_workers(client, nodes: Sequence[Node], root: Path, report) -> NodeQueue:
    """Submit every node to Dask as soon as all nodes that it needs are finished."""
    from distributed import as_completed

    count = len(client.scheduler_info()["workers"])
    progress, queue = Progress(nodes, root, count, report), NodeQueue(nodes, root, report)
    running, by_key = as_completed(loop=client.loop), {node.id: node for node in nodes}
    priority = {node.id: -place for place, node in enumerate(nodes)}

    def submit_ready() -> None:
        while node := queue.take():
            options = {"key": node.id, "pure": False, "priority": priority[node.id]}
            running.add(client.submit(execute, node, root, **options))

    submit_ready()
    for future in running:
        node = by_key[future.key]
        if error := future.exception():
            progress.dropped(node)
            queue.failed(node, error)
        else:
            _wait_for_result(root, node)
            queue.finished(node)
            progress.finished(node, future.result())
        submit_ready()
    return queue


def _wait_for_result(root: Path, node: Node) -> None:
    """Wait until the result of a node that a worker has finished is visible.

    Raises:
        MmclipError: the result does not appear, because the worker writes to another folder.
    """
    end_s = time.monotonic() + VISIBLE_WITHIN_S
    while not _is_done(root, node):
        if time.monotonic() > end_s:
            problem = f"{node.title} is finished on a worker, but its result is not in {root}"
            hint = "give a folder that all workers can access under this path"
            raise MmclipError("options", "--out", problem, hint)
        time.sleep(0.2)


def _is_done(root: Path, node: Node) -> bool:
    return result_path(root, node).exists()


def wait_for_lock(root: Path):
    """Lock the output folder against other studies, and return the open lock file.

    On a file system without locks, the folder is not locked.

    Raises:
        MmclipError: another process uses the folder, or the folder cannot be written.
    """
    import fcntl

    from mmclip.output_paths import output_errors

    with output_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        file = open(root / "lock", "a", encoding="utf-8")  # noqa: SIM115
    for _ in range(20):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            time.sleep(0.1)
        except OSError:  # some network file systems have no locks; builds of stores do the same
            return file
    file.close()
    problem = "is used by another process"
    raise MmclipError(root, "--out", problem, "wait for it, or choose another folder")
