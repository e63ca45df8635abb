"""Angles between unit vectors, with finite gradients."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.numerics.polynomials import horner
from radarsim.numerics.vectors import dot

# Polynomial approximation of 4 arcsin^2(sqrt(s) / 2) / s for 0 < s <= 2: a least-squares fit on
# Chebyshev points with an error of 5e-8.
_CHORDS = 1 + np.cos(np.pi * (np.arange(400) + 0.5) / 400)
SQUARED_ANGLE_TERMS = np.linalg.lstsq(
    _CHORDS[:, None] ** np.arange(8), 4 * np.arcsin(np.sqrt(_CHORDS) / 2) ** 2 / _CHORDS, rcond=None
)[0].astype(np.float32)


def squared_angle(
    first: Float[Array, "*#batch 3"], second: Float[Array, "*#batch 3"]
) -> Float[Array, "*batch"]:
    """Return the squared angle between unit vectors [rad^2], which is smooth for parallel vectors.

    The angle is computed from the squared chord s = |a - b|^2 as theta = 2 arcsin(sqrt(s)/2),
    because the gradient of arccos is infinite for parallel vectors (NaN after the chain rule).
    Angles beyond 90 degrees are computed from the supplementary angle.
    """
    apart = first - second
    chord = jnp.minimum(dot(apart, apart), 4 * (1 - 1e-6))
    acute = chord < 2
    near = jnp.where(acute, chord, 4 - chord)
    squared = near * horner(SQUARED_ANGLE_TERMS, near)
    obtuse = (np.float32(np.pi) - jnp.sqrt(jnp.where(acute, 1.0, squared))) ** 2
    return jnp.where(acute, squared, obtuse)
