"""Tests of the check for leakage with takes that contain several labels."""

from types import SimpleNamespace

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.baselines.window_data import BaselineData
from mmclip.errors import MmclipError
from mmclip.study.leaks import check_baseline
from mmclip.study.windows import ScoredModel
from tests.helpers.window_corpora import corpus_of

# Anna's recording contains a label of training and an excluded label.
CORPUS = corpus_of(("train", "anna", ("walk", "sit")), ("test", "ben", ("walk", "sit")))
TRAINED = BaselineData(CORPUS, ("walk",), ("sit",))


class Scored(ScoredModel):
    """Model without a network, trained on Anna's windows of walk."""

    def __init__(self):
        known = {"seen": ["walk"], "subjects": ["anna"], "takes": ["0"]}
        self.model = SimpleNamespace(folder="run", description=known)
        self.data = BaselineData(CORPUS, CORPUS.labels, ())


def check(kind, split, label, same_people, known_labels=False):
    """Check the windows of a label for a baseline or for mmCLIP."""
    if kind == "mmclip":
        Scored().windows([label], split, same_people, known_labels)
    else:
        windows = TRAINED.windows(split, [label])
        check_baseline("run", TRAINED, TRAINED, windows, [label], same_people)


@pytest.mark.parametrize("kind", ["mmclip", "baseline"])
def test_an_excluded_label_in_a_take_of_training_is_scored_for_training_people(kind):
    """Only for held-out people are Anna's windows of sit a leak of her person and her take."""
    check(kind, "train", "sit", same_people=True)
    check(kind, "test", "sit", same_people=False)
    with pytest.raises(MmclipError, match="subjects: anna was used in training"):
        check(kind, "train", "sit", same_people=False)
    with pytest.raises(MmclipError, match="labels: walk was used in training"):
        check(kind, "train", "walk", same_people=True)


def test_training_windows_are_not_scored_if_the_labels_may_be_known():
    check("mmclip", "test", "walk", same_people=False, known_labels=True)
    with pytest.raises(MmclipError, match="anna was used in training"):
        check("mmclip", "train", "walk", same_people=True, known_labels=True)
