"""A tone near the middle of its group as a short series, and what a small shift makes of it.

Within a chirp a face is a tone exp(2 pi j b x) along the samples, x from -1/2 to 1/2, b its range
in bins. With b counted from the middle of a group that spans B bins (Jacobi and Anger),

    exp(2 pi j b x) = sum_k (2 - [k = 0]) j^k J_k(pi B x) T_k(2 b / B),

and the Bessel functions fall faster than any power beyond k = pi B / 2. So all that a group must
sum over its faces are echoes times Chebyshev polynomials of where their tones are: products of
matrices. Within a block of loops tones shift a little; the derivatives of the same polynomials
carry that, as d/db is a factor 2 pi j x.
"""

from functools import lru_cache
from math import factorial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import brentq
from scipy.special import jv

from radarsim.numerics.polynomials import chebyshev_nodes
from radarsim.signal.nufft_kernel import Plan


@lru_cache
def span_of_terms(num_terms: int, error: float) -> float:
    """Range in bins that so many terms hold.

    The first term left out, k, is 2 j^k J_k(pi B x) T_k(y): its mean over the samples x and, by the
    weight of Chebyshev polynomials, over the range y (rms) is what the span B is chosen for.

    Args:
        num_terms: k.
        error: rms of what is left out, as a part of the tone's amplitude.
    """
    x = (np.arange(200) + 0.5) / 400

    def excess(span_bins):
        left = np.sqrt(2 * np.mean(jv(num_terms, np.pi * span_bins * x) ** 2))
        return left - error

    # Beyond pi B / 2 = k nothing falls any more.
    return float(brentq(excess, 1e-3, 2 * num_terms / np.pi))


def chebyshev(num_terms: int, y: Float[Array, "*shape"]) -> Float[Array, "*shape term"]:
    """T_0(y) to T_k(y), by halves: T_2k = 2 T_k^2 - 1, T_2k+1 = 2 T_k T_k+1 - y."""
    terms = [jnp.ones_like(y), y]
    while len(terms) < num_terms:
        half, odd = divmod(len(terms), 2)
        terms.append(2 * terms[half] * terms[half + odd] - (y if odd else 1.0))
    return jnp.stack(terms[:num_terms], axis=-1)


def series(
    plan: Plan, offset_bins: Float[Array, "*shape"], half_bins: Float[Array, "*shape"]
) -> list[Float[Array, "*shape term"]]:
    """Factors of the powers of a tone's shift, from the tone's place in its group.

    The Taylor series of every T_k in the shift d, cut after so many powers n; the power that comes
    two above a kept one is put into it as the best polynomial on |d| <= h does, which makes the
    error of a cut at n as small as that of interpolation at n Chebyshev points.

    Args:
        plan: its `num_terms`, `span_bins` and `shift_powers`.
        offset_bins: of each tone from its group's middle, at the middle of a block.
        half_bins: by how much each shifts within the block.

    Returns:
        For each power of the shift in bins, from 0 on, what multiplies it.
    """
    terms = chebyshev(plan.num_terms, offset_bins * np.float32(2 / plan.span_bins))
    square = half_bins[..., None] ** 2
    parts = []
    for power in range(plan.shift_powers):
        plain, next_but_one = (_derivative(plan, power + more) for more in (0, 2))
        part = jnp.matmul(terms, plain, precision="highest") if power else terms
        folded = _folded(plan.shift_powers)[power]
        if folded:
            matrix = next_but_one * np.float32(folded)
            part = part + square * jnp.matmul(terms, matrix, precision="highest")
        parts.append(part)
    return parts


def _derivative(plan: Plan, order: int) -> Float[np.ndarray, "term term"]:
    """T_k to the derivatives of T_k by the offset in bins, over order!."""
    basis = np.eye(plan.num_terms)
    columns = [np.polynomial.chebyshev.chebder(column, order) for column in basis]
    matrix = np.zeros((plan.num_terms, plan.num_terms))
    for k, column in enumerate(columns):
        matrix[: len(column), k] = column[: plan.num_terms]
    return (matrix * (2 / plan.span_bins) ** order / factorial(order)).astype(np.float32)


def _folded(num_powers: int) -> Float[np.ndarray, "power"]:
    """Part of y^(s+2) that the polynomial through so many Chebyshev points gives to y^s."""
    nodes = chebyshev_nodes(num_powers)
    to_powers = np.linalg.inv(np.vander(nodes, increasing=True))
    found = [to_powers[power] @ nodes ** (power + 2) for power in range(num_powers)]
    return np.round(found, 12)
