"""Calls of the public functions with small valid arguments; tests replace one at a time."""

from dataclasses import replace

import jax
import numpy as np
import trimesh

import radarsim as rs
from radarsim.scene.retarget import fit_to_body
from tests.helpers.moving_sphere import small_radar

RADAR = small_radar(num_chirps=16, num_samples=32)
KEY = jax.random.key(0)
KEYS = jax.random.split(KEY, 3)
FAST = rs.SimulationSettings(method="fast", visibility="facing")
MAPS = rs.HeatmapSettings(window_chirps=32, step_chirps=8, num_doppler_bins=32, num_angle_bins=16)
LOBES = rs.QuasiSpecular()
NAN = float("nan")

CUBE_V = np.zeros((4, 16, 3, 4, 32), np.complex64)
CODES = np.random.default_rng(0).integers(-90, 90, (*CUBE_V.shape, 2)).astype(np.int16)
AHEAD_M = np.array([3.0, 0.0, 0.0])
POINTS_M = np.tile(AHEAD_M, (4, 5, 2, 1))
RCS_M2 = np.ones(2)
SPHERE = trimesh.creation.icosphere(1, 0.3)
FACES = np.asarray(SPHERE.faces)
MESH_M = np.tile(SPHERE.vertices + AHEAD_M, (4, 5, 1, 1))
BODY = rs.free_body()
# The rotation of the pelvis converts y up to z up.
UPRIGHT = np.zeros((40, 24, 3))
UPRIGHT[:, 0, 0] = np.pi / 2
MOTION = rs.Motion(
    poses_rad=UPRIGHT, transl_m=np.tile([0, 0, 1.0], (40, 1)), rate_hz=30.0, shape_space="free"
)
FITTED = fit_to_body(MOTION, BODY)
WALKER = rs.Subject(FITTED, BODY)
SCENE = rs.Scene([WALKER])
SHORT = rs.Scene([rs.Subject(replace(MOTION, rate_hz=4000.0), BODY)])
OTHER_BODY = replace(BODY, joint_template_m=BODY.joint_template_m + 0.02)


def with_nan(array):
    """Return a copy of the array in which one value is NaN."""
    array = np.array(array)
    array.flat[7] = NAN
    return array


def maps(cube_v=CUBE_V, settings=MAPS, radar=RADAR):
    return rs.heatmaps(radar, cube_v, settings)


def points(positions_m=POINTS_M, rcs_m2=RCS_M2, key=KEY, settings=FAST):
    return rs.simulate_points(RADAR, positions_m, rcs_m2, key, settings)


def mesh(vertices_m=MESH_M, faces=FACES, reflection=LOBES, key=KEY, **options):
    return rs.simulate_mesh(RADAR, vertices_m, faces, key, reflection, FAST, **options)


def scene(given=SCENE, key=KEY, reflection=LOBES, settings=FAST, **options):
    return rs.simulate(RADAR, given, key, reflection, settings, **options)


def subject(**changes):
    return rs.Subject(replace(MOTION, **changes), BODY)


def placed(**values):
    return rs.Subject(MOTION, BODY, rs.Placement(**values))


def standing(vertices_m=SPHERE.vertices, faces=FACES, sigma_rad=0.5):
    return rs.anchored_reflectivity(RADAR, vertices_m, faces, sigma_rad)


def capture(**options):
    return rs.open_capture("walk.bin", RADAR, **options)


def written(cube, radar=RADAR, **options):
    return rs.write_capture("never.bin", cube, radar, **options)


def check_four_parts(error):
    """Check that an InputError has all four parts, and that the message is one short line."""
    assert all(str(part) for part in (error.where, error.field, error.problem, error.hint))
    assert len(str(error)) < 400
    assert "\n" not in str(error)
