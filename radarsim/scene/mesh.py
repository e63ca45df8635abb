"""Triangle meshes: face centres, normals and areas, and meshes that move during a burst.

The surface is given at a few Chebyshev nodes in time per burst. Between the nodes, every vertex
follows an interpolating polynomial. A vertex remains the same point of the surface, so the phase is
continuous.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.coordinates import split_float64
from radarsim.numerics import vectors

# Three vertex indices per triangle, counter-clockwise seen from outside.
FaceIndices = Int[Array, "face 3"] | Int[np.ndarray, "face 3"]
# Area that keeps the logarithm of the area of a degenerate face finite, far below any culling
# threshold [m^2].
SMALLEST_AREA_M2 = 1e-30


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Faces:
    """Flat triangles, one per row of the face axis.

    Attributes:
        centre_m: centroids [m].
        normal: unit outward normals (counter-clockwise seen from outside).
        area_m2: areas [m^2].
    """

    centre_m: Float[Array | np.ndarray, "*batch face 3"]
    normal: Float[Array | np.ndarray, "*batch face 3"]
    area_m2: Float[Array | np.ndarray, "*batch face"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class BurstMesh:
    """Vertices of a mesh at the Chebyshev nodes of one burst, or of many bursts on a frame axis.

    Attributes:
        vertices_m: vertices relative to the origin [m].
        origin_high_m, origin_low_m: the origin in the radar frame [m], a float64 in two float32
            parts (coordinates.split_float64).
    """

    vertices_m: Float[Array, "*frame node vertex 3"]
    origin_high_m: Float[Array, "*frame node 3"]
    origin_low_m: Float[Array, "*frame node 3"]


class Surface(NamedTuple):
    """The moving surface of one body of a scene.

    Attributes:
        mesh: vertices at the nodes of the bursts, relative to an origin of this body.
        faces: triangles of the mesh.
    """

    mesh: BurstMesh
    faces: FaceIndices


def burst_mesh(
    vertices_m: Float[Array, "frame node vertex 3"] | Float[np.ndarray, "frame node vertex 3"],
    origin_m: Float[np.ndarray, "frame node 3"] | None,
) -> BurstMesh:
    """Create a `BurstMesh` from vertices relative to an origin.

    Args:
        vertices_m: vertices relative to the origin [m].
        origin_m: origin in the radar frame, float64 [m]; None if the origin is at the radar.
    """
    vertices_m = jnp.asarray(vertices_m, jnp.float32)
    origin_m = np.zeros((*vertices_m.shape[:2], 3)) if origin_m is None else origin_m
    high, low = split_float64(np.asarray(origin_m, np.float64))
    return BurstMesh(vertices_m, jnp.asarray(high), jnp.asarray(low))


def frames_of(mesh: BurstMesh) -> list[BurstMesh]:
    """Split a mesh into one `BurstMesh` without a frame axis for each frame."""

    def frame(index):
        return jax.tree.map(lambda part: part[index], mesh)

    return [frame(index) for index in range(len(mesh.vertices_m))]


def faces_of(vertices_m: Float[Array, "*batch vertex 3"], faces: FaceIndices) -> Faces:
    """Centres, unit normals and areas of the triangles of a mesh.

    Args:
        vertices_m: vertex positions [m].
        faces: vertex indices, counter-clockwise seen from outside.

    Returns:
        The triangles; a degenerate triangle has zero area and a zero normal.
    """
    a, b, c = (vertices_m[..., faces[:, corner], :] for corner in range(3))
    edge_b, edge_c = b - a, c - a
    cross = vectors.cross(edge_b, edge_c)
    squared = vectors.dot(cross, cross)
    # The guard keeps the gradient of a degenerate triangle finite.
    double_area = jnp.sqrt(jnp.where(squared > 0, squared, 1.0)) * (squared > 0)
    normal = cross / jnp.where(double_area > 0, double_area, 1.0)[..., None]
    return Faces(a + (edge_b + edge_c) / 3, normal, double_area / 2)


def relative_to_radar(surface: Faces, origin_m: Float[Array, "*node 3"]) -> Faces:
    """Convert face centres from the mesh origin to the radar origin."""
    return replace(surface, centre_m=surface.centre_m + origin_m[..., None, :])
