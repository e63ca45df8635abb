"""The PyTorch example reads clips and labels of a small store in its worker processes."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from tests.helpers.small_stores import LABELS, build_store
from tests.project.test_examples_jax import labels_of

torch = pytest.importorskip("torch", reason="the example is for torch: pip install .[oracle]")

EXAMPLE = Path(__file__).parents[2] / "examples" / "torch_dataset.py"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("torch") / "s.zarr")


def test_an_item_is_a_window_of_its_clip_with_its_label(store):
    windows = runpy.run_path(str(EXAMPLE))["RadarWindowDataset"](store, num_columns=3)
    wanted = labels_of(store)
    assert windows.labels == sorted(LABELS)
    assert len(windows) == len(wanted)
    opened = zarr.open_group(store, mode="r")
    for index, (row, label) in enumerate(sorted(wanted.items())):
        maps, number = windows[index]
        assert windows.labels[number] == label
        assert maps["time_doppler"].shape == (3, opened["speed"].shape[0])
        assert maps["time_angle"].dtype == torch.float32
        whole = opened["time_angle"][row].astype(np.float32)
        window = maps["time_angle"].numpy()
        assert any(np.array_equal(whole[at : at + 3], window) for at in range(len(whole) - 2))


def test_the_example_runs_with_workers_and_prints_what_it_read(store):
    """The example runs as a separate process, to check that the forked workers terminate."""
    command = [sys.executable, str(EXAMPLE), store]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(labels_of(store))} windows" in done.stdout
