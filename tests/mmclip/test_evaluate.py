"""Evaluation: metrics compared with hand calculations, leakage check, and commands."""

import csv
import json
import shutil
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import evaluate, finetune, predict, pretrain, text_encoders
from mmclip.errors import MmclipError
from mmclip.evaluation_metrics import (
    confusion_matrix,
    few_shot_predictions,
    interval_over_runs,
    mean_and_interval,
    recall_by_class,
)
from mmclip.model_files import load_model
from mmclip.scoring import _other_windows
from mmclip.store import open_store
from mmclip.text_encoders import HashEncoder
from mmclip.training_overlap import overlap_lines
from mmclip.window_corpus import read_corpus
from tests.helpers.labelled_stores import LABELS, WINDOW, build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN
from tests.helpers.window_corpora import corpus_of

pytestmark = pytest.mark.usefixtures("fast_compilation")


def test_a_window_with_a_candidate_among_its_actions_need_not_be_rejected():
    corpus = corpus_of(("test", "anna", ("sit", "squat", "squat and walk", "walk")))
    corpus = replace(corpus, actions={"squat and walk": ("squat", "walk")})
    others = _other_windows(SimpleNamespace(corpus=corpus), "test", ["squat", "sit"])
    assert [corpus.labels[label] for label in others.label] == ["walk"]


