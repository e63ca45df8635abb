"""The fast sum is compared with the exact sum that it replaces."""

from dataclasses import replace
from math import factorial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation
from scipy.special import jv

from radarsim.numerics import batched_map as batched_map_module
from radarsim.numerics.polynomials import (
    chebyshev_nodes,
    derivative,
    horner,
    power_coefficients,
    sincos_cycles,
)
from radarsim.point_targets import points_echo
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.reflection import IsotropicPoints, PhysicalOptics, QuasiSpecular
from radarsim.scene.mesh import burst_mesh
from radarsim.signal.exact_frames import exact_clip, exact_points
from radarsim.signal.nufft_kernel import OVERSAMPLING, cells_to_samples, reach_cells, terms_to_cells
from radarsim.signal.settings import SimulationSettings
from radarsim.signal.tone_series import chebyshev, series, span_of_terms
from radarsim.simulate import clip_echo
from tests.helpers.echoes import error_db, fast_clip, select
from tests.helpers.moving_sphere import CLEAN, CONVEX, moving_sphere, relative_db, small_radar
from tests.helpers.scenes import plate

# Tests with full compiler optimisation: test_accuracy_modes, test_boards_of_the_fast_sum.
pytestmark = pytest.mark.usefixtures("fast_compilation")

ALL_FACES = replace(CONVEX, cull=0.0)
SMALL = small_radar()
# JAX traces and compiles a function again for every value of this context.
LOOPS = jax.make_user_context("one by one")
LOBES = QuasiSpecular(0.5)


@pytest.mark.parametrize(
    ("range_m", "limit_db", "reflection"),
    # The fast sum derives the curvature of a tone from the mean speed. For a sphere whose surface
    # pulsates at 0.24 m/s, this causes an error of -72 dB.
    [(6.0, -69, LOBES), (1.2, -66, PhysicalOptics())],
)
def test_the_fast_sum_equals_the_plain_one(range_m, limit_db, reflection):
    """The sums agree for all faces of a fast sphere (1.2 m/s) that breathes and accelerates.

    Facets of 6 cm reflect like mirrors of a few wavelengths: without a factor for each tx-rx pair,
    the weights would have an error of -61 dB at 1.2 m.
    """
    burst, faces = moving_sphere(SMALL, range_m)
    assert error_db(SMALL, ALL_FACES, reflection, burst, faces) < limit_db


def test_a_frame_in_which_nothing_is_seen_is_silent_and_the_next_one_is_not():
    """The plate is turned away from the radar in the first of two frames."""
    plate_m, faces = plate(0.2, 2, (3, 0, 0))
    frames_m = np.stack([plate_m * [1, -1, 1], plate_m]).astype(np.float32)
    burst = burst_mesh(np.repeat(frames_m[:, None], 2, axis=1), None)
    cube = fast_clip(SMALL, ALL_FACES, LOBES, burst, faces)
    truth = np.asarray(exact_clip(SMALL, ALL_FACES, LOBES, burst, faces))
    np.testing.assert_array_equal([truth[0], cube[0]], 0)
    assert relative_db(cube[1], truth[1]) < -70


@pytest.mark.parametrize("speed_mps", [-40.0, 40.0])
def test_a_long_chirp_that_doppler_moves_far_loses_nothing(speed_mps):
    """Doppler shifts by 2.4 bins at 40 m/s in a short burst; near faces are the brightest."""
    half = {"slope_hz_per_s": 0.5, "sample_rate_hz": 0.5, "ramp_end_time_s": 2}
    changed = {name: getattr(SMALL.chirp, name) * factor for name, factor in half.items()}
    chirp = replace(SMALL.chirp, **changed)
    radar = replace(SMALL, chirp=chirp, frame=replace(SMALL.frame, extra_slot_idle_s=0.0))
    sphere = trimesh.creation.icosphere(subdivisions=3, radius=0.3)
    way_m = speed_mps * burst_times_s(radar, 1)[..., None, None] * [1, 0, 0]
    vertices_m = (sphere.vertices + np.array([3, 0, 0]) + way_m).astype(np.float32)
    error = error_db(radar, ALL_FACES, LOBES, burst_mesh(vertices_m, None), sphere.faces)
    assert error < -50  # -22 dB without room at the near edge; -60 dB is the limit at this speed


