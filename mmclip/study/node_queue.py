"""Unfinished nodes of a graph, in the order in which they can be executed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mmclip.study.nodes import Node, result_path

Failures = Sequence[Mapping[str, str]]


class NodeQueue:
    """Nodes that have not been executed; a failed node blocks only the nodes that need it.

    Attributes:
        failures: for each node that failed, or that needs a failed node: `node` (its identifier),
            `title`, and `problem` (the message of the error; "" if the node only needs a failed
            node).

    Args:
        nodes: all nodes of the graph, in topological order.
        root: output folder of the study.
        report: function that receives a line for each failure.
    """

    def __init__(self, nodes: Sequence[Node], root: Path, report: Callable[[str], None]):
        self._waiting = [node for node in nodes if not result_path(root, node).exists()]
        self._done = {node.id for node in nodes} - {node.id for node in self._waiting}
        self._missing: set[str] = set()
        self.failures: list[dict[str, str]] = []
        self._first_error: BaseException | None = None
        self._report = report

    def take(self) -> Node | None:
        """Remove and return the first node whose needs are all finished; None if there is none."""
        for node in [*self._waiting]:
            needs = {each.id for _, each in node.needs}
            if needs & self._missing:
                self._waiting.remove(node)
                self._add_failure(node, "")
            elif needs <= self._done:
                self._waiting.remove(node)
                return node
        return None

    def finished(self, node: Node) -> None:
        """Record that a node is finished."""
        self._done.add(node.id)

    def failed(self, node: Node, error: BaseException) -> None:
        """Record and report that a node has failed."""
        self._first_error = self._first_error or error
        problem = f"{type(error).__name__}: {error}"
        self._add_failure(node, problem)
        self._report(f"{node.title} failed ({problem}); all independent nodes are executed")

    def raise_first_error(self) -> None:
        """Raise the error of the node that failed first, if any node failed.

        The nodes that were not executed are reported first.
        """
        blocked = [each["title"] for each in self.failures if not each["problem"]]
        if blocked:
            more = ", ..." if len(blocked) > 3 else ""
            self._report(
                f"nodes not executed because they need a failed node: {len(blocked)} "
                f"({', '.join(blocked[:3])}{more})"
            )
        if self._first_error is not None:
            raise self._first_error

    def _add_failure(self, node: Node, problem: str) -> None:
        self._missing.add(node.id)
        self.failures.append({"node": node.id, "title": node.title, "problem": problem})
