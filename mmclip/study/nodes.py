"""Nodes of the study's graph: corpora, trainings and scorings, each identified by its content."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Node:
    """A unit of work whose result depends only on its settings and on the nodes that it needs.

    Two nodes with the same kind, settings and needs have the same identifier, so figures that ask
    for the same work share it.

    Attributes:
        kind: kind of work, a key of `work.KINDS`.
        settings: settings as JSON text.
        needs: nodes whose results are needed, with their roles.
        title: short description for people; not part of the identity.
        seconds: predicted time [s]; not part of the identity.
    """

    kind: str
    settings: str
    needs: tuple[tuple[str, "Node"], ...] = ()
    title: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)

    @cached_property
    def id(self) -> str:
        """Identifier, the kind and a digest of the content."""
        content = [self.kind, self.settings, [[role, each.id] for role, each in self.needs]]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        return f"{self.kind}-{digest[:12]}"

    @property
    def values(self) -> dict:
        """The settings."""
        return json.loads(self.settings)

    def need(self, role: str) -> list["Node"]:
        """Needed nodes with a role."""
        return [each for own, each in self.needs if own == role]


def make_node(
    kind: str, title: str, seconds: float, needs: Iterable[tuple[str, Node]] = (), **settings
) -> Node:
    """Make a node from JSON values."""
    text = json.dumps(settings, sort_keys=True)
    return Node(kind, text, tuple(needs), title=title, seconds=seconds)


def in_order(targets: Iterable[Node]) -> list[Node]:
    """All nodes that the targets need, each once and after the nodes that it needs itself."""
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
    """Folder of a node's files."""
    return root / "nodes" / node.id


def result_path(root: Path, node: Node) -> Path:
    """File of a node's result, which exists only if the node is finished."""
    return node_folder(root, node) / "result.json"


def read_result(root: Path, node: Node) -> dict:
    """Result of a finished node."""
    return json.loads(result_path(root, node).read_bytes())
