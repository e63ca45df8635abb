"""Whether Pallas kernels replace compiled loops, which depends on the device.

A GPU runs a kernel, written for the Triton compiler, where XLA would make many small steps or would
write large intermediate arrays to memory. CPUs and other accelerators run the XLA code of the same
function, with which the tests compare the kernel.
"""

import os

import jax

# Set to 0 to run XLA code on a GPU whose driver or architecture Triton does not support.
SWITCH = "RADARSIM_KERNELS"


def use_kernels() -> bool:
    """Whether functions with a Pallas kernel run it: on GPUs, unless RADARSIM_KERNELS is 0."""
    return jax.default_backend() == "gpu" and os.environ.get(SWITCH, "1") != "0"


def interpreted() -> bool:
    """Whether kernels are interpreted instead of compiled, as in tests on a CPU."""
    return jax.default_backend() == "cpu"
