"""Nodes of the study's graph: corpora, training runs and scorings, identified by content."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Node:
    """A unit of work whose result depends only on the node's settings and on the nodes it needs.

    Two nodes with equal kind, settings and needs have the same identifier, so figures that require
    the same work share one node.

    Attributes:
        kind: kind of work, which is a key of `work.KINDS`.
        settings: settings as JSON text.
        needs: nodes whose results are needed, with their roles.
        title: short description for readers, which is not part of the identity.
        seconds: predicted time [s], which is not part of the identity.
        places: placeholders in commands and their values, such as the address of a server. They do
            not change the result, and are not part of the identity.
    """

    kind: str
    settings: str
    needs: tuple[tuple[str, "Node"], ...] = ()
    title: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)
    places: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @cached_property
    def id(self) -> str:
        """Identifier of the node: the kind, and a digest of the content."""
        content = [self.kind, self.settings, [[role, each.id] for role, each in self.needs]]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        return f"{self.kind}-{digest[:12]}"

    @property
    def values(self) -> dict:
        """Return the settings as JSON values."""
        return json.loads(self.settings)

    def need(self, role: str) -> list["Node"]:
        """Return the needed nodes with the given role."""
        return [each for own, each in self.needs if own == role]


def make_node(
    kind: str, title: str, seconds: float, needs: Iterable[tuple[str, Node]] = (), **settings
) -> Node:
    """Create a node from JSON values."""
    text = json.dumps(settings, sort_keys=True)
    return Node(kind, text, tuple(needs), title=title, seconds=seconds)


def in_order(targets: Iterable[Node]) -> list[Node]:
    """All nodes that the targets need, in topological order and without duplicates."""
    found: dict[str, Node] = {}

    def visit(node: Node) -> None:
        if node.id not in found:
            for _, each in node.needs:
                visit(each)
            found[node.id] = node

    for target in targets:
        visit(target)
    return list(found.values())


def node_folder(root: Path, node: Node) -> Path:
    """Folder that contains the files of a node."""
    return root / "nodes" / node.id


def result_path(root: Path, node: Node) -> Path:
    """Path of a node's result file, which exists only if the node is finished."""
    return node_folder(root, node) / "result.json"


def read_result(root: Path, node: Node) -> dict:
    """Read the result of a finished node."""
    return json.loads(result_path(root, node).read_bytes())
