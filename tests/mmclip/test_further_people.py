"""Further people in a clip: their takes, and their labels, which are not those of the clip."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.baselines.window_data import BaselineData
from mmclip.errors import MmclipError
from mmclip.excluded_windows import shown_by_others
from mmclip.further_people import FurtherPerson, Performer, shown_labels
from mmclip.leakage import check_leakage
from mmclip.model_card import card
from mmclip.model_files import describe_training
from mmclip.prepared_data import (
    prepare_data,
    require_windows,
    training_corpus,
    with_split_names,
    without_unseen_people,
)
from mmclip.presets import with_unseen
from mmclip.query_bank import bank_windows
from mmclip.scoring import _other_windows
from mmclip.store import open_store
from mmclip.study.given_stores import _check_further_people
from mmclip.study.leaks import check_baseline
from mmclip.study.nodes import make_node
from mmclip.text_encoders import HashEncoder
from mmclip.training_overlap import overlap, overlap_lines
from mmclip.window_corpus import read_corpus
from mmclip.window_labels import Segment
from tests.helpers.labelled_stores import WINDOW, build_labelled_store
from tests.helpers.tiny_training import tiny_settings
from tests.helpers.window_corpora import corpus_of

CARL = Performer("carl", "carl 1", "77")


def with_others(corpus, shown: dict[int, tuple[set[str], ...]], person=CARL):
    """Add a further person to clips; `shown` has the labels of each window, keyed by clip."""
    clips = [
        replace(clip, others=(person,), other_labels=tuple(map(frozenset, shown[index])))
        if index in shown
        else clip
        for index, clip in enumerate(corpus.clips)
    ]
    further = {label for windows in shown.values() for labels in windows for label in labels}
    return replace(corpus, clips=tuple(clips), further=tuple(sorted(further)))


def silent(line):
    """Ignore a line of progress."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Return a store in which s3 kicks beside s1, and s4 squats beside s3; all are in train."""
    path = tmp_path_factory.mktemp("people") / "s.zarr"
    further = {"s1/squat_0": "s3/kick_0", "s3/bow_0": "s4/squat_0"}
    return build_labelled_store(path, repeats=1, labels=("bow", "kick", "squat"), further=further)


def test_a_stored_clip_has_the_takes_and_labels_of_its_further_people(store):
    corpus = read_corpus([open_store(store)], WINDOW)
    clips = {clip.take: clip for clip in corpus.clips}
    clip, other = clips["s1/squat_0"], clips["s3/kick_0"]
    assert clip.others == (Performer("fake/s3", "s3/kick_0", other.take_digest),)
    assert clip.other_labels == (frozenset({"kick"}),) * len(clip.starts)
    assert {corpus.labels[label] for label in clip.labels} == {"squat"}
    assert (other.others, other.other_labels) == ((), ())
    assert corpus.further == ("kick", "squat")


def test_training_leaves_out_the_windows_in_which_a_further_person_is_unseen(store):
    settings, lines = with_unseen(tiny_settings(), ["kick"]), []
    data = prepare_data([store], settings, HashEncoder(), verify=False, report=lines.append)
    description = describe_training(data, settings)
    takes = {data.corpus.clips[i].take for i in require_windows(data, ("train",), data.seen).clip}
    assert takes == {"s1/bow_0", "s3/bow_0", "s3/squat_0", "s4/bow_0", "s4/squat_0"}
    reason = "because a further person performs an unseen label"
    assert f"data: 3 windows left out of training and validation, {reason}" in lines
    assert description["left_out_windows"] == 3
    assert "seen_of_further_people" not in description
    entries = {"weights_sha256": "0", "step": 1, "query_bank": {}}
    assert "left out 3 windows, in which a further person" in card({**description, **entries}, {})


def test_people_takes_and_labels_of_further_people_are_part_of_the_training_data():
    """Carl, who never is a main person, bows beside Anna; his label is not one of the corpus."""
    corpus = corpus_of(("train", "anna", ("walk",)), ("test", "ben", ("walk", "sit")))
    corpus = with_others(corpus, {0: ({"bow"},)})
    assert corpus.subjects(("train",)) == {"anna", "carl"}
    assert corpus.take_digests(("train",), {"walk"}) == {"0", "77"}
    trained = BaselineData(corpus, ("walk",), ("sit",))
    windows = trained.windows("test", ["sit"])
    check_baseline("run", trained, trained, windows, ["sit"], same_people=False)
    with pytest.raises(MmclipError, match="labels: bow was used in training"):
        check_baseline("run", trained, trained, windows, ["bow"], same_people=False)
    other = BaselineData(corpus_of(("test", "carl", ("sit",))), (), ("sit",))
    windows = other.windows("test", ["sit"])
    with pytest.raises(MmclipError, match="subjects: carl was used in training"):
        check_baseline("run", trained, other, windows, ["sit"], same_people=False)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"subjects": ["carl"]}, "subjects: carl was used in training"),
        ({"takes": ["77"]}, "takes: carl 1 was used in training"),
        ({"seen_of_further_people": ["sit"]}, "labels: sit was used in training"),
    ],
)
def test_a_further_person_of_an_evaluated_clip_must_be_new(entries, message):
    corpus = with_others(corpus_of(("test", "ben", ("sit",))), {0: ({"walk"},)})
    earlier = {"seen": ["walk"], "subjects": ["anna"]}
    check_leakage("run", earlier, ["sit"], corpus.clips, unseen=True)
    with pytest.raises(MmclipError, match=message):
        check_leakage("run", earlier | entries, ["sit"], corpus.clips, unseen=True)


