"""The best model of a training, and the end of a training that no longer improves."""

import json

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.model_files import FORMAT, VERSION
from mmclip.model_selection import BestModel, Validation
from mmclip.retrieval import Retrieval
from mmclip.settings import OptimizationSettings


def test_training_ends_if_no_validation_reaches_the_best_within_the_patience(tmp_path):
    """Training ends at step 8: the best step is 4, validations are 2 steps apart, patience is 2.

    A resumed training run reads the best step from the folder.
    """
    settings = OptimizationSettings(patience=2, validate_every=2)
    best = BestModel(tmp_path, {"format": FORMAT, "version": VERSION}, settings)
    for step, accuracy in ((2, 0.4), (4, 0.5), (6, 0.3)):
        best.update(step, Validation(accuracy, Retrieval(0, 0, 1, 1, 1)), dict)
        assert not best.is_final(step)
    resumed = BestModel(tmp_path, {}, settings, resumed=True)
    assert not resumed.is_final(7)
    assert best.is_final(8)
    assert resumed.is_final(8)
    endless = OptimizationSettings(validate_every=2)
    assert not BestModel(tmp_path, {}, endless, resumed=True).is_final(99)


def test_a_training_that_starts_anew_replaces_a_better_model_in_its_folder(tmp_path):
    """Without a checkpoint, the measure of a model in the folder is not that of this training."""
    description, settings = {"format": FORMAT, "version": VERSION}, OptimizationSettings()
    for accuracy in (0.9, 0.5):
        new = BestModel(tmp_path, description, settings)
        new.update(1, Validation(accuracy, Retrieval(0, 0, 1, 1, 1)), dict)
    assert json.loads((tmp_path / "model.json").read_bytes())["validation_accuracy"] == 0.5
