"""Coherent Gaussian facets: physical optics on curved triangles, in closed form.

Physical optics integrates exp(j k (R1 + R2)) over the surface; the phase runs through many cycles
within one triangle. Here each triangle is replaced by a Gaussian patch with the second moments of
the triangle, blurred by 3 mm. The patch is curved, and its curvature follows from the normals at
the corners. Over a Gaussian patch, a phase with linear and quadratic terms can be integrated in
closed form. The echo of a patch has no nulls, so the complex logarithm of the echo is smooth in
time and over the array, as the fast sum requires. The sum over the patches converges as the mesh is
refined, so the echo level needs no calibration: the weight of a patch replaces A C of the
quasi-specular model, and Gamma is the reflection coefficient of the surface
(`PhysicalOptics.reflectivity_at`).

Only coherent scattering of a smooth surface is modelled here; roughness.py adds roughness, and
dielectrics.py clothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from radarsim.numerics.vectors import cross, dot, norm
from radarsim.scene.mesh import SMALLEST_AREA_M2, FaceIndices, Faces, faces_of

# Standard deviation of the Gaussian blur of each facet [m]. Blurred facets overlap, which avoids
# ringing at their edges.
BLUR_M = 3e-3
# Vectors shorter than 10 um are treated as having no direction, so that divisions by their length,
# and the gradients, stay finite. 10 um is a thousandth of the edge length of any body mesh.
LEAST_LENGTH_M = 1e-5
# Lower limit for the cosine of the incidence angle. At grazing incidence, the echo of a facet falls
# far below -200 dB before the cosine reaches this limit.
LEAST_COSINE = 1e-3


class Symmetric(NamedTuple):
    """A symmetric 2 x 2 matrix per facet, in its tangent axes."""

    xx: Float[Array | np.ndarray, "*batch"]
    xy: Float[Array | np.ndarray, "*batch"]
    yy: Float[Array | np.ndarray, "*batch"]

    @property
    def det(self):
        return self.xx * self.yy - self.xy**2

    def form(self, x, y):
        """The quadratic form v' S v."""
        return self.xx * x**2 + 2 * self.xy * x * y + self.yy * y**2


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Facets(Faces):
    """Triangles as Gaussian patches of a curved surface.

    Of the attributes inherited from `Faces`, `centre_m` is the phase point (on the curved surface,
    above the centroid) and `normal` the interpolated vertex normal.

    Attributes:
        axis_x, axis_y: unit tangent vectors, which form a right-handed system with the normal.
        spread_m2: second moments of the patch, including the blur [m^2].
        curvature_per_m: second fundamental form, positive where the surface is convex [1/m].
    """

    axis_x: Float[Array | np.ndarray, "*batch face 3"]
    axis_y: Float[Array | np.ndarray, "*batch face 3"]
    spread_m2: Symmetric
    curvature_per_m: Symmetric


def facets_of(
    vertices_m: Float[Array, "*batch vertex 3"],
    faces: FaceIndices,
    picked: Int[Array, "picked 3"] | Int[np.ndarray, "picked 3"] | None = None,
    blur_m: float = BLUR_M,
) -> Facets:
    """Convert the triangles of a mesh to Gaussian patches.

    With edges e1, e2 from the first corner and q_ij = (p_j - p_i).(n_j - n_i) from the corners p
    and their normals n, the second fundamental form has II(e1, e1) = q01, II(e2, e2) = q02 and
    II(e2 - e1, e2 - e1) = q12, and the surface lies (q01 + q02 + q12) / 18 above the centroid on
    average.

    Args:
        vertices_m: corner positions of the whole mesh [m].
        faces: all triangles of the mesh, from which the normals at the corners are computed.
        picked: the triangles to return; None for all.
        blur_m: standard deviation of the Gaussian blur of each facet [m].
    """
    picked = faces if picked is None else picked
    flat = faces_of(vertices_m, picked)
    p0, p1, p2 = (vertices_m[..., picked[:, corner], :] for corner in range(3))
    normals = vertex_normals(vertices_m, faces)
    n0, n1, n2 = (normals[..., picked[:, corner], :] for corner in range(3))
    normal = _unit(n0 + n1 + n2, 1e-10)
    q01, q02, q12 = (
        dot(end - start, n_end - n_start)
        for start, end, n_start, n_end in (
            (p0, p1, n0, n1),
            (p0, p2, n0, n2),
            (p1, p2, n1, n2),
        )
    )
    edge_1, edge_2 = (edge - dot(edge, normal)[..., None] * normal for edge in (p1 - p0, p2 - p0))
    axis_x = _unit(edge_1, LEAST_LENGTH_M**2)
    axis_y = cross(normal, axis_x)
    length, along, height = dot(edge_1, axis_x), dot(edge_2, axis_x), dot(edge_2, axis_y)
    return Facets(
        centre_m=flat.centre_m + ((q01 + q02 + q12) / 18)[..., None] * normal,
        normal=normal,
        area_m2=flat.area_m2,
        axis_x=axis_x,
        axis_y=axis_y,
        spread_m2=_spread(length, along, height, blur_m),
        curvature_per_m=_curvature(length, along, height, q01, q02, q12),
    )


