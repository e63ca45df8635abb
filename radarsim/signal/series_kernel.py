"""`tone_series.series` inside the GPU kernel of the sum, from a recurrence."""

import jax.numpy as jnp
import numpy as np

from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.tone_series import projection


def write_series(sizes: SumSizes, offset_bins, half_bins, factors_ref, faces) -> None:
    """Write the series of each tone as polynomials in its frequency shift, one row per term.

    The Taylor coefficients of all terms with respect to the shift follow from T_k+1 = 2 y T_k -
    T_k-1, where y grows by 2 / B per bin.

    Args:
        sizes: array sizes of the sum.
        offset_bins, half_bins: offset and largest shift of each tone, as in `tone_series.series`.
        factors_ref: reference to the result [power, row, face]; rows without a term become zero.
        faces: slice of the face axis of the result.
    """
    per_bin, powers = np.float32(2 / sizes.span_bins), sizes.shift_powers
    y = offset_bins * per_bin
    square = half_bins * half_bins
    zero, one = jnp.zeros_like(y), jnp.ones_like(y)
    here, after = [one, *[zero] * (powers + 1)], [y, per_bin * one, *[zero] * powers]
    for row in range(factors_ref.shape[1]):
        for power, share in enumerate(projection(powers)):
            value = here[power] + np.float32(share) * square * here[power + 2]
            factors_ref[power, row, faces] = value if row < sizes.num_terms else zero
        below = [zero, *after[:-1]]
        new = [2 * (y * a + per_bin * b) - h for a, b, h in zip(after, below, here, strict=True)]
        here, after = after, new
