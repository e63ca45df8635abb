"""The zero-shot benchmark with tiny models: training, permutation control, table and resuming."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from benchmarks import zero_shot, zero_shot_recipe, zero_shot_runs
from benchmarks.zero_shot_recipe import parse_with_recipe
from benchmarks.zero_shot_table import class_lines, results_table
from mmclip.evaluation_report import pool_runs
from mmclip.model_files import FORMAT, VERSION
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import OVERRIDES

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fast_compilation")]
# The radar has as many chirps per frame as that of the recipe, so clips have as many columns.
RADAR = """
board = "AWR1843BOOST"
name = "one_transmitter"
[chirp]
num_samples = 32
[frame]
tx_order = ["TX1"]
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("store") / "s.zarr")


def test_every_model_is_trained_and_evaluated_once(store, tmp_path, capsys):
    out = tmp_path / "study"
    few = ["--seeds", "2", "--derangements", "1", "--groups", "bow,kick", "--encoder", "hash"]
    settings = [*OVERRIDES, "steps=4", "validate_every=2", "save_every=2", "log_every=2"]
    command = [store, "--out", str(out), *few, "--set", *settings]
    assert zero_shot.main(command) == 0
    first = json.loads((out / "zero_shot.json").read_text())
    assert {len(first[kind]["runs"]) for kind in ("bow,kick", "all")} == {2}
    assert len(first["deranged"]["runs"]) == 1
    assert first["all"]["chance"] == 0.5  # the chance level of two unseen labels is 1/2
    assert first["all"] == first["bow,kick"]
    assert first["all"]["of_all"]["chance"] == pytest.approx(1 / 6)  # all labels are candidates
    assert "SIMULATED corpus" in capsys.readouterr().out
    weights = out / "bow+kick-0" / "weights.safetensors"
    before = weights.stat().st_mtime_ns
    assert zero_shot.main(command) == 0
    assert weights.stat().st_mtime_ns == before
    assert json.loads((out / "zero_shot.json").read_text()) == first


def kind(low, mean):
    interval = {"low": low, "mean": mean, "high": 2 * mean - low}
    labels = {"labels": 10, "labels_with_clips": 10}
    return {
        "simulated": True,
        "chance": 0.1,
        "runs": {"a": mean},
        "over_classes": interval,
        **labels,
    }


def test_the_lower_limit_is_compared_with_the_permutation_control():
    control = kind(0.05, 0.12)
    good, poor = kind(0.13, 0.3), kind(0.11, 0.3)
    above = results_table({"all": good, "deranged": control})
    assert "all: the lower limit 13.0% is above" in above
    below = results_table({"all": poor, "deranged": control})
    assert "all: the lower limit 11.0% is NOT above" in below
    # The comparison excludes the tuning group if other groups were evaluated.
    table = results_table({"all": good, "not tuned on": poor, "deranged": control})
    assert "not tuned on: the lower limit 11.0% is NOT above" in table


