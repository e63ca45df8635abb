"""Reflection coefficients of plane surfaces: Fresnel's equations, roughness and polarisation.

The time dependence is exp(+j w t), so that a lossy permittivity has a negative imaginary part. For
a perfect conductor the coefficient is -1 for TE and +1 for TM polarisation.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

# Square of the sine of the incidence angle below which TE and TM polarisation are not distinguished
# (0.06 degrees); the two then differ by less than 1e-5.
LEAST_SINE_SQUARED = 1e-6


class Fresnel(NamedTuple):
    """Reflection coefficients for an electric field perpendicular (TE) or parallel (TM) to the
    plane of incidence.
    """

    te: Complex[Array | np.ndarray, "*batch"]
    tm: Complex[Array | np.ndarray, "*batch"]


def fresnel(permittivity, cos_incidence) -> Fresnel:
    """Reflection coefficients of a half-space, seen from air.

        TE: (cos - q) / (cos + q),    TM: (eps cos - q) / (eps cos + q),    q = sqrt(eps - sin^2)

    Args:
        permittivity: relative permittivity eps' - j eps''.
        cos_incidence: cosine of the angle between the ray and the normal, from 0 to 1.

    Source:
        Recommendation ITU-R P.2040-3 (2023), equations 31a and 31b.
    """
    xp = _module_of(permittivity, cos_incidence)
    root = xp.sqrt(permittivity - (1 - cos_incidence**2) + 0j)
    te = (cos_incidence - root) / (cos_incidence + root)
    tm = (permittivity * cos_incidence - root) / (permittivity * cos_incidence + root)
    return Fresnel(te, tm)


def rough_amplitude(roughness_m, wavenumber_per_m, cos_incidence):
    """Factor of the mirror echo of a rough surface: exp(-(2 k s cos)^2 / 2), for rms height s.

    Source:
        Ament, "Toward a theory of reflection by a rough surface", Proc. IRE 41, 1953.
    """
    xp = _module_of(roughness_m, cos_incidence)
    return xp.exp(-((2 * wavenumber_per_m * roughness_m * cos_incidence) ** 2) / 2)


def copolar_reflection(
    coefficients: Fresnel,
    incoming: Float[Array | np.ndarray, "*batch 3"],
    normal: Float[Array | np.ndarray, "3"],
    polarisation: Float[Array | np.ndarray, "3"],
) -> Complex[Array | np.ndarray, "*batch"]:
    """Reflection coefficient of a plane between two antennas of the same linear polarisation.

    The field of an antenna is the part of `polarisation` that is perpendicular to the ray. The
    coefficient is the part of the reflected field along the field that the other antenna receives;
    the cross-polar part is neglected. With the mirrored direction m of the received field,

        TE (v . m) - (TE + TM) (v . n) (m . n) / sin^2.

    For a horizontal surface and vertical polarisation this is TM, for a vertical surface and a
    horizontal ray TE.

    Args:
        coefficients: result of `fresnel`.
        incoming: unit vectors of the incoming rays.
        normal: unit normal of the surface.
        polarisation: unit vector of the antennas' electric field.
    """
    xp = _module_of(incoming, normal, polarisation)
    outgoing = mirrored(incoming, normal)
    sent = _transverse(polarisation, incoming)
    received = mirrored(_transverse(polarisation, outgoing), normal)
    sine_squared = xp.maximum(1 - dot(incoming, normal) ** 2, LEAST_SINE_SQUARED)
    along_normal = dot(sent, normal) * dot(received, normal) / sine_squared
    te, tm = coefficients
    return te * dot(sent, received) - (te + tm) * along_normal


def mirrored(vector, normal):
    """Mirror vectors in the plane through the origin with the given unit normal."""
    return vector - 2 * dot(vector, normal)[..., None] * normal


def _transverse(polarisation, direction):
    """Unit vector of the part of the polarisation that is perpendicular to the ray."""
    part = polarisation - dot(direction, polarisation)[..., None] * direction
    # A ray along the polarisation carries no field.
    xp = _module_of(part)
    return part / xp.sqrt(xp.maximum(dot(part, part), LEAST_SINE_SQUARED))[..., None]


def dot(first, second):
    """Dot products of NumPy or JAX vectors, written out as in `numerics.vectors.dot`."""
    x, y, z = (first[..., axis] * second[..., axis] for axis in range(3))
    return x + y + z


def _module_of(*values):
    """JAX if one of the values is a JAX array, otherwise NumPy, which compiles nothing."""
    return jnp if any(isinstance(value, jax.Array) for value in values) else np