@pytest.mark.parametrize(
    ("reflection", "settings"),
    [
        (PhysicalOptics(), SimulationSettings(visibility="none", cull=0.0)),
        (
            LOBES,
            SimulationSettings(
                visibility="hpr", visibility_blocks=4, residual_video_phase=False, cull=0.0
            ),
        ),
    ],
)
def test_every_option_means_the_same_in_both(reflection, settings):
    """The fast and exact sums agree for every option, so neither sum ignores an option."""
    burst, faces = moving_sphere(SMALL)
    assert error_db(SMALL, settings, reflection, burst, faces) < -70


def test_culling_costs_what_its_threshold_says():
    """Faces 80 dB below the strongest face are dropped; their coherent sum is below -60 dB."""
    burst, faces = moving_sphere(SMALL)
    assert error_db(SMALL, CONVEX, LOBES, burst, faces) < -60


def test_points_with_opposite_speeds_at_both_ends_of_the_range_band():
    """A speed offset v adds the phase S (2 v / c) (u^2 - T^2/12) to a tone: 0.6 mrad rms at 1 m/s.

    One curvature for all points leaves -64 dB; first-order terms leave only the kernel's error.
    """
    times_s = burst_times_s(SMALL, 1)
    still = 0 * times_s
    one = np.stack([1.0 + times_s, 0.2 + still, still], -1)
    other = np.stack([9.0 - times_s, still - 2.0, still + 0.5], -1)
    at = np.stack([one, other], -2)
    burst = burst_mesh(at - at[..., :1, :], at[..., 0, :])
    points = IsotropicPoints(np.array([0.01, 0.81], np.float32))
    truth = np.asarray(exact_points(SMALL, CLEAN, points, burst))
    assert relative_db(points_echo(SMALL, CLEAN, points, burst), truth) < -78


def test_three_points_all_over_the_range_are_three_points():
    """Each group has one point, and padding must not act as a point; the last point is 9 m away."""
    times_s = burst_times_s(SMALL, 1)
    away_m = np.array([1.0, 5.0, 9.0])
    at = times_s[..., None, None] * np.array([0.5, 0.1, 0.0]) + away_m[:, None] * [1.0, 0, 0]
    burst = burst_mesh(at - at[..., :1, :], at[..., 0, :])
    points = IsotropicPoints(away_m.astype(np.float32) ** 2)
    truth = np.asarray(exact_points(SMALL, CLEAN, points, burst))
    assert relative_db(points_echo(SMALL, CLEAN, points, burst), truth) < -78


def test_a_box_of_twelve_faces_has_the_faces_that_are_seen():
    """With fewer than 64 faces, an earlier version sorted hidden faces first (-13 dB)."""
    box = trimesh.creation.box((0.1, 0.1, 0.1))
    turn = Rotation.from_rotvec([0.2, 0.4, 0.6]).as_matrix()
    burst = burst_mesh(
        np.tile(box.vertices @ turn.T, (1, 4, 1, 1)), np.full((1, 4, 3), [2.0, 0.1, 0])
    )
    assert error_db(SMALL, ALL_FACES, LOBES, burst, box.faces) < -70


def test_a_far_last_face_spoils_nothing_as_padding():
    """Fast points need 24 terms, the polynomials of which overflow 100 bins beyond a group.

    At these speeds, the curvature and the shift of a tone interact: separate terms give -59 dB.
    """
    times_s = burst_times_s(SMALL, 1)[..., None, None]
    rng = np.random.default_rng(1)
    start_m = np.array([1.5, 0, 0]) + 0.1 * rng.normal(size=(69, 3))
    start_m[-1] = [9.0, 0, 0]
    speed_mps = np.where(np.arange(69) % 2, 5.0, -5.0)[:, None] * np.array([1.0, 0, 0])
    at = start_m + times_s * speed_mps
    burst = burst_mesh(at - at[..., :1, :], at[..., 0, :])
    points = IsotropicPoints(np.full(69, 0.01, np.float32))
    truth = np.asarray(exact_points(SMALL, CLEAN, points, burst))
    assert relative_db(points_echo(SMALL, CLEAN, points, burst), truth) < -80


