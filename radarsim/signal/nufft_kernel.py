"""Non-uniform FFT from range cells to samples, as products with fixed matrices.

The sum of a group's tones is a short series (tone_series.py). One matrix spreads this series over
cells around the group's middle, on a grid finer than range bins; another matrix transforms all
cells to ADC samples and divides by the transform of the spreading kernel.
"""

import numpy as np
from jaxtyping import Complex, Float

# Grid cells per range bin.
OVERSAMPLING = 2
# Minimum number of quadrature points for the series of the kernel; a series of more than 128 terms
# uses four points per term.
QUADRATURE_POINTS = 512


def reach_cells(span_bins: float, kernel_width: int) -> int:
    """Cells on either side of the middle that the span of the tones and the kernel cover."""
    return int(np.ceil((span_bins * OVERSAMPLING + kernel_width) / 2))


def kernel_shape(kernel_width: int) -> float:
    """Exponent of the exp-of-semicircle kernel.

    Source:
        Barnett, Magland, af Klinteberg, SIAM J. Sci. Comput. 2019, eq. 4.5, reduced by 3 %.
    """
    return 0.97 * np.pi * kernel_width * (1 - 1 / (2 * OVERSAMPLING))


def spreading_kernel(
    kernel_width: int, cells: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Exponential of a semicircle, zero outside half a kernel width."""
    squared = 1 - (2 * cells / kernel_width) ** 2
    root = np.sqrt(np.maximum(squared, 0))
    return np.where(squared > 0, np.exp(kernel_shape(kernel_width) * (root - 1)), 0.0)


def terms_to_cells(
    num_terms: int, span_bins: float, kernel_width: int
) -> Float[np.ndarray, "term cell"]:
    """Matrix from the series of a group to the grid cells around its middle.

    A tone at y (from -1 to 1 over the group's range) is spread by phi(y r - cell), where r is half
    the range in cells; the matrix holds the Chebyshev coefficients of this function,

        (2 - [k = 0]) / pi  integral of phi(r cos t - cell) cos(k t) over t from 0 to pi.

    Truncating these coefficients affects the samples no more than truncating the tone's series.
    """
    count = max(QUADRATURE_POINTS, 4 * num_terms)
    angle = np.pi * (np.arange(count) + 0.5) / count
    reach = reach_cells(span_bins, kernel_width)
    cells = np.arange(-reach, reach + 1)
    half = span_bins * OVERSAMPLING / 2
    kernel = spreading_kernel(kernel_width, half * np.cos(angle)[:, None] - cells)
    terms = np.arange(num_terms)
    weight = (2.0 - (terms == 0)) / count
    return weight[:, None] * (np.cos(np.outer(terms, angle)) @ kernel)


def cells_to_samples(
    num_cells: int, kernel_width: int, num_samples: int
) -> Complex[np.ndarray, "cell sample"]:
    """Fixed matrix from grid cells to ADC samples, which are counted from the chirp's middle.

    Its entries are exp(2 pi j g n / G) divided by the Fourier transform of the kernel
    (Gauss-Legendre, 100 points).
    """
    total = num_samples * OVERSAMPLING
    n = samples_from_middle(num_samples)
    x, weight = np.polynomial.legendre.leggauss(100)
    kernel = np.exp(kernel_shape(kernel_width) * (np.sqrt(1 - x**2) - 1))
    half = kernel_width / 2
    transform = np.cos(2 * np.pi * np.outer(n / total, x * half)) @ (kernel * weight * half)
    return np.exp(2j * np.pi * np.outer(np.arange(num_cells), n) / total) / transform


def samples_from_middle(num_samples: int) -> Float[np.ndarray, " sample"]:
    """Sample numbers relative to the middle of the chirp; 0 for the only sample of a CW radar."""
    return np.arange(num_samples) - (num_samples / 2 if num_samples > 1 else 0.0)


def real_matrix(matrix: Complex[np.ndarray, "row column"]) -> Float[np.ndarray, "2 row 2 column"]:
    """Real matrix that acts on real and imaginary parts, which is faster on a CPU."""
    parts = [[matrix.real, matrix.imag], [-matrix.imag, matrix.real]]
    return np.stack([np.stack(row, axis=1) for row in parts]).astype(np.float32)
