"""Absolute levels: radar equation, plates of known RCS, calibration to 3GPP."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from radarsim.calibrate import (
    anchored_reflectivity,
    apparent_rcs_m2,
    rcs_over_yaw_m2,
    standing_views,
)
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.point_targets import simulate_points
from radarsim.scattering import levels
from radarsim.scattering.levels import point_area_m2
from radarsim.scattering.reflection import (
    DEFAULT_SIGMA_RAD,
    QuasiSpecular,
)
from radarsim.scene.body import subdivide
from radarsim.scene.formats.smpl import free_body
from radarsim.simulate import simulate_mesh
from tests.helpers.scenes import (
    KEY,
    QUIET,
    RADAR,
    moving_point,
    one_antenna,
    person,
    plate,
    ray_visible,
)

pytestmark = pytest.mark.usefixtures("fast_compilation")

# A short burst suffices, because a target at rest has the same level in every loop.
SHORT = replace(RADAR, frame=replace(RADAR.frame, num_chirps=16))
# Compile one program per array shape instead of one per operation.
shown_rcs_m2 = jax.jit(apparent_rcs_m2, static_argnums=0)
# A lobe so wide that C = 1 within 1e-5 over the few milliradians of a small plate [rad].
NO_LOBE_RAD = 30.0
WAVELENGTH_M = RADAR.chirp.wavelength_m


def at_antenna_dbm(radar, cube_v):
    """Return the mean power of the cube's samples, referred to the antenna port."""
    power_w = float((np.abs(np.asarray(cube_v)) ** 2).mean()) / radar.receiver.load_ohm
    return 10 * np.log10(power_w / 1e-3) - radar.receiver.gain_db


def radar_equation_dbm(radar, rcs_dbsm, range_m):
    """Return the received power Pt + 2 G + 20 log lambda + RCS - 30 log 4 pi - 40 log R."""
    gains_db = radar.tx_power_dbm + 2 * radar.array.gain_dbi + 20 * np.log10(WAVELENGTH_M)
    return gains_db + rcs_dbsm - 30 * np.log10(4 * np.pi) - 40 * np.log10(range_m)


def still(vertices_m):
    """Return one frame of a static mesh [frame, node, vertex, 3]."""
    return np.broadcast_to(vertices_m, (1, QUIET.nodes, *vertices_m.shape))


def point_dbm(radar, at_m, rcs_m2=1.0):
    points = moving_point(radar, 1, at_m)
    return at_antenna_dbm(radar, simulate_points(radar, points, np.array([rcs_m2]), KEY, QUIET))


# --- the radar equation --------------------------------------------------------------------------


@pytest.mark.parametrize("range_m", [3.0, 6.0])
def test_a_square_metre_obeys_the_radar_equation(range_m):
    """The level is correct within 0.1 dB; antennas 3 cm off centre change the level by 0.001 dB."""
    wished_dbm = radar_equation_dbm(SHORT, 0.0, range_m)
    print(f"1 m^2 at {range_m} m: {wished_dbm:.2f} dBm")
    assert point_dbm(SHORT, (range_m, 0, 0)) == pytest.approx(wished_dbm, abs=0.1)
    assert point_dbm(SHORT, (0.8 * range_m, 0.6 * range_m, 0)) == pytest.approx(wished_dbm, abs=0.1)


def test_a_number_from_a_pocket_calculator():
    """The terms are 12 dBm, 2 x 10.5 dBi, -48.43 dBm^2, -32.98 dB, and 19.08 dB for 3 m."""
    assert point_dbm(SHORT, (3.0, 0, 0)) == pytest.approx(-67.49, abs=0.1)


def test_power_falls_with_the_fourth_power_of_range():
    """Power falls by 40 dB per decade, within 0.1 dB over the whole unambiguous range."""
    ranges_m = np.array([1.0, 1.7, 3.1, 5.6, 10.0])
    levels_dbm = [point_dbm(SHORT, (range_m, 0, 0)) for range_m in ranges_m]
    slope, _ = np.polyfit(np.log10(ranges_m), levels_dbm, 1)
    assert slope == pytest.approx(-40, abs=0.1)


def test_power_is_proportional_to_cross_section():
    """Each factor of 10 adds 10 dB, within the 1e-3 dB of float32 rounding."""
    steps_db = np.diff([point_dbm(SHORT, (3.0, 0, 0), rcs_m2) for rcs_m2 in (0.01, 0.1, 1.0, 10.0)])
    np.testing.assert_allclose(steps_db, 10.0, atol=1e-3)


