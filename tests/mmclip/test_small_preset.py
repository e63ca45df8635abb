"""Training, evaluation and prediction with the architecture of the preset `small`."""

import csv
import json

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import evaluate, predict, pretrain
from mmclip.model_files import load_model
from mmclip.presets import load_preset
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN

pytestmark = pytest.mark.usefixtures("fast_compilation")
# `OVERRIDES` without the choices that differ from the architecture of the preset.
CHANGED = ("aggregator=", "patch_columns=", "drop_columns=", "drop=")
SIZES = [each for each in OVERRIDES if not each.startswith(CHANGED)]


def test_a_model_with_the_aggregator_and_the_patches_of_the_preset_is_trained_and_used(
    tmp_path, monkeypatch, capsys
):
    """The model of two steps has no aggregator and patches as wide as those of the preset."""
    monkeypatch.setenv("MMCLIP_CACHE", str(tmp_path / "cache"))
    store, out = build_labelled_store(tmp_path / "s.zarr"), tmp_path / "run"
    command = [store, "--out", str(out), "--encoder", "hash", "--preset", "small"]
    command += ["--unseen", *UNSEEN, "--steps", "2", "--set", *SIZES]
    assert pretrain.main([*command, "validate_every=2", "save_every=2"]) == 0
    model, preset = load_model(out).settings.model, load_preset("small").model
    assert (model.aggregator, model.patch_columns) == (preset.aggregator, preset.patch_columns)
    evaluation = [store, "--models", str(out), "--out", str(tmp_path / "evaluation")]
    assert evaluate.main(evaluation) == 0
    result = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert set(result["classes"]) == set(UNSEEN)
    table = tmp_path / "scores.csv"
    prediction = [store, "--model", str(out), "--csv", str(table), "--labels", *UNSEEN]
    assert predict.main(prediction) == 0
    rows = list(csv.DictReader(table.open()))
    assert rows
    for row in rows:
        # The scores are printed with four digits.
        assert sum(float(row[label]) for label in UNSEEN) == pytest.approx(1, abs=1e-3)
