"""Tests of the command builders.check: valid stores pass, and each kind of damage is reported."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import zarr

from builders import check
from mmclip.store import open_store
from pipelines.plan import Clip, clip_seed, make_plan
from pipelines.recipe import Clips, Keep, Recipe
from pipelines.run import build
from pipelines.store_checks import compare_arrays
from pipelines.store_reader import Store
from pipelines.store_spec import make_store_spec
from pipelines.store_tables import parquet_bytes
from pipelines.store_writer import CHECKSUMS
from radarsim.errors import InputError
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from tests.helpers.pipeline_fakes import fake_takes

RECIPE = Recipe(
    radar=BOARDS[DEFAULT_BOARD],
    clips=Clips(length_s=0.6, min_frames=2),
    keep=Keep(if_cubes="off"),
)
TAKES = fake_takes(6)


def plan_of(takes, **changes):
    clips = [
        Clip(
            id=f"{take.id}#0",
            take=take.id,
            take_sha256=take.id,
            source=take.source,
            licence=take.licence,
            subject=take.subject,
            num_frames=5,
            seed=clip_seed(RECIPE, take.id),
        )
        for take in takes.values()
    ]
    plan = make_plan(RECIPE, clips)
    return replace(plan, clips=tuple(replace(clip, **changes) for clip in plan.clips))


def store_spec_and_stage(plan, takes, corrupt=lambda arrays: arrays):
    """A store specification, and a stage that returns noise in the shapes of simulated arrays."""
    store_spec = make_store_spec(plan, takes)
    specs = {spec.name: spec for spec in store_spec.arrays if spec.per_clip}

    def stage(recipe, clip, take):
        rng = np.random.default_rng(clip.seed)
        arrays = {}
        for name in ("time_doppler", "time_range", "time_angle"):
            arrays[name] = rng.normal(3, 2, specs[name].shape[1:]).astype(np.float16)
            arrays[name][20:] = -10
        return corrupt({**arrays, "num_frames": np.int32(5), "num_columns": np.int32(20)})

    return store_spec, stage


def built(path, plan=None, corrupt=lambda arrays: arrays):
    plan = plan or plan_of(TAKES)
    store_spec, stage = store_spec_and_stage(plan, TAKES, corrupt)
    build(plan, TAKES, str(path), store_spec, stage, workers=0, quiet=True)
    return path


@pytest.fixture(scope="module")
def valid_store(tmp_path_factory):
    return built(tmp_path_factory.mktemp("valid") / "s.zarr")


@pytest.fixture
def store(valid_store, tmp_path):
    return shutil.copytree(valid_store, tmp_path / "s.zarr")


def checked(path, capsys, *options):
    status = check.main([str(path), "--quiet", *options])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return status, captured.out + captured.err


def test_a_valid_store_passes(valid_store, capsys):
    status, output = checked(valid_store, capsys)
    assert status == 0
    assert "no problems found (6 clips" in output


@pytest.mark.parametrize("name", ["time_range/c/0/0/0", "tables/clips/part-000000.parquet"])
def test_a_changed_byte_is_found(store, capsys, name):
    data = bytearray((store / name).read_bytes())
    data[len(data) // 2] ^= 1
    (store / name).write_bytes(bytes(data))
    status, output = checked(store, capsys)
    assert status == 1
    assert f"{name}: changed since it was written" in output


def test_a_missing_file_is_found(store, capsys):
    (store / "num_frames/c/0").unlink()
    line = f"{store}: num_frames/c/0: missing; build the store again\n"
    assert checked(store, capsys) == (1, line)


def test_an_unfinished_store_fails(store, capsys):
    (store / CHECKSUMS).unlink()
    status, output = checked(store, capsys)
    assert status == 1
    assert "not finished" in output


def test_a_folder_without_a_store_cannot_be_checked(tmp_path, capsys):
    status, output = checked(tmp_path, capsys)
    assert status == 2
    assert "is not a store" in output


def remove_checksums_of(store, *names):
    """Update the checksums of damaged files, as a tool that modifies files might."""
    sums = json.loads((store / CHECKSUMS).read_bytes())
    for name in names:
        sums["files"].pop(name)
    (store / CHECKSUMS).write_text(json.dumps(sums))


def test_a_fill_value_out_of_range_gives_one_line(store, capsys):
    text = (store / "zarr.json").read_text()
    huge = re.sub(r'"fill_value": ?0\b', '"fill_value": 99999999999999999999', text)
    assert huge != text
    (store / "zarr.json").write_text(huge)
    status, output = checked(store, capsys)
    assert (status, output.count("\n")) == (2, 1)
    assert "zarr.json: cannot be read" in output


def test_a_changed_unit_is_found(store, capsys):
    zarr.open_array(store / "time_range", mode="r+").attrs["units"] = "dBm"
    zarr.consolidate_metadata(str(store))
    remove_checksums_of(store, "time_range/zarr.json", "zarr.json")
    status, output = checked(store, capsys)
    line = "time_range: unit is dBm, but the schema requires dB"
    assert (status, output) == (1, f"{store}: {line}\n")


def test_a_store_of_version_1_is_still_read(store, capsys):
    """A store of version 1 is valid, although its recipe lacks the settings for frame arrays."""
    root = json.loads((store / "zarr.json").read_text())
    recipe = root["attributes"]["recipe"]
    old = re.sub(r"\n\[detection\]\n.*?\n\n", "\n", recipe, flags=re.DOTALL)
    old = re.sub(r"\n(points|range_doppler|range_azimuth|joints) = false", "", old)
    assert len(old) < len(recipe) - 200
    root["attributes"] |= {"schema_version": 1, "recipe": old}
    (store / "zarr.json").write_text(json.dumps(root))
    remove_checksums_of(store, "zarr.json")
    assert Store(store).recipe == RECIPE
    assert open_store(store).stored_columns == Store(store).group["time"].shape[0]
    assert checked(store, capsys)[0] == 0


def raised_by(amount):
    def corrupt(arrays):
        return arrays | {"time_angle": (arrays["time_angle"] + amount).astype(np.float16)}

    return corrupt


def with_value_in_padding(arrays):
    arrays["time_angle"][30, 4] = 1
    return arrays


def emptied(arrays):
    arrays["time_angle"][:] = -10
    return arrays


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (raised_by(200), "are possible"),
        (raised_by(-30), "are possible"),
        (with_value_in_padding, "padding from column 20 on is not -10 dB"),
        (emptied, "is empty: no echo and no noise"),
        (lambda arrays: arrays | {"num_frames": np.int32(4)}, "4 frames, 5 in the table"),
    ],
)
def test_impossible_values_are_found(tmp_path, capsys, corrupt, message):
    status, output = checked(built(tmp_path / "s.zarr", corrupt=corrupt), capsys)
    assert status == 1
    assert message in output


@pytest.mark.parametrize(("num_failed", "expected"), [(1, 0), (6, 1)])
def test_the_causes_of_failed_clips_are_listed(tmp_path, capsys, num_failed, expected):
    """A store without any simulated clip is invalid; single failed clips are only listed."""
    left = list(range(num_failed))

    def fails(arrays):
        if left:
            raise InputError(f"clip {left.pop()}", "poses", "are impossible", "inspect the motion")
        return arrays

    status, output = checked(built(tmp_path / "s.zarr", corrupt=fails), capsys)
    assert (status, output.count("poses: are impossible")) == (expected, num_failed)


def test_a_subject_in_two_splits_is_found(tmp_path, capsys):
    plan = plan_of(TAKES)
    mixed = [replace(clip, split=("train", "test")[clip.row // 3]) for clip in plan.clips]
    mixed = [replace(clip, subject="ann") for clip in mixed]
    path = built(tmp_path / "s.zarr", replace(plan, clips=tuple(mixed)))
    status, output = checked(path, capsys)
    assert (status, output) == (1, f"{path}: splits: subject ann is in test and train\n")


def test_a_duplicate_motion_file_in_two_splits_is_found(tmp_path, capsys):
    plan = plan_of(TAKES, take_sha256="same file")
    status, output = checked(built(tmp_path / "s.zarr", plan), capsys)
    assert status == 1
    assert "motion file same file is in" in output


def test_a_segment_outside_its_clip_and_a_missing_caption_are_found(store, capsys):
    row = {"row": 0, "clip": "x", "start_s": 0.1, "end_s": 9.0, "caption": "gone", "kind": "x"}
    name = "tables/segments/part-000000.parquet"
    (store / name).write_bytes(parquet_bytes("segments", [row]))
    remove_checksums_of(store, name)
    status, output = checked(store, capsys)
    assert status == 1
    assert "row 0: 0.1 to 9 s is outside the clip" in output
    assert "caption gone is missing" in output


def test_arrays_are_compared_by_value():
    stored = {"a": np.zeros(4, np.float16), "b": np.array([np.nan])}
    assert compare_arrays(stored, stored) == []
    lines = compare_arrays(stored, {**stored, "a": np.array([0, 0, 1, -2])})
    assert lines == ["a: 2 of 4 values differ, by 2 at most"]
    with pytest.raises(InputError):
        compare_arrays(stored, {"a": stored["a"]})


def test_values_that_are_missing_in_both_clips_do_not_differ():
    """NaN in both clips, as in empty point slots, is no difference; NaN in only one clip is."""
    points = np.array([1, 2, np.nan, np.nan], np.float32)
    moved = np.array([1, 2.5, np.nan, np.nan], np.float32)
    assert compare_arrays({"p": points}, {"p": points.copy()}) == []
    assert compare_arrays({"p": points}, {"p": moved}) == [
        "p: 1 of 4 values differ, by 0.5 at most"
    ]
    found = np.array([1, 2, 3, np.nan], np.float32)
    assert compare_arrays({"p": points}, {"p": found}) == ["p: 1 of 4 values differ, not finite"]
    seen = np.array([True, False])
    assert compare_arrays({"v": seen}, {"v": ~seen}) == ["v: 2 of 2 values differ, by 1 at most"]


def test_damage_to_any_file_gives_lines_and_no_traceback(valid_store, tmp_path, capsys):
    """Each file is truncated, emptied or replaced in turn; every change is detected."""
    rng = np.random.default_rng(1)
    files = sorted(
        path.relative_to(valid_store) for path in valid_store.rglob("*") if path.is_file()
    )
    assert len(files) > 20
    store = shutil.copytree(valid_store, tmp_path / "s.zarr")
    for name in files:
        data = (valid_store / name).read_bytes()
        for damage in (
            data[: len(data) // 2],
            b"",
            bytes(rng.integers(0, 256, 64, np.uint8)),
            b"[]",
        ):
            (store / name).write_bytes(damage)
            status, output = checked(store, capsys)
            assert status in (1, 2), name
            assert output.startswith(str(store)), name
        (store / name).write_bytes(data)
    assert checked(store, capsys)[0] == 0
