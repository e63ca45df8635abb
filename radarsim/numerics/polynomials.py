"""Polynomials through Chebyshev nodes, their coefficients, and sine and cosine as polynomials."""

from functools import reduce

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

# sin and cos of 2 pi x for |x| <= 1/2 as odd and even polynomials in x with six terms each, fitted
# by least squares on Chebyshev points; the float32 error is at most 1.2e-6 (tested).
_FIT_POINTS = np.abs(0.5 * np.cos(np.pi * (np.arange(400) + 0.5) / 400))
_POWERS = np.arange(6)
SIN_TERMS = np.linalg.lstsq(
    _FIT_POINTS[:, None] ** (2 * _POWERS + 1), np.sin(2 * np.pi * _FIT_POINTS), rcond=None
)[0].astype(np.float32)
COS_TERMS = np.linalg.lstsq(
    _FIT_POINTS[:, None] ** (2 * _POWERS), np.cos(2 * np.pi * _FIT_POINTS), rcond=None
)[0].astype(np.float32)


def chebyshev_nodes(num_nodes: int) -> np.ndarray:
    """Roots of the Chebyshev polynomial of degree `num_nodes`, ascending in (-1, 1)."""
    return -np.cos(np.pi * (np.arange(num_nodes) + 0.5) / num_nodes)


def lagrange_weights(nodes: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Weights [*at, node] that evaluate the polynomial through the nodes at the positions `at`."""
    at = np.asarray(at, np.float64)[..., None]
    weights = np.ones((*at.shape[:-1], len(nodes)))
    for i, node in enumerate(nodes):
        others = np.delete(nodes, i)
        weights[..., i] = np.prod((at - others) / (node - others), axis=-1)
    return weights


def sincos_cycles(
    cycles: Float[Array, "*shape"],
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    """Sine and cosine of 2 pi x, computed after whole cycles are removed from x."""
    x = cycles - jnp.round(cycles)
    square = x * x
    return x * horner(SIN_TERMS, square), horner(COS_TERMS, square)


def horner(coefficients, x):
    """Evaluate a polynomial at x; the first axis of `coefficients` holds ascending powers."""
    return reduce(lambda total, term: total * x + term, coefficients[-2::-1], coefficients[-1])


def power_coefficients(values: Float[Array, " node *rest"]) -> Float[Array, " power *rest"]:
    """Coefficients of ascending powers on [-1, 1] for the polynomial through Chebyshev nodes."""
    nodes = chebyshev_nodes(values.shape[0])
    inverse = np.linalg.inv(np.vander(nodes, increasing=True)).astype(np.float32)
    return jnp.tensordot(inverse, values, axes=1, precision="highest")


def derivative(coefficients: Float[Array, " power *rest"]) -> Float[Array, " power *rest"]:
    """Coefficients of the derivative, padded with a zero to the same number of terms."""
    powers = np.arange(1, coefficients.shape[0], dtype=np.float32)
    shifted = coefficients[1:] * powers.reshape(-1, *([1] * (coefficients.ndim - 1)))
    return jnp.concatenate([shifted, jnp.zeros_like(coefficients[:1])])
