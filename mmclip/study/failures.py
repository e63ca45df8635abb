"""Nodes that have failed, and nodes that cannot be executed because they need a failed node."""

from collections.abc import Callable

from mmclip.study.nodes import Node


class Failures:
    """Failures during the execution of a graph, in which all independent nodes are still executed.

    Args:
        report: function that receives a line for each failure.
    """

    def __init__(self, report: Callable[[str], None]):
        self._report = report
        self._missing: set[str] = set()
        self._first: BaseException | None = None

    def add(self, node: Node, error: BaseException) -> None:
        """Record and report that a node has failed."""
        self._missing.add(node.id)
        self._first = self._first or error
        name = type(error).__name__
        self._report(f"{node.title} failed ({name}: {error}); all independent nodes are executed")

    def blocks(self, node: Node) -> bool:
        """Return whether a node needs a failed node, directly or indirectly.

        Nodes must be queried in topological order.
        """
        blocked = any(each.id in self._missing for _, each in node.needs)
        if blocked:
            self._missing.add(node.id)
        return blocked

    def raise_first(self) -> None:
        """Raise the error of the node that failed first, if any node failed."""
        if self._first is not None:
            raise self._first
