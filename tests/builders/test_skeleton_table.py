"""`skeletons.csv`: results of other files are neither overwritten nor removed."""

import csv
from pathlib import Path

import pytest

from builders.skeleton_table import COLUMNS, TABLE, check_earlier, update_table
from builders.skeletons import main
from radarsim.errors import InputError
from tests.helpers.sample_calls import check_four_parts


def _result(out, name, source) -> dict:
    """A motion file in the output folder, and its row of the table."""
    out.mkdir(exist_ok=True)
    (out / name).touch()
    return {"file": name, "source": source}


def _listed(out) -> list[str]:
    with (out / TABLE).open(newline="") as file:
        return [row["file"] for row in csv.DictReader(file)]


def test_the_results_of_an_earlier_run_with_another_file_are_not_overwritten(tmp_path):
    """A repeated fit of the same file may overwrite them, and so may a fit after their removal."""
    first, second, out = tmp_path / "a/walk.npy", tmp_path / "b/walk.npy", tmp_path / "out"
    update_table(out, [_result(out, "walk_part0_poses.npz", first)], [first])
    place = Path()
    check_earlier(out, [(first, place)])
    with pytest.raises(InputError, match=r"would overwrite .*walk_part0_poses\.npz") as caught:
        check_earlier(out, [(second, place)])
    check_four_parts(caught.value)
    (out / "walk_part0_poses.npz").unlink()
    check_earlier(out, [(second, place)])


def test_the_command_refuses_a_file_with_the_name_of_an_earlier_one(tmp_path, capsys):
    first, second, out = tmp_path / "a/walk.bvh", tmp_path / "b/walk.bvh", tmp_path / "out"
    update_table(out, [_result(out, "walk_poses.npz", first)], [first])
    second.parent.mkdir()
    second.touch()
    assert main([str(second), "--out", str(out)]) == 2
    assert "walk.bvh: inputs: would overwrite" in capsys.readouterr().err
    assert _listed(out) == ["walk_poses.npz"]


def test_results_of_relative_sources_in_an_earlier_table_are_kept(tmp_path, monkeypatch):
    """The folder in which the earlier run was started is unknown."""
    monkeypatch.chdir(tmp_path)
    source, out = tmp_path / "walk.csv", tmp_path / "out"
    row = _result(out, "walk_part1_poses.npz", "walk.csv")
    (out / TABLE).write_text(",".join(COLUMNS) + f"\n{row['file']},walk.csv" + "," * 8 + "\n")
    update_table(out, [_result(out, "walk_poses.npz", source)], [source])
    assert _listed(out) == ["walk_part1_poses.npz", "walk_poses.npz"]
    assert (out / "walk_part1_poses.npz").is_file()


def test_no_file_is_removed_if_the_table_cannot_be_written(tmp_path, monkeypatch):
    source, out = tmp_path / "walk.csv", tmp_path / "out"
    update_table(out, [_result(out, "walk_part0_poses.npz", source)], [source])

    def full_disk(path, content):
        raise InputError(path, "file", "cannot be written", "free some space")

    monkeypatch.setattr("pipelines.table_files.write_whole", full_disk)
    with pytest.raises(InputError, match="cannot be written"):
        update_table(out, [_result(out, "walk_poses.npz", source)], [source])
    assert (out / "walk_part0_poses.npz").is_file()
    assert _listed(out) == ["walk_part0_poses.npz"]
