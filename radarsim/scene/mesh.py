"""Triangles of a moving surface: centres, normals and areas, and their course over a burst.

A burst is described by the body at a few Chebyshev **nodes** in time. The surface in between is the
polynomial through them, point by point: material points keep their identity, so phase stays true.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.numerics import vectors

# Three corner indices per triangle, counter-clockwise seen from outside.
FaceIndices = Int[Array, "face 3"] | Int[np.ndarray, "face 3"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Faces:
    """Flat triangles, one per row of the face axis.

    Attributes:
        centre_m: centroids [m].
        normal: unit outward normals (counter-clockwise seen from outside).
        area_m2: areas [m^2].
    """

    centre_m: Float[Array, "*batch face 3"]
    normal: Float[Array, "*batch face 3"]
    area_m2: Float[Array, "*batch face"]


def faces_of(vertices_m: Float[Array, "*batch vertex 3"], faces: FaceIndices) -> Faces:
    """Centres, unit normals and areas of the triangles of a mesh.

    Args:
        vertices_m: corner positions [m].
        faces: corner indices, counter-clockwise seen from outside.

    Returns:
        The triangles; a degenerate one has zero area and a zero normal.
    """
    a, b, c = (vertices_m[..., faces[:, corner], :] for corner in range(3))
    edge_b, edge_c = b - a, c - a
    cross = vectors.cross(edge_b, edge_c)
    squared = vectors.dot(cross, cross)
    # The guard keeps the gradient of a degenerate triangle finite.
    double_area = jnp.sqrt(jnp.where(squared > 0, squared, 1.0)) * (squared > 0)
    normal = cross / jnp.where(double_area > 0, double_area, 1.0)[..., None]
    return Faces(a + (edge_b + edge_c) / 3, normal, double_area / 2)
