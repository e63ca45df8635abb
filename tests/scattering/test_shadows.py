"""Shadows that one body casts on another: triangles that are left out must not hide anything."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.scattering.shadows import may_hide
from radarsim.scattering.visibility import _planes, shadow_depth

pytestmark = pytest.mark.usefixtures("fast_compilation")


@jax.jit
def kept_and_hiding(targets_m, tested, corners_m):
    """Return masks of the kept triangles, and of the triangles that hide a tested target."""
    planes = _planes(corners_m, jnp.ones(len(corners_m), bool))
    hiding = (shadow_depth(targets_m, *planes) > 0) & tested
    return may_hide(targets_m, tested, corners_m), hiding.any(axis=1)


def test_a_large_triangle_is_kept_although_its_corners_are_farther_than_the_target():
    """The triangle is at 1 m, the target at 2 m, and the corners are at 5 and 6 m."""
    corners_m = jnp.asarray([[[1.0, -4.0, -3.0], [1.0, 0.0, 6.0], [1.0, 4.0, -3.0]]])
    kept, hiding = kept_and_hiding(jnp.asarray([[2.0, 0.0, 0.0]]), jnp.ones(1, bool), corners_m)
    assert hiding.all()
    assert kept.all()


@pytest.mark.parametrize("centre_m", [(3.0, 0.5, 0.0), (0.5, 2.0, 0.0), (0.4, 0.0, 1.5)])
def test_triangles_around_the_radar_are_kept_if_they_hide_a_target(centre_m):
    """Random triangles on all sides of the radar, some with corners on both sides of it."""
    rng = np.random.default_rng(2)
    targets_m = jnp.asarray(rng.normal(centre_m, 0.1, (200, 3)), jnp.float32)
    middles_m = rng.normal(0.0, 1.0, (3000, 1, 3))
    corners_m = jnp.asarray(middles_m + rng.normal(0.0, 0.35, (3000, 3, 3)), jnp.float32)
    kept, hiding = kept_and_hiding(targets_m, jnp.arange(200) % 7 > 0, corners_m)
    assert hiding.sum() > 10
    assert not (hiding & ~kept).any()
    assert kept.mean() < 0.2
