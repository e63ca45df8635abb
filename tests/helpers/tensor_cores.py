"""Emulation of tensor core rounding: TF32 factors and float32 accumulation."""

from collections.abc import Callable

import jax
import jax.numpy as jnp


def in_tf32(product: Callable, passes: int) -> Callable:
    """Return `product` of two factors, computed with one or three products of TF32 numbers."""

    def emulated(first, second):
        high, low = zip(*((tf32(part), part - tf32(part)) for part in (first, second)))
        pairs = [(high[0], high[1]), (tf32(low[0]), high[1]), (high[0], tf32(low[1]))]
        return sum(product(*pair) for pair in pairs[:passes])

    return emulated


def tf32(values):
    """Round float32 values to the 10-bit mantissa that tensor cores read."""
    bits = jax.lax.bitcast_convert_type(values, jnp.int32)
    return jax.lax.bitcast_convert_type((bits + 0x1000) & ~0x1FFF, jnp.float32)
