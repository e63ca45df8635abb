"""Batches depend only on seed and step, and contain the stored windows with their labels."""

from collections import Counter

import numpy as np
import pytest
import zarr

from mmclip.batch_sampler import BatchSampler, non_overlapping, sequential_batches
from mmclip.errors import MmclipError
from mmclip.sentences import make_sentence_bank, permute_label_texts
from mmclip.settings import (
    HEATMAPS,
    PARTS,
    DataSettings,
    OptimizationSettings,
    TrainingSettings,
)
from mmclip.store import open_store
from mmclip.window_corpus import read_corpus
from mmclip.window_reader import WindowReader
from tests.helpers.labelled_stores import LABELS, WINDOW, build_labelled_store


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A corpus of two stores: one with sentences, and a smaller store without sentences."""
    folder = tmp_path_factory.mktemp("data")
    paths = [
        build_labelled_store(folder / "one.zarr"),
        build_labelled_store(folder / "two.zarr", subjects=1, repeats=1, described=False),
    ]
    return read_corpus([open_store(path) for path in paths], WINDOW)


@pytest.fixture(scope="module")
def bank(corpus):
    return make_sentence_bank(LABELS, corpus.sentences, PARTS)


def make_sampler(corpus, bank, windows=None, seed=0, pairs=0.0, **options):
    windows = windows or corpus.windows(("train",), set(LABELS))
    train = OptimizationSettings(batch=16, seed=seed, window_pair_weight=pairs)
    settings = TrainingSettings(data=DataSettings(**options), train=train)
    return BatchSampler(corpus, windows, bank, settings)


def clips_and_starts(windows):
    return np.stack([windows.clip, windows.start])


def test_a_batch_is_a_pure_function_of_seed_and_step(corpus, bank):
    one, other = make_sampler(corpus, bank), make_sampler(corpus, bank)
    other.batch(3)
    seventh = clips_and_starts(one.batch(7).windows)
    np.testing.assert_array_equal(seventh, clips_and_starts(other.batch(7).windows))
    assert not np.array_equal(seventh, clips_and_starts(one.batch(8).windows))
    reseeded = make_sampler(corpus, bank, seed=1).batch(7).windows
    assert not np.array_equal(seventh, clips_and_starts(reseeded))


# A clip has 3 heatmaps of 40 x 32 float16 cells, so 0.01 MB are enough for one clip only.
@pytest.mark.parametrize("memory_mb", [0, 0.01, 100])
def test_the_reader_returns_the_windows_of_the_store(corpus, bank, memory_mb):
    """Every window equals the stored window, although later batches are read concurrently.

    The memory limit is varied such that no clip, one clip or all clips stay in memory.
    """
    sampler = make_sampler(corpus, bank)
    groups = [zarr.open_group(store.path, mode="r") for store in corpus.stores]
    stores = set()
    reader = WindowReader(corpus, HEATMAPS, memory_mb=memory_mb)
    for maps, batch in reader.read(sampler.batch(step) for step in range(6)):
        windows = zip(batch.windows.clip, batch.windows.start, batch.windows.label)
        for row, (clip_index, start, label) in enumerate(windows):
            clip = corpus.clips[clip_index]
            stores.add(clip.store)
            assert clip.split == "train"
            assert corpus.labels[label] in clip.take
            for name in HEATMAPS:
                stored = groups[clip.store][name][clip.row, start : start + WINDOW]
                np.testing.assert_array_equal(maps[name][row], stored)
    assert stores == {0, 1}


def test_labels_are_drawn_equally_often_regardless_of_their_number_of_clips(corpus, bank):
    """Each of 3 labels is drawn 2,133 of 6,400 times, within 5 standard deviations of 38 draws."""
    windows = corpus.windows(("train",), set(LABELS[:3]))
    first_clip = windows.clip[windows.label == 0][0]
    one_clip_of_label_0 = windows.select((windows.label != 0) | (windows.clip == first_clip))
    sampler = make_sampler(corpus, bank, one_clip_of_label_0)
    drawn = Counter(label for step in range(400) for label in sampler.batch(step).labels.tolist())
    assert len(drawn) == 3
    assert all(abs(count - 6400 / 3) < 190 for count in drawn.values())


@pytest.mark.parametrize("sampling", ["label", "clip"])
def test_paired_windows_are_two_windows_of_one_clip(corpus, bank, sampling):
    """The two halves of a batch contain different windows of the same clips.

    Each clip has three windows, so a window is never paired with itself.
    """
    sampler = make_sampler(corpus, bank, pairs=0.5, sampling=sampling)
    for step in range(20):
        windows = sampler.batch(step).windows
        assert len(windows) == 16
        np.testing.assert_array_equal(windows.clip[:8], windows.clip[8:])
        np.testing.assert_array_equal(windows.label[:8], windows.label[8:])
        assert (windows.start[:8] != windows.start[8:]).all()
    other = make_sampler(corpus, bank, pairs=1.0, sampling=sampling).batch(19)
    np.testing.assert_array_equal(clips_and_starts(windows), clips_and_starts(other.windows))


def test_a_clip_with_a_single_window_is_paired_with_itself(corpus, bank):
    windows = non_overlapping(corpus.windows(("train",), set(LABELS)), WINDOW)
    drawn = make_sampler(corpus, bank, windows, pairs=0.5).batch(0).windows
    np.testing.assert_array_equal(drawn.start[:8], drawn.start[8:])
    np.testing.assert_array_equal(drawn.clip[:8], drawn.clip[8:])


def test_the_sentences_of_a_window_describe_its_label(corpus, bank):
    batch = make_sampler(corpus, bank).batch(0)
    for label, indices in zip(batch.labels, batch.sentences):
        sentences = [bank.sentences[index] for index in indices]
        assert all(corpus.labels[label] in sentence for sentence in sentences)
        assert all(part in sentence for part, sentence in zip(PARTS, sentences))


def test_a_text_without_sentences_is_its_own_sentence(corpus):
    bank = make_sentence_bank(["bow", "hop", "hop"], corpus.sentences, PARTS[:2])
    assert bank.without_sentences == ("hop",)
    assert [bank.sentences[n] for n in bank.variants["hop"][0]] == ["hop", "hop"]
    alone = make_sentence_bank(["bow"], corpus.sentences, PARTS[:1], describe="label")
    assert alone.sentences == ("bow",)


def test_a_label_without_sentences_is_not_drawn_if_the_captions_have_sentences(corpus):
    """The texts drawn for a window are captions, because the bank describes only captions."""
    captions = sorted({text for clip in corpus.clips for text in clip.captions})
    described = {text: ({part: f"{part}: {text}" for part in PARTS},) for text in captions}
    bank = make_sentence_bank((*LABELS, *captions), described, PARTS)
    settings = TrainingSettings(data=DataSettings(captions=True))
    batch = BatchSampler(corpus, corpus.windows(("train",), set(LABELS)), bank, settings).batch(0)
    for clip, row in zip(batch.windows.clip, batch.sentences):
        own = [bank.variants[text] for text in corpus.clips[clip].captions]
        assert any((variants == row).all(axis=1).any() for variants in own)


def test_the_permutation_control_leaves_no_label_its_own_text():
    for seed in range(5):
        text_of = permute_label_texts(LABELS, seed)
        assert sorted(text_of) == sorted(text_of.values()) == sorted(LABELS)
        assert all(label != other for label, other in text_of.items())


@pytest.mark.parametrize("labels", [(), ("bow",)])
def test_a_permutation_control_of_fewer_than_two_labels_is_an_error(labels):
    """A single label can only keep its own text; the search for a permutation never ended."""
    with pytest.raises(MmclipError, match=r"train\.derange: needs two training labels"):
        permute_label_texts(labels, 1)


def test_the_permutation_control_exchanges_the_texts_of_captions_too(corpus):
    """No sentence of a batch may describe the window's own label or captions."""
    captions = sorted({text for clip in corpus.clips for text in clip.captions})
    texts = (*LABELS, *captions)
    bank = make_sentence_bank(texts, corpus.sentences, PARTS)
    text_of = permute_label_texts(captions, 1) | permute_label_texts(LABELS, 1)
    settings = TrainingSettings(data=DataSettings(captions=True))
    windows = corpus.windows(("train",), set(LABELS))
    batch = BatchSampler(corpus, windows, bank, settings, text_of).batch(0)
    for clip, label, row in zip(batch.windows.clip, batch.windows.label, batch.sentences):
        own = (corpus.labels[label], *corpus.clips[clip].captions)
        assert not any((bank.variants[text] == row).all(axis=1).any() for text in own)


def test_sequential_batches_hold_every_window_once_and_pad_the_last_batch(corpus):
    windows = non_overlapping(corpus.windows(("test",), set(LABELS)), WINDOW)
    assert len(windows) == 12  # Only one window fits into the 40 columns of a clip without overlap.
    batches = list(sequential_batches(windows, 5))
    assert [len(batch.windows) for batch in batches] == [5, 5, 5]
    joined = np.concatenate([clips_and_starts(batch.windows) for batch in batches], axis=1)
    np.testing.assert_array_equal(joined[:, :12], clips_and_starts(windows))
    np.testing.assert_array_equal(joined[:, 12:], np.repeat(joined[:, 11:12], 3, axis=1))
