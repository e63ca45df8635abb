"""Selection of the windows of each batch: random windows for training, all in order for scoring.

A training batch is a pure function of the seed and the step.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mmclip.sentences import SentenceBank
from mmclip.settings import TrainingSettings
from mmclip.window_corpus import WindowCorpus, WindowIndex


@dataclass(frozen=True)
class BatchIndices:
    """Windows and sentences of a batch, by index.

    Attributes:
        windows: windows of the batch.
        sentences: indices of each window's sentences [window, attribute].
    """

    windows: WindowIndex
    sentences: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """Index of each window's label."""
        return self.windows.label.astype(np.int32)


class BatchSampler:
    """Sampler of training batches.

    If `train.window_pair_weight` is not 0, window i + batch / 2 is another window with the clip and
    label of window i, or window i itself if no other exists.

    Args:
        corpus: clips and labels.
        windows: windows to draw from, as selected by `WindowCorpus.windows`.
        bank: sentences of the labels and captions.
        settings: training settings; only `data`, the batch size, the seed and the window-pair
            weight are used.
        text_of: maps a label to the label whose text is used for it; default: the label itself.
    """

    def __init__(
        self,
        corpus: WindowCorpus,
        windows: WindowIndex,
        bank: SentenceBank,
        settings: TrainingSettings,
        text_of: dict[str, str] | None = None,
    ):
        self._corpus, self._bank, self._text_of = corpus, bank, text_of or {}
        self._settings = settings.train
        self._use_captions = settings.data.captions
        self._without_sentences = frozenset(bank.without_sentences)
        group = {"label": windows.label, "clip": windows.clip}[settings.data.sampling]
        order = np.argsort(group, kind="stable")
        self._windows = windows.select(order)
        _, self._first, self._count = np.unique(group[order], return_index=True, return_counts=True)
        self._partners = _partners(self._windows) if settings.train.window_pair_weight else None

    def batch(self, step: int) -> BatchIndices:
        """Draw the batch of a step, which depends only on the seed and the step."""
        rng = np.random.default_rng((self._settings.seed, step))
        size = self._settings.batch // (1 if self._partners is None else 2)
        group = rng.integers(len(self._first), size=size)
        offset = (rng.random(size) * self._count[group]).astype(np.int64)
        drawn = self._first[group] + offset
        if self._partners is not None:
            partners = [_draw_other(rng, self._partners[window], window) for window in drawn]
            drawn = np.concatenate([drawn, partners])
        windows = self._windows.select(drawn)
        sentences = [self._draw_sentences(rng, *each) for each in zip(windows.clip, windows.label)]
        return BatchIndices(windows, np.stack(sentences).astype(np.int32))

    def _draw_sentences(self, rng: np.random.Generator, clip: int, label: int) -> np.ndarray:
        """Draw one text of a window, then one of the sentence variants of this text.

        Texts without sentences are drawn only if no text of the window has sentences.
        """
        texts = (self._corpus.labels[label],)
        if self._use_captions:
            texts += self._corpus.clips[clip].captions
        texts = [self._text_of.get(text, text) for text in texts]
        texts = [text for text in texts if text not in self._without_sentences] or texts
        variants = self._bank.variants[texts[rng.integers(len(texts))]]
        return variants[rng.integers(len(variants))]


def _partners(windows: WindowIndex) -> list[np.ndarray]:
    """For each window, the indices of all windows with the same clip and label."""
    keys = np.stack([windows.clip, windows.label], axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.ravel()
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1])
    return [members[each] for each in group]


def _draw_other(rng: np.random.Generator, members: np.ndarray, window: int) -> int:
    """Draw a random member other than the given window, or this window if it is the only member."""
    others = members[members != window]
    return int(others[rng.integers(len(others))]) if len(others) else int(window)


def sequential_batches(windows: WindowIndex, size: int) -> Iterator[BatchIndices]:
    """Yield all windows in order as batches; the last batch is padded with its last window.

    Args:
        windows: windows to divide into batches.
        size: windows per batch, constant so that the program is compiled only once.
    """
    for first in range(0, len(windows), size):
        indices = np.minimum(np.arange(first, first + size), len(windows) - 1)
        yield BatchIndices(windows.select(indices), np.zeros((size, 0), np.int64))


def non_overlapping(windows: WindowIndex, stride: int) -> WindowIndex:
    """Keep windows that start at least `stride` columns after the clip's previous kept window."""
    kept, last = [], {}
    for index, (clip, start) in enumerate(zip(windows.clip, windows.start)):
        if clip not in last or start >= last[clip] + stride:
            kept.append(index)
            last[clip] = start
    return windows.select(np.array(kept, np.int64))


def evenly_spaced(windows: WindowIndex, limit: int) -> WindowIndex:
    """Keep all windows, or `limit` evenly spaced windows if there are more than `limit`."""
    if len(windows) <= limit:
        return windows
    return windows.select(np.linspace(0, len(windows) - 1, limit).round().astype(int))
