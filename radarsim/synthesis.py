"""The fast IF sum: smooth legs, then range by products of matrices.

With the legs of every face as polynomials in burst time (legs.py), each (chirp, tx, rx) costs a few
multiply-adds and one sine per leg. Within a chirp a face is a pure tone, and a sum of tones at
unequal frequencies is a non-uniform FFT: spread each tone with a short kernel over a grid of range
cells, then one product with a fixed matrix. Over a block of chirps the tone shifts by a fraction of
a cell, so the kernel is evaluated at two or three shifts and interpolated between them: the
spreading is a product of matrices too, [chirp x tx x rx, face] . [face, cell]. Faces come sorted by
range and in groups, so that a group needs only the few cells that it covers.

Inside a chirp the path grows linearly: its rate shifts the tone (f_c tau' T) and bends it
(S tau' u^2). The weight grows linearly too, which is a shift along the imaginary axis. Shift and
bend that all share are left to the samples (samples.py); what differs between faces is small.
plain.py is the oracle.
"""

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.config import Radar
from radarsim.kernels import Plan, shifted_kernels
from radarsim.legs import (
    Course,
    Legs,
    burst_centre_and_half_s,
    course,
    derivative,
    horner,
    mid_times_s,
    power_coefficients,
    sincos_cycles,
)
from radarsim.reflection import Weights
from radarsim.samples import sample_phase, take_common, to_samples


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Group:
    """Faces next to each other in range, ready to be summed; with or without a group axis first.

    Attributes:
        tx, rx: courses of the path by tx and of what each rx adds.
        log_tx: course of the log-amplitude by tx.
        gain_rx: course of the factor that each rx adds to it.
        ramp: of `ramp_bins`.
        pair: real and imaginary part of the factor left to each tx and rx; None for 1.
        reference_cycles: carrier phase of the mean path.
        reference_bin: its range bin.
        weight: visibility per block and chirp.
    """

    tx: Course
    rx: Course
    log_tx: Float[Array, "*group power tx face"]
    gain_rx: Float[Array, "*group power rx face"]
    ramp: Float[Array, "*group power face"]
    pair: tuple[Float[Array, "*group tx rx face"], Float[Array, "*group tx rx face"]] | None
    reference_cycles: Float[Array, "*group face"]
    reference_bin: Float[Array, "*group face"]
    weight: Float[Array, "*group block chirp face"]


def fast_sum(
    radar: Radar,
    plan: Plan,
    legs: Legs,
    weights: Weights,
    visible: Float[Array, "chirp face"],
    share: Float[Array, "face"],
    low_bins: Float[Array, "group"],
) -> Complex[Array, "chirp tx rx sample"]:
    """IF samples of one frame without the level constant.

    Args:
        radar: waveform, timing and antennas.
        plan: sizes.
        legs: of `legs_at_nodes`; faces sorted by range, a whole number of groups.
        weights: of `weights_at_nodes`.
        visible: weight of each face and chirp, 0 for padding.
        share: of each face in what all do in common: it is taken off, and given back exactly.
        low_bins: lowest range bin of each group.
    """
    u, weight = in_blocks(radar, plan, visible)
    first_cells = jnp.floor(low_bins * plan.oversampling - plan.kernel_width / 2)
    first_cells = jax.lax.stop_gradient(first_cells)
    log_tx = power_coefficients(weights.log_tx)
    whole = Group(
        tx=course(radar, legs.tx_m, legs.cycles_per_m, weights.cycles_tx),
        rx=course(radar, legs.rx_m, legs.cycles_per_m, weights.cycles_rx),
        log_tx=log_tx,
        gain_rx=power_coefficients(jnp.exp(weights.log_rx)),
        ramp=ramp_bins(radar, log_tx),
        pair=weights.pair,
        reference_cycles=legs.reference_cycles,
        reference_bin=legs.reference_bin,
        weight=weight,
    )
    tx, rx, common = take_common(whole.tx, whole.rx, share)
    whole = replace(whole, tx=tx, rx=rx)
    groups = jax.lax.optimization_barrier(in_groups(plan, whole))
    cells = sum_of_groups(plan, groups, first_cells, jnp.asarray(u))[:, : radar.frame.num_chirps]
    real, imag = jnp.einsum(
        "pctrg,pgqn->qctrn", cells, to_samples(radar, plan), precision=plan.precision
    )
    samples = jax.lax.complex(real, imag)
    band = jnp.min(first_cells)
    # A group beyond the band would be moved into it without a word: better no number at all.
    room = jnp.max(first_cells) - band + plan.group_cells <= plan.num_cells
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
    plan: Plan, groups: Group, first_cells, u
) -> Float[Array, "part chirp tx rx cell"]:
    """Range cells of all loops, padded ones included: the parts of `cells_in_block`.

    Args:
        plan: sizes.
        groups: with the group axis first; those without weight are passed over.
        first_cells: grid cell at which each begins.
        u: burst times [block, chirp, tx].
    """
    shape = (2 + 2 * plan.own_bend, *u.shape, groups.rx.bins.shape[2])
    offsets = (first_cells - jnp.min(first_cells)).astype(jnp.int32)
    nothing = jnp.zeros((*shape, plan.group_cells))

    # What a backward pass needs is computed again, group by group: it would fill the memory.
    @partial(jax.checkpoint, prevent_cse=False)  # in a scan nothing is merged anyway
    def cells_of(group, first_cell):
        def compute():
            block = partial(cells_in_block, plan, group, first_cell)
            parts = jax.lax.map(lambda one: block(*one), (group.weight, u))
            return jnp.moveaxis(parts, 1, 0)

        return jax.lax.cond(jnp.any(group.weight > 0), compute, lambda: nothing)

    def add(total, inputs):
        group, first_cell, offset = inputs
        at = (0,) * len(shape) + (offset,)
        part = cells_of(group, first_cell)
        old = jax.lax.dynamic_slice(total, at, part.shape)
        return jax.lax.dynamic_update_slice(total, old + part, at), None

    empty = jnp.zeros((*shape, plan.num_cells))
    total, _ = jax.lax.scan(add, empty, (groups, first_cells, offsets))
    return total.reshape(shape[0], -1, *shape[3:], plan.num_cells)


