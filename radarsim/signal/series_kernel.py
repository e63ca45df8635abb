"""`tone_series.series` as a GPU kernel, which writes the factors once in the order of their use.

XLA would write the polynomials of every tone, their products with matrices, and the factors.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Float

from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.tone_series import projection

# Tones per program, one per thread.
TONES = 128


def series_by_kernel(
    sizes: SumSizes,
    num_rows: int,
    offset_bins: Float[Array, "block place"],
    half_bins: Float[Array, "block place"],
    interpret: bool,
) -> Float[Array, "block power row place"]:
    """Factors of the powers of each tone's shift, with a row for each term.

    Args:
        sizes: array sizes of the sum.
        num_rows: number of rows; rows without a term are zero.
        offset_bins, half_bins: offset and largest shift of each tone, as in `tone_series.series`.
        interpret: whether the kernel is interpreted, which any device can do.
    """
    num_blocks, num_places = offset_bins.shape
    tones = pl.BlockSpec((None, TONES), lambda block, part: (block, part))
    shape = num_blocks, sizes.shift_powers, num_rows, num_places
    return pl.pallas_call(
        partial(_kernel, sizes),
        out_shape=jax.ShapeDtypeStruct(shape, jnp.float32),
        grid=(num_blocks, num_places // TONES),
        in_specs=[tones, tones],
        out_specs=pl.BlockSpec((None, *shape[1:3], TONES), lambda block, part: (block, 0, 0, part)),
        compiler_params=triton.CompilerParams(num_warps=TONES // 32, num_stages=1),
        interpret=interpret,
        name="series",
    )(offset_bins, half_bins)


def _kernel(sizes: SumSizes, offset_ref, half_ref, factors_ref) -> None:
    """Compute the factors of one program's tones.

    The Taylor coefficients of all terms with respect to the shift follow from T_k+1 = 2 y T_k -
    T_k-1, where y grows by 2 / B per bin.
    """
    per_bin, powers = np.float32(2 / sizes.span_bins), sizes.shift_powers
    y = offset_ref[:] * per_bin
    square = half_ref[:] * half_ref[:]
    zero, one = jnp.zeros_like(y), jnp.ones_like(y)
    here, after = [one, *[zero] * (powers + 1)], [y, per_bin * one, *[zero] * powers]
    for row in range(factors_ref.shape[1]):
        for power, share in enumerate(projection(powers)):
            value = here[power] + np.float32(share) * square * here[power + 2]
            factors_ref[power, row, :] = value if row < sizes.num_terms else zero
        below = [zero, *after[:-1]]
        new = [2 * (y * a + per_bin * b) - h for a, b, h in zip(after, below, here, strict=True)]
        here, after = after, new
