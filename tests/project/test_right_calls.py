"""Valid calls of public functions are accepted in every form, and in `jit`, `grad` and `vmap`."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import radarsim as rs
from radarsim.errors import InputError
from tests.helpers.sample_calls import (
    BODY,
    CUBE_V,
    FACES,
    FAST,
    KEY,
    KEYS,
    MESH_M,
    RADAR,
    WALKER,
    maps,
    mesh,
    points,
    scene,
    with_nan,
)

pytestmark = pytest.mark.usefixtures("fast_compilation", "without_annotation_checks")


@pytest.mark.parametrize(
    "faces", [FACES.tolist(), FACES.astype(np.uint32), FACES.astype(float), jnp.asarray(FACES)]
)
def test_faces_of_any_type_give_the_same_cube(faces):
    quiet = replace(FAST, thermal_noise=False)
    calls = [rs.simulate_mesh(RADAR, MESH_M, each, KEY, settings=quiet) for each in (FACES, faces)]
    np.testing.assert_array_equal(*map(np.asarray, calls))


def test_one_origin_serves_all_frames_and_nodes():
    origin_m = np.array([3.0, 0.0, 0.0])
    one, each = (
        np.asarray(mesh(MESH_M - origin_m, origin_m=values))
        for values in (origin_m, np.tile(origin_m, (4, 5, 1)))
    )
    np.testing.assert_array_equal(one, each)


def test_the_last_complete_frame_of_a_motion_is_simulated():
    whole_v = np.asarray(scene())
    assert len(whole_v) == 13
    step_v = RADAR.receiver.adc_step_v
    last_v = scene(num_frames=1.0, first_frame=12)
    # Values that agree up to float32 rounding may be rounded to different ADC codes.
    np.testing.assert_allclose(last_v, whole_v[12:], atol=2 * step_v)


def test_keys_of_every_kind_are_accepted():
    kinds = (jax.random.PRNGKey(0), np.array([0, 0], np.uint32), jax.random.key(0, impl="rbg"))
    cubes = [np.asarray(points(key=key)) for key in (KEY, *kinds)]
    np.testing.assert_array_equal(cubes[0], cubes[1])
    np.testing.assert_array_equal(cubes[0], cubes[2])
    assert np.isfinite(cubes[3]).all()


# --- valid calls within compiled programs ---------------------------------------------------------

NOISE_V = np.random.default_rng(3).normal(0, 1e-3, (2, *CUBE_V.shape, 2)).astype(np.float32)
NOISE_V = jnp.asarray(NOISE_V[..., 0] + 1j * NOISE_V[..., 1])


def range_map(cube_v):
    return maps(cube_v).time_range


def test_heatmaps_within_jit_and_vmap_are_the_same():
    both = jax.jit(jax.vmap(range_map))(NOISE_V)
    for one, cube_v in zip(both, NOISE_V):
        np.testing.assert_allclose(one, range_map(cube_v), atol=1e-3)
        np.testing.assert_allclose(jax.jit(range_map)(cube_v), one, atol=1e-3)


def test_heatmaps_have_a_gradient():
    """The derivative of 20 log10(a), the level for a voltage factor a, is 20 / ln 10 at a = 1."""
    slope = jax.grad(lambda factor: range_map(factor * NOISE_V[0]).mean())(1.0)
    assert float(slope) == pytest.approx(20 / np.log(10), rel=1e-3)


def test_a_wrong_shape_is_refused_within_jit_and_values_are_not_checked():
    with pytest.raises(InputError, match="has 2 along 'tx'"):
        jax.jit(range_map)(NOISE_V[0, :, :, :2])
    with pytest.raises(InputError, match="not complex numbers"):
        jax.jit(range_map)(NOISE_V[0].real)
    assert np.isnan(jax.jit(range_map)(with_nan(CUBE_V))).any()
    shape = jax.eval_shape(range_map, jax.ShapeDtypeStruct(CUBE_V.shape, CUBE_V.dtype)).shape
    assert shape == (5, 32)


def test_noise_and_its_key_may_be_traced():
    """Key and noise level may be traced, because array sizes depend only on the mesh."""

    def noisy(key, noise_db):
        return mesh(MESH_M[:1], key=key, extra_noise_db=noise_db)

    several = jax.vmap(noisy)(KEYS, jnp.array([0.0, 3.0, 6.0]))
    np.testing.assert_array_equal(several[1], noisy(KEYS[1], 3.0))


def test_traced_placements_and_radar_poses_are_not_checked():
    def made(value):
        there = rs.Placement(distance_m=value, heading_rad=jnp.sqrt(value))
        radar_pose = rs.RadarPose(height_m=value, tilt_rad=-value)
        rs.Scene([rs.Subject(WALKER.fitted, BODY, there)], radar_pose)
        return value

    assert float(jax.jit(made)(-1.0)) == -1.0
    assert float(jax.grad(made)(3.0)) == 1.0
