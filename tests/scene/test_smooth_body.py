"""Tests of curved mesh subdivision, and of bodies with a smooth surface."""

import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from radarsim.errors import InputError
from radarsim.scene.body import skin
from radarsim.scene.formats.smpl import free_body
from radarsim.scene.smooth_body import smooth_body
from radarsim.scene.subdivision import halve_long_edges_curved
from tests.helpers.scenes import plate


def longest_edge_m(vertices_m, faces):
    sides_m = vertices_m[faces] - vertices_m[np.roll(faces, 1, axis=1)]
    return np.linalg.norm(sides_m, axis=-1)


def test_new_vertices_of_a_sphere_lie_on_the_sphere():
    """New vertices on a curved surface lie within 0.02 % of the radius of the sphere.

    On flat faces with edges of 0.15 radii, new vertices would be up to 0.28 % of the radius inside
    the sphere. The remaining error is due to the vertex normals.
    """
    ball = trimesh.creation.icosphere(subdivisions=3)
    mix, faces, vertices_m = halve_long_edges_curved(
        ball.faces, np.array(ball.vertices), np.full(len(ball.vertices), 0.05)
    )
    radius_m = np.linalg.norm(vertices_m, axis=1)
    assert len(vertices_m) > 10 * len(ball.vertices)
    assert np.linalg.norm(mix @ ball.vertices, axis=1).min() < 0.9975
    assert np.abs(radius_m - 1).max() < 2e-4
    assert longest_edge_m(vertices_m, faces).max() <= 0.05
    assert trimesh.Trimesh(vertices_m, faces, process=False).is_watertight


def test_a_plate_stays_flat_and_is_finer_where_its_limit_is_smaller():
    vertices_m, faces = plate(1.0, 4, (0, 0, 0))
    vertices_m = vertices_m.astype(np.float64)
    limit_m = np.where(vertices_m[:, 1] > 0, 0.1, 1.0)
    mix, finer, moved_m = halve_long_edges_curved(faces, vertices_m, limit_m)
    np.testing.assert_allclose(moved_m, mix @ vertices_m, atol=1e-12)
    right = moved_m[finer][..., 1].max(1) <= 0
    assert np.sum(right) < 40 < np.sum(~right)
    assert longest_edge_m(moved_m, finer[moved_m[finer][..., 1].min(1) > 0]).max() <= 0.1


def test_a_smooth_body_keeps_its_vertices_and_is_finer_on_limbs_than_on_the_trunk():
    """The refined surface is closed, and the free body's 16 mm edges are halved on the limbs."""
    body = free_body()
    fine = smooth_body(body, limb_edge_m=0.014, trunk_edge_m=0.03)
    kept_m = fine.template_m[: body.num_vertices]
    np.testing.assert_allclose(kept_m, body.template_m, atol=1e-7)
    vertices_m, faces = np.asarray(fine.template_m), np.asarray(fine.faces)
    assert trimesh.Trimesh(vertices_m, faces, process=False).is_watertight
    np.testing.assert_allclose(np.asarray(fine.skin_weights).sum(1), 1, atol=1e-5)
    edges_m = longest_edge_m(vertices_m, faces).max(1)
    centre_m = vertices_m[faces].mean(1)
    # In the rest pose, the arms extend along x, and the trunk lies around the origin.
    on_arm, on_trunk = np.abs(centre_m[:, 0]) > 0.35, np.linalg.norm(centre_m, axis=1) < 0.1
    assert edges_m[on_arm].max() <= 0.014
    assert np.median(edges_m[on_trunk]) > 0.014
    # The curved surface lies outside the flat faces of a mostly convex body.
    area_m2 = trimesh.Trimesh(np.asarray(body.template_m), np.asarray(body.faces)).area
    assert 1.0 < trimesh.Trimesh(vertices_m, faces).area / area_m2 < 1.01


def test_a_smooth_body_moves_like_the_original():
    """The original vertices keep their positions in a random pose, within rounding."""
    body = free_body()
    fine = smooth_body(body, limb_edge_m=0.02, trunk_edge_m=0.03)
    poses_rad = np.random.default_rng(0).normal(scale=0.3, size=(24, 3)).astype(np.float32)
    betas, still_m = jnp.zeros(10), jnp.zeros(3)
    moved_m = skin(fine, betas, poses_rad, still_m)[: body.num_vertices]
    np.testing.assert_allclose(moved_m, skin(body, betas, poses_rad, still_m), atol=1e-6)


def test_an_edge_limit_that_would_fill_the_memory_is_refused_by_field():
    with pytest.raises(InputError, match="limb_edge_m"):
        smooth_body(free_body(), limb_edge_m=1e-4)
