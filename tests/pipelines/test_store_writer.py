"""A written store is complete and self-describing, and damage to a store is detected."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
import zarr

from pipelines.recipe_toml import recipe_digest
from pipelines.run import build
from pipelines.schema import HEATMAPS
from pipelines.shard_job import ShardJob, make_shard
from pipelines.storage import LocalFolder
from pipelines.store_folder import StoreError
from pipelines.store_tables import parquet_bytes
from pipelines.store_writer import (
    ShardWriter,
    done_record,
    find_state,
    finish_store,
    prepare,
    verify,
)
from radarsim.errors import InputError
from tests.helpers.pipeline_fakes import (
    BINS,
    NUM_COLUMNS,
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    small_recipe,
    store_bytes,
)

TAKES = fake_takes(6)
PLAN = fake_plan(TAKES)
STORE_SPEC = fake_store_spec(PLAN)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("stores") / "small.zarr"
    build(PLAN, TAKES, str(path), STORE_SPEC, fake_clip, workers=0, quiet=True)
    return path


def expected(row):
    clip = PLAN.clips[row]
    return fake_clip(PLAN.recipe, clip, TAKES[clip.take])


def test_arrays_are_read_back_unchanged(store):
    opened = zarr.open_group(store, mode="r")
    for row in range(len(PLAN.clips)):
        for name, values in expected(row).items():
            np.testing.assert_array_equal(opened[name][row], values)


def test_the_store_opens_in_xarray_with_axes_and_units(store):
    opened = xr.open_zarr(store)
    assert opened.sizes["clip"] == 6
    assert opened.time_range.dims == ("clip", "time", "range")
    assert opened.time_doppler.dims == ("clip", "time", "speed")
    assert opened.time_angle.dims == ("clip", "time", "angle")
    units = {name: opened[name].attrs["units"] for name in ("time", "range", "speed", "angle")}
    assert units == {"time": "s", "range": "m", "speed": "m/s", "angle": "rad"}
    assert opened.time_range.sel(range=2.0).shape == (6, NUM_COLUMNS)
    volts = opened.if_cube.isel(clip=1).values
    np.testing.assert_allclose(volts, expected(1)["if_cube"] * 1e-5, rtol=1e-6)


def test_arrays_per_frame_have_named_coordinates_in_xarray(store):
    """xarray finds the coordinate `frame_time` of the axis `frame`, although the names differ."""
    opened = xr.open_zarr(store)
    assert opened.points.dims == ("clip", "frame", "point", "value")
    assert opened.range_doppler.dims == ("clip", "frame", "range", "burst_speed")
    assert opened.range_azimuth.dims == ("clip", "frame", "range", "burst_angle")
    for name in ("points", "range_doppler", "joints_m", "joint_speed_mps", "joint_visible"):
        assert opened[name].frame_time.dims == ("frame",), name
    assert opened.frame_time.attrs["units"] == "s"
    assert opened.range_doppler.sel(burst_speed=1.0).shape == (6, 3, BINS["range"])
    assert opened.points.attrs["value_names"][:2] == ["range_m", "azimuth_rad"]
    assert opened.joint_visible.dtype == bool


def test_opening_the_store_gives_no_warnings(store, recwarn):
    xr.open_zarr(store)
    zarr.open_group(store, mode="r")["time_range"][0]
    assert not [str(warning.message) for warning in recwarn]


def test_the_root_attributes_identify_the_store(store):
    attributes = dict(zarr.open_group(store, mode="r").attrs)
    assert attributes["format"] == "radarsim-store"
    assert attributes["schema_version"] == 2
    assert attributes["recipe_digest"] == recipe_digest(PLAN.recipe)


def test_tables_have_one_part_per_shard(store):
    clips = pq.read_table(store / "tables" / "clips")
    assert clips["row"].to_pylist() == list(range(6))
    assert clips["id"].to_pylist() == [clip.id for clip in PLAN.clips]
    assert set(clips["split"].to_pylist()) <= {"train", "val", "test"}
    segments = pq.read_table(store / "tables" / "segments").to_pylist()
    captions = {
        row["id"]: row["text"] for row in pq.read_table(store / "tables/captions").to_pylist()
    }
    assert [captions[row["caption"]] for row in segments] == [f"act {i % 3}" for i in range(6)]
    period_s = PLAN.recipe.radar.frame.period_s
    assert segments[0]["end_s"] == pytest.approx(3 * period_s)  # each clip has three frames


def test_equal_rows_give_equal_parquet_bytes():
    rows = [{"id": "a", "text": "walk", "source": "fake", "licence": "CC0-1.0"}]
    assert parquet_bytes("captions", rows) == parquet_bytes("captions", list(rows))


def test_a_finished_store_has_no_marks_and_verifies(store):
    assert not (store / ".build").exists()
    assert verify(store) == []
    checked = json.loads((store / "checksums.json").read_text())["files"]
    on_disk = {name for name in store_bytes(store) if not name.startswith("tables/attributes")}
    assert checked.keys() == on_disk - {"checksums.json"}


@pytest.mark.parametrize("name", ["time_range/c/0/0/0", "if_cube/c/5/0/0/0/0/0/0", "zarr.json"])
@pytest.mark.parametrize("damage", ["cut", "remove"])
def test_a_damaged_file_is_reported(tmp_path, store, name, damage):
    copy = _copied(store, tmp_path)
    if damage == "cut":
        (copy / name).write_bytes((copy / name).read_bytes()[:-1])
    else:
        (copy / name).unlink()
    (line,) = verify(copy)
    assert name in line
    assert ("missing" if damage == "remove" else "changed") in line


def test_checksums_stay_valid_when_attributes_are_attached(tmp_path, store):
    copy = _copied(store, tmp_path)
    (copy / "tables/attributes/part-000000.parquet").write_bytes(parquet_bytes("attributes", []))
    (copy / "tables/attributes/later.parquet").write_bytes(parquet_bytes("attributes", []))
    assert verify(copy) == []


def test_an_error_about_infinite_values_names_clip_and_axis(tmp_path):
    folder = LocalFolder(tmp_path / "s.zarr")
    prepare(folder, STORE_SPEC)
    arrays = expected(0)
    arrays["time_range"][2, 3] = np.nan
    writer = ShardWriter(folder, STORE_SPEC, 0)
    with pytest.raises(InputError, match=r"take-000#000.0: time_range: 1 values.*time 2, range 3"):
        writer.add(0, PLAN.clips[0].id, arrays)


def test_a_row_of_another_shard_is_an_assertion_error(tmp_path):
    writer = ShardWriter(LocalFolder(tmp_path / "s.zarr"), STORE_SPEC, 0)
    with pytest.raises(AssertionError, match="row 4 is not in shard 0"):
        writer.add(4, "clip", expected(4))


def test_a_shard_is_done_only_while_its_files_are_undamaged(tmp_path):
    folder = LocalFolder(tmp_path / "s.zarr")
    prepare(folder, STORE_SPEC)
    job = ShardJob(
        out=str(folder.root), recipe=PLAN.recipe, store_spec=STORE_SPEC, make_clip=fake_clip
    )
    assert done_record(folder, 0) is None
    make_shard(job, 0, PLAN.shard(0), TAKES)
    assert done_record(folder, 0)["clips"] == 4
    (folder.root / "time_range/c/0/0/0").write_bytes(b"cut short")
    assert done_record(folder, 0) is None


def test_a_store_is_not_finished_while_a_shard_is_missing(tmp_path):
    folder = LocalFolder(tmp_path / "s.zarr")
    prepare(folder, STORE_SPEC)
    with pytest.raises(RuntimeError, match="shard 0 of 2"):
        finish_store(folder, STORE_SPEC)


def test_the_state_of_a_folder_is_recognised(tmp_path, store):
    identity = STORE_SPEC.identity
    assert find_state(LocalFolder(tmp_path / "nothing"), identity) == "new"
    (tmp_path / "empty").mkdir()
    assert find_state(LocalFolder(tmp_path / "empty"), identity) == "new"
    assert find_state(LocalFolder(store), identity) == "finished"
    prepare(LocalFolder(tmp_path / "begun"), STORE_SPEC)
    assert find_state(LocalFolder(tmp_path / "begun"), identity) == "resumed"


def test_a_begun_store_whose_recipe_lacks_the_room_is_refused_for_its_code_version(tmp_path):
    """Recipes of earlier versions lack the text of a bundled room, but have the same digest."""
    identity = {**STORE_SPEC.identity, "recipe": 'text = ""', "code_version": "1"}
    folder = LocalFolder(tmp_path / "begun")
    prepare(folder, replace(STORE_SPEC, identity=identity))
    wanted = {**identity, "recipe": 'text = "far_m = 5.0"', "code_version": "2"}
    with pytest.raises(InputError, match="with a different code version"):
        find_state(folder, wanted)


@pytest.mark.parametrize("added", ["before", "now"])
def test_a_recipe_with_one_more_section_at_its_end_is_named(tmp_path, added):
    texts = "seed = 1\n", 'seed = 1\n\n[receiver]\nname = "datasheet"\n'
    old, new = texts if added == "now" else texts[::-1]
    identity = {**STORE_SPEC.identity, "recipe": old, "recipe_digest": "1"}
    folder = LocalFolder(tmp_path / "begun")
    prepare(folder, replace(STORE_SPEC, identity=identity))
    sides = ("nothing", "[receiver]") if added == "now" else ("[receiver]", "nothing")
    with pytest.raises(InputError) as caught:
        find_state(folder, {**identity, "recipe": new, "recipe_digest": "2"})
    assert caught.value.problem.endswith("a different recipe ({}; now {})".format(*sides))


def _file(path):
    path.write_text("mine")


def _folder(path):
    path.mkdir()
    (path / "thesis.tex").write_text("mine")


def _foreign_zarr(path):
    zarr.create_group(path).create_array("mine", shape=(3,), dtype="int8")


def _damaged(path):
    path.mkdir()
    (path / "zarr.json").write_text("{")
    (path / "checksums.json").write_text("[]")


def _other_mark(path):
    (path / ".build").mkdir(parents=True)
    (path / ".build" / "store.json").write_text("[1, 2]")


@pytest.mark.parametrize("put", [_file, _folder, _foreign_zarr, _damaged, _other_mark])
def test_other_files_at_the_path_are_refused_and_not_changed(tmp_path, put):
    path = tmp_path / "out"
    put(path)
    before = store_bytes(tmp_path)
    with pytest.raises(InputError) as caught:
        prepare(LocalFolder(path), STORE_SPEC)
    assert caught.value.field == "--out"
    assert store_bytes(tmp_path) == before


def test_a_store_of_another_recipe_is_refused_and_not_changed(tmp_path, store):
    copy = _copied(store, tmp_path)
    before = store_bytes(copy)
    other = fake_store_spec(fake_plan(TAKES, small_recipe(seed=9)))
    with pytest.raises(InputError, match="another"):
        prepare(LocalFolder(copy), other)
    assert store_bytes(copy) == before


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        prepare(LocalFolder(blocked / "s.zarr"), STORE_SPEC)


def test_a_full_disk_is_an_error_and_keeps_finished_shards(tmp_path, monkeypatch):
    """The OS reports a full disk (OSError) at the first write of the second shard."""
    path = tmp_path / "s.zarr"
    real = os.replace

    def full(source, target):
        if "/c/1/" in str(target) and "time_range" in str(target):
            raise OSError(28, "No space left on device")
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(StoreError, match="no space left; free space and run the same command"):
            build(PLAN, TAKES, str(path), STORE_SPEC, fake_clip, workers=0, quiet=True)
    assert done_record(LocalFolder(path), 0) is not None
    assert done_record(LocalFolder(path), 1) is None
    assert not list((path / ".build").glob("*.partial"))


def test_a_second_build_of_the_same_store_is_refused(tmp_path):
    folder = LocalFolder(tmp_path / "s.zarr")
    held = folder.lock()
    with pytest.raises(StoreError, match="another build is writing here"):
        folder.lock()
    held.close()
    folder.lock().close()


def test_a_heatmap_shard_has_one_chunk_per_clip(store):
    opened = zarr.open_group(store, mode="r")
    for name in HEATMAPS:
        assert opened[name].chunks[0] == 1
        assert opened[name].shards[0] == 4
    assert opened["time_range"].shape == (6, NUM_COLUMNS, BINS["range"])


def _copied(store, tmp_path):
    return shutil.copytree(store, tmp_path / "copy.zarr")
