"""Checks of existing stores while the study is planned, hours before their first use."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mmclip.baselines.window_data import BaselineData
from mmclip.common_grid import on_grid
from mmclip.errors import MmclipError
from mmclip.excluded_windows import leave_out_windows
from mmclip.prepared_data import labels_without, open_corpus, require_windows
from mmclip.presets import load_preset
from mmclip.store import RadarStore, differing_digests, open_store, store_digests
from mmclip.store_axes import check_same_axes
from mmclip.study.nodes import Node, read_result, result_path
from mmclip.study.scale import Scale
from mmclip.window_corpus import WindowCorpus

HINT = "give a store with more people or labels, or other labels with --groups"


def check_stores(
    corpora: Sequence[Node], nodes: Sequence[Node], scale: Scale, root: Path
) -> list[str]:
    """Check the existing stores: layout, axes, unchanged content, and windows of the labels.

    Of a store that no node uses, only the layout is checked.

    Args:
        corpora: corpora of the study, of which only existing stores are checked.
        nodes: nodes of the planned study.
        scale: sizes of the study, with the settings of all training runs.
        root: output folder of the study, with the results of earlier runs.

    Returns:
        A line for each store and split in which some of the scored labels have no windows.

    Raises:
        MmclipError: a store cannot be opened, has other axes than the others, differs from the
            store that an earlier run used, or has no windows for a training run or a scoring.
    """
    given = {node.values["path"]: node for node in corpora if node.kind == "store"}
    settings = load_preset(scale.preset, scale.base)
    stores = {path: on_grid(open_store(path), settings) for path in given}
    used = {each.values["path"] for each in nodes if each.kind == "store"}
    stores = {path: store for path, store in stores.items() if path in used}
    check_same_axes([*stores.values()])
    for path, store in stores.items():
        _check_unchanged(root, given[path], store)
    lines: list[str] = []
    for path in stores:
        corpus = open_corpus([path], settings, verify=False, report=lambda line: None)
        lines += _check_windows(corpus, path, nodes)
        _check_further_people(corpus, path, nodes)
    return list(dict.fromkeys(lines))


def _check_unchanged(root: Path, node: Node, store: RadarStore) -> None:
    """Check that a store has the content with which an earlier run of the study began.

    Results of nodes are kept, so a report would otherwise mix results of the old and the new
    content.

    Raises:
        MmclipError: the store was replaced.
    """
    if not result_path(root, node).exists():
        return
    if different := differing_digests(read_result(root, node), store_digests(store)):
        problem = f"is another store than the one from which {root} has results"
        hint = "choose another folder with --out, or give the new store another path"
        raise MmclipError(store.path, different[0], problem, hint)


class _Need(NamedTuple):
    """Windows that a node needs: of any of the labels, or of all of them.

    Attributes:
        split: name of the split.
        labels: labels of the windows.
        all: True if every label must have a window.
        scored: True if the windows are scored, so that labels without windows are reported.
    """

    split: str
    labels: tuple[str, ...]
    all: bool = False
    scored: bool = False


def _check_windows(corpus: WindowCorpus, path: str, nodes: Sequence[Node]) -> Iterator[str]:
    """Yield lines about scored labels without windows; raise MmclipError if a node needs them."""
    needs = [need for node in _nodes_of(path, nodes) for need in _needs(node, corpus)]
    known = {split: _labels_of(corpus, split) for split in {need.split for need in needs}}
    for need in dict.fromkeys(needs):
        missing = [label for label in need.labels if label not in known[need.split]]
        if not need.labels:
            raise MmclipError(path, "labels", "none is left for training", HINT)
        if len(missing) == len(need.labels):
            problem = f"no clip of the split {need.split} has any of the {len(missing)} labels"
            raise MmclipError(path, "clips", f"{problem} {_few(need.labels)}", HINT)
        if missing and need.all:
            problem = f"no clip of the split {need.split} has the label {missing[0]}"
            raise MmclipError(path, "clips", f"{problem}, of which examples are needed", HINT)
        if missing and need.scored:
            yield f"{path}: no clip of the split {need.split} has the labels {_few(missing)}"


def _check_further_people(corpus: WindowCorpus, path: str, nodes: Sequence[Node]) -> None:
    """Check that training windows remain without those in which a further person is unseen.

    Raises:
        MmclipError: a training run has no window.
    """
    for node in _nodes_of(path, nodes):
        if "overrides" in node.values:
            unseen = _unseen(node)
            seen, kept = labels_without(corpus, unseen), leave_out_windows(corpus, unseen)
            if kept.left_out:
                require_windows(BaselineData(kept, seen, unseen), ("train",), seen)


def _nodes_of(path: str, nodes: Sequence[Node]) -> list[Node]:
    """Nodes that need the store with the given path."""
    return [
        node
        for node in nodes
        if any(each.kind == "store" and each.values["path"] == path for _, each in node.needs)
    ]


def _needs(node: Node, corpus: WindowCorpus) -> Iterator[_Need]:
    """Windows that a node needs of its store, which contains the given corpus."""
    values = node.values
    if node.kind == "few-shot":
        yield _Need("train", tuple(values["labels"]), all=True)
        yield _Need("test", tuple(values["labels"]), scored=True)
    elif node.kind == "score":
        from mmclip.study.scoring import PEOPLE

        for people in values["people"]:
            yield _Need(PEOPLE[people], tuple(values["labels"]), scored=True)
        for size in values["subsets"]:
            yield _Need(PEOPLE["held out"], tuple(values["labels"][:size]))
    elif "overrides" in values:
        yield _Need("train", labels_without(corpus, _unseen(node)))


def _unseen(node: Node) -> tuple[str, ...]:
    """Labels that a training run excludes."""
    given = [each for each in node.values["overrides"] if each.startswith("unseen=")]
    return tuple(given[-1].removeprefix("unseen=").split(",")) if given else ()


def _labels_of(corpus: WindowCorpus, split: str) -> set[str]:
    """Labels that have a window in a split."""
    windows = corpus.windows((split,), set(corpus.labels))
    return {corpus.labels[index] for index in set(windows.label.tolist())}


def _few(labels: Sequence[str]) -> str:
    more = ", ..." if len(labels) > 3 else ""
    return f"({', '.join(labels[:3])}{more})"