def test_confusion_matrix_and_recall_equal_values_by_hand():
    counts = confusion_matrix(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0]), 3)
    np.testing.assert_array_equal(counts, [[2, 1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(recall_by_class(counts), [2 / 3, 0, np.nan])


def test_the_bootstrap_interval_agrees_with_the_standard_error_of_the_mean():
    """The half-width of the interval must be close to 1.96 standard errors of the mean.

    If half of 40 classes are correct, the standard error is 0.5 / sqrt(40) = 7.9 %.
    """
    by_class = {str(number): [float(number % 2)] for number in range(40)}
    found = mean_and_interval(by_class)
    assert found["mean"] == 0.5
    assert abs(found["high"] - found["low"] - 2 * 1.96 * 0.079) < 0.03
    assert mean_and_interval({"a": [0.4, 0.6], "b": [0.5]})["low"] == 0.5


def test_the_interval_of_two_or_three_groups_is_their_range():
    """The range of n values contains their median with the probability 1 - 2^(1 - n).

    For two and three values, these are the stated 50 % and 75 %.
    """
    for by_group in ({"a": [0.2], "b": [0.7]}, {"a": [0.2], "b": [0.4], "c": [0.7]}):
        found = mean_and_interval(by_group)
        assert (found["low"], found["high"]) == pytest.approx((0.2, 0.7))


def test_the_interval_over_runs_is_that_of_students_t():
    """The mean of 0.4, 0.5, 0.6 has the standard error 0.1 / sqrt(3); the t quantile is 4.30."""
    found = interval_over_runs([0.4, 0.5, 0.6])
    np.testing.assert_allclose(found["high"] - found["mean"], 4.30 * 0.1 / np.sqrt(3), rtol=1e-3)
    assert interval_over_runs([0.5]) is None
    assert interval_over_runs([0.5, 0.5]) == {"mean": 0.5, "low": 0.5, "high": 0.5}


def test_few_shot_evaluates_other_takes_than_its_examples_and_weights_these_above_texts():
    """Examples must outweigh texts: each label has two similar takes, but the texts are swapped."""
    windows = np.array([[1, 0], [1, 0], [0.9, 0.1], [0, 1], [0, 1], [0.1, 0.9]])
    truth, takes = np.array([0, 0, 0, 1, 1, 1]), ["a", "a", "b", "c", "c", "d"]
    wrong_texts = np.array([[0.0, 1], [1, 0]])
    for seed in range(5):
        found = few_shot_predictions(
            windows,
            truth,
            takes,
            wrong_texts,
            labels=("bow", "kick"),
            shots=1,
            scale=10.0,
            seed=seed,
        )
        evaluated = {takes[window] for window in found.windows}
        assert len(evaluated & {"a", "b"}) == len(evaluated & {"c", "d"}) == 1
        np.testing.assert_array_equal(found.labels, truth[found.windows])


def test_a_label_without_an_example_is_an_error():
    """The mean of no examples is NaN, and all windows would be given the first label."""
    vectors, truth, takes = np.eye(3), np.array([0, 0, 2]), ["a", "b", "c"]
    settings = {"labels": ("bow", "kick", "jump"), "shots": 1, "scale": 10.0, "seed": 0}
    with pytest.raises(MmclipError, match="labels: no window for an example of 'kick'; leave"):
        few_shot_predictions(vectors, truth, takes, vectors, **settings)


@pytest.mark.parametrize("option", ["--shots", "--draws"])
def test_fewer_than_one_example_or_draw_is_an_error(option, capsys):
    command = ["none.zarr", "--models", "none", "--mode", "few-shot", option, "0"]
    assert evaluate.main(command) == 2
    assert f"options: {option}: is 0, less than 1" in capsys.readouterr().err


@pytest.mark.parametrize("labels", [("bow",), ("bow", "bow", "kick"), ("bow", " ")])
def test_predictions_need_two_labels_that_differ(labels, capsys):
    """A label given twice would have two probabilities, of which one was lost."""
    assert predict.main(["none.zarr", "--labels", *labels]) == 2
    assert "give two or more labels, none twice and none blank" in capsys.readouterr().err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a store, and a model trained briefly on all but two labels of the store."""
    folder = tmp_path_factory.mktemp("paths")
    build_labelled_store(folder / "s.zarr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMCLIP_CACHE", str(folder / "cache"))
        arguments = [str(folder / "s.zarr"), "--out", str(folder / "pre"), "--encoder", "hash"]
        arguments += ["--unseen", *UNSEEN, "--steps", "40", "--set", *OVERRIDES]
        assert pretrain.main([*arguments, "validate_every=40", "save_every=40"]) == 0
        yield folder


@pytest.mark.parametrize("mode", ["zero-shot", "few-shot", "seen"])
def test_each_mode_writes_metrics_tables_and_figures(folder, mode, capsys):
    out = folder / mode
    arguments = [str(folder / "s.zarr"), "--models", str(folder / "pre"), "--out", str(out)]
    assert evaluate.main([*arguments, "--mode", mode]) == 0
    printed = capsys.readouterr().out
    assert "warning: this corpus is simulated" in printed
    assert "SIMULATED corpus" in printed
    result = json.loads((out / "evaluation.json").read_text())
    labels = set(LABELS) - set(UNSEEN) if mode == "seen" else set(UNSEEN)
    assert set(result["classes"]) == labels
    assert result["chance"] == 1 / len(labels)
    counts = np.array(result["runs"][0]["confusion"])
    assert result["runs"][0]["accuracy"] == np.trace(counts) / counts.sum()
    if mode == "seen":
        # The chance level is 25 %, but the labels differ clearly in frequency and amplitude.
        assert result["over_classes"]["mean"] > 0.6
    figures = ("confusion_0.png", "map_0.png")
    assert all((out / name).read_bytes().startswith(b"\x89PNG") for name in figures)


def test_subjects_of_the_training_are_not_evaluated(folder, capsys):
    arguments = [str(folder / "s.zarr"), "--models", str(folder / "pre"), "--split", "train"]
    assert evaluate.main([*arguments, "--out", str(folder / "x")]) == 2
    error = capsys.readouterr().err
    assert "subjects: fake/s" in error
    assert "were used in training" in error
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
        assert abs(sum(scores.values()) - 1) < 1e-3  # scores are printed with four digits
        assert scores[row["label"]] == max(scores.values())


def test_predict_states_which_clips_were_trained_on_and_how_many_are_correct(folder, capsys):
    """Four of five subjects are in the training data; each of the six labels has ten clips.

    Takes of the two unseen labels are not in the training data, even if their subjects are.
    """
    file = folder / "known.csv"
    arguments = [str(folder / "s.zarr"), "--model", str(folder / "pre"), "--csv", str(file)]
    assert predict.main([*arguments, "--labels", "bow", "jump"]) == 0
    out = capsys.readouterr().out
    assert "48 of 60 clips are of people in the training data (fake/s0, " in out
    assert "32 of 60 clips of takes in it, and 40 of 60 clips have a label in it" in out
    assert "labels in the training data: jump; not in the training data: bow" in out
    rows = list(csv.DictReader(file.open()))
    assert Counter(row["trained_on"] for row in rows) == {
        "person take label": 32,
        "person": 16,
        "label": 8,
        "": 4,
    }
    hits = sum(row["store_label"] == row["label"] for row in rows)
    assert f"correct: {hits} of 20" in out
    never = [row for row in rows if row["store_label"] == "bow"]
    hits = sum(row["store_label"] == row["label"] for row in never)
    assert f"labels not in the training data: {hits} of 10" in out


def test_a_model_that_does_not_list_its_takes_says_so(folder):
    """If a model lists no take digests, only known people and known labels are counted."""
    description = load_model(folder / "pre").description
    earlier = {key: value for key, value in description.items() if key != "takes"}
    corpus = read_corpus([open_store(folder / "s.zarr")], WINDOW)
    first, second = overlap_lines(earlier, corpus, ["bow"])
    assert "48 of 60 clips are of people in the training data" in first
    assert "an unknown number of takes" in first
    assert second == "labels in the training data: none; not in the training data: bow"


def test_a_store_of_another_radar_is_refused_with_the_radar_of_the_training_data(
    folder, tmp_path, capsys
):
    """A store whose range bins are half as wide as those of the model is rejected."""
    build_labelled_store(tmp_path / "other.zarr", range_step_m=0.05, repeats=1)
    command = [str(tmp_path / "other.zarr"), "--model", str(folder / "pre")]
    assert predict.main([*command, "--labels", "bow", "jump"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "range: 32 bins from 0 to 1.55 m; 32 bins from 0 to 3.1 m are needed" in error
    assert "the model needs the radar settings of its training data" in error
    assert "then run radarsim pretrain" in error
    description = json.loads((folder / "pre" / "model.json").read_text())
    run = shutil.copytree(folder / "pre", tmp_path / "run")
    (run / "model.json").write_text(json.dumps(description | {"radars": ["AWR1843BOOST"]}))
    assert evaluate.main([command[0], "--models", str(run), "--out", str(tmp_path)]) == 2
    known = "the model needs the AWR1843BOOST settings of its training data"
    assert known in capsys.readouterr().err


def test_sentences_from_a_file_describe_a_new_label(folder, tmp_path, capsys):
    file = tmp_path / "sentences.csv"
    file.write_text("caption,part,sentence\nclimb,general,Up it goes.\nclimb,arms,Arms pull.\n")
    arguments = [str(folder / "s.zarr"), "--model", str(folder / "pre"), "--sentences", str(file)]
    assert predict.main([*arguments, "--labels", "bow", "climb"]) == 0
    assert "no sentences" not in capsys.readouterr().out


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_finetuned_model_has_the_same_structure_and_unseen_labels(folder, method):
    out = folder / method
    arguments = [str(folder / "s.zarr"), "--model", str(folder / "pre"), "--out", str(out)]
    arguments += ["--method", method, "--steps", "3", "--set", "lora_rank=2", "save_every=3"]
    assert finetune.main(arguments) == 0
    before, after = load_model(folder / "pre"), load_model(out)
    assert after.description["unseen"] == before.description["unseen"] == list(UNSEEN)
    assert after.description["weights_sha256"] != before.description["weights_sha256"]


def test_the_method_mix_trains_from_scratch_on_both_stores(folder, tmp_path, capsys):
    """Settings and unseen labels are those of the model, and windows come from both stores."""
    other = build_labelled_store(tmp_path / "other.zarr", repeats=1)
    arguments = [other, "--model", str(folder / "pre"), "--out", str(tmp_path / "mixed")]
    arguments += ["--method", "mix", "--steps", "3", "--set", "save_every=3"]
    assert finetune.main(arguments) == 2
    assert "--with: is missing, but --method mix needs it" in capsys.readouterr().err
    assert finetune.main([*arguments, "--with", str(folder / "s.zarr")]) == 0
    description = load_model(tmp_path / "mixed").description
    assert description["unseen"] == list(UNSEEN)
    assert [entry["name"] for entry in description["stores"]] == ["other.zarr", "s.zarr"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "weights.safetensors").unlink(), "weights.safetensors: cannot be read"),
        (
            lambda run: (run / "weights.safetensors").write_bytes(b"x"),
            "is not the file described in model.json",
        ),
        (lambda run: (run / "model.json").unlink(), "model.json: cannot be read"),
    ],
)
def test_a_model_with_a_missing_or_replaced_file_is_an_error(
    folder, tmp_path, capsys, damage, message
):
    run = shutil.copytree(folder / "pre", tmp_path / "run")
    damage(run)
    assert evaluate.main([str(folder / "s.zarr"), "--models", str(run)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_text_encoder_other_than_that_of_the_model_is_rejected(folder, monkeypatch, capsys):
    monkeypatch.setattr(text_encoders, "HashEncoder", lambda: HashEncoder(seed=1))
    assert evaluate.main([str(folder / "s.zarr"), "--models", str(folder / "pre")]) == 2
    assert "encoder: hash" in capsys.readouterr().err
