"""Corpora of labelled windows without heatmaps, for tests that select and check windows."""

from collections import Counter
from types import SimpleNamespace

import numpy as np

from mmclip.window_corpus import StoredClip, WindowCorpus

COLUMNS = 32


def corpus_of(*clips: tuple[str, str, tuple[str, ...]], sentences: dict | None = None):
    """Return a corpus in which the windows of a clip do not overlap.

    Args:
        clips: split, subject, and labels of the successive windows of each clip; each clip is a
            take of its own, and its digest is its number.
        sentences: sentence variants, keyed by label.
    """
    labels = tuple(sorted({label for _, _, own in clips for label in own}))
    stored = [
        StoredClip(
            store=0,
            row=row,
            subject=subject,
            split=split,
            take=f"take {row}",
            columns=COLUMNS,
            starts=COLUMNS * np.arange(len(own)),
            labels=np.array([labels.index(label) for label in own]),
            take_digest=str(row),
        )
        for row, (split, subject, own) in enumerate(clips)
    ]
    stores = (SimpleNamespace(path="made-up.zarr"),)
    return WindowCorpus(stores, COLUMNS, labels, tuple(stored), sentences or {}, Counter())
