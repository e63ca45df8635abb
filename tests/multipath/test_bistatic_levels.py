"""Bistatic echo of a sphere by the reflection models that multipath passes use."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from radarsim.multipath.bounced_reflection import for_images
from radarsim.scattering.reflection import PhysicalOptics, QuasiSpecular
from tests.helpers.moving_sphere import BOARD

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADIUS_M = 0.07
ANGLES_DEG = (0.0, 60.0, 90.0, 120.0, 140.0)


@pytest.mark.parametrize("model", [QuasiSpecular(), PhysicalOptics()], ids=["paper", "body"])
def test_the_bistatic_cross_section_of_a_sphere_is_pi_a_squared_at_all_angles(model):
    """The power is that of geometrical optics, pi a^2 |Gamma|^2, to within 1 dB.

    Without the factor of oblique incidence, the power of the quasi-specular model would exceed
    pi a^2 by 9.3 dB at 140 degrees. The tolerance covers the ripple due to the edge of the lit
    faces, which is the larger, the closer the angle is to forward scattering.
    """
    sphere = trimesh.creation.icosphere(5, RADIUS_M)
    tx_m = jnp.array([-3.0, 0.0, 0.0])
    wavelength_m = BOARD.chirp.wavelength_m

    @jax.jit
    def rcs_m2(angle_rad):
        scatterers = model.scatterers(jnp.asarray(sphere.vertices), jnp.asarray(sphere.faces))
        rx_m = 10.0 * jnp.array([-jnp.cos(angle_rad), jnp.sin(angle_rad), 0.0])
        rays_m = [scatterers.centre_m - each for each in (tx_m, rx_m)]
        log_amplitude, cycles = for_images(model).log_weight(BOARD, scatterers, tx_m, rx_m)
        path_m = sum(jnp.linalg.norm(ray_m, axis=-1) for ray_m in rays_m)
        cycles = path_m / wavelength_m + (0.0 if cycles is None else cycles)
        lit = [jnp.sum(ray_m * scatterers.normal, axis=-1) < 0 for ray_m in rays_m]
        amplitude = jnp.where(lit[0] & lit[1], jnp.exp(log_amplitude), 0.0)
        echo = jnp.sum(amplitude * jnp.exp(2j * np.pi * cycles))
        return 4 * np.pi * jnp.abs(echo) ** 2 * (3.0 * 10.0 / wavelength_m) ** 2

    with jax.enable_x64(True):
        found_m2 = [float(rcs_m2(np.radians(angle))) for angle in ANGLES_DEG]
    found_db = 10 * np.log10(np.array(found_m2) / (np.pi * RADIUS_M**2))
    np.testing.assert_allclose(found_db, 0.0, atol=1.0)
