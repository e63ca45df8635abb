"""The example of points and joints reads every frame of a small store."""

import runpy

import numpy as np
import pytest
import zarr

from tests.helpers.small_stores import build_store
from tests.project.test_examples_jax import EXAMPLE, run_example

POINTS_EXAMPLE = EXAMPLE.with_name("points_and_joints.py")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("points") / "s.zarr")


def test_frames_hold_the_points_and_joints_of_the_store(store):
    dataset = runpy.run_path(str(POINTS_EXAMPLE))["PointsAndJoints"](store)
    opened = zarr.open_group(store, mode="r")
    assert dataset.joint_names[0] == "pelvis"
    for row in dataset.rows:
        frames = list(dataset.frames(row))
        assert len(frames) == opened["num_frames"][row]
        for frame, (points, joints_m, visible) in enumerate(frames):
            assert len(points) == opened["num_points"][row, frame]
            assert np.isfinite(points).all()
            np.testing.assert_array_equal(joints_m, opened["joints_m"][row, frame])
            np.testing.assert_array_equal(visible, opened["joint_visible"][row, frame])
            position_m = dataset.positions_m(points)
            np.testing.assert_array_equal(position_m, points[:, -3:])  # x, y, z come last


def test_the_example_prints_how_far_points_are_from_joints(store):
    done = run_example("points_and_joints.py", store)
    assert done.returncode == 0, done.stderr
    assert "median distance to the nearest visible joint" in done.stdout
