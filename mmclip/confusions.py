"""The worst confusions of an evaluation, each with its window count and example clips."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmclip.batch_sampler import sequential_batches
from mmclip.evaluation_figures import draw_heatmap_pairs
from mmclip.model_score import ModelScore
from mmclip.store import BIN_AXES, UNITS
from mmclip.window_corpus import SPLITS, WindowIndex
from mmclip.window_reader import WindowReader

# Maximum number of example clips of a confusion.
EXAMPLES = 3


@dataclass(frozen=True)
class Confusion:
    """Windows of one label that are classified as another label.

    Attributes:
        true, predicted: true label and predicted label.
        windows: number of confused windows, summed over all models.
        of: number of windows with the true label, summed over all models.
        examples: model, store, clip (row), take and start [s] of some confused windows.
    """

    true: str
    predicted: str
    windows: int
    of: int
    examples: list[dict] = field(default_factory=list)

    def __str__(self) -> str:
        share = f"{self.windows} of {self.of} windows, {self.windows / self.of:.0%}"
        clips = ", ".join(f"clip {each['clip']} of {each['store']}" for each in self.examples)
        return f"{self.true!r} mistaken for {self.predicted!r}: {share}; such as {clips}"


def worst_confusions(scores: Sequence[ModelScore], count: int = 2) -> list[Confusion]:
    """Find the confusions that affect the largest fraction of the windows of their true label.

    If two labels are confused in both directions, only the more frequent direction is included.

    Args:
        scores: predictions of all models; few-shot predictions are ignored.
        count: maximum number of confusions to return.
    """
    wrong, totals = Counter(), Counter()
    for score in scores:
        for row, column in np.argwhere(score.counts > 0) if score.scores is not None else ():
            pair = score.labels[row], score.labels[column]
            wrong[pair] += int(score.counts[row, column])
            totals[pair[0]] += int(score.counts[row, column])
    pairs = [pair for pair in wrong if pair[0] != pair[1]]
    pairs.sort(key=lambda pair: (-wrong[pair] / totals[pair[0]], -wrong[pair], pair))
    chosen: dict[frozenset, tuple] = {}
    for pair in pairs:
        chosen.setdefault(frozenset(pair), pair)
    return [
        Confusion(*pair, wrong[pair], totals[pair[0]], _examples(scores, *pair))
        for pair in [*chosen.values()][:count]
    ]


def _examples(scores: Sequence[ModelScore], true: str, predicted: str) -> list[dict]:
    found = [
        _example(score, window)
        for score in scores
        if score.scores is not None and {true, predicted} <= set(score.labels)
        for window in confused_windows(score, true, predicted)
    ]
    different = {(each["store"], each["clip"]): each for each in reversed(found)}
    return [*reversed(different.values())][:EXAMPLES]


def confused_windows(score: ModelScore, true: str, predicted: str) -> np.ndarray:
    """Indices of the windows of a true label that are classified as a given label."""
    names = np.asarray(score.labels, object)
    best = names[np.argmax(score.scores, axis=1)]
    return np.flatnonzero((names[score.truth] == true) & (best == predicted))


def draw_confusion(path: Path, confusion: Confusion, scores: Sequence[ModelScore]) -> bool:
    """Draw a misclassified window next to a window that has the predicted label.

    Args:
        path: path of the image to write.
        confusion: the confusion.
        scores: predictions of all models.

    Returns:
        Whether the image was written, which requires a window of the predicted label.
    """
    score, window = _first_window(confusion, scores)
    other = _window_of_label(score, confusion.predicted)
    if not len(other):
        return False
    names = score.model.settings.model.heatmaps
    reader, own = WindowReader(score.corpus, names), score.index.select(np.array([window]))
    left, right = (
        {name: maps[0] for name, maps in next(reader.read(sequential_batches(each, 1)))[0].items()}
        for each in (own, other)
    )
    titles = f"{confusion.true}, mistaken for {confusion.predicted}", confusion.predicted
    durations_s = _duration_s(score, own), _duration_s(score, other)
    draw_heatmap_pairs(path, left, right, _bins(score, names), durations_s, titles)
    return True


def _first_window(confusion: Confusion, scores: Sequence[ModelScore]) -> tuple[ModelScore, int]:
    """The first window of a confusion, and the model's predictions that contain this window."""
    pair = confusion.true, confusion.predicted
    return next(
        (score, window)
        for score in scores
        if score.scores is not None and set(pair) <= set(score.labels)
        for window in confused_windows(score, *pair)
    )


def _window_of_label(score: ModelScore, label: str) -> WindowIndex:
    """A window of a label, if possible classified correctly or part of the evaluated split."""
    correct = confused_windows(score, label, label)
    if len(correct):
        return score.index.select(correct[:1])
    of_split, of_any = (
        score.corpus.windows(splits, {label}) for splits in ((score.clip(0).split,), SPLITS)
    )
    return (of_split if len(of_split) else of_any).select(slice(0, 1))


def _duration_s(score: ModelScore, window: WindowIndex) -> float:
    """Time from the first to the last column of a window, before any stretching."""
    time_s = score.corpus.stores[0].axes["column_time"]
    return float(time_s[score.corpus.clips[window.clip[0]].columns - 1] - time_s[0])


def _bins(score: ModelScore, names: Sequence[str]) -> dict[str, tuple]:
    """Limits and unit of the bins of each heatmap, with angles in degrees."""
    found = {}
    for name in names:
        axis = BIN_AXES[name]
        limits, unit = score.corpus.stores[0].axes[axis][[0, -1]], UNITS[axis]
        if unit == "rad":
            limits, unit = np.rad2deg(limits), "deg"
        found[name] = (*limits.tolist(), unit)
    return found


def _example(score: ModelScore, window: int) -> dict:
    clip = score.clip(window)
    store = score.corpus.stores[clip.store]
    return {
        "model": str(score.model.folder),
        "store": store.name,
        "clip": clip.row,
        "take": clip.take,
        "start_s": float(store.axes["column_time"][score.index.start[window]]),
    }
