"""The JAX example reads the clips and labels of a small store."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from tests.helpers.small_stores import build_store

EXAMPLE = Path(__file__).parents[2] / "examples" / "jax_dataset.py"
NUM_COLUMNS = 3  # all clips have five columns


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("jax") / "s.zarr")


@pytest.fixture(scope="module")
def windows(store):
    return runpy.run_path(str(EXAMPLE))["RadarWindowLoader"](store, num_columns=NUM_COLUMNS)


def labels_of(store):
    """Return the label texts, keyed by row, of the labelled clips of the train split."""
    captions = {
        row["id"]: row["text"] for row in pq.read_table(f"{store}/tables/captions").to_pylist()
    }
    labels = {
        row["row"]: captions[row["caption"]]
        for row in pq.read_table(f"{store}/tables/segments").to_pylist()
        if row["kind"] == "label"
    }
    clips = pq.read_table(f"{store}/tables/clips").to_pylist()
    return {
        clip["row"]: labels[clip["row"]]
        for clip in clips
        if clip["split"] == "train" and clip["row"] in labels
    }


def test_an_epoch_contains_every_labelled_clip_once_with_its_label(store, windows):
    expected = labels_of(store)
    maps = zarr.open_group(store, mode="r")["time_range"]
    found = []
    for batch, labels in windows.epoch(batch_size=1, seed=0):
        assert batch["time_doppler"].shape[:2] == (1, NUM_COLUMNS)
        # Find the row with a heatmap that contains exactly these values.
        window = np.asarray(batch["time_range"][0])
        row = next(row for row in expected if _contains(maps[row], window))
        found.append(row)
        assert windows.labels[int(labels[0])] == expected[row]
    assert sorted(found) == sorted(expected)
    assert len(windows) == len(expected)


def test_the_seed_determines_the_epoch(windows):
    def epoch(seed):
        return np.concatenate([maps["time_angle"] for maps, _ in windows.epoch(2, seed)])

    np.testing.assert_array_equal(epoch(1), epoch(1))
    assert not np.array_equal(epoch(1), epoch(2))


def run_example(example, *arguments, **environment):
    command = [sys.executable, str(EXAMPLE.with_name(example)), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_a_store_smaller_than_a_batch_is_read_in_one_batch(store):
    done = run_example("jax_dataset.py", store)
    assert done.returncode == 0, done.stderr
    assert "labelled clips in the train split: batches of" in done.stdout
    assert "\n0 windows" not in done.stdout


@pytest.mark.parametrize(
    ("example", "package"), [("torch_dataset.py", "torch"), ("jax_dataset.py", "tensorstore")]
)
def test_a_missing_package_is_named_in_one_line(store, tmp_path, example, package):
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError(name={package!r})")
    done = run_example(example, store, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith(f"{package} is not installed; this example needs: pip install")
    assert done.stderr.count("\n") == 1


def _contains(map_db, window):
    starts = range(len(map_db) - NUM_COLUMNS + 1)
    return any(np.array_equal(map_db[start : start + NUM_COLUMNS], window) for start in starts)
