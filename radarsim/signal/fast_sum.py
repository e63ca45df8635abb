"""The fast IF sum: paths as polynomials in time, and range transforms as matrix products.

The paths of every face are polynomials in burst time (path_polynomials.py), so each (chirp, tx, rx)
costs a few multiply-adds and one sine per path. Within a chirp the echo of a face is a pure tone,
and a sum of tones at unequal frequencies is a non-uniform FFT. Faces are sorted by range and
divided into groups. Around the middle of its group, a tone is expanded in a short series
(tone_series.py), so that the sum over a group is a product of matrices [chirp x tx x rx, face] and
[face, term]. Within a block of chirps, a tone shifts by a fraction of a bin; this shift is
described by multiplying the echo by powers of the shift, and by the derivatives of the series. The
sums of the groups are spread over grid cells, and one fixed matrix transforms the cells to samples
(nufft_kernel.py).

Within a chirp the path grows linearly; this shifts the tone (f_c tau' T) and adds a quadratic phase
(S tau' u^2). The weight also grows linearly, which shifts the tone to a complex frequency. The
shift and quadratic phase of the bulk motion are applied to the samples (bulk_motion.py), and the
remaining differences between faces are small. The exact reference is exact_frames.py.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.numerics.batched_map import batched_map
from radarsim.numerics.kernels import interpreted, product_einsum, use_kernels
from radarsim.numerics.polynomials import horner, power_coefficients
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_centre_and_half_s, mid_times_s
from radarsim.scattering.reflection import AntennaWeights
from radarsim.signal.array_sizes import SumSizes, needed_span_bins
from radarsim.signal.bulk_motion import bulk_phase, remove_bulk_motion
from radarsim.signal.chirp_blocks import (
    ChirpBlock,
    FaceGroup,
    amplitude_ramp_bins,
    blocks_of,
    complex_product,
    own_quadratic_phase,
)
from radarsim.signal.nufft_kernel import (
    OVERSAMPLING,
    cells_to_samples,
    real_matrix,
    terms_to_cells,
)
from radarsim.signal.path_polynomials import PathLengths, fit_path
from radarsim.signal.range_groups import FACES_PER_GROUP, GroupSpans
from radarsim.signal.sum_kernel import terms_of_groups


def fast_sum(
    radar: Radar,
    sizes: SumSizes,
    paths: PathLengths,
    weights: AntennaWeights,
    visible: Float[Array, "chirp face"],
    share: Float[Array, " face"],
    groups: GroupSpans,
) -> Complex[Array, "chirp tx rx sample"]:
    """IF samples of one frame without the level constant.

    Args:
        radar: board whose waveform, timing and antennas are used.
        sizes: array sizes.
        paths: path lengths from `path_lengths`, for whole groups of faces sorted by range.
        weights: weights of the faces in `paths`, from `reflection.reflect`.
        visible: weight of each face and chirp, 0 for padding.
        share: weight of each face in the bulk motion, which is removed and restored exactly.
        groups: middles and widths of the groups.

    Returns:
        Samples; NaN if `sizes` are too small for the groups.
    """
    u, weight = in_blocks(radar, sizes, visible)
    log_tx = power_coefficients(weights.log_tx)
    tx = fit_path(radar, paths.tx_m, paths.cycles_per_m, weights.cycles_tx)
    rx = fit_path(radar, paths.rx_m, paths.cycles_per_m, weights.cycles_rx)
    tx, rx, bulk = remove_bulk_motion(radar, tx, rx, share, sizes.own_quadratic)
    middle_bins = jnp.repeat(groups.middle_cells / OVERSAMPLING, FACES_PER_GROUP)
    # Padding entries may refer to any face, even to one so far away that its series is NaN, which a
    # weight of zero would not remove.
    real = jnp.any(visible > 0, axis=0)
    offset_bins = jnp.where(real, paths.reference_bin - middle_bins, 0.0)
    faces = FaceGroup(
        tx=tx,
        rx=rx,
        log_tx=log_tx,
        gain_rx=power_coefficients(jnp.exp(weights.log_rx)),
        ramp=amplitude_ramp_bins(radar, log_tx),
        quadratic=own_quadratic_phase(radar, tx) if sizes.own_quadratic else None,
        pair=weights.pair,
        reference_cycles=paths.reference_cycles,
        offset_bins=offset_bins,
        weight=weight,
    )
    cells_of_faces = cells_by_kernel if sizes.kernels and use_kernels() else cells_by_loop
    cells = cells_of_faces(sizes, faces, groups.middle_cells, jnp.asarray(u))
    samples = samples_of_cells(radar, sizes, cells)
    return checked(sizes, groups, samples) * bulk_phase(
        radar, jnp.min(groups.middle_cells) - sizes.reach_cells, bulk
    )


def in_blocks(radar: Radar, sizes: SumSizes, visible):
    """Burst times [block, chirp, tx] and weights [block, chirp, face], padded to whole blocks."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    u = ((mid_times_s(radar) - centre_s) / half_s).astype(np.float32)
    size = min(sizes.chirps_per_block, len(u))
    padding = -len(u) % size
    # Padding loops repeat the last time with zero weight; `samples_of_cells` drops these loops.
    u = np.pad(u, ((0, padding), (0, 0)), mode="edge").reshape(-1, size, u.shape[1])
    weight = jnp.pad(visible, ((0, padding), (0, 0))).reshape(-1, size, visible.shape[1])
    return u, weight


