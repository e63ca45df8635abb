"""`tools.check_inputs` prints a line per file and the counts, and no input crashes the tool."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from tests.helpers.bvh_samples import bvh_text, moves, person
from tools import check_inputs


@pytest.fixture
def folder(tmp_path):
    text = bvh_text(person(), *moves(person()))
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / "b" / "good.BVH").write_text(text)
    (tmp_path / "b" / "deep" / "surplus.bvh").write_text(text + text.splitlines()[-1])
    (tmp_path / "a.bvh").write_text(text.replace("0.008333", "30"))
    (tmp_path / "c.npz").write_bytes(b"PK no archive")
    (tmp_path / ".hidden.bvh").write_text(text)
    (tmp_path / "readme.txt").write_text("no input")
    return tmp_path


def test_every_file_has_a_line_with_its_result_and_remarks(folder, capsys):
    assert check_inputs.main([str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("a.bvh  motion  refused  line ")
    assert "30 looks like poses per second: write 0.0333333" in lines[0]
    assert lines[1].startswith("c.npz  motion  refused  ")
    assert lines[2].startswith("b/good.BVH  motion  read  25 poses at 120 Hz; unit inferred as")
    assert "Frames is 25, but 26 rows follow" in lines[3]
    assert lines[4:] == ["motion: 2 read, 2 refused, 0 failed", "2 files of other types"]


def test_json_has_the_same_content(folder, capsys):
    check_inputs.main([str(folder), "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [row["file"] for row in rows] == ["a.bvh", "c.npz", "b/good.BVH", "b/deep/surplus.bvh"]
    assert [row["result"] for row in rows] == ["refused", "refused", "read", "read"]
    assert rows[2]["remarks"][0] == "25 poses at 120 Hz"


def test_a_single_file_may_be_named(folder, capsys):
    assert check_inputs.main([str(folder / "b" / "good.BVH")]) == 0
    assert capsys.readouterr().out.startswith("good.BVH  motion  read")


def test_a_crash_of_a_reader_is_a_line_and_the_exit_status(folder, capsys, monkeypatch):
    def crash(path):
        raise ZeroDivisionError(f"in {path.name}")

    reader = check_inputs.Reader("text", (".txt",), crash)
    monkeypatch.setattr(check_inputs, "READERS", (*check_inputs.READERS, reader))
    assert check_inputs.main([str(folder)]) == 1
    out = capsys.readouterr().out
    assert "readme.txt  text  failed  ZeroDivisionError: in readme.txt" in out
    assert "text: 0 read, 0 refused, 1 failed" in out


def test_a_folder_that_does_not_exist_is_named(tmp_path, capsys):
    assert check_inputs.main([str(tmp_path / "none")]) == 2
    assert "does not exist; check the path" in capsys.readouterr().err


def test_the_script_runs_by_its_path(folder, capsys, monkeypatch):
    script = Path(check_inputs.__file__)
    monkeypatch.setattr(sys, "argv", [str(script), str(folder)])
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(script), run_name="__main__")
    assert end.value.code == 0
    assert "motion: 2 read" in capsys.readouterr().out
