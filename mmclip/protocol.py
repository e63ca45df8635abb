"""The paper's evaluation protocol: sixty activities, with three groups of ten unseen activities."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mmclip.errors import MmclipError

FILE = Path(__file__).parent / "protocol.toml"


@cache
def activities() -> dict[int, str]:
    """Names of the activities, keyed by number."""
    return {int(number): name for number, name in _read()["activities"].items()}


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Names of the unseen activities, keyed by group."""
    return {
        group: tuple(activities()[number] for number in numbers)
        for group, numbers in _read()["groups"].items()
    }


def labels_named(name: str, known: Iterable[str]) -> set[str]:
    """Those of the known labels that belong to a group or are the label `name` itself."""
    return set(groups().get(name, (name,))) & set(known)


def split_names(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Split names at commas, except labels that contain commas.

    Args:
        names: names of groups or labels, or several names separated by commas.
        known: labels of the corpus.

    Returns:
        The names; a name with an unknown part is not split.
    """
    known, found = set(known), []
    for name in names:
        parts = [part.strip() for part in name.split(",")]
        several = not labels_named(name, known) and all(labels_named(x, known) for x in parts)
        found += parts if several else [name]
    return tuple(found)


def unseen_labels(
    requested: tuple[str, ...], known: tuple[str, ...], where: str
) -> tuple[str, ...]:
    """Select the labels of a corpus to exclude from training.

    Args:
        requested: names of groups or labels.
        known: labels of the corpus.
        where: paths of the corpus, for the error message.

    Returns:
        The excluded labels, in the order of `known`.

    Raises:
        MmclipError: a label, or every label of a group, is missing from the corpus.
    """
    excluded: set[str] = set()
    for name in requested:
        present = labels_named(name, known)
        if not present:
            problem = f"{name!r} is neither a label of this corpus nor a group with such a label"
            shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            raise MmclipError(where, "labels", problem, f"the labels are {shown}")
        excluded |= present
    return tuple(label for label in known if label in excluded)


@cache
def _read() -> dict:
    return tomllib.loads(FILE.read_text("utf-8"))
