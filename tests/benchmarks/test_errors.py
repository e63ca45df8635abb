"""The benchmarks of error: what they count as wrong."""

import jax.numpy as jnp
import numpy as np
import pytest

import radarsim.simulate
from benchmarks import errors, sweep
from benchmarks.scenes import BenchmarkScene, tipped, with_every
from radarsim.files import free_body
from tests.helpers.moving_sphere import small_radar

RADAR = small_radar(num_chirps=128, num_samples=64)


@pytest.fixture(scope="module")
def thin_body():
    return with_every(free_body(), 16)


@pytest.fixture(scope="module")
def scene(thin_body):
    return errors.errors_of(RADAR, thin_body, "jump", 2.5, "paper", 0.5)


def test_both_modes_are_held_against_the_oracle(scene):
    assert scene["name"] == "jump at 2.5 m, paper, sigma 0.5"
    for method in errors.METHODS:
        assert scene[method]["error_db"] < scene[method]["bound_db"]
    assert scene["fast"]["faces"] < scene["accurate"]["faces"]


def test_an_error_beyond_its_bound_is_named_and_ends_with_status_1(scene, monkeypatch, capsys):
    wrong = {**scene, "fast": {**scene["fast"], "error_db": -59.0}}
    results = {"commit": "0", "scenes": [scene, wrong]}
    monkeypatch.setattr(errors, "measure", lambda options: results)
    assert errors.main([]) == 1
    told = capsys.readouterr()
    assert "worst: " in told.out
    assert "jump at 2.5 m, paper, sigma 0.5, fast: error -59.0 dB, bound -60.0 dB" in told.err
    monkeypatch.setattr(errors, "measure", lambda options: {**results, "scenes": [scene]})
    assert errors.main([]) == 0


def test_somebody_who_tips_over_is_half_way_down_when_it_is_said(thin_body):
    """At 45 degrees the pelvis has come down to 0.7 of its height, and back by as much."""
    motion = BenchmarkScene(
        RADAR, 1, 2.5, 0.5, body=thin_body, activity="stand_still"
    ).fitted.motion
    down = tipped(motion, 2.0, 1.2)
    index = round(1.2 * motion.rate_hz)
    height_m = motion.pelvis_m[index, 2]
    assert down.pelvis_m[index, 2] == pytest.approx(height_m * np.sqrt(0.5), abs=0.03)
    assert down.pelvis_m[0, 2] == pytest.approx(motion.pelvis_m[0, 2], abs=1e-6)
    assert down.pelvis_m[-1, 2] < 0.2  # it lies


def test_random_bodies_stand_before_the_radar_and_move(thin_body):
    vertices_m, origin_m = sweep.bodies(RADAR, thin_body, 5, 4, np.random.default_rng(0))
    at_m = np.asarray(vertices_m) + origin_m[:, :, None]
    distance_m = np.linalg.norm(at_m, axis=-1)
    assert distance_m.min() > sweep.NEAREST_M - 0.1
    assert distance_m.max() < RADAR.max_range_m + 1.0
    assert (np.abs(np.diff(at_m, axis=1)).max((1, 2, 3)) > 1e-3).all()


def test_frames_that_are_no_numbers_or_silent_are_counted(thin_body, monkeypatch):
    cube = np.ones((8, 128, 3, 4, 64), np.complex64)
    cube[2, 0, 0, 0, 0], cube[5] = np.nan, 0
    monkeypatch.setattr(radarsim.simulate, "simulate_mesh", lambda *args, **more: jnp.asarray(cube))
    found = sweep.tried(RADAR, thin_body, "fast", "paper", 8, np.random.default_rng(0))
    assert found == (1, 1)


def test_a_few_random_bodies_are_simulated_without_fault(thin_body):
    rng = np.random.default_rng(1)
    assert sweep.tried(RADAR, thin_body, "accurate", "body", 4, rng) == (0, 0)
