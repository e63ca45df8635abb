"""The sum over the faces of each group as one GPU kernel, with phasors that stay in registers.

XLA writes the phasors [chirp x tx x rx, face] to memory between the kernel that computes them and
the product that reads them: two thirds of all memory traffic of a simulation. Here, one program per
block of chirps and range group computes the phasors of a few faces at a time and multiplies them by
the series of these faces at once. Its inputs are the polynomials of each face (kernel_inputs.py),
and its result is the sum over the group.

The formulas are those of chirp_blocks.py, tone_series.py and fast_sum.py, which remain in use on
CPUs and with which the tests compare the kernel.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Float

from radarsim.numerics.polynomials import COS_TERMS, SIN_TERMS, horner
from radarsim.signal.array_sizes import SumSizes, power_of_two
from radarsim.signal.chirp_blocks import FaceGroup, complex_product
from radarsim.signal.kernel_inputs import FACES_PER_TURN, LEAST_SIDE, KernelInputs, kernel_inputs
from radarsim.signal.range_groups import FACES_PER_GROUP
from radarsim.signal.series_kernel import write_series

# Rows [tx x chirp x rx] per warp: two products of 16 rows.
ROWS_PER_WARP = 16
MOST_WARPS = 16
# Products of float32 numbers as three products of TF32 numbers on tensor cores.
THREE_PASSES = jax.lax.DotAlgorithmPreset.TF32_TF32_F32_X3


def terms_of_groups(
    sizes: SumSizes, faces: FaceGroup, u: Float[Array, "block chirp tx"], interpret: bool
) -> Float[Array, "block part tx_padded chirp_padded rx_padded group term"]:
    """Sum over each group in each block of chirps, as real and imaginary part.

    The axes of antennas, chirps and terms are padded with zeros to powers of two.

    Args:
        sizes: array sizes of the sum.
        faces: faces of all groups along the face axis.
        u: burst times.
        interpret: whether the kernel is interpreted, which any device can do.
    """
    inputs = kernel_inputs(faces, u)
    num_blocks, num_tx, num_chirps = inputs.u.shape
    num_rx, num_groups = inputs.rx_bins.shape[1], len(inputs.turns)
    num_rows, num_terms = num_tx * num_chirps * num_rx, power_of_two(sizes.num_terms, LEAST_SIDE)
    scratch = sizes.shift_powers, num_terms, FACES_PER_GROUP

    def whole(array):
        return pl.BlockSpec(array.shape, lambda block, group: (0,) * array.ndim)

    num_warps = min(max(num_rows // ROWS_PER_WARP, 1), MOST_WARPS)
    terms, _ = pl.pallas_call(
        partial(_kernel, sizes, interpret),
        out_shape=[
            jax.ShapeDtypeStruct((num_blocks, 2, num_rows, num_groups, num_terms), jnp.float32),
            jax.ShapeDtypeStruct((num_blocks, num_groups, *scratch), jnp.float32),
        ],
        grid=(num_blocks, num_groups),
        in_specs=[jax.tree.map(whole, inputs)],
        out_specs=[
            pl.BlockSpec(
                (None, 2, num_rows, None, num_terms), lambda block, group: (block, 0, 0, group, 0)
            ),
            pl.BlockSpec((None, None, *scratch), lambda block, group: (block, group, 0, 0, 0)),
        ],
        compiler_params=triton.CompilerParams(num_warps=num_warps, num_stages=1),
        interpret=interpret,
        name="sum_of_groups",
    )(inputs)
    return terms.reshape(num_blocks, 2, num_tx, num_chirps, num_rx, num_groups, num_terms)


def product(phasors: Float[Array, "row face"], factor: Float[Array, "face term"], interpret: bool):
    """Matrix product of the kernel, in float32 if the kernel is interpreted."""
    return jnp.dot(phasors, factor, precision="highest" if interpret else THREE_PASSES)


def _kernel(sizes: SumSizes, interpret: bool, inputs: KernelInputs, terms_ref, factors_ref):
    """Sum one group in one block; `inputs` holds references instead of arrays."""
    block, group = pl.program_id(0), pl.program_id(1)
    nothing = jnp.zeros(terms_ref.shape[1:], jnp.float32)
    # The series pass through memory, because only there does a thread compute one face.
    every = pl.ds(group * FACES_PER_GROUP, FACES_PER_GROUP)
    offset_bins = inputs.offset_bins[every] + inputs.middle_bins[block, every]
    write_series(sizes, offset_bins, inputs.half_bins[block, every], factors_ref)
    if not interpret:
        triton.debug_barrier()

    def turn(index, totals):
        faces = pl.ds(group * FACES_PER_GROUP + index * FACES_PER_TURN, FACES_PER_TURN)
        for power, parts in enumerate(_phasors(sizes, inputs, block, faces)):
            if not interpret:
                # The barrier keeps the compiler from loading all factors in advance, for which it
                # would need more than the 128 registers that allow two programs per processor.
                triton.debug_barrier()
            factor = factors_ref[power, :, pl.ds(index * FACES_PER_TURN, FACES_PER_TURN)].T
            sums = (product(part, factor, interpret) for part in parts)
            totals = [total + part for total, part in zip(totals, sums, strict=True)]
        return tuple(totals)

    totals = jax.lax.fori_loop(0, inputs.turns[group], turn, (nothing, nothing))
    for part, total in enumerate(totals):
        terms_ref[part, :, :] = total


def _phasors(sizes: SumSizes, inputs: KernelInputs, block, faces):
    """Phasors times powers of the shift [tx x chirp x rx, face], as `fast_sum.phasors`.

    Yields:
        The real and imaginary part for each power, from the zeroth on.
    """
    u_mid = inputs.u_mid[block]
    local = (inputs.u[block] - u_mid)[:, :, None, None]
    *echo_rx, shift_rx = _receivers(inputs, faces, u_mid, local)
    *echo_tx, shift_tx, ramp = (part[:, :, None] for part in _transmitters(inputs, block, faces))
    by_shift = shift_tx + shift_rx, ramp
    before, power = None, complex_product(echo_tx, echo_rx)
    for n in range(sizes.shift_powers):
        yield [part.reshape(-1, FACES_PER_TURN) for part in power]
        after = complex_product(power, by_shift)
        if sizes.own_quadratic and n > 0:
            quadratic = n * _polynomial(inputs.quadratic, faces, u_mid)
            by_square = complex_product(before, (0.0, quadratic))
            after = tuple(map(jnp.add, after, by_square))
        before, power = power, after


def _receivers(inputs: KernelInputs, faces, u_mid, local):
    """Real and imaginary factor [tx, chirp, rx, face] and shift of each receiver (`rx_series`)."""
    (cycles, slope_cycles), (gain, slope), shift_rx = (
        _taylor(ref, faces, u_mid) for ref in (inputs.rx_cycles, inputs.gain_rx, inputs.rx_bins)
    )
    sin, cos = _sincos_cycles(cycles)
    rate = np.float32(2 * np.pi) * slope_cycles
    terms = ((gain, 0.0), (slope, rate * gain), (-(rate**2) * gain / 2, rate * slope))
    phasor = (cos, sin)
    if inputs.pair is not None:
        phasor = complex_product(phasor, [ref[:, :, faces] for ref in inputs.pair])
    terms = [complex_product(term, phasor) for term in terms]
    if inputs.pair is not None:
        terms = [[part[:, None] for part in term] for term in terms]
    re_rx, im_rx = (horner(parts, local) for parts in zip(*terms, strict=True))
    return re_rx, im_rx, horner(shift_rx, local)


def _transmitters(inputs: KernelInputs, block, faces):
    """Real part, imaginary part, shift and ramp of the path for each tx [tx, chirp, face]."""
    u = inputs.u[block][:, :, None]

    def at_chirps(ref):
        coefficients = _coefficients(ref, faces)
        return horner([part.reshape(-1, 1, FACES_PER_TURN) for part in coefficients], u)

    sin, cos = _sincos_cycles(inputs.reference_cycles[faces] + at_chirps(inputs.tx_cycles))
    amplitude = jnp.exp(at_chirps(inputs.log_tx)) * inputs.weight[block, :, faces]
    shift = at_chirps(inputs.tx_bins) - inputs.middle_bins[block, faces]
    return amplitude * cos, amplitude * sin, shift, at_chirps(inputs.ramp)


def _coefficients(ref, faces) -> list:
    """Coefficients of a polynomial for some faces, in ascending powers."""
    return [ref[power, ..., faces] for power in range(ref.shape[0])]


def _polynomial(ref, faces, u):
    return horner(_coefficients(ref, faces), u)


def _taylor(ref, faces, u) -> list:
    """Value and derivative of a polynomial."""
    coefficients = _coefficients(ref, faces)
    slopes = [np.float32(power) * part for power, part in enumerate(coefficients)][1:]
    return [horner(coefficients, u), horner(slopes, u)]


def _sincos_cycles(cycles):
    """`polynomials.sincos_cycles`, with a rounding that the Triton compiler knows."""
    x = cycles - jnp.floor(cycles + 0.5)
    square = x * x
    return x * horner(SIN_TERMS, square), horner(COS_TERMS, square)
