"""The coherent Gaussian facet, compared with surface integrals and closed-form results."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation
from scipy.special import roots_legendre

from radarsim.calibrate import apparent_rcs_m2
from radarsim.scattering.dielectrics import skin_permittivity
from radarsim.scattering.gaussian_facets import facets_of, log_weight
from radarsim.scattering.reflection import PhysicalOptics
from tests.helpers.scenes import RADAR, plate

pytestmark = pytest.mark.usefixtures("fast_compilation")

WAVELENGTH_M = RADAR.chirp.wavelength_m
WAVENUMBER = 2 * np.pi / WAVELENGTH_M
TX_M, RX_M = np.array([0, 0.004, 0.002]), np.array([0, -0.006, 0.0])
shown_rcs_m2 = jax.jit(apparent_rcs_m2, static_argnums=0)
SPHERE_M, LIMB_M = (0.05, 0.05), (0.045, 0.20)  # radius, half of the length


def spheroid(radius_m, half_length_m, edge_m):
    """Return the mesh of a spheroid about z, with points at equal area on a golden spiral."""
    z = np.linspace(-1, 1, 20001)
    # dA/dz of a spheroid, up to a constant: the radius r times the arc length.
    slope = np.sqrt(1 - z**2 + (radius_m / half_length_m) ** 2 * z**2)
    area = np.concatenate([[0], np.cumsum((slope[1:] + slope[:-1]) / 2)]) * (z[1] - z[0])
    area_m2 = 2 * np.pi * radius_m * half_length_m * area[-1]
    count = int(area_m2 / (edge_m**2 * np.sqrt(3) / 2))
    at = np.interp((np.arange(count) + 0.5) / count * area[-1], area, z)
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - at**2)
    points_m = np.stack([ring * np.cos(turn), ring * np.sin(turn), at], -1)
    points_m = points_m * [radius_m, radius_m, half_length_m]
    faces = ConvexHull(points_m).simplices
    a, b, c = (points_m[faces[:, i]] for i in range(3))
    inward = np.sum(np.cross(b - a, c - a) * a, axis=-1) < 0
    faces[inward] = faces[inward][:, ::-1]
    return points_m, faces


def integral(radius_m, half_length_m, turn, centre_m):
    """Return the physical-optics integral over the lit side in float64, in steps of lambda / 8."""
    step_m = WAVELENGTH_M / 8
    z, weight = roots_legendre(int(np.pi * half_length_m / step_m))
    azimuth = np.arange(0, 2 * np.pi, step_m / radius_m)
    ring = np.sqrt(1 - z**2)[:, None]
    on_sphere = np.stack(
        [ring * np.cos(azimuth), ring * np.sin(azimuth), z[:, None] + 0 * azimuth], -1
    )
    axes_m = np.array([radius_m, radius_m, half_length_m])
    stretched = np.linalg.norm(on_sphere / axes_m, axis=-1)
    area_m2 = weight[:, None] * (2 * np.pi / len(azimuth)) * axes_m.prod() * stretched
    normal = on_sphere / axes_m / stretched[..., None] @ turn.T
    ways_m = [on_sphere * axes_m @ turn.T + centre_m - antenna for antenna in (TX_M, RX_M)]
    ranges_m = [np.linalg.norm(way_m, axis=-1) for way_m in ways_m]
    cosine = sum(
        -np.sum(way_m * normal, axis=-1) / range_m / 2
        for way_m, range_m in zip(ways_m, ranges_m, strict=True)
    )
    echo = np.exp(1j * WAVENUMBER * sum(ranges_m)) / (ranges_m[0] * ranges_m[1])
    return np.sum(area_m2 * np.maximum(cosine, 0) * echo)


@jax.jit
def facets_and_weights(vertices_m, faces, tx_m, rx_m):
    """Return the facets of a mesh, the logarithms of their amplitudes, and phases in cycles."""
    facets = facets_of(vertices_m, faces)
    return facets, *log_weight(WAVENUMBER, facets, tx_m, rx_m)


def facet_sum(vertices_m, faces, tx_m=TX_M, rx_m=RX_M):
    """Return the physical-optics sum over the facets that face the radar."""
    with jax.enable_x64(True):
        facets, log_amplitude, cycles = facets_and_weights(vertices_m, faces, tx_m, rx_m)
        point_m, normal = np.asarray(facets.centre_m), np.asarray(facets.normal)
        weight = np.exp(np.asarray(log_amplitude) + 2j * np.pi * np.asarray(cycles))
    path_m = sum(np.linalg.norm(point_m - antenna, axis=-1) for antenna in (tx_m, rx_m))
    lit = np.sum(point_m * normal, axis=-1) < 0
    return np.sum(weight * np.exp(1j * WAVENUMBER * path_m) * lit)


def placements(count):
    """Return rotations (limbs more or less upright) and positions in front of the radar."""
    random = np.random.default_rng(3)
    for _ in range(count):
        angles = random.uniform(-1, 1, 3) * [np.pi, 0.3, 0.3]
        turn = Rotation.from_euler("zyx", angles).as_matrix()
        yield turn, np.array([random.uniform(1.5, 3.5), *random.uniform(-0.5, 0.5, 2)])


@pytest.mark.parametrize(("size_m", "name"), [(SPHERE_M, "sphere"), (LIMB_M, "limb")])
def test_facets_of_5_mm_give_the_level_and_phase_of_the_surface_integral(size_m, name):
    """The acceptance limit of the model is 0.5 dB and 3 degrees RMS."""
    vertices_m, faces = spheroid(*size_m, edge_m=0.005)
    ratios = np.array(
        [
            facet_sum(vertices_m @ turn.T + centre_m, faces) / integral(*size_m, turn, centre_m)
            for turn, centre_m in placements(4)
        ]
    )
    level_db = np.sqrt(np.mean((20 * np.log10(np.abs(ratios))) ** 2))
    phase_deg = np.degrees(np.sqrt(np.mean(np.angle(ratios) ** 2)))
    print(f"{name}: {level_db:.2f} dB, {phase_deg:.2f} degrees RMS")
    assert level_db < 0.5
    assert phase_deg < 3


def test_a_sphere_of_metal_shows_pi_r_squared_and_halving_its_edges_moves_that_little():
    levels_db = []
    for edge_m in (0.01, 0.005):
        vertices_m, faces = spheroid(*SPHERE_M, edge_m)
        echoes = [facet_sum(vertices_m @ turn.T + [3, 0, 0], faces) for turn, _ in placements(4)]
        # The echo comes from the near side, 5 cm in front of the centre of the sphere.
        rcs_m2 = 4 * np.pi / WAVELENGTH_M**2 * 2.95**4 * np.mean(np.abs(echoes) ** 2)
        levels_db.append(10 * np.log10(rcs_m2 / (np.pi * 0.05**2)))
    print(f"sphere over pi r^2: {levels_db[0]:.2f} dB at 1 cm, {levels_db[1]:.2f} dB at 5 mm")
    assert abs(levels_db[1] - levels_db[0]) < 0.5
    # The wavefront at 2.95 m is curved, so the echo is weaker by (2.95 / 3)^2, or 0.15 dB.
    assert abs(levels_db[1]) < 0.5


@pytest.mark.parametrize("tilt_rad", [0.0, 0.003, 0.006])
def test_a_plate_far_away_shows_the_cross_section_of_the_textbook(tilt_rad):
    """RCS = 4 pi A^2 / lambda^2 cos^2 t sinc^2(k a sin t), to half the width of the main lobe.

    At 100 m, wavefront curvature causes a phase error of 0.02 rad over the plate. The 3 mm blur
    widens the aperture, an effect of (k sin 3 mm)^2, which is at most a few hundredths.
    """
    vertices_m, faces = plate(0.1, 10, (0, 0, 0))
    turn = Rotation.from_euler("z", tilt_rad).as_matrix()
    at_m = (vertices_m @ turn.T + [100, 0, 0]).astype(np.float32)
    seen = np.ones(len(faces), bool)
    rcs_m2 = shown_rcs_m2(RADAR, at_m, faces, PhysicalOptics(), seen)
    phase = WAVENUMBER * 0.1 * np.sin(tilt_rad)
    pattern = (np.cos(tilt_rad) * np.sinc(phase / np.pi)) ** 2
    truth_m2 = 4 * np.pi * 0.1**4 / WAVELENGTH_M**2 * pattern
    np.testing.assert_allclose(rcs_m2, truth_m2, rtol=0.02)


def test_a_flat_facet_of_many_wavelengths_has_no_nulls():
    """The echo falls with every step of tilt, whereas the echo of a flat triangle oscillates."""
    corners_m = np.array([[0, -0.025, -0.02], [0, 0.025, -0.02], [0, 0, 0.03]])
    faces = np.array([[0, 2, 1]])

    def level(tilt_rad):
        turn = Rotation.from_euler("z", tilt_rad).as_matrix()
        at_m = (corners_m @ turn.T + [3, 0, 0]).astype(np.float32)
        return float(facets_and_weights(at_m, faces, jnp.zeros(3), jnp.zeros(3))[1][0])

    levels = [level(tilt_rad) for tilt_rad in np.linspace(0, 0.3, 31)]
    assert np.all(np.isfinite(levels))
    assert np.all(np.diff(levels) < 0)


def test_transmitter_and_receiver_may_change_places():
    vertices_m, faces = spheroid(*SPHERE_M, 0.02)
    at_m = vertices_m + np.array([1.0, 0.3, 0.1])
    there, back = facet_sum(at_m, faces, TX_M, RX_M), facet_sum(at_m, faces, RX_M, TX_M)
    np.testing.assert_allclose(there, back, rtol=1e-12)


def test_the_order_of_the_corners_gives_the_outer_side_and_changes_no_weight():
    vertices_m, faces = spheroid(*SPHERE_M, 0.02)
    with jax.enable_x64(True):
        at_m = vertices_m + np.array([1.0, 0.3, 0.1])
        (out, *front), (inside, *back) = (
            facets_and_weights(at_m, order, TX_M, RX_M) for order in (faces, faces[:, ::-1])
        )
        np.testing.assert_allclose(inside.centre_m, out.centre_m, atol=1e-12)
        for one, other in zip(front, back, strict=True):
            # Edge 1 is in the term (10 um / edge)^2, which prevents division by zero for a line.
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_picked_facets_are_those_of_the_whole_mesh():
    """The normals at a facet's corners depend on all surrounding faces of the whole mesh."""
    vertices_m, faces = spheroid(*SPHERE_M, 0.02)
    at_m, picked = jnp.asarray(vertices_m, jnp.float32), np.array([5, 17, 3])
    whole, some = (jax.jit(facets_of)(at_m, faces, part) for part in (faces, faces[picked]))
    wanted = jax.tree.map(lambda part: part[picked], whole)
    for found, truth in zip(jax.tree.leaves(some), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(found, truth, rtol=1e-4, atol=1e-6)


def test_gradients_are_finite_even_where_triangles_are_degenerate():
    """Valid triangles adjoin degenerate triangles: a point, a line, and an unconnected corner."""
    vertices_m = np.array(
        [[3, 0, 0], [3, 0.01, 0], [3, 0, 0.01], [3, 0.02, 0], [3, 0.01, 0.01]], np.float32
    )
    faces = np.array([[0, 2, 1], [1, 2, 4], [0, 0, 0], [0, 1, 3], [1, 1, 2]])

    def loss(corners_m):
        log_amplitude, cycles = log_weight(
            WAVENUMBER, facets_of(corners_m, faces), jnp.asarray(TX_M), jnp.asarray(RX_M)
        )
        return jnp.sum(jnp.exp(log_amplitude) * jnp.cos(2 * jnp.pi * cycles))

    value, gradient = jax.jit(jax.value_and_grad(loss))(jnp.asarray(vertices_m))
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize(
    ("freq_hz", "truth"), [(77e9, 6.57 - 8.92j), (60e9, 7.98 - 10.9j), (10e9, 31.3 - 14.4j)]
)
def test_skin_has_the_permittivity_of_the_tables(freq_hz, truth):
    """Gabriel's values for dry skin agree with the IFAC tables to three digits."""
    assert abs(skin_permittivity(freq_hz) - truth) < 0.01 * abs(truth)


def test_skin_reflects_a_third_of_the_power():
    level = PhysicalOptics().reflectivity_at(RADAR)
    np.testing.assert_allclose(20 * np.log10(level), -4.7, atol=0.1)
