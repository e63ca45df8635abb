"""Kernels for GPUs that transform and sum power without storing spectra (Pallas, Triton).

XLA tapers, transforms and squares the spectra of all windows in device memory: windows of 256 loops
in steps of 16 overlap 16 times, so the memory traffic is 70 times the size of the IF cube. The
kernels read the cube and write only sums of power; in exact arithmetic, the sums are those of the
XLA code in `power`, from which gradients are computed.

A spectrum of 256 = 16 x 16 bins is computed in two steps, with value n = 16 a + b and bin
k = 16 d + c: a transform over a, by additions in registers, and then, for each c, a product with
the matrix exp(-2 pi j (b c / 256 + b d / 16)).

Source:
    Cooley, Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Complex, Float

RADIX = 16
# Number of values and of bins of a spectrum.
LENGTH = RADIX * RADIX
# Spectra that a block of threads computes together, and number of such tiles that it adds up. With
# 16 spectra in 128 threads, no register is spilled; 64 threads would spill.
TILE = 16
TILES_PER_BLOCK = 12
COMPILER = triton.CompilerParams(num_warps=4, num_stages=1)

# Real and imaginary part.
Parts = tuple[Array, Array]


def has_doppler_kernel(num_loops: int, num_bins: int) -> bool:
    """Whether the kernel supports windows of `num_loops` loops and spectra of `num_bins` bins."""
    return num_loops == LENGTH == num_bins


def has_range_kernel(num_rows: int, num_samples: int) -> bool:
    """Whether the kernel supports `num_rows` rows of `num_samples` samples."""
    return num_samples == LENGTH and num_rows % TILE == 0


def with_gradient_of(plain: Callable, kernel: Callable) -> Callable:
    """Return `kernel` with the derivative of `plain`, because JAX cannot differentiate a kernel."""
    function = jax.custom_jvp(kernel)

    @function.defjvp
    def derivative(primals, tangents):
        return kernel(*primals), jax.jvp(plain, primals, tangents)[1]

    return function


def doppler_power(
    loops: Complex[Array, "loop pair sample"],
    step: int,
    taper: Float[np.ndarray, " weight"],
    centred: bool,
    interpret: bool,
) -> Float[Array, "window bin"]:
    """Power of each Doppler bin, summed over pairs and samples, of all windows of 256 loops.

    Args:
        loops: samples of all loops; at least one window.
        step: number of loops from one window to the next.
        taper: weight of each loop of a window.
        centred: whether the mean of each window is removed before the taper.
        interpret: whether to interpret the kernel, which works on any device.

    Returns:
        Power for bins from 0 to 255; the second half are negative frequencies.
    """
    columns = loops.reshape(len(loops), -1)
    columns = jnp.pad(columns, ((0, 0), (0, -columns.shape[1] % TILE)))
    num_tiles = columns.shape[1] // TILE
    tiles = next(n for n in range(TILES_PER_BLOCK, 0, -1) if num_tiles % n == 0)
    grid = ((len(loops) - LENGTH) // step + 1, num_tiles // tiles)
    power = pl.pallas_call(
        partial(_doppler_kernel, step=step, tiles=tiles, centred=centred),
        out_shape=jax.ShapeDtypeStruct((*grid, RADIX, RADIX), jnp.float32),
        grid=grid,
        out_specs=pl.BlockSpec((1, 1, RADIX, RADIX), lambda window, block: (window, block, 0, 0)),
        compiler_params=COMPILER,
        interpret=interpret,
        name="doppler_power",
    )(columns.real, columns.imag, jnp.asarray(taper), *second_step_matrices())
    return _in_order(power.sum(1))


def range_power(
    loops: Complex[Array, "loop pair sample"], step: int, interpret: bool
) -> Float[Array, "step bin"]:
    """Power of each range bin, summed over the loops of a step and all pairs, for 256 samples.

    Args:
        loops: tapered samples of all loops; loops after the last whole step are not used.
        step: number of loops of a step.
        interpret: whether to interpret the kernel, which works on any device.
    """
    rows = loops.reshape(-1, LENGTH)
    num_steps = len(loops) // step
    power = pl.pallas_call(
        partial(_range_kernel, tiles=step * loops.shape[1] // TILE),
        out_shape=jax.ShapeDtypeStruct((num_steps, RADIX, RADIX), jnp.float32),
        grid=(num_steps,),
        out_specs=pl.BlockSpec((1, RADIX, RADIX), lambda step: (step, 0, 0)),
        compiler_params=COMPILER,
        interpret=interpret,
        name="range_power",
    )(rows.real, rows.imag, *second_step_matrices())
    return _in_order(power)


def _in_order(power: Float[Array, "*batch c d"]) -> Float[Array, "*batch bin"]:
    """Put the bins in ascending order; the kernels store bin 16 d + c at [c, d]."""
    return power.swapaxes(-1, -2).reshape(*power.shape[:-2], LENGTH)


def second_step_matrices() -> tuple[Float[np.ndarray, "c d b"], ...]:
    """Matrices of the second step for each remainder c of the bin, as arguments of `_product`."""
    c, d, b = np.ogrid[:RADIX, :RADIX, :RADIX]
    matrix = np.exp(-2j * np.pi * b * (c / LENGTH + d / RADIX))
    parts = matrix.real, matrix.imag - matrix.real, matrix.imag + matrix.real
    return tuple(part.astype(np.float32) for part in parts)


def _doppler_kernel(real, imag, taper, *refs, step, tiles, centred):
    """Power of one window, summed over the columns of some tiles."""
    *matrices, power = refs
    first, first_tile = pl.program_id(0) * step, pl.program_id(1) * tiles

    def values(index):
        columns = pl.ds((first_tile + index) * TILE, TILE)
        loops = [pl.ds(first + RADIX * a, RADIX) for a in range(RADIX)]
        rows = [(real[at, columns], imag[at, columns]) for at in loops]
        rows = _without_mean(rows) if centred else rows
        weights = [taper[pl.ds(RADIX * a, RADIX)][:, None] for a in range(RADIX)]
        return [(re * weight, im * weight) for (re, im), weight in zip(rows, weights)]

    for c, total in enumerate(_power_of_tiles(values, matrices, tiles)):
        power[0, 0, c] = total.sum(1)


def _range_kernel(real, imag, *refs, tiles):
    """Power of all rows of one step."""
    *matrices, power = refs
    first_tile = pl.program_id(0) * tiles

    def values(index):
        rows = pl.ds((first_tile + index) * TILE, TILE)
        samples = [pl.ds(RADIX * a, RADIX) for a in range(RADIX)]
        return [(real[rows, at].T, imag[rows, at].T) for at in samples]

    for c, total in enumerate(_power_of_tiles(values, matrices, tiles)):
        power[0, c] = total.sum(1)


def _power_of_tiles(values, matrices, tiles):
    """Power of the bins 16 d + c, for each c: arrays [d, spectrum], added up over tiles.

    Args:
        values: function that returns, for the number of a tile, a list with one array
            [b, spectrum] for each a, which contains the values 16 a + b of the tile's spectra.
        matrices: matrices of the second step.
        tiles: number of tiles.
    """

    def add_tile(index, sums):
        spectra = [
            _product([part[c] for part in matrices], value)
            for c, value in enumerate(transform(values(index)))
        ]
        return tuple(total + re * re + im * im for total, (re, im) in zip(sums, spectra))

    nothing = tuple(jnp.zeros((RADIX, TILE), jnp.float32) for _ in range(RADIX))
    return jax.lax.fori_loop(0, tiles, add_tile, nothing)


def transform(values: list[Parts]) -> list[Parts]:
    """Fourier transform of a list of arrays, whose length is a power of two."""
    count = len(values)
    if count == 1:
        return values
    even, odd = transform(values[::2]), transform(values[1::2])
    turned = [_turned(value, k / count) for k, value in enumerate(odd)]
    pairs = list(zip(even, turned))
    return [tuple(e + t for e, t in zip(*pair)) for pair in pairs] + [
        tuple(e - t for e, t in zip(*pair)) for pair in pairs
    ]


def _turned(value: Parts, cycles: float) -> Parts:
    """The value times exp(-2 pi j cycles)."""
    re, im = value
    if cycles == 0:
        return value
    if cycles == 0.25:
        return im, -re
    cos, sin = (np.float32(part(2 * np.pi * cycles)) for part in (np.cos, np.sin))
    return re * cos + im * sin, im * cos - re * sin


def _product(matrix: list[Array], value: Parts) -> Parts:
    """Complex product of a matrix and the columns of a tile, by three products of real matrices.

    Args:
        matrix: real part, imaginary minus real part, and imaginary plus real part.
        value: real and imaginary part of the columns.
    """
    # With three passes of TF32, `doppler_power` would spill registers (255, and 5 kB spilled).
    dot = partial(jnp.dot, precision="highest")
    re, im = value
    common = dot(matrix[0], re + im)
    return common - dot(matrix[2], im), common + dot(matrix[1], re)


def _without_mean(rows: list[Parts]) -> list[Parts]:
    """Subtract the mean over all loops of a window from every column."""
    means = [sum(part.sum(0) for part in parts) / LENGTH for parts in zip(*rows)]
    return [tuple(part - mean for part, mean in zip(row, means)) for row in rows]
