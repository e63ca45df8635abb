"""The zero-shot benchmark in miniature: trainings, the honest zero, a table; twice, to resume."""

import json

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from benchmarks import zero_shot
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, quick_programs

quick = pytest.fixture(scope="module", autouse=True)(quick_programs)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("store") / "s.zarr")


def test_every_model_is_trained_and_scored_once(store, tmp_path, capsys):
    out = tmp_path / "study"
    few = ["--seeds", "2", "--derangements", "1", "--groups", "bow,kick", "--encoder", "hash"]
    settings = [*OVERRIDES, "steps=4", "validate_every=2", "save_every=2", "log_every=2"]
    command = [store, "--out", str(out), *few, "--set", *settings]
    assert zero_shot.main(command) == 0
    first = json.loads((out / "zero_shot.json").read_text())
    assert {len(first[kind]["runs"]) for kind in ("bow,kick", "all")} == {2}
    assert len(first["deranged"]["runs"]) == 1
    assert first["all"]["chance"] == 0.5  # of two unseen labels
    assert first["all"] == first["bow,kick"]
    said = capsys.readouterr().out
    assert "SIMULATED corpus" in said
    weights = out / "bow+kick-0" / "weights.safetensors"
    before = weights.stat().st_mtime_ns
    assert zero_shot.main(command) == 0
    assert weights.stat().st_mtime_ns == before
    assert json.loads((out / "zero_shot.json").read_text()) == first


def test_the_verdict_compares_the_lower_end_with_luck():
    def kind(low, mean):
        return {
            "simulated": True, "chance": 0.1, "runs": {"a": mean},
            "over_classes": {"low": low, "mean": mean, "high": 2 * mean - low},
        }  # fmt: skip

    luck = kind(0.05, 0.12)
    good, poor = kind(0.13, 0.3), kind(0.11, 0.3)
    assert "all: lower end 13.0% is above" in zero_shot.told({"all": good, "deranged": luck})
    assert "all: lower end 11.0% is NOT above" in zero_shot.told({"all": poor, "deranged": luck})
    # What tuning looked at does not count where anything else was scored.
    found = {"all": good, "not tuned on": poor, "deranged": luck}
    assert "not tuned on: lower end 11.0% is NOT above" in zero_shot.told(found)


def test_a_store_that_is_none_costs_one_line(tmp_path, capsys):
    assert zero_shot.main([str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