def vertex_normals(
    vertices_m: Float[Array, "*batch vertex 3"], faces: FaceIndices
) -> Float[Array, "*batch vertex 3"]:
    """Unit vertex normals of a mesh: mean of the adjacent face normals, weighted by corner angle.

    With edges of 5 mm, weighting by corner angle causes an error of 0.3 dB in the echo of a limb.
    Max's weights, which are exact on a sphere and need no arctangent, would cause an error of
    0.5 dB.
    """
    # The coordinate axis comes first, so that operations are vectorised over faces and times.
    points = jnp.moveaxis(vertices_m, (-1, -2), (0, 1))
    corners = [points[:, faces[:, corner]] for corner in range(3)]
    sides = [corners[(i + 1) % 3] - corners[i] for i in range(3)]
    cross = jnp.cross(sides[0], -sides[2], axis=0)
    double_area = jnp.sqrt(jnp.sum(cross**2, axis=0) + LEAST_LENGTH_M**4)
    angles = [jnp.arctan2(double_area, -jnp.sum(sides[i] * sides[i - 1], axis=0)) for i in (0, 1)]
    angles.append(np.pi - angles[0] - angles[1])
    total = jnp.zeros_like(points)
    for i in range(3):
        total = total.at[:, faces[:, i]].add(cross * (angles[i] / double_area))
    return _unit(jnp.moveaxis(total, (0, 1), (-1, -2)), 1e-10)


def log_weight(
    wavenumber_per_m: ArrayLike,
    facets: Facets,
    tx_m: Float[Array, "*#antennas 3"],
    rx_m: Float[Array, "*#antennas 3"],
) -> tuple[Float[Array, "*out"], Float[Array, "*out"]]:
    """Log-amplitude and phase of a facet's echo, without the carrier phase of its phase point.

    Let u1 and u2 be the unit vectors from the antennas to the phase point, and M the second moments
    of the patch. In the facet's plane, kappa = k (u1 + u2), and the quadratic phase Q and the
    weight W are

        Q = k [(1 - u1 u1')/R1 + (1 - u2 u2')/R2 - ((u1 + u2).n) II],
        W = A |(u1 + u2).n| / (2 R1 R2) det(1 - jMQ)^(-1/2)
            exp(-kappa' (1 - jMQ)^(-1) M kappa / 2).

    The principal logarithm of det(1 - jMQ) = 1 - detM detQ - j tr(MQ) is continuous, because the
    determinant never crosses the negative real axis. The matrix in the exponent is computed as
    (1 - jMQ)^(-1) M = (M - j detM adj Q) / det(1 - jMQ). Both sides of a surface reflect equally,
    because visibility is determined separately (visibility.py).

    Args:
        wavenumber_per_m: k = 2 pi / lambda at the sweep's centre, used for the whole chirp.
        facets: Gaussian patches whose batch axes broadcast against those of the antennas.
        tx_m, rx_m: antenna positions [m], broadcast against `facets.centre_m`.

    Returns:
        Natural log-amplitude [log(1)] and phase [cycles].
    """
    k = wavenumber_per_m
    range_1, x_1, y_1, n_1 = _view_from(facets, tx_m)
    range_2, x_2, y_2, n_2 = _view_from(facets, rx_m)
    m, bend = facets.spread_m2, facets.curvature_per_m
    facing = n_1 + n_2
    q = Symmetric(
        k * ((1 - x_1**2) / range_1 + (1 - x_2**2) / range_2 - facing * bend.xx),
        k * (-x_1 * y_1 / range_1 - x_2 * y_2 / range_2 - facing * bend.xy),
        k * ((1 - y_1**2) / range_1 + (1 - y_2**2) / range_2 - facing * bend.yy),
    )
    real = 1 - m.det * q.det
    imag = -(m.xx * q.xx + 2 * m.xy * q.xy + m.yy * q.yy)
    squared = real**2 + imag**2
    kappa_x, kappa_y = k * (x_1 + x_2), k * (y_1 + y_2)
    along = m.form(kappa_x, kappa_y)
    adjugate = Symmetric(q.yy, -q.xy, q.xx)
    across = m.det * adjugate.form(kappa_x, kappa_y)
    # (along - j across) / (real + j imag) / 2
    decay = (along * real - across * imag) / (2 * squared)
    phase = (across * real + along * imag) / (2 * squared)
    cosine = jnp.maximum(jnp.abs(facing) / 2, LEAST_COSINE)
    level = jnp.log((facets.area_m2 + SMALLEST_AREA_M2) * cosine / (range_1 * range_2))
    phase_rad = phase - jnp.arctan2(imag, real) / 2
    return level - jnp.log(squared) / 4 - decay, phase_rad / (2 * np.pi)


def _view_from(facets: Facets, antenna_m):
    """Range from antenna to facet, and the components of its direction along axes and normal."""
    path_m = facets.centre_m - antenna_m
    range_m = norm(path_m)
    axes = (facets.axis_x, facets.axis_y, facets.normal)
    return range_m, *(dot(path_m, axis) / range_m for axis in axes)


def _spread(length, along, height, blur_m) -> Symmetric:
    """Second moments of a triangle with corners (0, 0), (length, 0), (along, height), with blur."""
    return Symmetric(
        (length**2 - length * along + along**2) / 18 + blur_m**2,
        (2 * along - length) * height / 36,
        height**2 / 18 + blur_m**2,
    )


def _curvature(length, along, height, q01, q02, q12) -> Symmetric:
    """The quadratic form with II(e1, e1) = q01, II(e2, e2) = q02, II(e2 - e1, e2 - e1) = q12."""
    q_mixed = (q01 + q02 - q12) / 2
    by_length = length / (length**2 + LEAST_LENGTH_M**2)
    by_height = height / (height**2 + LEAST_LENGTH_M**2)
    slant = along * by_length
    return Symmetric(
        q01 * by_length**2,
        (q_mixed - slant * q01) * by_length * by_height,
        (q02 - 2 * slant * q_mixed + slant**2 * q01) * by_height**2,
    )


def _unit(vectors, least_squared):
    """Scale vectors to unit length; zero vectors stay zero."""
    squared = dot(vectors, vectors)[..., None]
    return vectors / jnp.sqrt(squared + least_squared)