def test_a_folder_without_a_store_is_an_error_of_one_line(tmp_path, capsys):
    assert zero_shot.main([str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("groups", "split", "message"),
    [
        (["bow"], "test", "group bow: only 'bow' of the 1 labels has a clip in the split test"),
        (["bow,kick"], "none", "group bow,kick: none of the 2 labels has a clip in the split none"),
        (["bow,kick", "nothing"], "test", "'nothing' is neither a label of this corpus"),
    ],
)
def test_a_group_without_test_clips_is_an_error_before_training(
    store, tmp_path, capsys, groups, split, message
):
    options = ["--groups", *groups, "--split", split, "--encoder", "hash", "--set", *OVERRIDES]
    assert zero_shot.main([store, "--out", str(tmp_path / "o"), *options]) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
    assert not (tmp_path / "o").exists()


def run(confusion):
    """A result of `mmclip.evaluate` for three candidates, of which "wave" has no clip."""
    counts = np.array(confusion)
    recalls = {"bow": counts[0, 0] / 2, "kick": counts[1, 1] / 2}
    return {
        "model": "a",
        "accuracy": float(np.trace(counts) / 4),
        "simulated": True,
        "labels": ["bow", "kick", "wave"],
        "recalls": recalls,
        "confusion": confusion,
    }


def test_labels_without_clips_have_no_part_in_mean_and_verdict():
    """A candidate label without clips has no recall and is left out of mean and comparison."""
    pooled = pool_runs([run([[2, 0, 0], [1, 1, 0], [0, 0, 0]])]) | {"runs": {"a": 0.75}}
    assert pooled["over_classes"]["mean"] == pytest.approx(0.75)
    assert pooled["chance"] == pytest.approx(1 / 3)
    control = pool_runs([run([[0, 2, 0], [2, 0, 0], [0, 0, 0]])]) | {"runs": {"b": 0}}
    table = results_table({"all": pooled, "deranged": control})
    assert "nan" not in table
    assert "all: 1 of 3 labels have no clip here" in table
    assert "is above the permutation control, 0.0%" in table
    classes = class_lines({"all": pooled}).splitlines()
    assert classes[1].split() == ["bow", "100.0%", "-", "2", "-"]
    assert classes[2].split() == ["kick", "50.0%", "-", "2", "bow", "(1)"]


def test_models_are_evaluated_on_the_people_of_another_store(store, tmp_path, capsys):
    """Models are evaluated on other people in a second store; training subjects are rejected."""
    fresh = build_labelled_store(tmp_path / "fresh.zarr", repeats=1, subjects=2, first_subject=7)
    few = ["--seeds", "1", "--derangements", "0", "--groups", "bow,kick", "--encoder", "hash"]
    settings = [*OVERRIDES, "steps=2", "validate_every=2", "save_every=2"]
    command = [store, "--out", str(tmp_path / "o"), *few, "--split", "train", "--set", *settings]
    assert zero_shot.main([*command, "--test-store", fresh, "--scoring", "parts"]) == 0
    result = json.loads((tmp_path / "o" / "zero_shot.json").read_text())
    assert result["test_stores"] == [fresh]
    out = capsys.readouterr().out
    assert result["all"]["of_all"]["chance"] == pytest.approx(1 / 6)
    assert "most often mistaken for" in out
    with pytest.raises(SystemExit):
        zero_shot.main([*command, "--test-store", store])
    assert "were used in training" in capsys.readouterr().err


def test_models_are_adapted_from_pre_training_and_evaluated_straight_from_it(
    store, tmp_path, capsys
):
    """A model is pre-trained once per seed, on other people and labels than those evaluated."""
    others = ("jump", "march", "squat", "wave")
    base = build_labelled_store(tmp_path / "base.zarr", first_subject=7, labels=others)
    few = ["--seeds", "1", "--derangements", "0", "--groups", "bow,kick", "--encoder", "hash"]
    short = [*OVERRIDES, "steps=2", "validate_every=2", "save_every=2"]
    out = tmp_path / "adapted"
    command = [store, "--out", str(out), *few, "--pretrain-store", base, "--set", *short]
    assert zero_shot.main([*command, "--pretrain-set", *short]) == 0
    result = json.loads((out / "zero_shot.json").read_text())
    assert list(result["bow,kick straight"]["runs"]) == [str(out / "pre-0")]
    assert result["bow,kick straight"]["chance"] == 0.5
    adapted = json.loads((out / "bow+kick-0" / "model.json").read_text())
    assert set(adapted["seen"]) == set(others)
    assert set(adapted["unseen"]) == {"bow", "kick"}
    assert "straight" in capsys.readouterr().out


def test_labels_that_pre_training_used_are_refused(store, tmp_path, capsys):
    base = build_labelled_store(tmp_path / "base.zarr", first_subject=7)
    few = ["--seeds", "1", "--derangements", "0", "--groups", "bow,kick", "--encoder", "hash"]
    short = [*OVERRIDES, "steps=2", "validate_every=2", "save_every=2"]
    command = [store, "--out", str(tmp_path / "o"), *few, "--pretrain-store", base]
    assert zero_shot.main([*command, "--set", *short, "--pretrain-set", *short]) == 2
    assert "bow, kick: used in training by --pretrain-store" in capsys.readouterr().err
    assert not (tmp_path / "o" / "bow+kick-0").exists()


@pytest.fixture
def small_radar(tmp_path, monkeypatch):
    """Build the stores of recipes with one worker and a radar of one transmitter and 32 samples."""
    (tmp_path / "radar.toml").write_text(RADAR)
    load = zero_shot_recipe.load_recipe

    def with_small_radar(name):
        recipe = load(name)
        for options in recipe["stores"].values():
            options += ["--radar", str(tmp_path / "radar.toml"), "--workers", "1"]
        return recipe

    monkeypatch.setattr(zero_shot_recipe, "load_recipe", with_small_radar)


@pytest.mark.usefixtures("small_radar")
def test_the_recipe_in_miniature_builds_its_stores_and_evaluates(tmp_path):
    """One command builds three stores, trains, fits the maps, and evaluates a group and a control.

    The test store contains one clip each of jump and lunge, of people who are not in the training
    data.
    """
    out = tmp_path / "best"
    command = ["--recipe", "miniature", "--out", str(out), "--encoder", "hash"]
    assert zero_shot.main(command) == 0
    assert {path.name for path in (out / "stores").glob("*.zarr")} == {
        "train.zarr",
        "test.zarr",
        "pretrain.zarr",
    }
    result = json.loads((out / "zero_shot.json").read_text())
    for kind in ("jump,lunge", "jump,lunge straight", "deranged"):
        assert len(result[kind]["runs"]) == 1
        assert sum(row["windows"] for row in result[kind]["class_table"]) == 2
    assert result["recipe"]["options"]["method"] == result["method"] == "bilinear"
    adapted = json.loads((out / "bilinear-jump+lunge-0" / "model.json").read_text())
    assert {name.split("/")[1].split("-")[0] for name in adapted["subjects"]} == {"seed1", "seed2"}


def test_options_override_a_recipe_and_stores_exclude_it(capsys):
    parser = zero_shot.make_parser()
    given = ["--recipe", "miniature", "--out", "o"]
    assert parse_with_recipe(parser, given).method == "bilinear"
    options = parse_with_recipe(parser, [*given, "--method", "lora"])
    assert options.method == "lora"
    assert options.stores == ["o/stores/train.zarr"]
    assert options.test_store == ["o/stores/test.zarr"]
    for command in (["--out", "o"], [*given, "s.zarr"]):
        with pytest.raises(SystemExit):
            parse_with_recipe(zero_shot.make_parser(), command)
    assert "a recipe builds its own stores" in capsys.readouterr().err


def test_the_members_of_ensembles_have_different_seeds(monkeypatch, tmp_path):
    """Two seeds with three members each give six training runs; a control keeps its derangement."""
    trained, combined = [], []

    def train(options, group, seed, derange=0):
        trained.append((seed, derange))
        return tmp_path / f"{group}-{seed}-{derange}"

    monkeypatch.setattr(zero_shot_runs, "train_model", train)
    monkeypatch.setattr("mmclip.ensemble.combine_runs", lambda runs, out: combined.append(out.name))
    options = SimpleNamespace(members=3, out=tmp_path, method="full")
    for seed in range(2):
        zero_shot_runs.train_classifier(options, "G1", seed)
    zero_shot_runs.train_classifier(options, "G1", 0, derange=7)
    seeds = [(seed, 0) for seed in range(6)]
    assert trained == [*seeds, (0, 7), (1, 7), (2, 7)]
    assert combined == ["ensemble-G1-0-0", "ensemble-G1-3-0", "ensemble-G1-0-7"]


def test_a_bilinear_map_is_fitted_again_if_a_member_was_trained_again(monkeypatch, tmp_path):
    """A map is kept only if it has a query bank and was fitted on the present weights."""
    fitted = []

    def train(options, group, seed, derange=0):
        return tmp_path / "G1-0"

    def fit(stores, runs, out, verify):
        fitted.append([run.name for run in runs])
        members = [{"weights_sha256": "first"}]
        write_json(out, {"members": members, "query_bank": {}})

    def write_json(folder, content):
        folder.mkdir(exist_ok=True)
        described = {"format": FORMAT, "version": VERSION, **content}
        (folder / "model.json").write_text(json.dumps(described))

    monkeypatch.setattr(zero_shot_runs, "train_model", train)
    monkeypatch.setattr("mmclip.bilinear.fit", fit)
    options = SimpleNamespace(
        members=1, out=tmp_path, method="bilinear", stores=["s.zarr"], pretrain_store=[]
    )
    for weights, count in (("first", 1), ("first", 1), ("second", 2)):
        write_json(tmp_path / "G1-0", {"weights_sha256": weights})
        folder = zero_shot_runs.train_classifier(options, "G1", 0)
        assert (folder.name, len(fitted)) == ("bilinear-G1-0", count)