@pytest.mark.parametrize(
    ("change", "rise_db"),
    [
        (lambda radar: replace(radar, tx_power_dbm=15.0), 3.0),
        (lambda radar: replace(radar, array=replace(radar.array, gain_dbi=0.0)), -21.0),
        (lambda radar: replace(radar, receiver=replace(radar.receiver, gain_db=48.0)), 18.0),
        (lambda radar: replace(radar, receiver=replace(radar.receiver, load_ohm=200.0)), 6.0206),
    ],
    ids=["transmit power", "antenna gain, twice", "receiver gain", "load"],
)
def test_voltage_follows_each_figure_of_the_budget(change, rise_db):
    ratio = levels.volts_per_weight(change(RADAR), 1.0) / levels.volts_per_weight(RADAR, 1.0)
    assert 20 * np.log10(ratio) == pytest.approx(rise_db, abs=1e-3)  # 6.0206 dB is a rounded value


def test_echoes_add():
    """The echo of two points is the sum of both echoes, within the -80 dB error of the fast sum."""
    at_m = [(3.0, 0.2, 0.0), (4.1, -0.5, 0.3)]
    alone = [moving_point(SHORT, 1, point) for point in at_m]
    cubes = [simulate_points(SHORT, one, np.array([1.0]), KEY, QUIET) for one in alone]
    both = simulate_points(SHORT, np.concatenate(alone, 2), np.array([1.0, 1.0]), KEY, QUIET)
    difference = np.asarray(both - cubes[0] - cubes[1])
    assert (np.abs(difference) ** 2).sum() < 1e-8 * (np.abs(np.asarray(both)) ** 2).sum()


# --- plates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size_m", "range_m"), [(0.02, 3.0), (0.02, 6.0), (0.03, 6.0)])
def test_a_flat_metal_plate_has_the_cross_section_of_the_textbook(size_m, range_m):
    """The RCS is 4 pi A^2 / lambda^2 within 0.25 dB.

    The range exceeds 2 D^2 / lambda = 0.47 m, and the edges of faces are lambda / 4 long.
    """
    cells = int(np.ceil(size_m / (WAVELENGTH_M / 4)))
    vertices_m, faces = plate(size_m, cells, (range_m, 0, 0))
    shown_m2 = shown_rcs_m2(RADAR, jnp.asarray(vertices_m), faces, QuasiSpecular(NO_LOBE_RAD))
    wished_m2 = 4 * np.pi * size_m**4 / WAVELENGTH_M**2
    error_db = 10 * np.log10(float(shown_m2) / wished_m2)
    print(
        f"{size_m} m plate at {range_m} m: {10 * np.log10(wished_m2):.2f} dBsm {error_db:+.3f} dB"
    )
    assert error_db == pytest.approx(0.0, abs=0.25)


def test_a_tilted_plate_has_the_pattern_of_a_sinc():
    """The pattern is (sin x / x)^2 with x = k D sin(tilt).

    The null is at sin(tilt) = lambda / 2D, and the first sidelobe is at -13.26 dB.
    """
    size_m, range_m = 0.02, 6.0

    def shown_dbsm(sine):
        tilt = np.arcsin(sine)
        turn = np.array(
            [[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]]
        )
        vertices_m, faces = plate(size_m, 22, (0, 0, 0))
        vertices_m = (vertices_m @ turn.T + np.array([range_m, 0, 0])).astype(np.float32)
        rcs_m2 = shown_rcs_m2(RADAR, jnp.asarray(vertices_m), faces, QuasiSpecular(NO_LOBE_RAD))
        return 10 * np.log10(float(rcs_m2) + 1e-30)

    null = WAVELENGTH_M / (2 * size_m)
    straight_dbsm = shown_dbsm(0.0)
    # The factor C = exp(-(2 tilt)^2 / sigma^2) and the shift of the null by the finite face size
    # are below 0.1 dB.
    assert shown_dbsm(null / 2) - straight_dbsm == pytest.approx(20 * np.log10(2 / np.pi), abs=0.1)
    assert shown_dbsm(1.43 * null) - straight_dbsm == pytest.approx(-13.26, abs=0.1)
    assert shown_dbsm(null) - straight_dbsm < -40


