"""Episodes of few-shot training: for each of a few labels, example windows and query windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmclip.errors import MmclipError


@dataclass(frozen=True)
class Episode:
    """Indices of the windows of an episode.

    Attributes:
        labels: labels of the episode in random order [way].
        support: example windows, ordered by label [way * shot].
        queries: windows to classify, ordered by label [way * query].
    """

    labels: np.ndarray
    support: np.ndarray
    queries: np.ndarray


def draw_episode(
    labels: np.ndarray,
    clips: np.ndarray,
    ways: int,
    shots: int,
    queries: int,
    key: tuple[int, ...],
) -> Episode:
    """Draw an episode in which no clip provides both an example and a query.

    If a label has too few clips, clips are repeated among its examples or among its queries. Labels
    with a single clip are left out.

    Args:
        labels: label of each window [window].
        clips: clip of each window [window].
        ways: number of labels of the episode; if fewer labels exist, all of them are used.
        shots: number of examples per label.
        queries: number of query windows to classify per label.
        key: integers that seed the random choice of the episode.
    """
    rng = np.random.default_rng(key)
    known = [label for label in np.unique(labels) if len(np.unique(clips[labels == label])) > 1]
    chosen = rng.permutation(known)[:ways]
    support, asked = [], []
    for label in chosen:
        members = np.flatnonzero(labels == label)
        own = rng.permutation(np.unique(clips[members]))
        split = max(len(own) - queries, (len(own) + 1) // 2)
        of_support, of_queries = own[:split], own[split:]
        support += _draw(rng, members, clips, of_support, shots)
        asked += _draw(rng, members, clips, of_queries, queries)
    return Episode(chosen, np.array(support), np.array(asked))


def check_examples(where: str, labels: np.ndarray, names: Sequence[str]) -> None:
    """Check that every label has a window that can serve as an example.

    Args:
        where: path of the store, for the error message.
        labels: index of each window's label in `names` [window].
        names: names of the labels.

    Raises:
        MmclipError: a label has no window; the message lists all such labels.
    """
    missing = [name for index, name in enumerate(names) if not np.any(labels == index)]
    if missing:
        problem = f"the split train has no window of {', '.join(missing)} to use as an example"
        hint = "give a store in which training people perform these labels, or other --groups"
        raise MmclipError(where, "clips", problem, hint)


def draw_support(labels: np.ndarray, ways: int, shots: int, seed: int) -> np.ndarray:
    """Draw examples for few-shot classification [way * shot], ordered by label.

    With the same seed, a smaller number of shots gives a subset of the examples of a larger number.
    If a label has fewer windows than shots, its windows are repeated.

    Args:
        labels: label of each window [window], from 0 to `ways` - 1.
        ways: number of labels, each with at least one window (see `check_examples`).
        shots: number of examples per label.
        seed: random seed.
    """
    chosen = []
    for label in range(ways):
        order = np.random.default_rng((seed, label)).permutation(np.flatnonzero(labels == label))
        chosen.append(np.resize(order, shots))
    return np.concatenate(chosen)


def _draw(rng, members: np.ndarray, clips: np.ndarray, of: np.ndarray, count: int) -> list[int]:
    """Draw a random window from each of `count` clips; clips are repeated if too few exist."""
    found = []
    for clip in np.resize(of, count):
        windows = members[clips[members] == clip]
        found.append(int(windows[rng.integers(len(windows))]))
    return found
