"""The record of a training run survives interrupted starts, and a damaged record is an error."""

import json
import os
from types import SimpleNamespace

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.errors import MmclipError
from mmclip.model_files import FORMAT, VERSION
from mmclip.presets import apply_overrides
from mmclip.pretrain import pretrain
from mmclip.run_folder import FILE, claim_run_folder
from mmclip.settings import OptimizationSettings, TrainingSettings

LABELS = ("bow", "bow and kick", "kick")
CORPUS = SimpleNamespace(
    stores=[SimpleNamespace(attributes={"plan_digest": "0123", "recipe_digest": "89"})],
    labels=LABELS,
)
DATA = SimpleNamespace(
    encoder={"digest": "4567"},
    corpus=CORPUS,
    bank=SimpleNamespace(sentences=("Bow.", "Kick.")),
    seen=("bow",),
    unseen=("kick",),
)


def with_store(**attributes):
    """The data with other digests of their only store."""
    attributes = CORPUS.stores[0].attributes | attributes
    corpus = SimpleNamespace(stores=[SimpleNamespace(attributes=attributes)], labels=LABELS)
    return SimpleNamespace(**{**vars(DATA), "corpus": corpus})


def claim(folder, *overrides):
    claim_run_folder(folder, DATA, apply_overrides(TrainingSettings(), overrides), "pretrain")


def test_a_kill_while_the_record_is_written_leaves_the_earlier_record(tmp_path, monkeypatch):
    """A changed setting is written anew; the process is killed before the file is renamed."""
    claim(tmp_path)
    before = (tmp_path / FILE).read_bytes()

    def kill(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", kill)
        with pytest.raises(KeyboardInterrupt):
            claim(tmp_path, "log_every=7")
    assert (tmp_path / FILE).read_bytes() == before
    claim(tmp_path, "log_every=7")
    assert json.loads((tmp_path / FILE).read_bytes())["train.log_every"] == 7


def test_resuming_with_the_same_settings_does_not_write_the_record(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr("mmclip.run_folder.write_atomically", lambda *given: written.append(given))
    claim(tmp_path)
    assert len(written) == 1
    path, content = written[0]
    path.write_bytes(content)
    claim(tmp_path)
    assert len(written) == 1


@pytest.mark.parametrize("content", ["", "[1]", '{"command": "pre'])
def test_a_damaged_record_is_an_error_that_states_how_to_resume(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(MmclipError, match=r"run\.json: cannot be read .*; delete it if the comm"):
        claim(tmp_path)
    (tmp_path / FILE).unlink()
    claim(tmp_path)


def test_a_folder_with_a_model_of_another_origin_is_not_used_for_training(tmp_path):
    """Published models, ensembles and bilinear maps have a model.json but no run.json."""
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(MmclipError, match=r"contains a model .*; choose another --out"):
        claim(tmp_path)
    assert not (tmp_path / FILE).exists()
    # A run whose damaged run.json was deleted can be resumed from its checkpoints.
    (tmp_path / "checkpoints" / "150").mkdir(parents=True)
    claim(tmp_path)


def test_a_run_of_an_earlier_version_with_other_training_data_is_not_resumed(tmp_path):
    """Earlier versions also trained on "bow and kick" if kick was unseen."""
    claim(tmp_path)
    record = json.loads((tmp_path / FILE).read_text())
    del record["seen_labels"]
    (tmp_path / FILE).write_text(json.dumps(record))
    with pytest.raises(MmclipError, match="differs in seen_labels"):
        claim(tmp_path)
    alone = SimpleNamespace(**{**vars(DATA), "seen": ("bow", "bow and kick")})
    claim_run_folder(tmp_path, alone, TrainingSettings(), "pretrain")


@pytest.mark.parametrize("part", ["plan", "recipe", "texts"])
def test_a_run_is_not_resumed_with_stores_that_differ_in_any_digest(tmp_path, part):
    """Stores with another room, or with exchanged labels, have the same plan of clips."""
    claim(tmp_path)
    data = with_store(**{f"{part}_digest": "other"})
    with pytest.raises(MmclipError, match=rf"differs in stores \({part}\); choose another --out"):
        claim_run_folder(tmp_path, data, TrainingSettings(), "pretrain")
    claim(tmp_path)


def test_a_run_of_an_earlier_version_is_resumed_unless_its_model_has_other_recipes(tmp_path):
    """Earlier versions recorded only the digests of the plans; their model.json has more."""
    claim(tmp_path)
    complete = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps({**complete, "stores": ["0123"]}))
    stores = [CORPUS.stores[0].attributes]
    description = {"format": FORMAT, "version": VERSION, "stores": stores}
    (tmp_path / "model.json").write_text(json.dumps(description))
    data = with_store(recipe_digest="other")
    with pytest.raises(MmclipError, match=r"differs in stores \(recipe\)"):
        claim_run_folder(tmp_path, data, TrainingSettings(), "pretrain")
    (tmp_path / "model.json").unlink()
    claim(tmp_path)
    assert json.loads((tmp_path / FILE).read_text()) == complete


def test_a_run_with_a_setting_outside_its_limits_does_not_start(tmp_path):
    settings = TrainingSettings(train=OptimizationSettings(seed=-1))
    with pytest.raises(MmclipError, match=r"train\.seed: is -1; it must be at least 0"):
        claim_run_folder(tmp_path, DATA, settings, "pretrain")


def test_training_refuses_a_setting_before_it_reads_a_store(tmp_path):
    """The store does not exist, so any other order would report the store."""
    settings = TrainingSettings(train=OptimizationSettings(batch=0))
    with pytest.raises(MmclipError, match=r"train\.batch: is 0"):
        pretrain(["missing.zarr"], tmp_path / "run", settings, "hash")
