"""The paper's protocol as data: sixty activities, three groups of ten that training never sees."""

import tomllib
from functools import cache
from pathlib import Path

from mmclip.errors import MmclipError

FILE = Path(__file__).parent / "protocol.toml"


@cache
def activities() -> dict[int, str]:
    """Words of the activities by number."""
    return {int(number): words for number, words in _read()["activities"].items()}


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Words of the unseen activities by group."""
    return {
        name: tuple(activities()[number] for number in numbers)
        for name, numbers in _read()["groups"].items()
    }


def unseen_labels(asked: tuple[str, ...], known: tuple[str, ...], where: str) -> tuple[str, ...]:
    """The labels of a corpus that training must not see.

    Args:
        asked: names of groups, or labels.
        known: labels of the corpus.
        where: what the corpus is called, for the error.

    Returns:
        Those of the corpus, in its order.

    Raises:
        MmclipError: a label that the corpus has not, or a group none of whose labels it has.
    """
    wanted: set[str] = set()
    for name in asked:
        labels = groups().get(name, (name,))
        found = set(labels) & set(known)
        if not found:
            problem = f"{name!r} is no label of it and no group with a label of it"
            shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            raise MmclipError(where, "labels", problem, f"there are {shown}")
        wanted |= found
    return tuple(label for label in known if label in wanted)


@cache
def _read() -> dict:
    return tomllib.loads(FILE.read_text("utf-8"))
