"""Divide the surfaces of furniture into flat facets, and find the facets visible from the radar.

Facets are much smaller than the first Fresnel zone, so that the phase of the path is a linear
function on each facet. Surfaces that are smooth across the triangles of their mesh, such as the
side of a cylinder, are curved while they are divided: new vertices lie on the curved surface, and
edges are halved until the facets deviate from the surface by a small fraction of the wavelength.
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

# Minimum of the limit on the length of a facet's edge [m]; the limit grows with the distance.
EDGE_M = 0.02
# Limit on the mean of the quadratic phase that a facet neglects: k h^2 / (18 R) for the longest
# edge h of a right isosceles triangle at the distance R. It shifts the phase of the whole echo.
QUADRATIC_RAD = 0.02
# Limit on the distance of a facet from the curved surface, as a fraction of the wavelength. With
# 1/40, the level of a metal cylinder was wrong by up to 1 dB.
SAGITTA_WAVELENGTHS = 1 / 200
# Maximum number of facets of one piece, such as a scanned mesh with a rough surface; the facets of
# larger pieces are coarser.
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
    """

    corners_m: Float[np.ndarray, "facet corner 3"]
    normal: Float[np.ndarray, "facet 3"]
    area_m2: Float[np.ndarray, " facet"]

    @property
    def centre_m(self) -> Float[np.ndarray, "facet 3"]:
        """Centroids [m]."""
        return self.corners_m.mean(axis=1)


def visible_facets(
    mesh: TriangleMesh, fixed_m: Float[np.ndarray, "occluder 3 3"], wavelength_m: float
) -> Facets:
    """Divide a mesh into facets and return the facets that are visible from the radar.

    Args:
        mesh: triangles in the radar frame.
        fixed_m: corners of all triangles that may hide a facet [m].
        wavelength_m: wavelength of the carrier [m].
    """
    facets = divided(mesh, wavelength_m)
    centre_m, normal = (
        jnp.asarray(padded(each), jnp.float32) for each in (facets.centre_m, facets.normal)
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
    shaded = trimesh.graph.smooth_shade(whole, angle=SMOOTH_RAD)
    # A repair would close the holes of open sides, and needs the package networkx.
    sides = shaded.split(only_watertight=False, repair=False)
    nearest_m = np.linalg.norm(whole.triangles_center, axis=1).min()
    longest_m = np.sqrt(18 * QUADRATIC_RAD * nearest_m * wavelength_m / (2 * np.pi))
    limits_m = max(EDGE_M, longest_m), SAGITTA_WAVELENGTHS * wavelength_m
    limits_m = _affordable(sides, *limits_m)
    return _with_normals(np.concatenate([_divided_side(side, *limits_m) for side in sides]))


def _divided_side(side: trimesh.Trimesh, edge_m: float, sagitta_m: float):
    """Return the corners of one smooth side's facets, with new vertices on the curved surface."""
    most_m = np.full(len(side.vertices), edge_m)
    _, faces, vertices_m = halve_long_edges_curved(side.faces, side.vertices, most_m, sagitta_m)
    return vertices_m[faces]


def _affordable(sides, edge_m: float, sagitta_m: float) -> tuple[float, float]:
    """Return the limits, increased if the number of facets would exceed MOST_FACETS."""
    # A mesh that is finer than that is not divided any further, but never made coarser.
    most = max(MOST_FACETS, 2 * sum(len(side.faces) for side in sides))
    while sum(_num_facets(side, edge_m, sagitta_m) for side in sides) > most:
        edge_m, sagitta_m = 1.25 * edge_m, 1.25**2 * sagitta_m
    return edge_m, sagitta_m


def _num_facets(side: trimesh.Trimesh, edge_m: float, sagitta_m: float) -> float:
    """Estimate the number of facets: divisions of each triangle's longest times shortest edge."""
    corners_m, normals = (each[side.faces] for each in (side.vertices, side.vertex_normals))
    edges_m, turns = (np.roll(each, -1, axis=1) - each for each in (corners_m, normals))
    bulges_m = np.abs(np.sum(edges_m * turns, axis=-1)) / 8
    divisions = np.maximum(np.linalg.norm(edges_m, axis=-1) / edge_m, np.sqrt(bulges_m / sagitta_m))
    divisions = np.maximum(divisions, 1.0)
    # Halving leads to up to twice as many facets as there are parts of the limit's size.
    return float(2 * np.sum(divisions.max(axis=1) * divisions.min(axis=1)))


def _with_normals(corners_m) -> Facets:
    """Return facets with their normals and areas, without degenerate triangles."""
    edges_m = corners_m[:, 1:] - corners_m[:, :1]
    double = np.cross(edges_m[:, 0], edges_m[:, 1])
    area_m2 = np.linalg.norm(double, axis=1) / 2
    real = area_m2 > 0
    return Facets(corners_m[real], double[real] / (2 * area_m2[real, None]), area_m2[real])
