"""Tests of the error benchmark and the random sweep, including the detection of wrong results."""

from importlib import import_module

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import errors, sweep
from benchmarks.scenes import decimate_faces, tip_over
from builders.activities import perform
from radarsim.files import free_body
from radarsim.scene.retarget import fit_to_body
from tests.helpers.moving_sphere import small_radar

pytestmark = pytest.mark.slow

RADAR = small_radar(num_chirps=128, num_samples=64)


@pytest.fixture(scope="module")
def thin_body():
    return decimate_faces(free_body(), 16)


@pytest.fixture(scope="module")
def case(thin_body):
    return errors.scene_errors(RADAR, thin_body, "jump", 2.5, "paper", 0.5)


def test_both_modes_are_compared_with_the_oracle(case):
    assert case["name"] == "jump at 2.5 m, paper, sigma 0.5"
    for method in errors.METHODS:
        assert case[method]["error_db"] < case[method]["bound_db"]
    assert case["fast"]["faces"] < case["accurate"]["faces"]


def test_an_error_beyond_its_bound_is_named_and_ends_with_status_1(case, monkeypatch, capsys):
    wrong = {**case, "fast": {**case["fast"], "error_db": -59.0}}
    results = {"commit": "0", "scenes": [case, wrong]}
    monkeypatch.setattr(errors, "measure", lambda options: results)
    assert errors.main([]) == 1
    printed = capsys.readouterr()
    assert "worst: " in printed.out
    assert "jump at 2.5 m, paper, sigma 0.5, fast: error -59.0 dB, bound -60.0 dB" in printed.err
    monkeypatch.setattr(errors, "measure", lambda options: {**results, "scenes": [case]})
    assert errors.main([]) == 0


def test_a_body_that_tips_over_is_tilted_by_45_degrees_at_the_requested_time(thin_body):
    """At a tilt of 45 degrees, the pelvis is at 0.7 of its height in the upright body."""
    motion = fit_to_body(perform("stand_still", duration_s=3.0), thin_body).motion
    down = tip_over(motion, 2.0, 1.2)
    index = round(1.2 * motion.rate_hz)
    height_m = motion.pelvis_m[index, 2]
    assert down.pelvis_m[index, 2] == pytest.approx(height_m * np.sqrt(0.5), abs=0.03)
    assert down.pelvis_m[0, 2] == pytest.approx(motion.pelvis_m[0, 2], abs=1e-6)
    assert down.pelvis_m[-1, 2] < 0.2  # the body lies on the floor


def test_random_bodies_are_within_range_and_move(thin_body):
    vertices_m, origin_m = sweep.random_bodies(RADAR, thin_body, 5, 4, np.random.default_rng(0))
    at_m = np.asarray(vertices_m) + origin_m[:, :, None]
    distance_m = np.linalg.norm(at_m, axis=-1)
    assert distance_m.min() > sweep.NEAREST_M - 0.1
    assert distance_m.max() < RADAR.max_range_m + 1.0
    assert (np.abs(np.diff(at_m, axis=1)).max((1, 2, 3)) > 1e-3).all()


def test_frames_with_nan_or_without_an_echo_are_counted(thin_body, monkeypatch):
    cube = np.ones((8, 128, 3, 4, 64), np.complex64)
    cube[2, 0, 0, 0, 0], cube[5] = np.nan, 0
    # The attribute `radarsim.simulate` is a function, so the module is imported by its name.
    simulate = import_module("radarsim.simulate")
    monkeypatch.setattr(simulate, "simulate_mesh", lambda *args, **more: jnp.asarray(cube))
    found = sweep.count_bad_frames(RADAR, thin_body, "fast", "paper", 8, np.random.default_rng(0))
    assert found == (1, 1)


def test_some_random_bodies_are_simulated_without_bad_frames(thin_body):
    rng = np.random.default_rng(1)
    assert sweep.count_bad_frames(RADAR, thin_body, "accurate", "body", 4, rng) == (0, 0)
