"""Conversions of arrays on the host, without compiling a program.

`jnp.asarray` compiles one program for every new array shape if it changes the type of the values.
Each of these programs takes 20 to 40 ms of a core, in every process, because programs that compile
so quickly are not stored in the cache.
"""

from collections.abc import Sequence

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float


def float32(values: ArrayLike) -> Float[Array, "*shape"]:
    """Convert values to float32 on the host, and copy them to the device.

    Args:
        values: numbers of any type and shape; they must not be traced.
    """
    return jax.device_put(np.array(values, np.float32, order="C"))


def as_arrays(*values: ArrayLike | Sequence) -> tuple[ArrayLike, ...]:
    """Convert lists to float32 on the host; arrays and traced values are returned unchanged."""
    return tuple(each if hasattr(each, "shape") else np.array(each, np.float32) for each in values)
