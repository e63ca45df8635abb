"""Jacobi-Anger series of a tone near the middle of its group, and its shift within a block.

Within a chirp a face is a tone exp(2 pi j b x) along the samples, x from -1/2 to 1/2, b its range
in bins. With b counted from the middle of a group that spans B bins (Jacobi and Anger),

    exp(2 pi j b x) = sum_k (2 - [k = 0]) j^k J_k(pi B x) T_k(2 b / B),

and the Bessel functions fall faster than any power beyond k = pi B / 2. So a group only has to sum
echoes times Chebyshev polynomials of the tones' positions: products of matrices. Within a block of
loops tones shift a little; the derivatives of the same polynomials describe that, as d/db is a
factor 2 pi j x.
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
    """Range in bins that a series with so many terms covers.

    The first term left out, k, is 2 j^k J_k(pi B x) T_k(y): the span B is chosen for its mean (rms)
    over the samples x and, with the weight of Chebyshev polynomials, over the range y.

    Args:
        num_terms: k.
        error: rms of the truncation, as a part of the tone's amplitude.
    """
    x = (np.arange(200) + 0.5) / 400

    def excess(span_bins):
        left = np.sqrt(2 * np.mean(jv(num_terms, np.pi * span_bins * x) ** 2))
        return left - error

    # Beyond pi B / 2 = k the terms no longer fall.
    return float(brentq(excess, 1e-3, 2 * num_terms / np.pi))


def chebyshev(num_terms: int, y: Float[Array, "*shape"]) -> Float[Array, "*shape term"]:
    """T_0(y) to T_k(y), by halves: T_2k = 2 T_k^2 - 1, T_2k+1 = 2 T_k T_k+1 - y."""
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
    """Factors of the powers of a tone's shift, from the tone's position in its group.

    The Taylor series of every T_k in the shift d, truncated to so many powers n; the second power
    above a kept one is projected onto it like the best polynomial on |d| <= h does, which makes the
    error of a truncation at n as small as that of interpolation at n Chebyshev points.

    Args:
        num_terms: of the Chebyshev series.
        span_bins: range that the tones of the group may cover [bins].
        shift_powers: powers of the shift that are kept, 1 included.
        offset_bins: of each tone from its group's middle, at the middle of a block.
        half_bins: largest shift of each tone within the block.

    Returns:
        For each power of the shift in bins, from 0 on, its factor.
    """
    terms = chebyshev(num_terms, offset_bins * np.float32(2 / span_bins))
    square = half_bins[..., None] ** 2
    parts = []
    for power in range(shift_powers):
        plain, next_but_one = (_derivative(num_terms, span_bins, power + more) for more in (0, 2))
        part = jnp.matmul(terms, plain, precision="highest") if power else terms
        projected = _projection(shift_powers)[power]
        if projected:
            matrix = next_but_one * np.float32(projected)
            part = part + square * jnp.matmul(terms, matrix, precision="highest")
        parts.append(part)
    return parts


def _derivative(num_terms: int, span_bins: float, order: int) -> Float[np.ndarray, "term term"]:
    """From T_k to the derivatives of T_k by the offset in bins, over order!."""
    basis = np.eye(num_terms)
    columns = [np.polynomial.chebyshev.chebder(column, order) for column in basis]
    matrix = np.zeros((num_terms, num_terms))
    for k, column in enumerate(columns):
        matrix[: len(column), k] = column[:num_terms]
    return (matrix * (2 / span_bins) ** order / factorial(order)).astype(np.float32)


def _projection(num_powers: int) -> Float[np.ndarray, " power"]:
    """Coefficient of y^s in the polynomial through y^(s+2) at so many Chebyshev points."""
    nodes = chebyshev_nodes(num_powers)
    to_powers = np.linalg.inv(np.vander(nodes, increasing=True))
    found = [to_powers[power] @ nodes ** (power + 2) for power in range(num_powers)]
    return np.round(found, 12)