def test_a_short_last_group_of_faces_keeps_its_place_in_range():
    """A small sphere is two metres behind a large sphere, so the last group covers few cells.

    In a walking body, the cells of the last group once exceeded the band and were shifted.
    """
    large, small = trimesh.creation.icosphere(2, 0.3), trimesh.creation.icosphere(1, 0.05)
    small.apply_translation([2.0, 0.5, 0.0])
    both = trimesh.util.concatenate([large, small])
    burst = burst_mesh(np.tile(both.vertices, (1, 4, 1, 1)), np.full((1, 4, 3), [3.0, 0, 0]))
    settings = SimulationSettings(visibility="none", cull=0.0)
    assert error_db(SMALL, settings, LOBES, burst, both.faces) < -70


def test_series_too_short_for_a_group_give_no_number():
    """Polynomials diverge outside their range, so the cube is NaN, which reveals the error."""
    burst, faces = moving_sphere(SMALL)
    selection, sizes = select(SMALL, ALL_FACES, LOBES, burst, faces)
    assert sizes.num_terms > 8
    span_bins = ALL_FACES.error_budget.span_bins(8)
    short = replace(sizes, num_terms=8, span_bins=span_bins)
    cube = clip_echo(SMALL, ALL_FACES, short, LOBES, burst, faces, selection)
    assert np.isnan(np.asarray(cube)).all()


@pytest.fixture(scope="module")
def three_frames():
    """Return the mesh and the faces of a sphere in three frames, and the simulated IF cube."""
    burst, faces = moving_sphere(SMALL, num_frames=3)
    return burst, faces, fast_clip(SMALL, CLEAN, LOBES, burst, faces)


def test_frames_do_not_know_each_other(three_frames):
    """A frame simulated alone equals the frame of a clip up to rounding, for any batch size."""
    burst, faces, clip = three_frames
    last = jax.tree.map(lambda part: part[2:], burst)
    assert relative_db(fast_clip(SMALL, CLEAN, LOBES, last, faces)[0], clip[2]) < -100


def test_gradients_equal_finite_differences():
    """The loss is a sum of some samples, as a function of the sphere's shift and the lobe width."""
    burst, faces = moving_sphere(SMALL)
    faces = jnp.asarray(faces)
    settings = SimulationSettings(visibility="facing")
    selection, sizes = select(SMALL, settings, LOBES, burst, faces)
    probe = np.zeros((8, 3, 4, 128), np.complex64)
    probe[3, 1, 2, 10:20] = 1 + 0.5j

    def loss(shift_m, sigma_rad):
        moved = type(burst)(burst.vertices_m + shift_m, burst.origin_high_m, burst.origin_low_m)
        reflection = QuasiSpecular(sigma_rad)
        cube = clip_echo(SMALL, settings, sizes, reflection, moved, faces, selection)
        return 1e3 * jnp.sum((cube[0] * probe).real)

    shift_m = jnp.zeros(3)
    gradient, by_sigma = jax.grad(loss, argnums=(0, 1))(shift_m, 0.5)
    for axis in range(2):
        # 5 um is a hundredth of a cycle, so the cubic term of the difference is below 1e-3.
        step = np.zeros(3, np.float32)
        step[axis] = 5e-6
        slope = (loss(shift_m + step, 0.5) - loss(shift_m - step, 0.5)) / 1e-5
        np.testing.assert_allclose(gradient[axis], slope, rtol=2e-2)
    slope = (loss(shift_m, 0.505) - loss(shift_m, 0.495)) / 0.01
    np.testing.assert_allclose(by_sigma, slope, rtol=1e-2)


def test_sincos_is_good_to_single_precision():
    x = np.linspace(-3, 3, 10001).astype(np.float32)
    sin, cos = sincos_cycles(jnp.asarray(x))
    exact = 2 * np.pi * x.astype(np.float64)
    np.testing.assert_allclose(sin, np.sin(exact), atol=2e-6)
    np.testing.assert_allclose(cos, np.cos(exact), atol=2e-6)


def test_a_cubic_and_its_derivative_come_back_from_four_nodes():
    cubic = np.polynomial.Polynomial([0.5, -1.0, 0.25, 2.0])
    terms = power_coefficients(jnp.asarray(cubic(chebyshev_nodes(4)), jnp.float32))
    u = np.linspace(-1, 1, 5).astype(np.float32)
    np.testing.assert_allclose(horner(terms, u), cubic(u), atol=1e-5)
    np.testing.assert_allclose(horner(derivative(terms), u), cubic.deriv()(u), atol=1e-5)


