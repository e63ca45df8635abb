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
    shaded = trimesh.graph.smooth_shade(whole, angle=SMOOTH_RAD)
    # A repair would close the holes of open sides, and needs the package networkx.
    sides = shaded.split(only_watertight=False, repair=False)
    nearest_m = _nearest_m(whole)
    longest_m = np.sqrt(18 * QUADRATIC_RAD * nearest_m * wavelength_m / (2 * np.pi))
    limits_m = np.array([max(LEAST_EDGE_M, longest_m), SAGITTA_WAVELENGTHS * wavelength_m])
    while True:
        parts = [_divided_side(side, *limits_m) for side in sides]
        count = sum(len(corners_m) for corners_m, _ in parts)
        if count <= max(MOST_FACETS, len(whole.faces)):
            return _with_normals(*map(np.concatenate, zip(*parts)))
        # The sagitta of an edge grows with the square of the length of the edge.
        limits_m *= [1.25, 1.25**2]


def _nearest_m(mesh: trimesh.Trimesh) -> float:
    """Return the distance of the nearest point of a mesh from the radar [m]."""
    points_m = trimesh.triangles.closest_point(mesh.triangles, np.zeros((len(mesh.faces), 3)))
    return float(np.linalg.norm(points_m, axis=1).min())


def _divided_side(side: trimesh.Trimesh, edge_m: float, sagitta_m: float):
    """Return the corners of a smooth side's facets, and the facets' centroids on the mesh [m]."""
    least_m = np.sqrt(2 * side.area / MOST_FACETS)
    most_m = np.full(len(side.vertices), max(edge_m, least_m))
    mix, faces, vertices_m = halve_long_edges_curved(side.faces, side.vertices, most_m, sagitta_m)
    return vertices_m[faces], (mix @ side.vertices)[faces].mean(axis=1)


def _with_normals(corners_m, on_mesh_m) -> Facets:
    """Return facets with their normals and areas, without degenerate triangles."""
    edges_m = corners_m[:, 1:] - corners_m[:, :1]
    double = np.cross(edges_m[:, 0], edges_m[:, 1])
    area_m2 = np.linalg.norm(double, axis=1) / 2
    real = area_m2 > 0
    normal = double[real] / (2 * area_m2[real, None])
    return Facets(corners_m[real], normal, area_m2[real], on_mesh_m[real])
