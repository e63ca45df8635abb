"""Reflection coefficients of plane surfaces: Fresnel's equations, roughness and polarisation.

The time dependence is exp(+j w t), so the permittivity of a lossy material has a negative imaginary
part. The reflection coefficient of a perfect conductor is -1 for TE and +1 for TM polarisation.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

# TE and TM polarisation are not distinguished if the squared sine of the incidence angle is below
# this limit (0.06 degrees), where their coefficients differ by less than 1e-5.
LEAST_SINE_SQUARED = 1e-6


class Fresnel(NamedTuple):
    """Reflection coefficients for fields normal (TE) or parallel (TM) to the incidence plane."""

    te: Complex[Array | np.ndarray, "*batch"]
    tm: Complex[Array | np.ndarray, "*batch"]


def fresnel(permittivity, cos_incidence) -> Fresnel:
    """Return the reflection coefficients of a half-space for waves incident from air.

        TE: (c - q) / (c + q),    TM: (eps c - q) / (eps c + q),    q = sqrt(eps - 1 + c^2)

    where c is the cosine of the angle of incidence.

    Args:
        permittivity: relative permittivity eps' - j eps''.
        cos_incidence: cosine of the angle of incidence, from 0 to 1.

    Source:
        Recommendation ITU-R P.2040-3 (2023), equations 31a and 31b.
    """
    xp = _module_of(permittivity, cos_incidence)
    root = xp.sqrt(permittivity - (1 - cos_incidence**2) + 0j)
    te = (cos_incidence - root) / (cos_incidence + root)
    tm = (permittivity * cos_incidence - root) / (permittivity * cos_incidence + root)
    return Fresnel(te, tm)


def rough_amplitude(roughness_m, wavenumber_per_m, cos_incidence):
    """Return the specular factor exp(-(2 k s cos a)^2 / 2) of a surface with rms height s.

    Source:
        Ament, "Toward a theory of reflection by a rough surface", Proc. IRE 41, 1953.
    """
    xp = _module_of(roughness_m, cos_incidence)
    return xp.exp(-((2 * wavenumber_per_m * roughness_m * cos_incidence) ** 2) / 2)


def copolar_reflection(
    coefficients: Fresnel,
    incoming: Float[Array | np.ndarray, "*batch 3"],
    normal: Float[Array | np.ndarray, "*#batch 3"],
    polarisation: Float[Array | np.ndarray, "3"],
) -> Complex[Array | np.ndarray, "*batch"]:
    """Return a plane's reflection coefficient between antennas of equal linear polarisation.

    The field of an antenna is the component of `polarisation` that is perpendicular to the ray. The
    coefficient is the component of the reflected field in the direction that the other antenna
    receives; the cross-polar component is neglected. With the incident field direction v, the
    surface normal n and the mirrored direction m of the received field, the coefficient is

        TE (v . m) - (TE + TM) (v . n) (m . n) / sin^2 a,

    where a is the angle of incidence.

    With vertical polarisation, this is the TM coefficient for a horizontal surface, and the TE
    coefficient for a vertical surface and a horizontal ray.

    Args:
        coefficients: result of `fresnel`.
        incoming: unit vectors of the incoming rays.
        normal: unit normal of the surface, or of the surface that each ray meets.
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
    """Mirror vectors at the plane through the origin with the given unit normal."""
    return vector - 2 * dot(vector, normal)[..., None] * normal


def _transverse(polarisation, direction):
    """Return the unit vector of the polarisation's component perpendicular to the ray."""
    part = polarisation - dot(direction, polarisation)[..., None] * direction
    # A ray in the direction of the polarisation carries no field.
    xp = _module_of(part)
    return part / xp.sqrt(xp.maximum(dot(part, part), LEAST_SINE_SQUARED))[..., None]


def dot(first, second):
    """Return dot products of NumPy or JAX vectors, written out as in `numerics.vectors.dot`."""
    x, y, z = (first[..., axis] * second[..., axis] for axis in range(3))
    return x + y + z


def _module_of(*values):
    """Return `jnp` if a value is a JAX array, otherwise NumPy, which needs no compilation."""
    return jnp if any(isinstance(value, jax.Array) for value in values) else np
