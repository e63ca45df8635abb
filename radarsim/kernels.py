"""Tones spread over range cells, and from cells to samples: a non-uniform FFT as matrices.

A short kernel spreads each tone over a grid finer than range bins; one fixed matrix takes the grid
to ADC samples and undoes what the kernel does to them.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.legs import power_coefficients
from radarsim.mesh import chebyshev_nodes


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes of the fast synthesis; all static, one compilation each.

    Attributes:
        num_cells: width of the occupied range band, in grid cells.
        group_cells: cells that the faces of one group cover, kernel included.
        faces_per_group: neighbours in range that share `group_cells`.
        chirps_per_block: loops that share one set of kernels.
        shift_nodes: range shifts within a block at which the kernels are evaluated.
        own_bend: whether each face bends its tone by its own speed, or all by the mean.
        kernel_width: cells that one tone is spread over.
        oversampling: grid cells per range bin.
        precision: of products of matrices.
    """

    num_cells: int
    group_cells: int
    faces_per_group: int
    chirps_per_block: int
    shift_nodes: int
    own_bend: bool = False
    kernel_width: int = 6
    oversampling: int = 2
    precision: str = "highest"


def kernel_shape(plan: Plan) -> float:
    """Exponent of the exp-of-semicircle kernel.

    Source:
        Barnett, Magland, af Klinteberg, SIAM J. Sci. Comput. 2019, eq. 4.5, less 3 %.
    """
    return 0.97 * np.pi * plan.kernel_width * (1 - 1 / (2 * plan.oversampling))


def spreading_kernel(plan: Plan, cells: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Exponential of a semicircle, zero outside half a kernel width."""
    squared = 1 - (2 * cells / plan.kernel_width) ** 2
    inside = squared > 0
    root = jnp.sqrt(jnp.where(inside, squared, 1.0))
    return jnp.where(inside, jnp.exp(np.float32(kernel_shape(plan)) * (root - 1)), 0.0)


def cells_to_samples(plan: Plan, num_samples: int) -> Complex[np.ndarray, "cell sample"]:
    """The fixed matrix from grid cells to ADC samples counted from the middle of the chirp.

    exp(2 pi j g n / G) over the Fourier transform of the kernel (Gauss-Legendre, 100 points).
    """
    total = num_samples * plan.oversampling
    n = np.arange(num_samples) - num_samples / 2
    x, weight = np.polynomial.legendre.leggauss(100)
    kernel = np.exp(kernel_shape(plan) * (np.sqrt(1 - x**2) - 1))
    half = plan.kernel_width / 2
    transform = np.cos(2 * np.pi * np.outer(n / total, x * half)) @ (kernel * weight * half)
    return np.exp(2j * np.pi * np.outer(np.arange(plan.num_cells), n) / total) / transform


def real_matrix(matrix: Complex[np.ndarray, "row column"]) -> Float[np.ndarray, "2 row 2 column"]:
    """The same product on real and imaginary parts: on CPUs far faster than complex numbers."""
    parts = [[matrix.real, matrix.imag], [-matrix.imag, matrix.real]]
    return np.stack([np.stack(row, axis=1) for row in parts]).astype(np.float32)


def shifted_kernels(plan: Plan, bins, half, first_cell) -> Float[Array, "power face cell"]:
    """Spreading kernels of a group as polynomials in the shift y = (bin - bins) / half.

    Evaluated at Chebyshev nodes of y, then turned into powers of it.
    """
    nodes = chebyshev_nodes(plan.shift_nodes)
    at = bins + nodes[:, None].astype(np.float32) * half
    cells = at * plan.oversampling - first_cell
    grid = jnp.arange(plan.group_cells, dtype=jnp.float32)
    kernels = spreading_kernel(plan, cells[..., None] - grid)
    kernels = power_coefficients(kernels)
    return jax.lax.optimization_barrier(kernels)
