"""Clips shorter than a window: exclusion, or stretching in training, evaluation and prediction."""

import csv

import numpy as np
import pytest
import zarr

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import evaluate, predict, pretrain
from mmclip.batch_sampler import sequential_batches
from mmclip.errors import MmclipError
from mmclip.prepared_data import open_corpus
from mmclip.settings import HEATMAPS
from mmclip.store import open_store
from mmclip.stretching import stretch
from mmclip.window_corpus import SPLITS, read_corpus
from mmclip.window_reader import WindowReader
from tests.helpers.labelled_stores import COLUMNS, LABELS, build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN, tiny_settings

# Number of columns of a window, which exceeds the 40 columns of each clip.
LONG = 48


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("store") / "s.zarr")


def test_stretching_keeps_a_ramp_and_its_ends():
    """A ramp of 5 columns becomes a ramp of 9 columns, with half the step and the same ends."""
    ramp = np.stack([np.arange(5.0), -2 * np.arange(5.0)], axis=1).astype(np.float32)
    found = stretch(ramp, 9)
    np.testing.assert_allclose(found[:, 0], np.arange(9) / 2, atol=1e-6)  # float32 rounding
    np.testing.assert_allclose(found[:, 1], -np.arange(9.0), atol=1e-6)
    assert stretch(ramp.astype(np.float16), 9).dtype == np.float16


def test_a_window_of_full_length_is_not_changed():
    whole = np.random.default_rng(0).normal(size=(7, 3))
    assert stretch(whole, 7) is whole


def test_stretching_keeps_the_relative_time_of_an_event():
    """An event at a quarter of the clip, in column 10 of 0 to 40, moves to column 20 of 0 to 80."""
    clip = np.zeros((41, 1), np.float32)
    clip[10] = 30
    assert np.argmax(stretch(clip, 81)) == 20


def test_by_default_short_clips_are_left_out(store):
    with pytest.raises(MmclipError, match="60 with fewer than 48 measured columns"):
        read_corpus([open_store(store)], LONG)
    settings = tiny_settings(f"size={LONG}")
    with pytest.raises(MmclipError, match="60 with fewer than 48 measured columns"):
        open_corpus([store], settings, report=lambda line: None)


def test_clips_that_are_too_short_to_be_stretched_are_left_out(store):
    with pytest.raises(MmclipError, match="60 with fewer than 41 measured columns"):
        read_corpus([open_store(store)], LONG, shortest=COLUMNS + 1)


@pytest.mark.parametrize("memory_mb", [0, 100])
def test_a_stretched_clip_is_one_window_with_its_label_and_its_whole_heatmap(store, memory_mb):
    """All windows are read twice; the second read uses clips in memory if memory is allowed."""
    settings = tiny_settings(f"size={LONG}", "short_windows=stretch", "shortest=40")
    corpus = open_corpus([store], settings, report=lambda line: None)
    assert not corpus.excluded
    windows = corpus.windows(SPLITS, set(LABELS))
    assert len(windows) == len(corpus.clips) == 60
    assert set(windows.start) == {0}
    stored = zarr.open_group(store, mode="r")
    reader = WindowReader(corpus, HEATMAPS, memory_mb=memory_mb)
    for _ in range(2):
        maps, batch = next(reader.read(sequential_batches(windows, 60)))
    for row, (clip_index, label) in enumerate(zip(batch.windows.clip, batch.windows.label)):
        clip = corpus.clips[clip_index]
        assert corpus.labels[label] in clip.take
        assert clip.columns == COLUMNS
        for name in HEATMAPS:
            assert maps[name][row].shape[0] == LONG
            np.testing.assert_array_equal(maps[name][row], stretch(stored[name][clip.row], LONG))


def test_stretching_does_not_change_clips_that_are_long_enough(store):
    corpora = [
        open_corpus([store], tiny_settings(f"short_windows={choice}"), report=lambda line: None)
        for choice in ("drop", "stretch")
    ]
    windows = [corpus.windows(SPLITS, set(LABELS)) for corpus in corpora]
    np.testing.assert_array_equal(windows[0].start, windows[1].start)
    np.testing.assert_array_equal(windows[0].clip, windows[1].clip)


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation")
def test_a_model_of_stretched_clips_is_trained_evaluated_and_used_for_prediction(
    store, tmp_path, monkeypatch
):
    """Evaluation and prediction stretch short clips, as the model's settings require."""
    monkeypatch.setenv("MMCLIP_CACHE", str(tmp_path / "cache"))
    run, file = str(tmp_path / "run"), tmp_path / "scores.csv"
    changed = [each for each in OVERRIDES if not each.startswith("size=")]
    changed += [f"size={LONG}", "short_windows=stretch", "shortest=40", "sentence_vectors=raw"]
    changed += ["aggregator_position=true", "branch_norm=false", "window_pair_weight=0.5"]
    arguments = [store, "--out", run, "--encoder", "hash", "--unseen", *UNSEEN, "--steps", "2"]
    assert pretrain.main([*arguments, "--set", *changed]) == 0
    assert evaluate.main([store, "--models", run, "--out", str(tmp_path / "eval")]) == 0
    arguments = [store, "--model", run, "--csv", str(file), "--labels", "bow", "jump"]
    assert predict.main(arguments) == 0
    rows = list(csv.DictReader(file.open()))
    assert sorted(int(row["clip"]) for row in rows) == list(range(60))
    assert {float(row["start_s"]) for row in rows} == {0.0}
    metrics = list(csv.DictReader((tmp_path / "run" / "metrics.csv").open()))
    assert float(metrics[-1]["window_pair_loss"]) > 0
    assert metrics[-1]["part_score_loss"] == ""
