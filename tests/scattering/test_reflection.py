"""Reflection models: the fraction of the wave that a face reflects to a receiver."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.numerics.angles import squared_angle
from radarsim.radar.boards import BOARDS
from radarsim.scattering.reflection import IsotropicPoints, QuasiSpecular
from radarsim.scene.mesh import Faces

ORIGIN = jnp.zeros(3)
RADAR = BOARDS["AWR1843BOOST"]


def log_amplitude(faces, tx_m, rx_m, sigma_rad=0.5):
    return QuasiSpecular(sigma_rad).log_weight(RADAR, faces, tx_m, rx_m)[0]


def plate(tilt_rad, range_m=3.0, area_m2=1e-4):
    """A small face straight ahead of the radar, rotated by an angle about the vertical axis."""
    normal = jnp.array([[-jnp.cos(tilt_rad), jnp.sin(tilt_rad), 0.0]])
    return Faces(jnp.array([[range_m, 0.0, 0.0]]), normal, jnp.array([area_m2]))


@pytest.mark.parametrize("angle_rad", [0.0, 1e-4, 0.05, 0.1, 0.5, 1.5, 3.0])
def test_squared_angle_is_the_angle_squared(angle_rad):
    a = jnp.array([1.0, 0, 0])
    b = jnp.array([np.cos(angle_rad), np.sin(angle_rad), 0])
    # The chord between float32 unit vectors is accurate to 1e-7 of its length squared.
    np.testing.assert_allclose(squared_angle(a, b), angle_rad**2, rtol=2e-5, atol=1e-9)


def test_squared_angle_has_no_seam_where_the_series_ends():
    angles = np.linspace(0.0998, 0.1002, 41)  # the squared chord is 0.01 at 0.1 rad
    ones = np.ones_like(angles)
    a = jnp.asarray(np.stack([ones, 0 * ones, 0 * ones], -1), jnp.float32)
    b = jnp.asarray(np.stack([np.cos(angles), np.sin(angles), 0 * ones], -1), jnp.float32)
    np.testing.assert_allclose(squared_angle(a, b), angles**2, rtol=2e-5)


def test_the_amplitude_of_a_face_towards_the_radar_is_area_over_range_squared():
    amplitude = jnp.exp(log_amplitude(plate(0.0), ORIGIN, ORIGIN, 0.5))
    np.testing.assert_allclose(amplitude, [1e-4 / 9], rtol=1e-5)


@pytest.mark.parametrize("tilt_rad", [0.1, 0.3, 0.7])
def test_tilting_a_face_turns_the_mirror_ray_by_twice_the_tilt(tilt_rad):
    straight = log_amplitude(plate(0.0), ORIGIN, ORIGIN, 0.5)
    tilted = log_amplitude(plate(tilt_rad), ORIGIN, ORIGIN, 0.5)
    np.testing.assert_allclose(tilted - straight, -((2 * tilt_rad) ** 2) / 0.25, rtol=1e-4)


def test_a_mirror_between_two_antennas_is_brightest():
    tx, rx = jnp.array([0.0, -1.0, 0.0]), jnp.array([0.0, 1.0, 0.0])
    tilts = np.linspace(-0.3, 0.3, 13)
    levels = [float(log_amplitude(plate(tilt), tx, rx, 0.3)[0]) for tilt in tilts]
    assert np.argmax(levels) == 6


def test_the_gradient_is_finite_in_the_mirror_direction():
    gradient = jax.grad(lambda tilt: log_amplitude(plate(tilt), ORIGIN, ORIGIN, 0.5)[0])(0.0)
    assert np.isfinite(gradient)


def test_a_point_falls_with_the_product_of_both_ranges():
    point = IsotropicPoints(jnp.ones(1))
    near, _ = point.log_weight(RADAR, plate(0.0, 2.0), ORIGIN, ORIGIN)
    far, _ = point.log_weight(RADAR, plate(0.0, 6.0), ORIGIN, ORIGIN)
    np.testing.assert_allclose(near - far, np.log(9.0), rtol=1e-6)
