"""Whether Pallas kernels replace compiled loops, which depends on the device.

A GPU runs a kernel, written for the Triton compiler, where XLA would make many small steps or would
write large intermediate arrays to memory. CPUs and other accelerators run the XLA code of the same
function, with which the tests compare the kernel.
"""

import os

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

# Set to 0 to run XLA code on a GPU whose driver or architecture Triton does not support. Set to
# "interpret" to run the kernels on a CPU, slowly, as `benchmarks.errors --kernels` does.
SWITCH = "RADARSIM_KERNELS"
INTERPRET = "interpret"
# A product of float32 matrices as three products of TF32 numbers on tensor cores. The rounding
# error is close to that of float32 (tests/signal/test_sum_kernel.py).
THREE_PASSES = jax.lax.DotAlgorithmPreset.TF32_TF32_F32_X3


def use_kernels() -> bool:
    """Whether functions with a Pallas kernel run it: on GPUs, unless RADARSIM_KERNELS is 0.

    If RADARSIM_KERNELS is "interpret", CPUs also run the kernels.
    """
    wanted = os.environ.get(SWITCH, "1")
    return wanted == INTERPRET or (jax.default_backend() == "gpu" and wanted != "0")


def interpreted() -> bool:
    """Whether kernels are interpreted instead of compiled, as in tests on a CPU."""
    return jax.default_backend() == "cpu"


def product_einsum(subscripts: str, first: ArrayLike, second: ArrayLike, precision: str) -> Array:
    """`jnp.einsum` of two float32 arrays, in three passes of TF32 on a GPU with kernels.

    Args:
        subscripts: subscripts as for `jnp.einsum`.
        first, second: factors.
        precision: precision on other devices, "highest" or "default"; on a GPU, "highest" becomes
            three passes of TF32.
    """
    by_tensor_cores = precision == "highest" and use_kernels() and not interpreted()
    precision = THREE_PASSES if by_tensor_cores else precision
    return jnp.einsum(subscripts, first, second, precision=precision)


def kernel_product(
    first: Float[Array, "row inner"], second: Float[Array, "inner column"], interpret: bool
) -> Float[Array, "row column"]:
    """Matrix product inside a kernel: three passes of TF32, or float32 if it is interpreted."""
    return jnp.dot(first, second, precision="highest" if interpret else THREE_PASSES)
