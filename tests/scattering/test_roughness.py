"""Tests of rough surfaces: conserved power, levels independent of the mesh, random phases."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from radarsim.calibrate import apparent_rcs_m2
from radarsim.errors import InputError
from radarsim.scattering.physical_optics import PhysicalOptics, echo_faces
from radarsim.scattering.roughness import (
    Roughness,
    are_rough_copies,
    material_cycles,
    with_rough_copies,
)
from radarsim.scattering.weighted_reflection import DelayWeightedReflection
from tests.helpers.echoes import error_db
from tests.helpers.moving_sphere import CLEAN, moving_sphere, small_radar
from tests.helpers.scenes import RADAR

RADIUS_M, RANGE_M = 0.05, 50.0
REALISATIONS = 200
# Compile one program per model instead of one per operation.
shown_rcs_m2 = jax.jit(apparent_rcs_m2, static_argnums=0)


def ball(subdivisions):
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=RADIUS_M)
    # The rotation keeps the symmetry axes of the icosahedron away from the line of sight.
    mesh.apply_transform(trimesh.transformations.euler_matrix(0.3, 0.5, 0.2))
    return (mesh.vertices + np.array([RANGE_M, 0, 0])).astype(np.float32), np.asarray(mesh.faces)


@jax.jit
def relative_rcs(vertices_m, faces, roughness, realisations):
    """Return the RCS of a metal ball relative to pi r^2 for each realisation of the surface."""
    towards = vertices_m[faces].mean(1) - jnp.array([RANGE_M, 0, 0])
    lit = towards[:, 0] < 0

    def one(realisation):
        model = PhysicalOptics("metal", roughness=replace(roughness, realisation=realisation))
        return apparent_rcs_m2(RADAR, vertices_m, faces, model, lit)

    return jax.lax.map(one, realisations) / (np.pi * RADIUS_M**2)


def mean_level_db(height_rms_m, slope_rms, subdivisions=5):
    """Return the mean power over all realisations in dB, and the standard error of the mean."""
    values = np.asarray(
        relative_rcs(
            *ball(subdivisions), Roughness(height_rms_m, slope_rms), jnp.arange(REALISATIONS)
        )
    )
    error = values.std() / np.sqrt(REALISATIONS) / values.mean()
    return 10 * np.log10(values.mean()), 10 * np.log10(np.e) * error


@pytest.mark.parametrize("height_rms_m", [0.0, 0.1e-3, 0.25e-3, 2e-3])
def test_roughness_conserves_the_power_of_a_sphere(height_rms_m):
    """The RCS of a sphere is pi r^2 for any ratio of coherent to incoherent scattering.

    The integral of sigma0 over the sphere is 1 - slope^2 / 3 for small slopes, an error of
    0.02 dB. The smooth ball is within 0.15 dB of pi r^2, and four standard errors are allowed.
    """
    level_db, error_db = mean_level_db(height_rms_m, 0.125)
    assert abs(level_db) < 0.25 + 4 * error_db
    assert error_db < 0.35


def test_the_level_of_a_rough_surface_does_not_depend_on_the_mesh():
    """Halving the edges of a very rough ball changes the level by at most 0.1 dB.

    Four standard errors of the difference are allowed in addition."""
    (coarse_db, one_db), (fine_db, other_db) = (
        mean_level_db(2e-3, 0.2, subdivisions) for subdivisions in (4, 5)
    )
    assert abs(coarse_db - fine_db) < 0.1 + 4 * np.hypot(one_db, other_db)


def test_a_rough_ball_scatters_as_speckle_and_a_smooth_ball_does_not():
    """The RCS of a rough ball fluctuates like speckle: the standard deviation equals the mean.

    The power of a sum of many random phasors has an exponential distribution. With 200
    realisations, the standard error of the ratio of standard deviation to mean is 0.1.
    """
    rough, smooth = (
        np.asarray(relative_rcs(*ball(5), Roughness(height, 0.2), jnp.arange(REALISATIONS)))
        for height in (2e-3, 0.0)
    )
    assert rough.std() / rough.mean() == pytest.approx(1.0, abs=0.3)
    assert smooth.std() / smooth.mean() < 1e-3


def test_a_smooth_surface_without_height_has_the_echo_of_the_plain_model():
    vertices_m, faces = ball(3)
    lit = jnp.ones(len(faces), bool)
    plain, rough = (
        shown_rcs_m2(RADAR, jnp.asarray(vertices_m), jnp.asarray(faces), model, lit)
        for model in (PhysicalOptics(), PhysicalOptics(roughness=Roughness(0.0)))
    )
    np.testing.assert_allclose(rough, plain, rtol=1e-4)


def test_copies_are_the_same_triangles_and_carry_uniform_phases():
    """Copies differ only by a rotation of the corners, and the mean phasor of the phases is small.

    The mean phasor of 5,120 uniform phases is 0.014 RMS; 0.05 allows 3.5 times this value.
    """
    _, faces = ball(4)
    copies = np.asarray(with_rough_copies(faces))
    smooth, rough = np.split(copies, 2)
    np.testing.assert_array_equal(np.sort(smooth, axis=1), np.sort(faces, axis=1))
    np.testing.assert_array_equal(rough, np.roll(smooth, -1, axis=1))
    turned = np.roll(faces, 1, axis=1)
    np.testing.assert_array_equal(np.asarray(with_rough_copies(turned)), copies)
    assert not np.any(are_rough_copies(jnp.asarray(smooth)))
    assert np.all(are_rough_copies(jnp.asarray(rough)))
    cycles, other = (
        np.asarray(jax.jit(material_cycles)(jnp.asarray(rough), number)) for number in (0, 1)
    )
    assert abs(np.exp(2j * np.pi * cycles).mean()) < 0.05
    assert abs(np.exp(2j * np.pi * (cycles - other)).mean()) < 0.05


@pytest.mark.slow
def test_the_fast_sum_of_a_rough_surface_equals_the_plain_one():
    """The fast sum of a rough sphere has an error below -69 dB, even with grazing faces.

    The limit is the same as for a smooth sphere in the same motion (tests/signal/test_fast_sum.py).
    Both copies of each face have weights that are smooth in time.
    """
    radar, model = small_radar(num_chirps=4, num_samples=32), PhysicalOptics(roughness=Roughness())
    burst, faces = moving_sphere(radar)
    every = replace(CLEAN, cull=0.0, visibility="facing")
    assert error_db(radar, every, model, burst, echo_faces(model, faces)) < -69


def test_only_rough_models_sum_each_face_twice():
    _, faces = ball(2)
    assert echo_faces(PhysicalOptics(), faces) is faces
    rough = PhysicalOptics(roughness=Roughness())
    once = DelayWeightedReflection(rough)
    for model in (rough, once, DelayWeightedReflection(once)):
        assert len(echo_faces(model, faces)) == 2 * len(faces)


def test_a_negative_height_or_slope_is_refused_by_field():
    for values, field in (((-1e-3,), "height_rms_m"), ((1e-3, 0.0), "slope_rms")):
        with pytest.raises(InputError, match=field):
            Roughness(*values)
