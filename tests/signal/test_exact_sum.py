"""The exact sum, the reference for the fast sum, is compared with ten lines of NumPy."""

import numpy as np
import pytest

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.polynomials import chebyshev_nodes
from radarsim.radar.timing import burst_centre_and_half_s
from radarsim.scattering.reflection import IsotropicPoints, QuasiSpecular
from radarsim.scene.mesh import burst_mesh, frames_of
from radarsim.signal.exact_frames import exact_clip, exact_frame, exact_points
from tests.helpers.moving_sphere import CLEAN, CONVEX, moving_sphere, relative_db, small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=3, num_samples=16)
LOBES = QuasiSpecular(0.5)


def numpy_oracle(radar, positions_at, area_m2, chirp, tx, rx, video=True):
    """Return one chirp of a point target, directly from the signal equation."""
    t = radar.chirp.sample_times_s
    at = positions_at(radar.chirp_times_s[chirp, tx] + t)
    legs = [
        np.linalg.norm(at - antenna, axis=-1)
        for antenna in (radar.array.tx_m[tx], radar.array.rx_m[rx])
    ]
    tau = sum(legs) / SPEED_OF_LIGHT_MPS
    cycles = radar.chirp.start_freq_hz * tau + radar.chirp.slope_hz_per_s * tau * t
    cycles -= video * radar.chirp.slope_hz_per_s * tau**2 / 2
    return area_m2 / (legs[0] * legs[1]) * np.exp(2j * np.pi * cycles)


@pytest.mark.parametrize("video", [True, False])
def test_a_moving_point_is_the_equation_evaluated_at_every_sample(video):
    def positions_at(times_s):
        return np.array([3.0, 0.4, -0.2]) + times_s[..., None] * np.array([1.5, -0.7, 0.3])

    centre_s, half_s = burst_centre_and_half_s(RADAR)
    nodes_s = centre_s + half_s * chebyshev_nodes(4)
    burst = burst_mesh(np.zeros((1, 4, 1, 3)), positions_at(nodes_s)[None])
    settings = CLEAN if video else type(CLEAN)(residual_video_phase=False)
    cube = exact_points(RADAR, settings, IsotropicPoints(np.array([0.01], np.float32)), burst)
    for chirp, tx, rx in [(0, 0, 0), (1, 2, 3), (2, 1, 1)]:
        truth = numpy_oracle(RADAR, positions_at, 0.01, chirp, tx, rx, video)
        # complex64 output; the float32 pair of the origin is accurate to 1e-13 m.
        assert relative_db(cube[0, chirp, tx, rx], truth) < -120


def test_echoes_add():
    """One sphere counted twice gives twice the signal; two spheres give the sum of both signals."""
    burst, faces = moving_sphere(RADAR)
    whole = np.asarray(exact_clip(RADAR, CONVEX, LOBES, burst, faces))
    halves = [exact_clip(RADAR, CONVEX, LOBES, burst, part) for part in (faces[::2], faces[1::2])]
    assert relative_db(halves[0] + halves[1], whole) < -110  # rounding of complex64


def test_some_chirps_of_a_frame_are_those_chirps():
    burst, faces = moving_sphere(RADAR)
    one = frames_of(burst)[0]
    whole = exact_frame(RADAR, CONVEX, LOBES, one, faces)
    np.testing.assert_array_equal(exact_frame(RADAR, CONVEX, LOBES, one, faces, (2,))[0], whole[2])
