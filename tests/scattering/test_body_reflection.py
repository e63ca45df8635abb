"""The reflection model "body" on a body mesh: fast and exact sums, levels and defaults."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.reflection import (
    FREE_BODY_REFLECTIVITY,
    PhysicalOptics,
    QuasiSpecular,
)
from radarsim.scene.body import skin
from radarsim.scene.formats.smpl import free_body
from radarsim.scene.mesh import burst_mesh, frames_of
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement
from radarsim.scene.scene import Scene
from radarsim.scene.skeleton import JOINT
from radarsim.scene.subject import Subject
from radarsim.signal.exact_frames import exact_frame
from radarsim.simulate import simulate
from tests.helpers.echoes import fast_clip
from tests.helpers.moving_sphere import CLEAN, relative_db, small_radar
from tests.helpers.scenes import KEY, UPRIGHT

RADAR = small_radar(num_chirps=32, num_samples=64)
FACING = replace(CLEAN, visibility="facing")
# The joint speeds of a fast step [rad/s].
SWING = {"left_hip": (2.5, 0, 0), "left_knee": (-4, 0, 0), "right_hip": (-2, 0, 0)} | {
    "left_shoulder": (0, 2, 0), "right_elbow": (0, 3, 0)
}  # fmt: skip


def striding(distance_m):
    """The free body that approaches at 1.2 m/s with swinging limbs, as (burst, faces)."""
    body = free_body()
    times_s = burst_times_s(RADAR, 1)
    poses_rad = np.zeros((*times_s.shape, 24, 3), np.float32)
    poses_rad[..., 0, :] = Rotation.from_matrix(UPRIGHT).as_rotvec()
    for name, speed in SWING.items():
        poses_rad[..., JOINT[name], :] = times_s[..., None] * speed
    vertices_m = skin(
        body, np.zeros(10, np.float32), poses_rad, np.zeros((*times_s.shape, 3), np.float32)
    )
    origin_m = np.array([distance_m, 0.1, -0.1]) - times_s[..., None] * [1.2, -0.3, 0.0]
    return burst_mesh(vertices_m, origin_m), jnp.asarray(body.faces)


@pytest.mark.slow
def test_a_striding_body_at_one_metre_is_as_exact_as_the_blocks_allow():
    """At 1 m, the weights have an error of -96 dB; kernels shared by blocks of loops add more."""
    burst, faces = striding(1.0)
    cube = fast_clip(RADAR, FACING, PhysicalOptics(), burst, faces)
    truth = exact_frame(RADAR, FACING, PhysicalOptics(), frames_of(burst)[0], faces, (30,))
    assert relative_db(cube[0, [30]], truth) < -70


@pytest.mark.parametrize(
    ("default", "unit_level", "truth"),
    [
        (QuasiSpecular(), QuasiSpecular(reflectivity=1.0), FREE_BODY_REFLECTIVITY),
        (PhysicalOptics(), PhysicalOptics("metal"), PhysicalOptics().reflectivity_at(RADAR)),
    ],
)
def test_the_default_level_is_that_of_bare_skin_or_anchored(default, unit_level, truth):
    """The amplitude of a cube is proportional to the level constant of the reflection model."""
    poses_rad, transl_m = np.zeros((40, 24, 3)), np.tile([3.0, 0, 1], (40, 1))
    still = Motion(poses_rad=poses_rad, transl_m=transl_m, rate_hz=100.0)
    scene = Scene([Subject(still, free_body(), Placement())])

    def cube(reflection):
        return np.asarray(simulate(RADAR, scene, KEY, reflection, FACING, num_frames=1))

    expected = cube(unit_level) * truth
    atol = 1e-6 * np.abs(expected).max()
    np.testing.assert_allclose(cube(default), expected, rtol=1e-4, atol=atol)


def test_an_unknown_material_is_refused_by_name():
    with pytest.raises(InputError, match="'rough', which is unknown; choose one of: skin, metal"):
        PhysicalOptics(material="rough")
