"""Retrieval of a window's own text among many texts: R@1, R@5 and median rank.

A window's own texts are its label or, if captions are used, the captions of its clip. Several
windows may share a text, and a window may have several texts: every distinct text is one item, and
a query succeeds if any of its own items is found. The rank of the best own item is one plus the
number of other items with a higher similarity, plus half the number of other items with an equal
similarity, so that an uninformative model has the median rank of random guessing.
"""

from typing import NamedTuple

import numpy as np

from mmclip.window_corpus import WindowCorpus, WindowIndex

# Maximum number of windows; of a larger number, evenly spaced windows are used.
MAX_WINDOWS = 1000


class Retrieval(NamedTuple):
    """Result of a retrieval.

    Attributes:
        r_at_1, r_at_5: fraction of queries whose own item is among the 1 or 5 most similar items.
        median_rank: median rank of a query's best own item; 1 is the best rank.
        queries, items: number of queries, and number of items searched.
    """

    r_at_1: float
    r_at_5: float
    median_rank: float
    queries: int
    items: int

    @property
    def recall_sum(self) -> float:
        """Sum of R@1 and R@5, by which training steps are compared."""
        return self.r_at_1 + self.r_at_5


def ranks(scores: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Rank of the best own item of each query.

    Args:
        scores: similarities [query, item].
        own: whether an item belongs to a query [query, item]; each query has at least one own item.

    Returns:
        Ranks [query], from 1; multiples of one half.
    """
    best = np.max(np.where(own, scores, -np.inf), axis=1, keepdims=True)
    higher = np.sum((scores > best) & ~own, axis=1)
    equal = np.sum((scores == best) & ~own, axis=1)
    return 1 + higher + equal / 2


def retrieve(scores: np.ndarray, own: np.ndarray) -> Retrieval:
    """Search the items for each query's own items; the arguments are those of `ranks`."""
    found = ranks(scores, own)
    at_1, at_5 = (float(np.mean(found <= limit)) for limit in (1, 5))
    return Retrieval(at_1, at_5, float(np.median(found)), *scores.shape)


def own_texts(
    corpus: WindowCorpus, windows: WindowIndex, captions: bool
) -> tuple[list[str], np.ndarray]:
    """Collect the texts that belong to each window, without duplicates.

    Args:
        corpus: corpus of the windows.
        windows: windows, each with a label.
        captions: whether a window's own texts are the captions of its clip, if the clip has any,
            instead of the window's label.

    Returns:
        The distinct texts, and which of them are each window's own [window, text].
    """
    clips = [corpus.clips[index] for index in windows.clip]
    labels = [corpus.labels[index] for index in windows.label]
    of_window = [(captions and clip.captions) or (label,) for clip, label in zip(clips, labels)]
    texts = sorted({text for each in of_window for text in each})
    index_of = {text: index for index, text in enumerate(texts)}
    own = np.zeros((len(windows), len(texts)), bool)
    for row, each in enumerate(of_window):
        own[row, [index_of[text] for text in each]] = True
    return texts, own