def cells_in_block(plan: Plan, group: Group, first_cell, weight, u):
    """Cells [part, chirp, tx, rx, cell] of one group in one block.

    Parts are real and imaginary; then, where faces bend their own tones, the same weighed by drift.
    """
    u_mid = u.mean()
    centre = horner(group.tx.bins, u_mid).mean(0) + horner(group.rx.bins, u_mid).mean(0)
    half = half_span(group, u, centre)
    real, imag = phasors(plan, group, weight, u, centre, half)
    kernels = shifted_kernels(plan, group.reference_bin + centre, half, first_cell)

    if plan.own_bend:
        drift = horner(group.tx.rate, u_mid).mean(0)
        # The bend needs no shift, so it rides along with the first of the kernels.
        first = jnp.concatenate([kernels[0], drift[:, None] * kernels[0]], axis=1)
        kernels = [first, *kernels[1:]]

    def spread(rows):
        first, *others = (
            jnp.dot(row, kernel, precision=plan.precision)
            for row, kernel in zip(rows, kernels, strict=True)
        )
        plain, bent = first[:, : plan.group_cells], first[:, plan.group_cells :]
        return sum(others, plain), bent

    (real, real_bent), (imag, imag_bent) = spread(real), spread(imag)
    parts = [real, imag, real_bent, imag_bent][: 2 + 2 * plan.own_bend]
    return jnp.stack(parts).reshape(len(parts), *u.shape, -1, plan.group_cells)


