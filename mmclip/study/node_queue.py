"""Unfinished nodes of a graph, in the order in which they can be executed."""

from collections.abc import Callable, Sequence
from pathlib import Path

from mmclip.study.nodes import Node, result_path


class NodeQueue:
    """Nodes that have not been executed; a failed node blocks only the nodes that need it.

    Args:
        nodes: all nodes of the graph, in topological order.
        root: output folder of the study.
        report: function that receives a line for each failure.
    """

    def __init__(self, nodes: Sequence[Node], root: Path, report: Callable[[str], None]):
        self._waiting = [node for node in nodes if not result_path(root, node).exists()]
        self._done = {node.id for node in nodes} - {node.id for node in self._waiting}
        self._missing: set[str] = set()
        self._blocked: list[Node] = []
        self._first_error: BaseException | None = None
        self._report = report

    def take(self) -> Node | None:
        """Remove and return the first node whose needs are all finished; None if there is none."""
        for node in [*self._waiting]:
            needs = {each.id for _, each in node.needs}
            if needs & self._missing:
                self._waiting.remove(node)
                self._missing.add(node.id)
                self._blocked.append(node)
            elif needs <= self._done:
                self._waiting.remove(node)
                return node
        return None

    def finished(self, node: Node) -> None:
        """Record that a node is finished."""
        self._done.add(node.id)

    def failed(self, node: Node, error: BaseException) -> None:
        """Record and report that a node has failed."""
        self._missing.add(node.id)
        self._first_error = self._first_error or error
        name = type(error).__name__
        self._report(f"{node.title} failed ({name}: {error}); all independent nodes are executed")

    def raise_first_error(self) -> None:
        """Raise the error of the node that failed first, if any node failed.

        The nodes that were not executed are reported first.
        """
        if self._blocked:
            titles = ", ".join(node.title for node in self._blocked[:3])
            more = ", ..." if len(self._blocked) > 3 else ""
            self._report(
                f"nodes not executed because they need a failed node: {len(self._blocked)} "
                f"({titles}{more})"
            )
        if self._first_error is not None:
            raise self._first_error
