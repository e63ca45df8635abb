"""From range cells to samples: a non-uniform FFT as products with fixed matrices.

A group of faces hands over sums of its tones as a short series (tones.py). One matrix spreads that
series over cells around the group's middle, on a grid finer than range bins; another takes all
cells to ADC samples and undoes what the spreading kernel does to them.
"""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Complex, Float

# Points at which the kernel is looked at for its series: at least so many, and four a term.
QUADRATURE_POINTS = 512


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes of the fast synthesis; all static, one compilation each.

    Attributes:
        num_cells: width of the occupied range band, in grid cells.
        faces_per_group: neighbours in range that share a series.
        num_terms: of that series.
        span_bins: range that the tones of a group may cover.
        chirps_per_block: loops over which one series holds, up to shifts.
        shift_powers: powers of a tone's shift within a block, 1 included.
        own_bend: whether each face bends its tone by its own speed, or all by the mean.
        kernel_width: cells that one tone is spread over.
        oversampling: grid cells per range bin.
        precision: of products of matrices.
    """

    num_cells: int
    faces_per_group: int
    num_terms: int
    span_bins: float
    chirps_per_block: int
    shift_powers: int
    own_bend: bool = False
    kernel_width: int = 6
    oversampling: int = 2
    precision: str = "highest"

    @property
    def reach_cells(self) -> int:
        """Cells on either side of a group's middle that its tones are spread over."""
        return cells_around(self.span_bins, self.kernel_width)


def cells_around(span_bins: float, kernel_width: int) -> int:
    """Cells on either side of the middle that tones of that range and the kernel cover."""
    return int(np.ceil((span_bins * Plan.oversampling + kernel_width) / 2))


def kernel_shape(plan: Plan) -> float:
    """Exponent of the exp-of-semicircle kernel.

    Source:
        Barnett, Magland, af Klinteberg, SIAM J. Sci. Comput. 2019, eq. 4.5, less 3 %.
    """
    return 0.97 * np.pi * plan.kernel_width * (1 - 1 / (2 * plan.oversampling))


def spreading_kernel(plan: Plan, cells: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Exponential of a semicircle, zero outside half a kernel width."""
    squared = 1 - (2 * cells / plan.kernel_width) ** 2
    root = np.sqrt(np.maximum(squared, 0))
    return np.where(squared > 0, np.exp(kernel_shape(plan) * (root - 1)), 0.0)


def terms_to_cells(plan: Plan) -> Float[np.ndarray, "term cell"]:
    """From the series of a group to the cells around its middle.

    A tone at y (from -1 to 1 over the group's range) is spread by phi(y r - cell), r half the range
    in cells; the matrix holds that function's Chebyshev coefficients

        (2 - [k = 0]) / pi  integral of phi(r cos t - cell) cos(k t) over t from 0 to pi.

    What it leaves out of the kernel reaches the samples no more than the tone's own later terms.
    """
    count = max(QUADRATURE_POINTS, 4 * plan.num_terms)
    angle = np.pi * (np.arange(count) + 0.5) / count
    cells = np.arange(-plan.reach_cells, plan.reach_cells + 1)
    half = plan.span_bins * plan.oversampling / 2
    kernel = spreading_kernel(plan, half * np.cos(angle)[:, None] - cells)
    terms = np.arange(plan.num_terms)
    weight = (2.0 - (terms == 0)) / count
    return weight[:, None] * (np.cos(np.outer(terms, angle)) @ kernel)


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
