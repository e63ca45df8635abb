"""Triangle meshes, and the polynomials in time that describe the paths of their vertices."""

import jax
import jax.numpy as jnp
import numpy as np
import trimesh

from radarsim.numerics.polynomials import chebyshev_nodes, lagrange_weights
from radarsim.scene.mesh import faces_of


def test_a_right_triangle_has_the_area_centre_and_normal_of_school_geometry():
    corners = jnp.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 0]])
    face = faces_of(corners, np.array([[0, 1, 2]]))
    np.testing.assert_allclose(face.area_m2, [3.0])
    np.testing.assert_allclose(face.centre_m, [[2 / 3, 1, 0]], rtol=1e-6)
    np.testing.assert_allclose(face.normal, [[0, 0, 1]])


def test_faces_agree_with_trimesh():
    sphere = trimesh.creation.icosphere(2, 0.4)
    faces = faces_of(jnp.asarray(sphere.vertices, jnp.float32), sphere.faces)
    # The tolerance is single-precision rounding of coordinates of 0.4 m.
    np.testing.assert_allclose(faces.centre_m, sphere.triangles_center, atol=1e-7)
    np.testing.assert_allclose(faces.normal, sphere.face_normals, atol=1e-5)
    np.testing.assert_allclose(faces.area_m2, sphere.area_faces, rtol=1e-5)


def test_a_degenerate_triangle_is_silent_and_its_gradient_finite():
    def area(corners):
        face = faces_of(corners, np.array([[0, 1, 2]]))
        return jnp.sum(face.area_m2) + jnp.sum(face.normal)

    corners = jnp.zeros((3, 3))
    assert area(corners) == 0
    assert jnp.all(jnp.isfinite(jax.grad(area)(corners)))


def test_lagrange_weights_reproduce_a_cubic_anywhere():
    nodes = chebyshev_nodes(4)
    at = np.array([-1.0, -0.2, 0.5, 1.1])
    cubic = np.polynomial.Polynomial([0.3, -1.0, 2.0, 0.7])
    np.testing.assert_allclose(lagrange_weights(nodes, at) @ cubic(nodes), cubic(at), atol=1e-12)


def test_lagrange_weights_sum_to_one():
    weights = lagrange_weights(chebyshev_nodes(4), np.linspace(-1, 1, 7))
    np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-12)
