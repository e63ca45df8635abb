"""Batches follow from seed and step; each window is the store's, under its own label."""

from collections import Counter

import numpy as np
import pytest
import zarr

from mmclip.bank import deranged, make_bank
from mmclip.config import HEATMAPS, PARTS, Data
from mmclip.corpus import read_corpus
from mmclip.data import Reader, Sampler, in_order, spread_out
from mmclip.store import open_store
from tests.helpers.labelled_stores import LABELS, WINDOW, build_labelled_store


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two stores: one with sentences, a small one without."""
    folder = tmp_path_factory.mktemp("data")
    paths = [
        build_labelled_store(folder / "one.zarr"),
        build_labelled_store(folder / "two.zarr", subjects=1, repeats=1, told=False),
    ]
    return read_corpus([open_store(path) for path in paths], WINDOW)


@pytest.fixture(scope="module")
def bank(corpus):
    return make_bank(LABELS, corpus.sentences, PARTS)


def sampler(corpus, bank, labels=LABELS, seed=0, **how):
    places = corpus.places(("train",), set(labels))
    return Sampler(corpus, places, bank, Data(**how), batch=16, seed=seed)


def test_a_batch_is_a_pure_function_of_seed_and_step(corpus, bank):
    one, other = sampler(corpus, bank), sampler(corpus, bank)
    other.picks(3)
    np.testing.assert_array_equal(one.picks(7).places, other.picks(7).places)
    assert not np.array_equal(one.picks(7).places, one.picks(8).places)
    assert not np.array_equal(one.picks(7).places, sampler(corpus, bank, seed=1).picks(7).places)


def test_what_is_read_is_the_window_of_the_store(corpus, bank):
    """And the next batches' reads, in flight meanwhile, change nothing."""
    source = sampler(corpus, bank)
    groups = [zarr.open_group(store.path, mode="r") for store in corpus.stores]
    stores_seen = set()
    for maps, picks in Reader(corpus, HEATMAPS).read(source.picks(step) for step in range(6)):
        for window, (number, first, label) in enumerate(picks.places):
            clip = corpus.clips[number]
            stores_seen.add(clip.store)
            assert clip.split == "train"
            assert corpus.labels[label] in clip.take
            for name in HEATMAPS:
                stored = groups[clip.store][name][clip.row, first : first + WINDOW]
                np.testing.assert_array_equal(maps[name][window], stored)
    assert stores_seen == {0, 1}


def test_labels_come_equally_often_however_many_clips_they_have(corpus, bank):
    """6,400 draws from 3 labels: 2,133 each, standard deviation 38; five of these are allowed."""
    places = corpus.places(("train",), set(LABELS[:3]))
    rare = places[(places[:, 2] != 0) | (places[:, 0] == places[places[:, 2] == 0][0, 0])]
    source = Sampler(corpus, rare, bank, Data(), batch=16, seed=0)
    drawn = Counter(
        source.picks(step).places[:, 2].tolist()[i] for step in range(400) for i in range(16)
    )
    assert all(abs(count - 6400 / 3) < 190 for count in drawn.values())


def test_the_sentences_of_a_window_are_those_of_its_label(corpus, bank):
    picks = sampler(corpus, bank).picks(0)
    for (_, _, label), numbers in zip(picks.places, picks.sentences):
        said = [bank.sentences[number] for number in numbers]
        assert all(corpus.labels[label] in sentence for sentence in said)
        assert [part in sentence for part, sentence in zip(PARTS, said)] == [True] * len(PARTS)


def test_a_caption_without_sentences_is_told_by_its_own_words(corpus):
    bank = make_bank(["bow", "hop"], corpus.sentences, PARTS[:2])
    assert bank.plain == ("hop",)
    assert [bank.sentences[n] for n in bank.variants["hop"][0]] == ["hop", "hop"]
    alone = make_bank(["bow"], corpus.sentences, PARTS[:1], describe="label")
    assert alone.sentences == ("bow",)


def test_a_derangement_leaves_no_label_its_own_text():
    for seed in range(5):
        told = deranged(LABELS, seed)
        assert sorted(told) == sorted(told.values()) == sorted(LABELS)
        assert all(label != other for label, other in told.items())


def test_scoring_reads_every_place_once_and_fills_the_last_batch(corpus):
    places = corpus.places(("test",), set(LABELS))
    spread = spread_out(corpus, places, WINDOW)
    assert len(spread) == 12  # one window fits twice nowhere in 40 columns
    batches = list(in_order(spread, 5))
    assert [len(each.places) for each in batches] == [5, 5, 5]
    np.testing.assert_array_equal(np.concatenate([b.places for b in batches])[:12], spread)
