"""The reflection "body" on a body: fast against plain, levels, defaults."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim import simulate
from radarsim.scattering.levels import FREE_BODY_REFLECTIVITY, skin_reflectivity
from radarsim.scene.body import skin
from radarsim.scene.formats.smpl import free_body
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement
from radarsim.scene.skeleton import JOINT
from radarsim.signal.exact_frames import plain_frame
from radarsim.signal.fast_clip import choose, fast_clip, frames_of, make_burst
from radarsim.signal.settings import Settings
from radarsim.simulate import burst_times_s
from tests.helpers.moving_sphere import CLEAN, relative_db, small_radar
from tests.helpers.scenes import KEY, UPRIGHT

RADAR = small_radar(num_chirps=32, num_samples=64)
BODY = replace(CLEAN, reflection="body", visibility="facing")
# Joint speeds of a brisk step [rad/s].
SWING = {"left_hip": (2.5, 0, 0), "left_knee": (-4, 0, 0), "right_hip": (-2, 0, 0)} | {
    "left_shoulder": (0, 2, 0), "right_elbow": (0, 3, 0)
}  # fmt: skip


def striding(distance_m):
    """The free body that comes nearer with 1.2 m/s and swings its limbs: (burst, faces)."""
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
    return make_burst(vertices_m, origin_m), jnp.asarray(body.faces)


def test_a_striding_body_at_one_metre_is_as_exact_as_the_blocks_allow():
    """The weights alone are good to -96 dB at 1 m; kernels shared by blocks of loops are not."""
    burst, faces = striding(1.0)
    choice = choose(RADAR, BODY, burst, faces, 0.5)
    cube = np.asarray(fast_clip(RADAR, BODY, choice, burst, faces, 0.5))
    truth = plain_frame(RADAR, BODY, frames_of(burst)[0], faces, 0.5, (30,))
    error = relative_db(cube[0, [30]], truth)
    print(f"striding at 1 m: {error:.1f} dB")
    assert error < -70


@pytest.mark.parametrize("reflection", ["paper", "body"])
def test_a_person_is_made_of_bare_skin_or_anchored(reflection):
    """Where nobody gives a level: a cube is proportional to it, whatever it is."""
    poses_rad, transl_m = np.zeros((40, 24, 3)), np.tile([3.0, 0, 1], (40, 1))
    still = Motion(poses_rad=poses_rad, transl_m=transl_m, rate_hz=100.0)
    settings = replace(BODY, reflection=reflection)

    def cube(**level):
        return np.asarray(
            simulate.simulate_motion(
                RADAR, free_body(), still, Placement(), KEY, settings, num_frames=1, **level
            )
        )

    truth = {"paper": FREE_BODY_REFLECTIVITY, "body": skin_reflectivity(RADAR)}
    given = cube(reflectivity=1.0) * truth[reflection]
    np.testing.assert_allclose(cube(), given, rtol=1e-4, atol=1e-6 * np.abs(given).max())


def test_an_unknown_reflection_is_refused_by_name():
    with pytest.raises(ValueError, match="reflection is 'rough'; known: paper, body"):
        Settings(reflection="rough")
