"""Test of the texts that a describer gets: the labels and captions of training windows."""

from collections import defaultdict

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import window_corpus
from mmclip.study.training_texts import write_training_texts
from mmclip.window_corpus import Segment
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import tiny_settings


def test_the_texts_are_the_labels_of_windows_and_the_captions_of_clips(tmp_path, monkeypatch):
    """The windows of 0.39 s start at 0, 0.05 and 0.1 s.

    The first window shows only two of the three actions of the clip, so it has another label than
    the windows after it. Single actions are not the label of any window.
    """
    shown = [
        Segment(0.0, 0.22, "action", "turn"),
        Segment(0.22, 0.3, "action", "walk"),
        Segment(0.3, 0.5, "action", "sit"),
        Segment(0.0, 0.5, "sentence", "a person sits down"),
    ]
    monkeypatch.setattr(window_corpus, "read_segments", lambda *_: defaultdict(lambda: shown))
    store = build_labelled_store(tmp_path / "s.zarr", subjects=1, repeats=1, labels=("bow",))
    write_training_texts(store, tmp_path / "texts.txt", tiny_settings())
    lines = (tmp_path / "texts.txt").read_text().splitlines()
    assert lines == ["a person sits down", "turn and walk", "turn and walk and sit"]
