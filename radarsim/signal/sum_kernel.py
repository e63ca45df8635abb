"""The sum over the faces of each group as one GPU kernel, with phasors that stay in registers.

XLA writes the phasors [chirp x tx x rx, face] to memory between the kernel that computes them and
the product that reads them: two thirds of all memory traffic of a simulation. Here, one program per
block of chirps and range group computes, for one transmitter after the other, the phasors of a few
faces at a time and immediately multiplies them by the series of these faces. The inputs of the
program are the polynomials of each face (kernel_inputs.py), and its result is the sum over the
group.

The number of rows of a product must be a power of two. The rows of a product do not include the
transmitters: boards often have three, which would be padded to four, so that a quarter of all
products would multiply zeros.

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

from radarsim.numerics.kernels import kernel_product
from radarsim.numerics.polynomials import COS_TERMS, SIN_TERMS, horner
from radarsim.signal.array_sizes import SumSizes, power_of_two
from radarsim.signal.chirp_blocks import FaceGroup, complex_product
from radarsim.signal.kernel_inputs import FACES_PER_TURN, LEAST_SIDE, KernelInputs, kernel_inputs
from radarsim.signal.range_groups import FACES_PER_GROUP
from radarsim.signal.series_kernel import write_series

# Rows [chirp x rx] per warp. Two warps share the 16 rows of a product, because one warp would need
# more than the 128 registers per thread that allow an occupancy of 25 %.
ROWS_PER_WARP = 16
MOST_WARPS = 16
THREADS_PER_WARP = 32


def terms_of_groups(
    sizes: SumSizes, faces: FaceGroup, u: Float[Array, "block chirp tx"], interpret: bool
) -> Float[Array, "block part tx chirp_padded rx_padded group term"]:
    """Sum over each group in each block of chirps, as real and imaginary part.

    The axes of chirps, receivers and terms are padded with zeros to powers of two.

    Args:
        sizes: array sizes of the sum.
        faces: faces of all groups along the face axis.
        u: burst times.
        interpret: whether to interpret the kernel, which works on any device.
    """
    inputs = kernel_inputs(faces, u)
    num_blocks, num_tx, num_chirps = inputs.u.shape
    num_rx, num_groups = inputs.rx.shape[2], len(inputs.turns)
    num_rows, num_terms = num_chirps * num_rx, power_of_two(sizes.num_terms, LEAST_SIDE)
    sums = 2, num_tx, num_rows
    scratch = sizes.shift_powers, num_terms, FACES_PER_GROUP

    def whole(array):
        return pl.BlockSpec(array.shape, lambda block, group: (0,) * array.ndim)

    num_warps = min(max(num_rows // ROWS_PER_WARP, 1), MOST_WARPS)
    faces_per_step = min(THREADS_PER_WARP * num_warps, FACES_PER_GROUP)
    terms, _ = pl.pallas_call(
        partial(_kernel, sizes, faces_per_step, interpret),
        out_shape=[
            jax.ShapeDtypeStruct((num_blocks, *sums, num_groups, num_terms), jnp.float32),
            jax.ShapeDtypeStruct((num_blocks, num_groups, *scratch), jnp.float32),
        ],
        grid=(num_blocks, num_groups),
        in_specs=[jax.tree.map(whole, inputs)],
        out_specs=[
            pl.BlockSpec(
                (None, *sums, None, num_terms), lambda block, group: (block, 0, 0, 0, group, 0)
            ),
            pl.BlockSpec((None, None, *scratch), lambda block, group: (block, group, 0, 0, 0)),
        ],
        compiler_params=triton.CompilerParams(num_warps=num_warps, num_stages=1),
        interpret=interpret,
        name="sum_of_groups",
    )(inputs)
    return terms.reshape(num_blocks, 2, num_tx, num_chirps, num_rx, num_groups, num_terms)


def _kernel(
    sizes: SumSizes,
    faces_per_step: int,
    interpret: bool,
    inputs: KernelInputs,
    terms_ref,
    factors_ref,
):
    """Sum one group in one block; `inputs` holds references instead of arrays."""
    block, group = pl.program_id(0), pl.program_id(1)
    first, turns = group * FACES_PER_GROUP, inputs.turns[group]
    nothing = jnp.zeros(terms_ref.shape[2:], jnp.float32)
    barrier = (lambda: None) if interpret else triton.debug_barrier
    # The series are passed through memory, because a product needs the series of all faces, but
    # each thread computes the series of one face.
    _write_all_series(sizes, inputs, (block, group), faces_per_step, factors_ref)
    barrier()

    def turn(tx, index, totals):
        faces = pl.ds(first + index * FACES_PER_TURN, FACES_PER_TURN)
        of_group = pl.ds(index * FACES_PER_TURN, FACES_PER_TURN)
        for power, parts in _phasors(sizes, inputs, (block, tx), faces, barrier):
            barrier()
            factor = factors_ref[power, :, of_group].T
            sums = (kernel_product(part, factor, interpret) for part in parts)
            totals = [total + part for total, part in zip(totals, sums, strict=True)]
        return tuple(totals)

    def antenna(tx, carry):
        totals = jax.lax.fori_loop(0, turns, partial(turn, tx), (nothing, nothing))
        for part, total in enumerate(totals):
            terms_ref[part, tx, :, :] = total
        return carry

    jax.lax.fori_loop(0, terms_ref.shape[1], antenna, 0)


def _write_all_series(sizes: SumSizes, inputs: KernelInputs, at, faces_per_step, factors_ref):
    """Write the series of all faces with weight, a few at a time.

    Args:
        sizes: array sizes of the sum.
        inputs: references to the inputs.
        at: indices of the block and of the group.
        faces_per_step: number of faces at a time.
        factors_ref: reference to the result [power, row, face].
    """
    block, group = at

    def step(index, carry):
        of_group = pl.ds(index * faces_per_step, faces_per_step)
        faces = pl.ds(group * FACES_PER_GROUP + index * faces_per_step, faces_per_step)
        middle_bins, half_bins = (inputs.shifts[kind, block, faces] for kind in range(2))
        offset_bins = inputs.fixed[1, faces] + middle_bins
        write_series(sizes, offset_bins, half_bins, factors_ref, of_group)
        return carry

    steps = (inputs.turns[group] * FACES_PER_TURN + faces_per_step - 1) // faces_per_step
    jax.lax.fori_loop(0, steps, step, 0)


def _phasors(sizes: SumSizes, inputs: KernelInputs, at, faces, barrier):
    """Phasors times powers of the shift [chirp x rx, face], as `fast_sum.phasors`.

    Args:
        sizes: array sizes of the sum.
        inputs: references to the inputs.
        at: indices of the block and of the transmitter.
        faces: slice of the faces.
        barrier: function that prevents the compiler from moving loads to an earlier point, where
            the loaded values would occupy registers for longer.

    Yields:
        Each power with its real and imaginary part. The last power precedes the last but one,
        because then no register is needed for values from which powers are computed.
    """
    *echo_rx, shift_rx = _receivers(inputs, at, faces, barrier)
    *echo_tx, shift_tx, ramp = (part[:, None] for part in _transmitter(inputs, at, faces, barrier))
    by_shift = shift_tx + shift_rx, ramp
    before, power, last = None, complex_product(echo_tx, echo_rx), sizes.shift_powers - 1
    for n in range(last):
        if n < last - 1:
            yield n, _as_rows(power)
        after = complex_product(power, by_shift)
        if sizes.own_quadratic and n > 0:
            quadratic = n * horner(_coefficients(inputs.own, 1, faces), inputs.u_mid[at[0]])
            by_square = complex_product(before, (0.0, quadratic))
            after = tuple(map(jnp.add, after, by_square))
        before, power = power, after
    yield last, _as_rows(power)
    yield last - 1, _as_rows(before)


def _as_rows(parts) -> list:
    """Real and imaginary part [chirp, rx, face] with one axis of rows."""
    return [part.reshape(-1, FACES_PER_TURN) for part in parts]


def _receivers(inputs: KernelInputs, at, faces, barrier):
    """Real and imaginary factor and shift of each receiver [chirp, rx, face] (`rx_series`)."""
    block, tx = at
    u_mid = inputs.u_mid[block]
    local = (inputs.u[block, tx] - u_mid)[:, None, None]
    cycles, slope_cycles = _taylor(inputs.rx, 0, faces, u_mid)
    sin, cos = _sincos_cycles(cycles)
    barrier()
    gain, slope = _taylor(inputs.rx, 2, faces, u_mid)
    rate = np.float32(2 * np.pi) * slope_cycles
    terms = ((gain, 0.0), (slope, rate * gain), (-(rate**2) * gain / 2, rate * slope))
    phasor = (cos, sin)
    if inputs.pair is not None:
        phasor = complex_product(phasor, [inputs.pair[part, tx, :, faces] for part in range(2)])
    terms = [complex_product(term, phasor) for term in terms]
    re_rx, im_rx = (horner(parts, local) for parts in zip(*terms, strict=True))
    barrier()
    return re_rx, im_rx, horner(_taylor(inputs.rx, 1, faces, u_mid), local)


def _transmitter(inputs: KernelInputs, at, faces, barrier):
    """Real part, imaginary part, shift and ramp of the path of a transmitter [chirp, face]."""
    block, tx = at
    u = inputs.u[block, tx][:, None]

    def at_chirps(ref, kind, *index):
        barrier()
        return horner(_coefficients(ref, kind, faces, *index), u)

    sin, cos = _sincos_cycles(inputs.fixed[0, faces] + at_chirps(inputs.tx, 0, tx))
    amplitude = jnp.exp(at_chirps(inputs.tx, 2, tx)) * inputs.weight[block, :, faces]
    shift = at_chirps(inputs.tx, 1, tx) - inputs.shifts[0, block, faces]
    return amplitude * cos, amplitude * sin, shift, at_chirps(inputs.own, 0)


def _coefficients(ref, kind: int, faces, *antenna) -> list:
    """Coefficients of polynomials of some faces, in ascending powers."""
    antenna = antenna or (slice(None),) * (len(ref.shape) - 3)
    return [ref[(kind, power, *antenna, faces)] for power in range(ref.shape[1])]


def _taylor(ref, kind: int, faces, u) -> list:
    """Value and derivative of polynomials."""
    coefficients = _coefficients(ref, kind, faces)
    slopes = [np.float32(power) * part for power, part in enumerate(coefficients)][1:]
    return [horner(coefficients, u), horner(slopes, u)]


def _sincos_cycles(cycles):
    """`polynomials.sincos_cycles`, with a rounding operation that the Triton compiler supports."""
    x = cycles - jnp.floor(cycles + 0.5)
    square = x * x
    return x * horner(SIN_TERMS, square), horner(COS_TERMS, square)
