"""Output paths that cannot be written are reported before any computation."""

import json
import os
from types import SimpleNamespace

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import bilinear, ensemble, evaluate, finetune, model_files, predict, pretrain, publish
from mmclip.atomic_files import write_atomically
from mmclip.errors import MmclipError
from mmclip.output_paths import check_output_file, check_output_folder
from mmclip.query_bank import add_to_run


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (bilinear, ["none.zarr", "--model", "none", "--out"]),
        (ensemble, ["none", "none", "--out"]),
        (evaluate, ["none.zarr", "--models", "none", "--out"]),
        (finetune, ["none.zarr", "--model", "none", "--out"]),
        (predict, ["none.zarr", "--model", "none", "--csv"]),
        (pretrain, ["none.zarr", "--encoder", "hash", "--out"]),
        (publish, ["none", "--out"]),
    ],
)
def test_a_path_below_a_file_is_an_error_before_stores_and_models_are_read(
    tmp_path, capsys, command, arguments
):
    """Neither the stores nor the models exist, so an error that names the output came first."""
    (tmp_path / "notes").write_text("text")
    out = tmp_path / "notes" / "x"
    assert command.main([*arguments, str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{out}: {arguments[-1]}: cannot be written (Not a directory); ")
    assert error.count("\n") == 1


def test_a_query_bank_is_not_computed_for_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "run").write_text("text")
    monkeypatch.setattr(model_files, "load_model", lambda run: SimpleNamespace(folder=run))
    with pytest.raises(MmclipError, match="--model: cannot be written"):
        add_to_run(SimpleNamespace(model=tmp_path / "run"))


def test_a_model_is_overwritten_neither_by_an_ensemble_nor_by_its_published_form(tmp_path):
    """The models need not exist, because the output folder is checked first."""
    content = json.dumps({"format": model_files.FORMAT, "version": model_files.VERSION})
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(MmclipError, match="--out: contains another model"):
        ensemble.combine_runs([tmp_path, "none"], tmp_path)
    with pytest.raises(MmclipError, match="--out: is the folder of the model"):
        publish.publish(tmp_path, tmp_path / "x" / "..")
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_the_check_of_an_output_path_creates_nothing(tmp_path, monkeypatch):
    check_output_folder(tmp_path / "a" / "b")
    check_output_file(tmp_path / "a" / "b.csv", "--csv")
    check_output_file("/dev/stdout", "--csv")
    monkeypatch.chdir(tmp_path)
    check_output_file("b.csv", "--csv")
    assert list(tmp_path.iterdir()) == []


def test_an_output_file_that_is_a_folder_or_write_protected_is_an_error(tmp_path, monkeypatch):
    """The superuser may write to protected files, so that the test replaces the system's answer."""
    with pytest.raises(MmclipError, match="--csv: is a folder; name a file"):
        check_output_file(tmp_path, "--csv")
    (tmp_path / "old.csv").write_text("text")
    check_output_file(tmp_path / "old.csv", "--csv")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(MmclipError, match="--csv: exists and cannot be written"):
        check_output_file(tmp_path / "old.csv", "--csv")


def test_probabilities_are_written_to_a_new_folder(tmp_path):
    row = {"clip": 0, "start_s": 0.5, "store_label": "", "trained_on": ["label"]}
    rows = [row | {"scores": {"bow": 0.25, "jump": 0.75}}]
    predict._write_csv(str(tmp_path / "new" / "x.csv"), rows, ["bow", "jump"])
    lines = (tmp_path / "new" / "x.csv").read_text().splitlines()
    assert lines[1] == "0,0.500,jump,,label,0.2500,0.7500"
    with pytest.raises(MmclipError, match=r"--csv: cannot be written \(Is a directory\)"):
        predict._write_csv(str(tmp_path), rows, ["bow", "jump"])


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(MmclipError, match=r"model\.json: output: cannot be written \(No such file"):
        write_atomically(tmp_path / "none" / "model.json", b"{}")
