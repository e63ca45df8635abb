"""Evaluation: figures by hand, leaks refused, and the commands from a store to a label."""

import csv
import json
import shutil

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import evaluate, finetune, predict, pretrain, text
from mmclip.errors import MmclipError
from mmclip.figures_of_merit import (
    confusion,
    few_shot_found,
    interval_over_runs,
    mean_and_interval,
    recalls,
)
from mmclip.leaks import check_leaks
from mmclip.release import load_release
from mmclip.text import HashEncoder
from tests.helpers.labelled_stores import LABELS, build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN, quick_programs

quick = pytest.fixture(scope="module", autouse=True)(quick_programs)
ABOUT = {"seen": ["walk", "sit"], "unseen": ["bow", "kick"], "subjects": ["x/anna", "x/ben"]}


def test_confusion_and_recall_by_hand():
    counts = confusion(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0]), 3)
    np.testing.assert_array_equal(counts, [[2, 1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(recalls(counts), [2 / 3, 0, np.nan])


def test_the_interval_over_classes_is_that_of_their_mean():
    """Half of 40 classes right: the mean's standard error is 0.5 / sqrt(40) = 7.9 %, times 1.96."""
    by_class = {str(number): [float(number % 2)] for number in range(40)}
    found = mean_and_interval(by_class)
    assert found["mean"] == 0.5
    assert abs(found["high"] - found["low"] - 2 * 1.96 * 0.079) < 0.03
    assert mean_and_interval({"a": [0.4, 0.6], "b": [0.5]})["low"] == 0.5


def test_the_interval_over_runs_is_students():
    """Three runs, 0.4 0.5 0.6: standard error 0.1 / sqrt(3), t(2) = 4.30."""
    found = interval_over_runs([0.4, 0.5, 0.6])
    np.testing.assert_allclose(found["high"] - found["mean"], 4.30 * 0.1 / np.sqrt(3), rtol=1e-3)
    assert interval_over_runs([0.5]) is None


def test_few_shot_scores_other_takes_than_its_examples_and_believes_those_more_than_texts():
    """Two takes of each label, alike; the texts are the wrong way round."""
    windows = np.array([[1, 0], [1, 0], [0.9, 0.1], [0, 1], [0, 1], [0.1, 0.9]])
    truth, takes = np.array([0, 0, 0, 1, 1, 1]), ["a", "a", "b", "c", "c", "d"]
    wrong_texts = np.array([[0.0, 1], [1, 0]])
    for seed in range(5):
        scored, found = few_shot_found(windows, truth, takes, wrong_texts, 1, 10.0, seed)
        left = {takes[window] for window in scored}
        assert len(left & {"a", "b"}) == len(left & {"c", "d"}) == 1
        np.testing.assert_array_equal(found, truth[scored])


def test_labels_and_people_of_the_training_are_refused():
    check_leaks("r", ABOUT, ["bow", "kick"], {"x/carl"}, unseen=True)
    check_leaks("r", ABOUT, ["walk"], {"x/carl"}, unseen=False)
    with pytest.raises(MmclipError, match="labels: walk was trained on"):
        check_leaks("r", ABOUT, ["bow", "walk"], {"x/carl"}, unseen=True)
    with pytest.raises(MmclipError, match="subjects: x/ben was trained on, too"):
        check_leaks("r", ABOUT, ["bow"], {"x/ben", "y/ben"}, unseen=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A store and a short training that kept two labels out."""
    place = tmp_path_factory.mktemp("paths")
    build_labelled_store(place / "s.zarr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMCLIP_CACHE", str(place / "cache"))
        arguments = [str(place / "s.zarr"), "--out", str(place / "pre"), "--encoder", "hash"]
        arguments += ["--unseen", *UNSEEN, "--steps", "40", "--set", *OVERRIDES]
        assert pretrain.main([*arguments, "validate_every=40", "save_every=40"]) == 0
        yield place


@pytest.mark.parametrize("mode", evaluate.MODES)
def test_each_mode_writes_figures_tables_and_pictures(folder, mode, capsys):
    out = folder / mode
    arguments = [str(folder / "s.zarr"), "--models", str(folder / "pre"), "--out", str(out)]
    assert evaluate.main([*arguments, "--mode", mode]) == 0
    said = capsys.readouterr().out
    assert "warning: this corpus is simulated" in said
    assert "SIMULATED corpus" in said
    result = json.loads((out / "evaluation.json").read_text())
    labels = set(LABELS) - set(UNSEEN) if mode == "seen" else set(UNSEEN)
    assert set(result["classes"]) == labels
    assert result["chance"] == 1 / len(labels)
    counts = np.array(result["runs"][0]["confusion"])
    assert result["runs"][0]["accuracy"] == np.trace(counts) / counts.sum()
    if mode == "seen":
        # Rhythms and widths of its own: chance is 25 %.
        assert result["over_classes"]["mean"] > 0.6
    pictures = ("confusion_0.png", "map_0.png")
    assert all((out / name).read_bytes().startswith(b"\x89PNG") for name in pictures)


def test_people_of_the_training_are_not_scored(folder, capsys):
    arguments = [str(folder / "s.zarr"), "--models", str(folder / "pre"), "--split", "train"]
    assert evaluate.main([*arguments, "--out", str(folder / "x")]) == 2
    assert "were trained on, too" in capsys.readouterr().err
    assert not (folder / "x").exists()


def test_typed_labels_are_scored_for_every_window(folder, capsys):
    file = folder / "scores.csv"
    arguments = [str(folder / "s.zarr"), "--model", str(folder / "pre"), "--csv", str(file)]
    assert predict.main([*arguments, "--labels", "bow", "jump", "climb a ladder"]) == 0
    assert "no sentences for 1 of 3 texts (climb a ladder)" in capsys.readouterr().out
    rows = list(csv.DictReader(file.open()))
    assert len(rows) == 60
    for row in rows:
        scores = {label: float(row[label]) for label in ("bow", "jump", "climb a ladder")}
        assert abs(sum(scores.values()) - 1) < 1e-3  # four digits
        assert scores[row["label"]] == max(scores.values())


def test_sentences_of_a_file_tell_a_new_label(folder, tmp_path, capsys):
    file = tmp_path / "told.csv"
    file.write_text("caption,part,sentence\nclimb,general,Up it goes.\nclimb,arms,Arms pull.\n")
    arguments = [str(folder / "s.zarr"), "--model", str(folder / "pre"), "--sentences", str(file)]
    assert predict.main([*arguments, "--labels", "bow", "climb"]) == 0
    assert "no sentences" not in capsys.readouterr().out


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_finetuned_model_keeps_its_unseen_labels_and_is_as_plain_as_before(folder, method):
    out = folder / method
    arguments = [str(folder / "s.zarr"), "--model", str(folder / "pre"), "--out", str(out)]
    arguments += ["--method", method, "--steps", "3", "--set", "lora_rank=2", "save_every=3"]
    assert finetune.main(arguments) == 0
    before, after = load_release(folder / "pre"), load_release(out)
    assert after.about["unseen"] == before.about["unseen"] == list(UNSEEN)
    assert after.about["weights_sha256"] != before.about["weights_sha256"]


def test_mixing_trains_anew_on_both_stores(folder, tmp_path, capsys):
    """None of the model's weights, but its settings and unseen labels; windows of both stores."""
    other = build_labelled_store(tmp_path / "other.zarr", repeats=1)
    arguments = [other, "--model", str(folder / "pre"), "--out", str(tmp_path / "mixed")]
    arguments += ["--method", "mix", "--steps", "3", "--set", "save_every=3"]
    assert finetune.main(arguments) == 2
    assert "--with: --method mix has nothing to mix" in capsys.readouterr().err
    assert finetune.main([*arguments, "--with", str(folder / "s.zarr")]) == 0
    about = load_release(tmp_path / "mixed").about
    assert about["unseen"] == list(UNSEEN)
    assert [entry["name"] for entry in about["stores"]] == ["other.zarr", "s.zarr"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda run: (run / "weights.safetensors").unlink(), "weights.safetensors: cannot be read"),
        (lambda run: (run / "weights.safetensors").write_bytes(b"x"), "is not what model.json"),
        (lambda run: (run / "model.json").unlink(), "model.json: cannot be read"),
    ],
)
def test_a_model_with_a_missing_or_other_file_is_told(folder, tmp_path, capsys, damage, words):
    run = shutil.copytree(folder / "pre", tmp_path / "run")
    damage(run)
    assert evaluate.main([str(folder / "s.zarr"), "--models", str(run)]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_another_encoder_than_the_models_is_refused(folder, monkeypatch, capsys):
    monkeypatch.setattr(text, "HashEncoder", lambda: HashEncoder(seed=1))
    assert evaluate.main([str(folder / "s.zarr"), "--models", str(folder / "pre")]) == 2
    assert "encoder: hash" in capsys.readouterr().err
