"""The baseline IF sums of the benchmarks agree with the oracle up to stated approximations."""

import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from benchmarks import baseline_sums
from benchmarks.accuracy_checks import checked_loops
from benchmarks.scenes import settings_for
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.mesh import burst_mesh, frames_of
from radarsim.signal.exact_frames import exact_frame
from tests.helpers.moving_sphere import moving_sphere, relative_db, small_radar

pytestmark = pytest.mark.slow

RADAR = small_radar()
SIGMA_RAD = 0.35
LOOPS = checked_loops(RADAR)


def error_db(method, mesh, faces):
    settings = settings_for("accurate")
    reflection, faces = QuasiSpecular(SIGMA_RAD), jnp.asarray(faces)
    surface = baseline_sums.visible_surface(RADAR, settings, mesh, faces, reflection)
    truth = exact_frame(RADAR, settings, reflection, frames_of(mesh)[0], faces, LOOPS)
    return relative_db(method(RADAR, surface, LOOPS), truth)


def sphere_at(speed_mps):
    """Return the burst mesh and faces of a rigid sphere that recedes along the radar's axis."""
    sphere = trimesh.creation.icosphere(2, 0.2)
    origin_m = np.array([3.0, 0, 0]) + burst_times_s(RADAR, 1)[..., None] * [speed_mps, 0, 0]
    vertices_m = np.tile(sphere.vertices, (*origin_m.shape[:2], 1, 1))
    return burst_mesh(vertices_m, origin_m), sphere.faces


def torch_loop(radar, surface, loops):
    pytest.importorskip("torch", reason="the loop in torch needs it: pip install .[oracle]")
    return baseline_sums.pair_loop(radar, surface, loops, baseline_sums.torch_echo)


@pytest.mark.parametrize(
    ("method", "limit_db"),
    # Both methods hold the weights constant during a chirp, in which a face rotates by some mrad;
    # float32 rounds phases to 1e-5 cycles.
    [(baseline_sums.numpy_direct, -85), (baseline_sums.jax_direct, -85)],
)
def test_direct_sums_follow_a_moving_and_breathing_sphere(method, limit_db):
    assert error_db(method, *moving_sphere(RADAR)) < limit_db


@pytest.mark.parametrize("method", [baseline_sums.pair_loop, torch_loop])
def test_the_loop_over_pairs_is_exact_while_nothing_moves(method):
    """For a static sphere, the only error is float64 rounding; both sums use float32 corners."""
    assert error_db(method, *sphere_at(0.0)) < -120


@pytest.mark.parametrize("speed_mps", [0.5, 1.0])
def test_the_error_of_the_loop_over_pairs_is_the_motion_within_a_chirp(speed_mps):
    """The loop over pairs omits the phase 2 pi f_d t, whose RMS is 2 pi f_d T / sqrt(12)."""
    chirp = RADAR.chirp
    doppler_hz = 2 * speed_mps / chirp.wavelength_m
    expected_db = 20 * np.log10(2 * np.pi * doppler_hz * chirp.sampled_time_s / np.sqrt(12))
    # The tolerance allows for faces off the axis, which recede slightly more slowly.
    assert error_db(baseline_sums.pair_loop, *sphere_at(speed_mps)) == pytest.approx(
        expected_db, abs=0.3
    )