def test_a_plate_no_longer_changes_with_edges_below_half_a_wavelength():
    """Edges of lambda / 2 and lambda / 4 agree within 0.05 dB for a plate turned by half a lobe."""
    turn = np.array([[np.cos(0.05), -np.sin(0.05), 0], [np.sin(0.05), np.cos(0.05), 0], [0, 0, 1]])
    shown_dbsm = []
    for cells in (2, 5, 11, 22):
        vertices_m, faces = plate(0.02, cells, (0, 0, 0))
        vertices_m = (vertices_m @ turn.T + np.array([6.0, 0, 0])).astype(np.float32)
        rcs_m2 = float(
            shown_rcs_m2(RADAR, jnp.asarray(vertices_m), faces, QuasiSpecular(NO_LOBE_RAD))
        )
        shown_dbsm.append(10 * np.log10(rcs_m2))
        print(f"edge {20 / cells:5.2f} mm: {shown_dbsm[-1]:7.2f} dBsm")
    assert shown_dbsm[-2] == pytest.approx(shown_dbsm[-1], abs=0.05)


# --- a body --------------------------------------------------------------------------------------


def summed_rcs_m2(vertices_m, faces, sigma_rad):
    """Return levels.apparent_rcs_m2 as a plain float64 NumPy sum, with occlusion by ray casting."""
    a, b, c = (vertices_m.astype(np.float64)[faces[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    centre_m, area_m2 = (a + b + c) / 3, np.linalg.norm(cross, axis=1) / 2
    range_m = np.linalg.norm(centre_m, axis=1)
    cosine = -np.sum(centre_m * cross, 1) / (2 * area_m2 * range_m)
    lobe = np.exp(-((2 * np.arccos(np.clip(cosine, -1, 1))) ** 2) / sigma_rad**2)
    weight = area_m2 * lobe / range_m**2 * (cosine > 0) * ray_visible(vertices_m, faces)
    wavenumber = 2 * np.pi * RADAR.chirp.centre_freq_hz / SPEED_OF_LIGHT_MPS
    echo = np.sum(weight * np.exp(2j * wavenumber * range_m))
    whole_m = np.linalg.norm(vertices_m.mean(0))
    return 4 * np.pi / WAVELENGTH_M**2 * whole_m**4 * abs(echo) ** 2


def turned(vertices_m, yaw):
    cos, sin = np.cos(yaw), np.sin(yaw)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return (vertices_m @ turn.T + np.array([3.0, 0, 0])).astype(np.float32)


@pytest.fixture(scope="module")
def upright():
    """The standing body with its centre at the origin, in world axes."""
    vertices_m, faces = person("standing", 0.0)
    return vertices_m - (vertices_m.max(0) + vertices_m.min(0)) / 2, faces


def test_the_apparent_cross_section_of_a_body_is_the_plain_sum(upright):
    """RCS agrees within 0.1 dB: ray casting and occlusion differ for one face in a thousand."""
    pytest.importorskip("embreex", reason="ray casting needs embreex: pip install .[oracle]")
    standing_m, faces = upright
    for yaw in (0.0, 2.0):
        vertices_m = turned(standing_m, yaw)
        wished_m2 = summed_rcs_m2(vertices_m, faces, DEFAULT_SIGMA_RAD)
        shown_m2 = shown_rcs_m2(RADAR, jnp.asarray(vertices_m), faces, QuasiSpecular())
        assert 10 * np.log10(float(shown_m2) / wished_m2) == pytest.approx(0, abs=0.1)


def test_the_cube_of_a_body_is_as_strong_as_its_apparent_cross_section(upright):
    """At the middle sample, the frequency is the sweep centre, so one antenna gives a single level.

    The tolerance of 0.1 dB is for culling at 1e-4 and for the delay that grows along the chirp.
    """
    standing_m, faces = upright
    radar = one_antenna(SHORT)
    vertices_m = turned(standing_m, 0.7)
    reflectivity = 0.37
    cube_v = simulate_mesh(
        radar,
        still(vertices_m),
        faces,
        KEY,
        QuasiSpecular(reflectivity=reflectivity),
        replace(QUIET, residual_video_phase=False),
    )
    middle_v = np.asarray(cube_v)[..., radar.chirp.num_samples // 2]
    rcs_m2 = shown_rcs_m2(radar, jnp.asarray(vertices_m), faces, QuasiSpecular())
    rcs_dbsm = 10 * np.log10(float(rcs_m2) * reflectivity**2)
    range_m = float(np.linalg.norm(vertices_m.mean(0)))
    wished_dbm = radar_equation_dbm(radar, rcs_dbsm, range_m)
    assert at_antenna_dbm(radar, middle_v) == pytest.approx(wished_dbm, abs=0.1)


@pytest.mark.parametrize("sigma_rad", [0.15, 0.5, 1.0])
def test_the_anchor_gives_a_body_the_mean_cross_section_of_3gpp(sigma_rad):
    """The mean over yaw is exactly -1.37 dBsm for any mesh and sigma, e.g. a coarse ellipsoid."""
    body = trimesh.creation.icosphere(subdivisions=3)
    standing_m = (body.vertices * np.array([0.15, 0.25, 0.85])).astype(np.float32)
    faces = np.asarray(body.faces)
    reflectivity = anchored_reflectivity(RADAR, standing_m, faces, sigma_rad)
    yaws_m2 = rcs_over_yaw_m2(RADAR, standing_views(standing_m, faces), QuasiSpecular(sigma_rad))
    assert len(yaws_m2) == 60
    assert 10 * np.log10(reflectivity**2 * yaws_m2.mean()) == pytest.approx(-1.37, abs=1e-4)


def test_the_anchor_does_not_care_where_the_mesh_stands():
    """The mesh is centred first; 0.05 dB are for the rounding of positions 10 m away."""
    body = trimesh.creation.icosphere(subdivisions=3)
    standing_m = (body.vertices * np.array([0.15, 0.25, 0.85])).astype(np.float32)
    there_m = standing_m + np.array([3.0, -8.0, 0.9], np.float32)
    here, there = (
        anchored_reflectivity(RADAR, vertices_m, np.asarray(body.faces), 0.5)
        for vertices_m in (standing_m, there_m)
    )
    assert 20 * np.log10(there / here) == pytest.approx(0, abs=0.05)


def test_the_level_of_a_body_settles_as_its_edges_shrink():
    """With a narrow lobe, the level has converged: it differs by up to 0.5 dB for 2 and 1 cm edges.

    Face centres sample the phase. A wide lobe includes faces over many wavelengths (3.8 mm), so the
    level has not converged. For edges of 20, 10, 5 and 2.5 mm, the mean over six sides was
    -5.7, -5.9, -6.0, -6.0 dBsm at sigma 0.15 rad and +4.5, -3.7, -2.7, -2.7 dBsm at 0.5. Therefore,
    the calibrated level is one constant per mesh and sigma.
    """
    pytest.importorskip("embreex", reason="ray casting needs embreex: pip install .[oracle]")
    levels_db = {}
    for edge_m in (0.02, 0.01):
        standing_m, faces = rest_pose(edge_m)
        seen = [turned(standing_m, 0.1 + yaw_idx * np.pi / 3) for yaw_idx in range(6)]
        for sigma_rad in (0.15, 0.5):
            mean_m2 = np.mean([summed_rcs_m2(turned_m, faces, sigma_rad) for turned_m in seen])
            levels_db[sigma_rad, edge_m] = 10 * np.log10(mean_m2)
            print(f"sigma {sigma_rad}, edges up to {edge_m * 1e3:.0f} mm,", end=" ")
            print(f"{len(faces)} faces: {levels_db[sigma_rad, edge_m]:.2f} dBsm")
    assert levels_db[0.15, 0.01] == pytest.approx(levels_db[0.15, 0.02], abs=0.5)


def rest_pose(max_edge_m):
    """Return the free body with finer faces and its centre at the origin, in world axes."""
    body = subdivide(free_body(), max_edge_m)
    standing_m = np.asarray(body.template_m, np.float64)[:, [2, 0, 1]]
    return standing_m - (standing_m.max(0) + standing_m.min(0)) / 2, np.asarray(body.faces)


def test_a_point_has_the_area_that_makes_it_a_plate_of_its_cross_section():
    """The equation RCS = 4 pi A^2 / lambda^2 is solved for A."""
    area_m2 = point_area_m2(RADAR, 0.31)
    assert 4 * np.pi * area_m2**2 / WAVELENGTH_M**2 == pytest.approx(0.31)
