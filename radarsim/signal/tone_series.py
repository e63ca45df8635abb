"""Jacobi-Anger series of a tone near the middle of its group, and its shift within a block.

Within a chirp a face is a tone exp(2 pi j b x) along the samples, where x runs from -1/2 to 1/2 and
b is the range in bins. If b is counted from the middle of a group that spans B bins, then by the
Jacobi-Anger expansion

    exp(2 pi j b x) = sum_k (2 - [k = 0]) j^k J_k(pi B x) T_k(2 b / B),

and the Bessel functions decrease faster than any power for k > pi B / 2. Therefore the sum over a
group only multiplies echoes by Chebyshev polynomials of the tones' positions, which is a matrix
product. Within a block of loops, tones shift slightly; the derivatives of these polynomials
describe the shift, because d/db is a factor 2 pi j x.
"""

from functools import lru_cache
from math import factorial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import brentq
from scipy.special import jv

from radarsim.numerics.polynomials import chebyshev_nodes


@lru_cache
def span_of_terms(num_terms: int, error: float) -> float:
    """Range in bins that a series with `num_terms` terms covers.

    The first neglected term k is 2 j^k J_k(pi B x) T_k(y). The span B is chosen so that its rms
    over the samples x and, with the weight of Chebyshev polynomials, over the range y equals
    `error`.

    Args:
        num_terms: number of terms of the series.
        error: rms truncation error, as a fraction of the tone's amplitude.
    """
    x = (np.arange(200) + 0.5) / 400

    def excess(span_bins):
        left = np.sqrt(2 * np.mean(jv(num_terms, np.pi * span_bins * x) ** 2))
        return left - error

    # The search ends at pi B / 2 = k, because beyond that the terms no longer decrease.
    return float(brentq(excess, 1e-3, 2 * num_terms / np.pi))


def chebyshev(num_terms: int, y: Float[Array, "*shape"]) -> Float[Array, "*shape term"]:
    """T_0(y), T_1(y), ... by T_{2n} = 2 T_n^2 - 1 and T_{2n+1} = 2 T_n T_{n+1} - y."""
    terms = [jnp.ones_like(y), y]
    while len(terms) < num_terms:
        half, odd = divmod(len(terms), 2)
        terms.append(2 * terms[half] * terms[half + odd] - (y if odd else 1.0))
    return jnp.stack(terms[:num_terms], axis=-1)


def series(
    num_terms: int,
    span_bins: float,
    shift_powers: int,
    offset_bins: Float[Array, "*shape"],
    half_bins: Float[Array, "*shape"],
) -> list[Float[Array, "*shape term"]]:
    """Compute the Chebyshev series of each tone as a polynomial in the tone's shift within a block.

    The Taylor series of every T_k in the shift d is truncated to n = `shift_powers` powers. The
    next two powers are projected onto the retained powers as in interpolation at n Chebyshev points
    on |d| <= h, so that the truncation error is as small as the error of the interpolation.

    Args:
        num_terms: number of terms of the Chebyshev series.
        span_bins: range that the tones of the group may cover [bins].
        shift_powers: number of powers of the shift that are kept, including the zeroth.
        offset_bins: offset of each tone from its group's middle, at the middle of a block.
        half_bins: largest shift of each tone within the block.

    Returns:
        The factor of each power of the shift in bins, starting with the zeroth power.
    """
    terms = chebyshev(num_terms, offset_bins * np.float32(2 / span_bins))
    square = half_bins[..., None] ** 2
    parts = []
    for power in range(shift_powers):
        plain, next_but_one = (_derivative(num_terms, span_bins, power + more) for more in (0, 2))
        part = jnp.matmul(terms, plain, precision="highest") if power else terms
        projected = projection(shift_powers)[power]
        if projected:
            matrix = next_but_one * np.float32(projected)
            part = part + square * jnp.matmul(terms, matrix, precision="highest")
        parts.append(part)
    return parts


def _derivative(num_terms: int, span_bins: float, order: int) -> Float[np.ndarray, "term term"]:
    """Matrix that maps the T_k to their derivatives of the given order, divided by its factorial.

    The derivatives are taken with respect to the offset [bins].
    """
    basis = np.eye(num_terms)
    columns = [np.polynomial.chebyshev.chebder(column, order) for column in basis]
    matrix = np.zeros((num_terms, num_terms))
    for k, column in enumerate(columns):
        matrix[: len(column), k] = column[:num_terms]
    return (matrix * (2 / span_bins) ** order / factorial(order)).astype(np.float32)


def projection(num_powers: int) -> Float[np.ndarray, " power"]:
    """Coefficient of y^s in the polynomial through y^(s+2) at `num_powers` Chebyshev points."""
    nodes = chebyshev_nodes(num_powers)
    to_powers = np.linalg.inv(np.vander(nodes, increasing=True))
    found = [to_powers[power] @ nodes ** (power + 2) for power in range(num_powers)]
    return np.round(found, 12)