@pytest.mark.parametrize("offset_bins", [0.0, -1.37, 1.9])
def test_a_tone_as_a_series_comes_back_as_that_tone(offset_bins):
    """The terms are accurate to -120 dB, so the kernel's error dominates: -95 dB for width 6."""
    num_cells, num_terms, middle, width = 128, 16, 40, 6
    span_bins = span_of_terms(num_terms, 1e-6)
    reach = reach_cells(span_bins, width)
    cells = np.zeros(num_cells)
    terms = chebyshev(num_terms, jnp.float32(2 * offset_bins / span_bins))
    to_cells = terms_to_cells(num_terms, span_bins, width)
    cells[middle - reach : middle + reach + 1] = terms @ to_cells
    samples = cells @ cells_to_samples(num_cells, width, 64)
    n = np.arange(64) - 32
    bin_idx = middle / OVERSAMPLING + offset_bins
    assert relative_db(samples, np.exp(2j * np.pi * bin_idx * n / 64)) < -90


@pytest.mark.parametrize("num_terms", [8, 16, 24])
def test_terms_hold_the_range_that_they_are_said_to(num_terms):
    """The mean residual of a series over positions and samples equals the requested error."""
    assert span_of_terms(16, 5e-5) == pytest.approx(5.43, abs=0.02)  # for the accurate mode
    span_bins = span_of_terms(num_terms, 1e-4)
    y = np.cos(np.pi * (np.arange(400) + 0.5) / 400)
    x = np.linspace(-0.5, 0.5, 401)
    k = np.arange(num_terms)
    bessel = (2 - (k == 0)) * 1j**k * jv(k, np.pi * span_bins * x[:, None])
    series_of = np.cos(k[:, None] * np.arccos(y)).T @ bessel.T
    left = series_of - np.exp(1j * np.pi * span_bins * np.outer(y, x))
    assert 10 * np.log10(np.mean(np.abs(left) ** 2)) == pytest.approx(-80, abs=1.5)


@pytest.mark.parametrize(("powers", "left_db"), [(2, -42.6), (3, -68.2), (4, -96.4)])
def test_a_shift_within_a_block_leaves_what_interpolation_at_as_many_points_does(powers, left_db):
    """exp(2 pi j d x), |d| <= h = 0.1 bins, has an error of at most 2 (pi h / 2)^n / n! at x = 1/2.

    The mean error is 0.3 times this bound, and gives `error_budget.SHIFT_LIMIT_BINS`.
    """
    span_bins, half_bins = span_of_terms(24, 1e-6), 0.1
    shift = half_bins * np.cos(np.pi * (np.arange(50) + 0.5) / 50)
    factors = series(24, span_bins, powers, jnp.float32([0.7]), jnp.float32([half_bins]))
    terms = sum(shift[:, None] ** n * np.asarray(factor) for n, factor in enumerate(factors))
    x = np.linspace(-0.5, 0.5, 101)
    k = np.arange(24)
    tones = terms @ ((2 - (k == 0)) * 1j**k * jv(k, np.pi * span_bins * x[:, None])).T
    truth = np.exp(2j * np.pi * np.outer(0.7 + shift, x))
    most = 2 * (np.pi * half_bins / 2) ** powers / factorial(powers)
    assert 20 * np.log10(0.3 * most) == pytest.approx(left_db, abs=0.1)
    assert relative_db(tones, truth) == pytest.approx(left_db, abs=3.5)  # factors of 0.3 to 0.45


@pytest.fixture
def many_at_once(monkeypatch):
    """Run loops in batches, as on accelerators, compiled separately from loops on a CPU."""
    asked = []
    monkeypatch.setattr(batched_map_module, "batch_size", lambda batch: asked.append(batch) or 2)
    with LOOPS("in batches"):
        yield asked


def test_many_frames_at_once_are_the_frames_one_by_one(three_frames, many_at_once):
    """Accelerators batch frames, blocks and nodes, but not loops of variable length."""
    burst, faces, one_by_one = three_frames
    at_once = fast_clip(SMALL, CLEAN, LOBES, burst, faces)
    assert len(many_at_once) > 3
    assert relative_db(at_once, one_by_one) < -100