def phasors(plan: Plan, group: Group, weight, u, centre, half):
    """Amplitude and carrier phase of every face, times powers of its shift through range.

    This is where the time goes. Everything for each [chirp, tx, rx, face] is a product or a sum of
    parts with fewer axes that are made before. What the receivers differ in hardly changes within a
    block (2 ms), so it is a short Taylor series around the block's middle. Parts are arrays of
    their own, not slices of one: only then does XLA make a loop of vector instructions.

    Args:
        plan: sizes.
        group: its faces.
        weight: visibility [chirp, face].
        u: burst times of the block [chirp, tx].
        centre: range bin of each face around which its shift is counted.
        half: shift that counts as 1.

    Returns:
        By part (real, imaginary), then by power: [chirp x tx x rx, face].
    """
    u_mid = u.mean()
    shift_tx = (horner(group.tx.bins, u[:, :, None]) - centre) / half
    ramp_tx = horner(group.ramp, u[:, :, None]) / half
    shift_rx = [term / half for term in taylor(group.rx.bins, u_mid)]
    # Without the barrier XLA computes these again for every [chirp, tx, rx, face].
    by_tx, by_rx = jax.lax.optimization_barrier(
        ((*tx_phasors(group, weight, u), shift_tx, ramp_tx), (*rx_series(group, u_mid), shift_rx))
    )
    re_tx, im_tx, shift_tx, ramp = (part[:, :, None] for part in by_tx)
    local = (u - u_mid)[:, :, None, None]
    re_rx, im_rx, shift_rx = (horner(terms, local) for terms in by_rx)
    shift = shift_tx + shift_rx

    powers = [times((re_tx, im_tx), (re_rx, im_rx))]
    while len(powers) < plan.shift_nodes:
        powers.append(times(powers[-1], (shift, ramp)))
    rows = [[part.reshape(-1, part.shape[-1]) for part in parts] for parts in zip(*powers)]
    return jax.lax.optimization_barrier(rows)


def ramp_bins(radar: Radar, log_tx: Float[Array, "power tx face"]) -> Float[Array, "power face"]:
    """Course of the imaginary shift of each face, whose weight grows along a chirp.

    exp(a t) is the tone of -j a / (2 pi) cycles per second. A body that turns by 3 rad/s with lobes
    of 0.2 rad loses 0.5 % along a chirp: -61 dB if held.
    """
    sampled_s = radar.chirp.sampled_time_s
    _, half_s = burst_centre_and_half_s(radar)
    return derivative(log_tx).mean(1) * np.float32(-sampled_s / half_s / (2 * np.pi))


def tx_phasors(group: Group, weight, u):
    """Amplitude and phase of the path by tx as (real, imaginary) [chirp, tx, face]."""
    u = u[:, :, None]
    sin, cos = sincos_cycles(group.reference_cycles + horner(group.tx.cycles, u))
    amplitude = jnp.exp(horner(group.log_tx, u)) * weight[:, None]
    sin, cos, amplitude = jax.lax.optimization_barrier((sin, cos, amplitude))
    return amplitude * cos, amplitude * sin


def rx_series(group: Group, u_mid):
    """Taylor terms (real, imaginary) of what each rx adds, [rx, face] or [tx, rx, face] each.

    g(u) exp(j a u), with the factor g linear: g0, j a g0 + g1, -a^2 g0 / 2 + j a g1, each times the
    phasor of the middle. Off by a^3 / 6: -75 dB where an rx turns 0.1 rad in half a block. The
    outermost of four receivers turns 0.01 rad for somebody who passes at 1 m with 5 m/s.
    """
    cycles, turn_cycles = taylor(group.rx.cycles, u_mid)
    gain, slope = taylor(group.gain_rx, u_mid)
    made = (*sincos_cycles(cycles), 2 * np.pi * turn_cycles, gain, slope)
    sin, cos, turn, gain, slope = jax.lax.optimization_barrier(made)
    terms = ((gain, 0.0), (slope, turn * gain), (-(turn**2) * gain / 2, turn * slope))
    phasor = (cos, sin) if group.pair is None else times((cos, sin), group.pair)
    return zip(*(times(term, phasor) for term in terms), strict=True)


def times(first, second):
    """Product of two complex numbers as (real, imaginary)."""
    return (
        first[0] * second[0] - first[1] * second[1],
        first[0] * second[1] + first[1] * second[0],
    )


def taylor(coefficients, u_mid):
    """Value and slope of a polynomial at u_mid."""
    return [horner(coefficients, u_mid), horner(derivative(coefficients), u_mid)]


def half_span(group: Group, u, centre) -> Float[Array, "face"]:
    """Half the range (in bins) that a face's tone covers within a block, from its two ends."""

    def at(end):
        by_pair = horner(group.tx.bins, end)[:, None] + horner(group.rx.bins, end) - centre
        return jnp.maximum(jnp.max(jnp.abs(by_pair), (0, 1)), jnp.abs(horner(group.ramp, end)))

    ends = [at(end) for end in (u[0, 0], u[-1, -1])]
    # 10 % more for curvature between the ends; the floor keeps a resting face from dividing by 0.
    return jax.lax.stop_gradient(1.1 * jnp.maximum(jnp.maximum(*ends), 1e-4))
