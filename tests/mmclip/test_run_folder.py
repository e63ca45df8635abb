"""The record of a training run survives interrupted starts, and a damaged record is an error."""

import json
import os
from types import SimpleNamespace

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.errors import MmclipError
from mmclip.presets import apply_overrides
from mmclip.run_folder import FILE, claim_run_folder
from mmclip.settings import TrainingSettings

CORPUS = SimpleNamespace(stores=[SimpleNamespace(attributes={"plan_digest": "0123"})])
DATA = SimpleNamespace(
    encoder={"digest": "4567"}, corpus=CORPUS, bank=SimpleNamespace(sentences=("Bow.", "Kick."))
)


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
