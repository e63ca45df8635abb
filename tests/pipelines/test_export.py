"""An export has the names, units and values of the store, and is either complete or absent."""

import csv
import json
import shutil

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from builders.export import main
from pipelines import export
from pipelines.recipe import Keep
from pipelines.schema import TABLES
from tests.helpers import small_stores
from tests.helpers.small_stores import FAILED_ROW, build_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("export") / "s.zarr")


@pytest.fixture(scope="module")
def hdf5(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("hdf5") / "s.h5"
    assert main([store, "--hdf5", str(path), "--quiet"]) == 0
    with h5py.File(path) as file:
        yield file


@pytest.fixture(scope="module")
def folder(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("numpy") / "deep" / "s"
    assert main([store, "--numpy", str(path), "--quiet"]) == 0
    return path


def rows_of(store, table):
    return pq.read_table(f"{store}/tables/{table}").to_pylist()


def test_hdf5_holds_every_array_with_its_values_type_and_attributes(store, hdf5):
    opened = zarr.open_group(store, mode="r")
    assert {name for name, _ in opened.arrays()} == set(hdf5) - {"tables"}
    for name, array in opened.arrays():
        np.testing.assert_array_equal(hdf5[name][:], array[:])
        assert hdf5[name].dtype == array.dtype
        assert hdf5[name].attrs["units"] == array.attrs["units"]
    assert hdf5["if_cube"].attrs["scale_factor"] == opened["if_cube"].attrs["scale_factor"]
    assert hdf5.attrs["recipe"] == opened.attrs["recipe"]
    assert json.loads(hdf5.attrs["radar"]) == opened.attrs["radar"]


def test_hdf5_axes_have_names_and_coordinates(hdf5):
    axes = hdf5["time_doppler"].dims
    assert [axis.label for axis in axes] == ["clip", "time", "speed"]
    assert axes[2]["speed"] == hdf5["speed"]
    assert axes[1][0] == hdf5["time"]


@pytest.mark.parametrize("table", TABLES)
def test_hdf5_tables_are_columns(store, hdf5, table):
    rows = rows_of(store, table)
    for column, kind in TABLES[table].items():
        found = hdf5[f"tables/{table}/{column}"]
        values = found.asstr()[:] if kind == "string" else found[:]
        assert list(values) == [row[column] for row in rows]


def test_numpy_files_hold_every_array_and_table(store, folder):
    opened = zarr.open_group(store, mode="r")
    about = json.loads((folder / "attributes.json").read_text())
    for name, array in opened.arrays():
        found = np.load(folder / f"{name}.npy", mmap_mode="r")
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array[:])
        assert about[name]["units"] == array.attrs["units"]
        assert about[name]["axes"] == list(array.metadata.dimension_names)
    for table in TABLES:
        with open(folder / f"{table}.csv", newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        wanted = [
            {name: str(value) for name, value in row.items()} for row in rows_of(store, table)
        ]
        assert found == wanted


def test_the_command_prints_the_number_of_verified_values(store, tmp_path, capsys):
    assert main([store, "--numpy", str(tmp_path / "s")]) == 0
    output = capsys.readouterr()
    num = sum(int(np.prod(array.shape)) for _, array in zarr.open_group(store, mode="r").arrays())
    assert output.out == f"{tmp_path / 's'}: {num} values written and verified\n"
    assert "  time_doppler\n" in output.err


@pytest.mark.parametrize("num_clips", [1, 2, 5])
def test_a_store_with_fewer_clips_than_a_chunk_or_shard_holds_is_exported(tmp_path, num_clips):
    """A store with one clip, e.g. from a BVH file, is exported although a shard holds four."""
    store = build_store(tmp_path / "s.zarr", num_clips)
    assert main([store, "--hdf5", str(tmp_path / "s.h5"), "--quiet"]) == 0
    assert main([store, "--numpy", str(tmp_path / "s"), "--quiet"]) == 0
    with h5py.File(tmp_path / "s.h5") as file:
        for name, array in zarr.open_group(store, mode="r").arrays():
            np.testing.assert_array_equal(file[name][:], array[:])
            np.testing.assert_array_equal(np.load(tmp_path / "s" / f"{name}.npy"), array[:])
        assert len(file["tables/clips/id"]) == num_clips


@pytest.mark.parametrize("option", ["--hdf5", "--numpy", "--points"])
def test_an_existing_path_is_not_changed(store, tmp_path, capsys, option):
    out = tmp_path / "mine"
    out.write_text("mine")
    assert main([store, option, str(out)]) == 2
    assert capsys.readouterr().err.startswith(f"{out}: {option}: exists already; ")
    assert out.read_text() == "mine"
    assert main([store, option, str(out / "below")]) == 2
    assert f"{option}: cannot be written" in capsys.readouterr().err


def test_hdf5_frames_have_their_times(hdf5):
    assert hdf5["points"].dims[1]["frame_time"] == hdf5["frame_time"]
    assert hdf5["range_doppler"].dims[3]["burst_speed"] == hdf5["burst_speed"]
    assert json.loads(hdf5["points"].attrs["value_names"])[0] == "range_m"


def points_of(store, row):
    """Return the points of a clip as (time, frame, *values), read without the package."""
    opened = zarr.open_group(store, mode="r")
    counts, values, times_s = (opened[n][:] for n in ("num_points", "points", "frame_time"))
    return [
        [times_s[frame], frame, *values[row, frame, slot]]
        for frame, count in enumerate(counts[row])
        for slot in range(count)
    ]


def index_of(folder):
    with open(folder / "clips.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_points_are_a_csv_table_per_clip(store, tmp_path, capsys):
    assert main([store, "--points", str(tmp_path / "p")]) == 0
    files = index_of(tmp_path / "p")
    assert len(files) == 10
    total = 0
    for entry in files:
        header, *lines = (tmp_path / "p" / entry["file"]).read_text().splitlines()
        assert header.startswith("time_s,frame,range_m,azimuth_rad,elevation_rad,speed_mps,snr_db")
        found = np.array([[float(value) for value in line.split(",")] for line in lines])
        expected = np.array(points_of(store, int(entry["row"])))
        assert len(lines) == int(entry["num_points"]) == len(expected)
        # Float32 values are read back exactly; the times were rounded to float32.
        np.testing.assert_allclose(found, expected.reshape(found.shape), rtol=1e-7)
        total += len(lines)
    assert total > 100
    assert capsys.readouterr().out == f"{tmp_path / 'p'}: {total} points written and verified\n"


def test_points_are_a_pcd_cloud_per_clip(store, tmp_path):
    """A PCD 0.7 file has a text header that names the fields, followed by packed values."""
    assert main([store, "--points", str(tmp_path / "p"), "--format", "pcd", "--quiet"]) == 0
    entry = index_of(tmp_path / "p")[1]
    header, data = (tmp_path / "p" / entry["file"]).read_bytes().split(b"DATA binary\n")
    lines = dict(line.split(" ", 1) for line in header.decode().splitlines()[1:])
    fields = lines["FIELDS"].split()
    assert lines["VERSION"] == "0.7"
    assert fields[:3] == ["x", "y", "z"]
    kinds = zip(lines["TYPE"].lower().split(), lines["SIZE"].split(), strict=True)
    types = [f"<{kind}{size}" for kind, size in kinds]
    cloud = np.frombuffer(data, list(zip(fields, types, strict=True)))
    assert len(cloud) == int(lines["POINTS"]) == int(lines["WIDTH"]) * int(lines["HEIGHT"])
    expected = np.array(points_of(store, 1))
    np.testing.assert_allclose(cloud["frame"], expected[:, 1])
    np.testing.assert_allclose(cloud["time_s"], expected[:, 0], rtol=1e-7)
    for field, column in (("range_m", 2), ("snr_db", 6), ("x", 7), ("z", 9)):
        np.testing.assert_array_equal(cloud[field], expected[:, column].astype(np.float32))


def test_a_clip_without_points_has_an_empty_file(store, tmp_path):
    """A failed clip has an index entry and an empty file, so that rows and files correspond."""
    assert main([store, "--points", str(tmp_path / "p"), "--quiet"]) == 0
    entry = index_of(tmp_path / "p")[FAILED_ROW]
    assert (entry["num_frames"], entry["num_points"]) == ("0", "0")
    assert len((tmp_path / "p" / entry["file"]).read_text().splitlines()) == 1


def test_a_store_without_points_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(small_stores, "keep_all", Keep)
    bare = build_store(tmp_path / "bare.zarr", 2)
    assert main([bare, "--points", str(tmp_path / "p")]) == 2
    assert capsys.readouterr().err == (
        f"{bare}: points: are not in this store; build it with --keep points\n"
    )
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("option", ["--hdf5", "--numpy"])
def test_a_failed_export_leaves_no_files(store, tmp_path, capsys, monkeypatch, option):
    out = tmp_path / "out"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_copy", full)
    assert main([store, option, str(out), "--quiet"]) == 2
    assert f"{out}: {option}: cannot be written (No space left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_value_that_reads_back_differently_is_an_error(store, tmp_path, monkeypatch):
    real = np.array_equal
    monkeypatch.setattr(np, "array_equal", lambda a, b, **how: real(a, b, **how) and a.ndim != 3)
    assert main([store, "--numpy", str(tmp_path / "s"), "--quiet"]) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_is_refused(store, tmp_path, capsys):
    copy = shutil.copytree(store, tmp_path / "s.zarr")
    (copy / "tables/captions/part-000001.parquet").write_bytes(b"no")
    assert main([str(copy), "--hdf5", str(tmp_path / "s.h5"), "--quiet"]) == 2
    assert "tables/captions: cannot be read" in capsys.readouterr().err
    (copy / "time_angle/c/1/0/0").write_bytes(b"no shard")
    assert main([str(copy), "--hdf5", str(tmp_path / "s.h5"), "--quiet"]) == 2
    assert "time_angle 4 to 8: cannot be read" in capsys.readouterr().err
    assert not list(tmp_path.glob("s.h5*"))
