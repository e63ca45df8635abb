"""The report agrees with the tables and heatmaps of the store and is a single file."""

import base64
import re
import shutil
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipelines.report import main
from pipelines.report_sample import LEVEL_EDGES_DB, evenly, power_share, take_sample
from pipelines.store_checks import find_problems
from pipelines.store_reader import Store
from pipelines.store_tables import parquet_bytes
from tests.helpers.small_stores import FAILED_ROW, NUM_CLIPS, build_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("report") / "s.zarr")


@pytest.fixture(scope="module")
def page(store, tmp_path_factory):
    out = tmp_path_factory.mktemp("page") / "r.html"
    assert main([store, "--out", str(out), "--clips", "2"]) == 0
    return out.read_text()


@pytest.fixture
def undrawn(monkeypatch):
    """Replace the figures in tests of the text, because figures take most of the time."""
    monkeypatch.setattr("pipelines.report_page._image", lambda figure: "<img>")


def table(page, title):
    """Return the rows of the first table after a title, without HTML tags."""
    rows = page.split(f">{title}</h")[1].split("</table>")[0].split("<tr>")[1:]
    return [tuple(re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)) for row in rows]


def test_the_store_of_these_tests_has_no_problems(store):
    assert find_problems(Store(store)) == []


def test_the_page_agrees_with_the_tables(page):
    head = dict(table(page, "s.zarr"))
    assert head["state"] == "finished, simulated"
    assert head["clips"] == "9, 17 s"  # 8 clips of 20 frames, 1 of 10 frames; 0.1 s per frame
    assert (head["failed clips"], head["subjects"]) == ("1", "5")
    assert (head["labels"], head["captions"]) == ("3", "6")
    assert (head["IF cubes, poses"]) == "kept, kept"
    assert ("fake", "GPL", "9", "17 s") in table(page, "Motions and their licences")
    assert ("test set", "CC0-1.0", "3", "8") not in table(page, "Labels")
    licences = table(page, "Captions and their licences")
    assert ("test set", "CC0-1.0", "3", "16") in licences
    assert ("test set", "GPL", "3", "16") in licences


def test_every_split_is_listed_and_none_leaks(page, store):
    clips = [clip for clip in Store(store).clips.values() if clip.num_frames]
    rows = {row[0]: row[2] for row in table(page, "People and splits")[1:]}
    assert rows == {
        split: str(sum(clip.split == split for clip in clips))
        for split in {clip.split for clip in clips}
    }
    assert "No person and no motion is in two splits." in page


def test_figures_are_embedded_and_nothing_is_fetched(page):
    images = re.findall(r"src='data:image/png;base64,([^']+)'", page)
    assert len(images) == 10  # 7 figures of any store; 3 of point counts, points and frame maps
    for image in images:
        assert base64.b64decode(image).startswith(b"\x89PNG")
    assert "http" not in re.sub(r"base64,[^']+", "", page)


def test_the_same_store_gives_the_same_page(page, store, tmp_path):
    shutil.copytree(store, tmp_path / "s.zarr")
    assert main([str(tmp_path / "s.zarr"), "--clips", "2"]) == 0
    assert (tmp_path / "s.report.html").read_text() == page


def test_texts_from_the_store_are_escaped(undrawn, store, tmp_path):
    """Labels in figures and licences in the text may contain angle brackets, which are escaped."""
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    part = copy / "tables/clips/part-000000.parquet"
    rows = pq.read_table(part).to_pylist()
    rows[0]["licence"] = "<script>alert(1)</script>"
    part.write_bytes(parquet_bytes("clips", rows))
    assert main([str(copy), "--clips", "0"]) == 0
    page = (tmp_path / "s.report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_person_in_two_splits_is_shown(undrawn, store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    part = copy / "tables/clips/part-000001.parquet"
    rows = pq.read_table(part).to_pylist()
    for row in rows:
        row["split"] = "val" if row["split"] != "val" else "test"
    part.write_bytes(parquet_bytes("clips", rows))
    assert main([str(copy), "--clips", "0"]) == 0
    assert "found in two splits" in (tmp_path / "s.report.html").read_text()


def test_an_unfinished_store_is_reported_as_such(undrawn, store, tmp_path):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    (copy / "checksums.json").unlink()
    assert main([str(copy), "--clips", "0"]) == 0
    assert "not finished" in (tmp_path / "s.report.html").read_text()


def test_rows_are_sampled_evenly():
    assert evenly([3, 5, 9], 5) == [3, 5, 9]
    assert evenly(list(range(101)), 5) == [0, 25, 50, 75, 100]


def test_the_sample_sums_over_the_heatmaps(store):
    opened = Store(store)
    sample = take_sample(opened, most=4)
    assert sample.rows == tuple(evenly([r for r in range(NUM_CLIPS) if r != FAILED_ROW], 4))
    for name, levels in sample.levels.items():
        assert levels.sum() == pytest.approx(1.0), name
        assert sample.shares[name].sum() == pytest.approx(1.0)
    peak_db = opened.maps(sample.rows[0])["time_range"].max()
    assert sample.peaks_db[0] == peak_db
    assert LEVEL_EDGES_DB[0] == -10


def test_power_shares_count_only_power_above_the_noise():
    map_db = np.full((4, 3), -10.0)
    map_db[:, 1], map_db[0, 2] = 10 * np.log10(11), 10 * np.log10(11)
    np.testing.assert_allclose(power_share(map_db), [0, 0.8, 0.2])


def test_a_failed_report_gives_a_one_line_error(undrawn, store, tmp_path, capsys, monkeypatch):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    (copy / "tables/clips/part-000000.parquet").write_bytes(b"")
    for arguments, message in (
        ([str(tmp_path / "nothing")], "is not a store"),
        ([str(copy)], "tables/clips/part-000000.parquet: cannot be read"),
        ([store, "--out", str(tmp_path / "no" / "r.html"), "--clips", "0"], "cannot be written"),
    ):
        assert main(arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main([store]) == 2
    assert "radarsim[viz]" in capsys.readouterr().err
