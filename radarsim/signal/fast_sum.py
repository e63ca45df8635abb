"""The fast IF sum: smooth legs, then range by products of matrices.

With the legs of every face as polynomials in burst time (legs.py), each (chirp, tx, rx) costs a few
multiply-adds and one sine per leg. Within a chirp a face is a pure tone, and a sum of tones at
unequal frequencies is a non-uniform FFT. Faces come sorted by range and in groups: around the
middle of its group a tone is a short series (tones.py), so that a group is a product of matrices,
[chirp x tx x rx, face] . [face, term]. Over a block of chirps a tone shifts by a fraction of a bin:
its echo times powers of that shift, and the derivatives of its series, carry that. What groups have
summed is spread over grid cells, and one fixed matrix takes those to samples (kernels.py).

Inside a chirp the path grows linearly: its rate shifts the tone (f_c tau' T) and bends it
(S tau' u^2). The weight grows linearly too, which is a shift along the imaginary axis. Shift and
bend that all share are left to the samples (samples.py); what differs between faces is small.
plain.py is the oracle.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.numerics.batched_map import in_turns
from radarsim.numerics.polynomials import horner, power_coefficients
from radarsim.radar.config import Radar
from radarsim.radar.timing import burst_centre_and_half_s, mid_times_s
from radarsim.scattering.reflection import Weights
from radarsim.signal.bulk_motion import sample_phase, take_common
from radarsim.signal.chirp_blocks import Block, Group, blocks_of, own_bend, ramp_bins, times
from radarsim.signal.nufft_kernel import Plan, cells_to_samples, real_matrix, terms_to_cells
from radarsim.signal.path_polynomials import Legs, course


def fast_sum(
    radar: Radar,
    plan: Plan,
    legs: Legs,
    weights: Weights,
    visible: Float[Array, "chirp face"],
    share: Float[Array, "face"],
    middle_cells: Float[Array, "group"],
) -> Complex[Array, "chirp tx rx sample"]:
    """IF samples of one frame without the level constant.

    Args:
        radar: waveform, timing and antennas.
        plan: sizes.
        legs: of `legs_at_nodes`; faces sorted by range, a whole number of groups.
        weights: of `weights_at_nodes`.
        visible: weight of each face and chirp, 0 for padding.
        share: of each face in what all do in common: it is taken off, and given back exactly.
        middle_cells: grid cell in the middle of each group.
    """
    u, weight = in_blocks(radar, plan, visible)
    log_tx = power_coefficients(weights.log_tx)
    tx = course(radar, legs.tx_m, legs.cycles_per_m, weights.cycles_tx)
    rx = course(radar, legs.rx_m, legs.cycles_per_m, weights.cycles_rx)
    tx, rx, common = take_common(radar, tx, rx, share, plan.own_bend)
    middle_bins = jnp.repeat(middle_cells / plan.oversampling, plan.faces_per_group)
    # Padding may be any face, so far off that its series would not be a number; zero times it
    # neither.
    real = jnp.any(visible > 0, axis=0)
    offset_bins = jnp.where(real, legs.reference_bin - middle_bins, 0.0)
    whole = Group(
        tx=tx,
        rx=rx,
        log_tx=log_tx,
        gain_rx=power_coefficients(jnp.exp(weights.log_rx)),
        ramp=ramp_bins(radar, log_tx),
        bend=own_bend(radar, tx) if plan.own_bend else None,
        pair=weights.pair,
        reference_cycles=legs.reference_cycles,
        offset_bins=offset_bins,
        weight=weight,
    )
    cells = sum_of_groups(plan, in_groups(plan, whole), middle_cells, jnp.asarray(u))
    # On CPUs products of real matrices are far faster than complex ones.
    matrix = real_matrix(cells_to_samples(plan, radar.chirp.num_samples))
    parts = jnp.einsum("bprg,pgqn->brqn", cells, matrix, precision=plan.precision)
    samples = jax.lax.complex(parts[:, :, 0], parts[:, :, 1])
    num_tx, num_rx = radar.array.num_tx, radar.array.num_rx
    samples = samples.reshape(-1, num_tx, num_rx, samples.shape[-1])[: radar.frame.num_chirps]
    band = jnp.min(middle_cells) - plan.reach_cells
    # A group beyond the band would be moved into it without a word: better no number at all.
    room = jnp.max(middle_cells) - jnp.min(middle_cells) + 2 * plan.reach_cells < plan.num_cells
    samples = jnp.where(room, samples, jnp.nan)
    return samples * sample_phase(radar, plan, band, common)


def in_blocks(radar: Radar, plan: Plan, visible):
    """Burst times [block, chirp, tx] and weights [block, chirp, face], padded to whole blocks."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    u = ((mid_times_s(radar) - centre_s) / half_s).astype(np.float32)
    size = min(plan.chirps_per_block, len(u))
    padding = -len(u) % size
    # Padded loops repeat the last time with no weight; fast_sum cuts them off.
    u = np.pad(u, ((0, padding), (0, 0)), mode="edge").reshape(-1, size, u.shape[1])
    weight = jnp.pad(visible, ((0, padding), (0, 0))).reshape(-1, size, visible.shape[1])
    return u, weight


