"""Divide the surfaces of furniture into flat facets, and find the facets visible from the radar.

Facets are much smaller than the first Fresnel zone, so that the phase of the path is a linear
function on each facet. Surfaces that are smooth across the triangles of their mesh, such as the
side of a cylinder, are curved while they are divided: new vertices lie on the curved surface, and
edges are halved until the facets deviate from the surface by a small fraction of the wavelength.
The facets of large pieces are coarser.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import trimesh
from jaxtyping import Float

from radarsim.multipath.leg_visibility import visible_from
from radarsim.multipath.legs import direct_leg
from radarsim.scene.furniture import TriangleMesh
from radarsim.scene.subdivision import halve_long_edges_curved
from radarsim.signal.array_sizes import power_of_two

# Limit on the mean of the quadratic phase that a facet neglects: k h^2 / (18 R) for the longest
# edge h of a right isosceles triangle at the distance R, 2.6 cm at 3 m and 79 GHz. It shifts the
# phase of the whole echo.
QUADRATIC_RAD = 0.02
# Minimum of the resulting limit on the length of an edge [m].
LEAST_EDGE_M = 0.005
# Limit on the distance of a facet from the curved surface, as a fraction of the wavelength. With
# 1/40, the level of a metal cylinder was wrong by up to 1 dB.
SAGITTA_WAVELENGTHS = 1 / 200
# Maximum number of facets of one piece, unless its mesh has more triangles.
MOST_FACETS = 200_000
# Factors of the limits on edges and sagittas for coarser facets; the sagitta of an edge grows with
# the square of the edge's length.
COARSER = np.array([1.25, 1.25**2])
# Facets belong to different sides if their normals differ by more than this angle [rad].
SMOOTH_RAD = np.radians(30)
# Minimum padded number of facets.
LEAST_FACETS = 2048


class Facets(NamedTuple):
    """Flat triangles.

    Attributes:
        corners_m: corners [m].
        normal: unit normals, pointing outward.
        area_m2: areas [m^2].
        on_mesh_m: centroids before the surface was curved, which lie on the triangles of the mesh
            [m].
    """

    corners_m: Float[np.ndarray, "facet corner 3"]
    normal: Float[np.ndarray, "facet 3"]
    area_m2: Float[np.ndarray, " facet"]
    on_mesh_m: Float[np.ndarray, "facet 3"]

    @property
    def centre_m(self) -> Float[np.ndarray, "facet 3"]:
        """Centroids [m]."""
        return self.corners_m.mean(axis=1)


def visible_facets(
    mesh: TriangleMesh, fixed_m: Float[np.ndarray, "occluder 3 3"], wavelength_m: float
) -> Facets:
    """Divide a mesh into facets and return the facets that are visible from the radar.

    The visibility is that of the points on the mesh, because facets on a concave surface lie behind
    the triangles of the mesh.

    Args:
        mesh: triangles in the radar frame.
        fixed_m: corners of all triangles that may hide a facet [m].
        wavelength_m: wavelength of the carrier [m].
    """
    facets = divided(mesh, wavelength_m)
    if not len(facets.area_m2):
        return facets
    centre_m, normal = (
        jnp.asarray(padded(each), jnp.float32) for each in (facets.on_mesh_m, facets.normal)
    )
    tested = jnp.arange(len(centre_m)) < len(facets.area_m2)
    seen = np.asarray(_seen(direct_leg(), centre_m, normal, jnp.asarray(fixed_m), tested))
    return Facets(*(each[seen[: len(facets.area_m2)]] for each in facets))


_seen = jax.jit(visible_from)


def padded(vectors: Float[np.ndarray, "facet 3"]) -> Float[np.ndarray, "place 3"]:
    """Repeat the last vector until the number is a power of two, to share compiled programs."""
    extra = power_of_two(len(vectors), LEAST_FACETS) - len(vectors)
    return np.pad(vectors, ((0, extra), (0, 0)), mode="edge")


def divided(mesh: TriangleMesh, wavelength_m: float) -> Facets:
    """Divide all sides of a mesh into facets.

    Args:
        mesh: triangles in the radar frame.
        wavelength_m: wavelength of the carrier [m].
    """
    whole = trimesh.Trimesh(*mesh, process=False)
    if not whole.area > 0:
        return Facets(np.zeros((0, 3, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)))
    # Sides whose normals differ have no common vertices after this.
    shaded = trimesh.graph.smooth_shade(whole, angle=SMOOTH_RAD)
    longest_m = np.sqrt(18 * QUADRATIC_RAD * _nearest_m(whole) * wavelength_m / (2 * np.pi))
    limits_m = np.array([max(LEAST_EDGE_M, longest_m), SAGITTA_WAVELENGTHS * wavelength_m])
    most = max(MOST_FACETS, len(whole.faces))
    while _num_facets(shaded, *limits_m) > 2 * most:
        limits_m *= COARSER
    corners_m, on_mesh_m = _divided(shaded, *limits_m)
    while len(corners_m) > most:
        limits_m *= COARSER
        corners_m, on_mesh_m = _divided(shaded, *limits_m)
    return _with_normals(corners_m, on_mesh_m)


def _nearest_m(mesh: trimesh.Trimesh) -> float:
    """Return the distance of the nearest point of a mesh from the radar [m]."""
    points_m = trimesh.triangles.closest_point(mesh.triangles, np.zeros((len(mesh.faces), 3)))
    return float(np.linalg.norm(points_m, axis=1).min())


def _num_facets(mesh: trimesh.Trimesh, edge_m: float, sagitta_m: float) -> float:
    """Estimate the number of facets: divisions of each triangle's longest times shortest edge.

    The estimate is too low for elongated triangles.
    """
    corners_m, normals = (each[mesh.faces] for each in (mesh.vertices, mesh.vertex_normals))
    edges_m, turns = (np.roll(each, -1, axis=1) - each for each in (corners_m, normals))
    bulges_m = np.abs(np.sum(edges_m * turns, axis=-1)) / 8
    needed = np.maximum(np.linalg.norm(edges_m, axis=-1) / edge_m, np.sqrt(bulges_m / sagitta_m))
    divisions = 2 ** np.ceil(np.log2(np.maximum(needed, 1.0)))
    return float(np.sum(divisions.max(axis=1) * divisions.min(axis=1)))


def _divided(mesh: trimesh.Trimesh, edge_m: float, sagitta_m: float):
    """Return the corners of the facets, and the facets' centroids on the mesh [m]."""
    most_m = np.full(len(mesh.vertices), edge_m)
    mix, faces, vertices_m = halve_long_edges_curved(mesh.faces, mesh.vertices, most_m, sagitta_m)
    return vertices_m[faces], (mix @ mesh.vertices)[faces].mean(axis=1)


def _with_normals(corners_m, on_mesh_m) -> Facets:
    """Return facets with their normals and areas, without degenerate triangles."""
    edges_m = corners_m[:, 1:] - corners_m[:, :1]
    double = np.cross(edges_m[:, 0], edges_m[:, 1])
    area_m2 = np.linalg.norm(double, axis=1) / 2
    real = area_m2 > 0
    normal = double[real] / (2 * area_m2[real, None])
    return Facets(corners_m[real], normal, area_m2[real], on_mesh_m[real])