def cells_by_kernel(
    sizes: SumSizes, faces: FaceGroup, middle_cells, u
) -> Float[Array, "block part pair cell"]:
    """`cells_by_loop` with the GPU kernel of sum_kernel.py.

    Gradients are those of the loop; forward-mode derivatives need `SumSizes.kernels=False`.
    """
    leaves, structure = jax.tree.flatten((faces, middle_cells, u))
    return _cells_by_kernel(sizes, structure, *leaves)


# The arguments are flat, because JAX fills the structure of a gradient with placeholders.
@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _cells_by_kernel(sizes: SumSizes, structure, *leaves):
    faces, middle_cells, u = jax.tree.unflatten(structure, leaves)
    terms = terms_of_groups(sizes, faces, u, interpreted())
    spread = _spread_of_groups(sizes, middle_cells, terms.shape[-1])
    cells = product_einsum("bptcrgk,gkn->bpctrn", terms, spread, "highest")
    cells = cells[:, :, : u.shape[1], :, : faces.rx.bins.shape[1]]
    return cells.reshape(*cells.shape[:2], -1, sizes.num_cells)


def _cells_and_inputs(sizes: SumSizes, structure, *leaves):
    return _cells_by_kernel(sizes, structure, *leaves), leaves


def _gradient_of_loop(sizes: SumSizes, structure, leaves, gradient):
    def by_loop(*leaves):
        return cells_by_loop(sizes, *jax.tree.unflatten(structure, leaves))

    _, pull_back = jax.vjp(by_loop, *leaves)
    return pull_back(gradient)


_cells_by_kernel.defvjp(_cells_and_inputs, _gradient_of_loop)


def _spread_of_groups(
    sizes: SumSizes, middle_cells, num_terms: int
) -> Float[Array, "group term cell"]:
    """Matrix from the series of each group, padded to `num_terms`, to all cells of the band."""
    to_cells = terms_to_cells(sizes.num_terms, sizes.span_bins, sizes.kernel_width)
    to_cells = np.pad(to_cells, ((0, num_terms - len(to_cells)), (0, 0)))
    offsets = (middle_cells - jnp.min(middle_cells)).astype(jnp.int32)
    columns = np.arange(sizes.num_cells) - offsets[:, None]
    inside = (columns >= 0) & (columns < to_cells.shape[1])
    found = jnp.asarray(to_cells.T, jnp.float32)[jnp.clip(columns, 0, to_cells.shape[1] - 1)]
    return jnp.swapaxes(jnp.where(inside[..., None], found, 0.0), 1, 2)


def cells_by_loop(
    sizes: SumSizes, faces: FaceGroup, middle_cells, u
) -> Float[Array, "block part pair cell"]:
    """Range cells of all loops, including padded loops, as real and imaginary part.

    Args:
        sizes: array sizes of the sum.
        faces: faces of all groups along the face axis.
        middle_cells: grid cell at the middle of each group.
        u: burst times [block, chirp, tx].
    """
    return sum_of_groups(sizes, in_groups(faces), middle_cells, u)


def in_groups(faces: FaceGroup) -> FaceGroup:
    """Split the face axis into groups, which become the first axis."""

    def cut(values):
        values = values.reshape(*values.shape[:-1], -1, FACES_PER_GROUP)
        return jnp.moveaxis(values, -2, 0)

    return jax.tree.map(cut, faces)