def in_groups(plan: Plan, whole: Group) -> Group:
    """The face axis cut into groups, which become the first axis."""

    def cut(values):
        values = values.reshape(*values.shape[:-1], -1, plan.faces_per_group)
        return jnp.moveaxis(values, -2, 0)

    return jax.tree.map(cut, whole)


def sum_of_groups(
    plan: Plan, groups: Group, middle_cells, u
) -> Float[Array, "block part pair cell"]:
    """Range cells of all loops, padded ones included, as real and imaginary part.

    Args:
        plan: sizes.
        groups: with the group axis first; those without weight are passed over.
        middle_cells: grid cell in the middle of each.
        u: burst times [block, chirp, tx].
    """
    rows = u.shape[1] * u.shape[2] * groups.rx.bins.shape[2]
    offsets = (middle_cells - jnp.min(middle_cells)).astype(jnp.int32)
    nothing = jnp.zeros((u.shape[0], 2, rows, 2 * plan.reach_cells + 1))
    to_cells = terms_to_cells(plan).astype(np.float32)

    # What a backward pass needs is computed again, group by group: it would fill the memory.
    @partial(jax.checkpoint, prevent_cse=False)  # in a scan nothing is merged anyway
    def cells_of(group):
        def compute():
            terms = in_turns(partial(terms_in_block, plan), blocks_of(plan, group, u))
            return jnp.matmul(terms, to_cells, precision="highest")

        return jax.lax.cond(jnp.any(group.weight > 0), compute, lambda: nothing)

    def add(total, inputs):
        group, offset = inputs
        at = (0, 0, 0, offset)
        part = cells_of(group)
        old = jax.lax.dynamic_slice(total, at, part.shape)
        return jax.lax.dynamic_update_slice(total, old + part, at), None

    empty = jnp.zeros((*nothing.shape[:3], plan.num_cells))
    return jax.lax.scan(add, empty, (groups, offsets))[0]


def terms_in_block(plan: Plan, block: Block) -> Float[Array, "part row term"]:
    """Sums over a group in one block: real and imaginary part [part, chirp x tx x rx, term]."""

    def spread(rows):
        dot = partial(jnp.dot, precision=plan.precision)
        return sum(dot(row, factor) for row, factor in zip(rows, block.factors, strict=True))

    return jnp.stack([spread(rows) for rows in phasors(plan, block)])


def phasors(plan: Plan, block: Block):
    """Amplitude and carrier phase of every face, times powers of its shift through range.

    With a bend the powers are those in exp(d D + b D^2 / 2) = sum_n p_n D^n / n!, where D takes the
    derivative of a series: p_n+1 = d p_n + n b p_n-1.

    Everything for each [chirp, tx, rx, face] is a product or a sum of parts with fewer axes. Parts
    are arrays of their own, not slices of one: only then does XLA make a loop of vector
    instructions.

    Returns:
        By part (real, imaginary), then by power: [chirp x tx x rx, face].
    """
    re_tx, im_tx, shift_tx, ramp = (
        part[:, :, None] for part in (*block.echo_tx, block.shift_tx, block.ramp)
    )
    local = block.local[..., None, None]
    re_rx, im_rx, shift_rx = (horner(terms, local) for terms in (*block.echo_rx, block.shift_rx))
    by_shift = (shift_tx + shift_rx, ramp)
    echo = times((re_tx, im_tx), (re_rx, im_rx))
    powers = [echo]
    while (n := len(powers)) < plan.shift_powers:
        power = times(powers[-1], by_shift)
        if plan.own_bend and n > 1:
            bent = times(powers[-2], (0.0, (n - 1) * block.bend))
            power = tuple(map(jnp.add, power, bent))
        powers.append(power)
    return [[part.reshape(-1, part.shape[-1]) for part in parts] for parts in zip(*powers)]