def test_prediction_states_that_a_further_person_is_in_the_training_data():
    corpus = with_others(corpus_of(("test", "ben", ("sit",))), {0: ({"walk"},)})
    known = {"seen": ["walk"], "subjects": ["anna", "carl"], "takes": ["77"]}
    assert overlap(known, corpus.clips[0], "sit") == ("person", "take")
    assert (
        "1 of 1 clips are of people in the training data (carl), 1 of 1 clips of takes"
        in (overlap_lines(known, corpus, ["sit", "walk"])[0])
    )
    known |= {"seen_of_further_people": ["sit"]}
    assert overlap(known, corpus.clips[0], "sit") == ("person", "take", "label")


def test_windows_before_and_after_the_unseen_activity_of_a_further_person_remain():
    """Carl bows in the second of Anna's three windows, in one of each other clip's windows."""
    carl = FurtherPerson(CARL, [Segment(2.0, 4.0, "action", "bow")])
    spans_s = ((0.0, 1.9), (2.0, 3.9), (4.0, 5.9))
    shown = tuple(set(shown_labels([carl], *span_s)) for span_s in spans_s)
    assert shown == (set(), {"bow"}, set())
    walks = ("walk", "walk", "walk")
    people = (("train", "anna"), ("val", "ben"), ("test", "dora"))
    corpus = corpus_of(*((*each, walks) for each in people), ("train", "eva", ("bow", "walk")))
    corpus = with_others(corpus, dict.fromkeys(range(3), shown) | {3: ({"bow"}, set())})
    kept, seen, unseen = training_corpus(corpus, ("bow",), silent)
    assert (kept.left_out, seen, unseen) == (2, ("walk",), ("bow",))
    starts = [(clip.starts / WINDOW).tolist() for clip in kept.clips]
    # Eva's bow is an example in few-shot evaluation.
    assert starts == [[0, 2], [0, 2], [0, 1, 2], [0, 1]]
    assert kept.clips[0].other_labels == (frozenset(), frozenset())
    assert training_corpus(corpus, (), silent)[0] is corpus
    assert without_unseen_people(corpus, ("bow", "hop")).left_out == 2


def test_an_activity_of_a_further_person_is_unseen_if_one_of_several_actions_is():
    carl = FurtherPerson(CARL, [Segment(0, 1, "action", "bow"), Segment(1, 2, "action", "sit")])
    assert shown_labels([carl], 0.0, 2.0) == {"bow", "sit", "bow and sit"}
    unknown = FurtherPerson(CARL, [])
    assert shown_labels([unknown], 0.0, 2.0) == frozenset()


def test_a_label_that_only_further_people_perform_can_be_excluded():
    corpus = corpus_of(("train", "anna", ("walk", "sit")))
    corpus, lines = with_others(corpus, {0: ({"bow"}, {"hop"})}), []
    kept, seen, unseen = training_corpus(corpus, ("bow,sit",), lines.append)
    assert (kept.left_out, seen, unseen) == (1, ("walk",), ("sit",))
    problem = "is performed by further people only, so it cannot be evaluated"
    assert f"data: bow {problem}" in lines
    settings = with_unseen(tiny_settings(), ["bow,sit"])
    assert with_split_names(settings, kept).data.unseen == ("bow", "sit")


def test_training_without_any_window_left_is_an_error_that_states_the_reason():
    alone = corpus_of(("train", "anna", ("walk",)), ("train", "ben", ("bow",)))
    corpus = with_others(alone, {0: ({"bow"},)})
    kept, seen, _ = training_corpus(corpus, ("bow",), silent)
    message = "windows: none of the split train is left: in 1 window, a further person performs"
    with pytest.raises(MmclipError, match=message):
        require_windows(SimpleNamespace(corpus=kept), ("train",), seen)
    given = make_node("store", "", 0.0, path="a.zarr")
    nodes = [given, make_node("tent", "", 0.0, [("store", given)], overrides=["unseen=bow"])]
    _check_further_people(alone, "a.zarr", nodes)
    with pytest.raises(MmclipError, match=message):
        _check_further_people(corpus, "a.zarr", nodes)


def test_the_query_bank_has_no_window_with_a_person_outside_the_training_data():
    corpus = corpus_of(("train", "anna", ("walk",)), ("train", "ben", ("walk",)))
    corpus = with_others(corpus, {0: (set(),)})
    windows = bank_windows(corpus, {"seen": ["walk"], "subjects": ["anna", "ben"]}, 9)
    assert windows.clip.tolist() == [1]


def test_a_window_in_which_a_further_person_performs_a_candidate_need_not_be_rejected():
    corpus = corpus_of(("test", "anna", ("walk", "walk")), ("test", "ben", ("walk",)))
    corpus = with_others(corpus, {0: (set(), {"sit"})})
    others = _other_windows(SimpleNamespace(corpus=corpus), "test", ["sit", "bow"])
    assert list(zip(others.clip, others.start // WINDOW)) == [(0, 0), (1, 0)]
    every = corpus.windows(("test",), {"walk"})
    np.testing.assert_array_equal(shown_by_others(corpus, every, {"sit"}), [False, True, False])