def sum_of_groups(
    sizes: SumSizes, groups: FaceGroup, middle_cells, u
) -> Float[Array, "block part pair cell"]:
    """Compute the range cells of all loops like `cells_by_loop`, for grouped faces.

    Args:
        sizes: array sizes of the sum.
        groups: face groups along the first axis; groups without weight are skipped.
        middle_cells: grid cell at the middle of each group.
        u: burst times [block, chirp, tx].
    """
    rows = u.shape[1] * u.shape[2] * groups.rx.bins.shape[2]
    offsets = (middle_cells - jnp.min(middle_cells)).astype(jnp.int32)
    nothing = jnp.zeros((u.shape[0], 2, rows, 2 * sizes.reach_cells + 1))
    to_cells = terms_to_cells(sizes.num_terms, sizes.span_bins, sizes.kernel_width)
    to_cells = to_cells.astype(np.float32)

    # A backward pass recomputes intermediate values group by group, because storing them would fill
    # the memory. A scan merges no computations, so `prevent_cse` is not needed.
    @partial(jax.checkpoint, prevent_cse=False)
    def cells_of(group):
        def compute():
            terms = batched_map(partial(terms_in_block, sizes), blocks_of(sizes, group, u))
            return jnp.matmul(terms, to_cells, precision="highest")

        return jax.lax.cond(jnp.any(group.weight > 0), compute, lambda: nothing)

    def add(total, inputs):
        group, offset = inputs
        at = (0, 0, 0, offset)
        part = cells_of(group)
        old = jax.lax.dynamic_slice(total, at, part.shape)
        return jax.lax.dynamic_update_slice(total, old + part, at), None

    empty = jnp.zeros((*nothing.shape[:3], sizes.num_cells))
    return jax.lax.scan(add, empty, (groups, offsets))[0]


def terms_in_block(sizes: SumSizes, block: ChirpBlock) -> Float[Array, "part row term"]:
    """Sum over a group in one block, as real and imaginary part [part, chirp x tx x rx, term]."""

    def spread(rows):
        dot = partial(jnp.dot, precision=sizes.precision)
        return sum(dot(row, factor) for row, factor in zip(rows, block.factors, strict=True))

    return jnp.stack([spread(rows) for rows in phasors(sizes, block)])


def phasors(sizes: SumSizes, block: ChirpBlock):
    """Amplitude and carrier phase of every face, multiplied by the powers of its range shift.

    With a quadratic phase, the powers become the factors p_n in the expansion
    exp(d D + b D^2 / 2) = sum_n p_n D^n / n!, where D is the derivative of a series:
    p_n+1 = d p_n + n b p_n-1.

    Every value per [chirp, tx, rx, face] is a product or a sum of parts with fewer axes. The parts
    are separate arrays, not slices of one array, because only then does XLA generate a loop of
    vector instructions.

    Returns:
        For each part (real, imaginary), and then for each power: [chirp x tx x rx, face].
    """
    re_tx, im_tx, shift_tx, ramp = (
        part[:, :, None] for part in (*block.echo_tx, block.shift_tx, block.ramp)
    )
    local = block.local[..., None, None]
    re_rx, im_rx, shift_rx = (horner(terms, local) for terms in (*block.echo_rx, block.shift_rx))
    by_shift = (shift_tx + shift_rx, ramp)
    powers = [complex_product((re_tx, im_tx), (re_rx, im_rx))]
    while (n := len(powers)) < sizes.shift_powers:
        power = complex_product(powers[-1], by_shift)
        if sizes.own_quadratic and n > 1:
            quadratic = complex_product(powers[-2], (0.0, (n - 1) * block.quadratic))
            power = tuple(map(jnp.add, power, quadratic))
        powers.append(power)
    return [[part.reshape(-1, part.shape[-1]) for part in parts] for parts in zip(*powers)]


def samples_of_cells(
    radar: Radar, sizes: SumSizes, cells: Float[Array, "block part pair cell"]
) -> Complex[Array, "chirp tx rx sample"]:
    """Transform range cells to ADC samples, without the phase of the band and the padded loops."""
    # On CPUs, products of real matrices are far faster than those of complex matrices.
    matrix = real_matrix(
        cells_to_samples(sizes.num_cells, sizes.kernel_width, radar.chirp.num_samples)
    )
    parts = product_einsum("bprg,pgqn->brqn", cells, matrix, sizes.precision)
    samples = jax.lax.complex(parts[:, :, 0], parts[:, :, 1])
    num_tx, num_rx = radar.array.num_tx, radar.array.num_rx
    samples = samples.reshape(-1, num_tx, num_rx, samples.shape[-1])
    return samples[: radar.frame.num_chirps]


def checked(sizes: SumSizes, groups: GroupSpans, samples):
    """Return the samples, or NaN if a group does not fit into the band or its series.

    Without this test, a group outside the band would silently be moved into the band, and a series
    would grow without bound outside its range.
    """
    middle = groups.middle_cells
    in_band = jnp.max(middle) - jnp.min(middle) + 2 * sizes.reach_cells < sizes.num_cells
    in_span = needed_span_bins(groups.widest_bins) <= sizes.span_bins
    return jnp.where(in_band & in_span, samples, jnp.nan)
