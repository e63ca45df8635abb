"""Windows that training must not use, because a further person performs an unseen activity."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from mmclip.window_corpus import StoredClip, WindowCorpus, WindowIndex

# Splits whose windows training and model selection use.
TRAINING_SPLITS = ("train", "val")
# Entry of model.json and of run.json with the number of windows that the training left out.
LEFT_OUT = "left_out_windows"


def left_out_entry(corpus: WindowCorpus) -> dict[str, int]:
    """Entry of model.json and of run.json; empty for a training that left out no windows."""
    return {LEFT_OUT: corpus.left_out} if corpus.left_out else {}


def further_labels(
    corpus: WindowCorpus, splits: Collection[str], labels: Collection[str]
) -> set[str]:
    """Labels and actions that further people perform in the windows of given splits and labels.

    Args:
        corpus: windows of the stores.
        splits: splits of the clips.
        labels: labels of the main person.
    """
    clips = [clip for clip in corpus.clips if clip.split in splits and clip.others]
    wanted = np.array([label in labels for label in corpus.labels], bool)
    found: set[str] = set()
    for clip in clips:
        found = found.union(*(clip.other_labels[i] for i in np.flatnonzero(wanted[clip.labels])))
    return found


def shown_by_others(
    corpus: WindowCorpus, windows: WindowIndex, labels: Collection[str]
) -> np.ndarray:
    """Whether a further person performs one of the labels in a window, bool [window]."""
    labels = frozenset(labels)
    found = np.zeros(len(windows), bool)
    for number, (index, start) in enumerate(zip(windows.clip, windows.start)):
        clip = corpus.clips[index]
        if clip.others:
            shown = clip.other_labels[np.searchsorted(clip.starts, start)]
            found[number] = not labels.isdisjoint(shown)
    return found


def leave_out_windows(corpus: WindowCorpus, excluded: Collection[str]) -> WindowCorpus:
    """Leave out the windows of training and validation in which a further person shows a label.

    Windows in which the main person performs an excluded label or action remain, because training
    does not use them, and few-shot evaluation takes examples from them. Clips without windows
    remain, too, so that their people count as people of the training data.

    Args:
        corpus: windows of the stores.
        excluded: labels and actions that training must not use.

    Returns:
        The corpus with the number of windows left out; the same corpus if there are none.
    """
    excluded, clips, left_out = frozenset(excluded), [], 0
    if excluded.isdisjoint(corpus.further):
        return corpus
    own = {
        index
        for index, label in enumerate(corpus.labels)
        if not excluded.isdisjoint({label, *corpus.actions_of([label])})
    }
    for clip in corpus.clips:
        kept = _kept(clip, excluded, own)
        left_out += int((~kept).sum())
        clips.append(clip if kept.all() else _with_windows(clip, kept))
    return replace(corpus, clips=tuple(clips), left_out=left_out) if left_out else corpus


def _kept(clip: StoredClip, excluded: frozenset[str], own: set[int]) -> np.ndarray:
    """Which windows of a clip remain; `own` are the indices of the main person's excluded labels.

    Windows of the test split remain, because training does not use them.
    """
    if clip.split not in TRAINING_SPLITS or not clip.others:
        return np.ones(len(clip.starts), bool)
    return np.array(
        [
            label in own or excluded.isdisjoint(shown)
            for label, shown in zip(clip.labels.tolist(), clip.other_labels)
        ],
        bool,
    )


def _with_windows(clip: StoredClip, kept: np.ndarray) -> StoredClip:
    shown = tuple(each for each, keep in zip(clip.other_labels, kept) if keep)
    return replace(clip, starts=clip.starts[kept], labels=clip.labels[kept], other_labels=shown)
