"""Episodes of few-shot training: some labels, with examples and windows to classify of each."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Episode:
    """Windows of an episode, by index.

    Attributes:
        labels: labels of the episode, in random order [way].
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
    """Draw an episode in which no clip provides both an example and a window to classify.

    A label with few clips repeats them within its examples or within its queries. Labels with a
    single clip are left out.

    Args:
        labels: label of each window [window].
        clips: clip of each window [window].
        ways: number of labels of the episode, or all labels if there are fewer.
        shots: number of examples per label.
        queries: number of windows to classify per label.
        key: integers that determine the episode.
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


def draw_support(labels: np.ndarray, ways: int, shots: int, seed: int) -> np.ndarray:
    """Draw examples of every label for few-shot classification [way * shot], ordered by label.

    The examples of fewer shots are the first of those of more shots with the same seed. A label
    with fewer windows than shots repeats its windows.

    Args:
        labels: label of each window [window], from 0 to `ways` - 1.
        ways: number of labels, each with at least one window.
        shots: number of examples per label.
        seed: random seed.
    """
    chosen = []
    for label in range(ways):
        order = np.random.default_rng((seed, label)).permutation(np.flatnonzero(labels == label))
        chosen.append(np.resize(order, shots))
    return np.concatenate(chosen)


def _draw(rng, members: np.ndarray, clips: np.ndarray, of: np.ndarray, count: int) -> list[int]:
    """One random window of each of `count` clips, which repeat if there are fewer clips."""
    found = []
    for clip in np.resize(of, count):
        windows = members[clips[members] == clip]
        found.append(int(windows[rng.integers(len(windows))]))
    return found
