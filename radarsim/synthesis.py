"""The fast IF sum: smooth legs, then range by products of matrices.

With the legs of every face as polynomials in burst time (legs.py), each (chirp, tx, rx) costs a few
multiply-adds and one sine per leg. Within a chirp a face is a pure tone, and a sum of tones at
unequal frequencies is a non-uniform FFT: spread each tone with a short kernel over a grid of range
cells, then one product with a fixed matrix. Over a block of chirps the tone shifts by a fraction of
a cell, so the kernel is evaluated at two or three shifts and interpolated between them: the
spreading is a product of matrices too, [chirp x tx x rx, face] . [face, cell]. Faces come sorted by
range and in groups, so that a group needs only the few cells that it covers.

Inside a chirp the path grows linearly: its rate shifts the tone (f_c tau' T) and bends it
(S tau' u^2, kept for the body's mean rate). if_signal.plain_sum is the oracle.
"""

from dataclasses import dataclass
from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.config import Radar
from radarsim.constants import SPEED_OF_LIGHT_MPS
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
        kernel_width: cells that one tone is spread over.
        oversampling: grid cells per range bin.
        residual_video_phase: keep -S tau^2 / 2.
    """

    num_cells: int
    group_cells: int
    faces_per_group: int = 256
    chirps_per_block: int = 8
    shift_nodes: int = 2
    kernel_width: int = 6
    oversampling: int = 2
    residual_video_phase: bool = True


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Group:
    """Faces next to each other in range, ready to be summed; with or without a group axis first.

    Attributes:
        tx, rx: courses of the path by tx and of what each rx adds.
        log_tx: course of the log-amplitude by tx.
        gain_rx: course of the factor that each rx adds to it.
        reference_cycles: carrier phase of the mean path.
        reference_bin: its range bin.
        weight: visibility per block and chirp.
    """

    tx: Course
    rx: Course
    log_tx: Float[Array, "*group power tx face"]
    gain_rx: Float[Array, "*group power rx face"]
    reference_cycles: Float[Array, "*group face"]
    reference_bin: Float[Array, "*group face"]
    weight: Float[Array, "*group block chirp face"]


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


def fast_sum(
    radar: Radar,
    plan: Plan,
    legs: Legs,
    log_tx: Float[Array, "node tx face"],
    log_rx: Float[Array, "node rx face"],
    visible: Float[Array, "chirp face"],
    low_bins: Float[Array, "group"],
) -> Complex[Array, "chirp tx rx sample"]:
    """IF samples of one frame without the level constant.

    Args:
        radar: waveform, timing and antennas.
        plan: sizes.
        legs: of `legs_at_nodes`; faces sorted by range, a whole number of groups.
        log_tx: log-amplitude for each tx with the receiver at the array's centre.
        log_rx: what each rx adds to it.
        visible: weight of each face and chirp, 0 for padding.
        low_bins: lowest range bin of each group.
    """
    u, weight = in_blocks(radar, plan, visible)
    first_cells = jnp.floor(low_bins * plan.oversampling - plan.kernel_width / 2)
    first_cells = jax.lax.stop_gradient(first_cells)
    whole = Group(
        tx=course(radar, legs.tx_m, legs.cycles_per_m),
        rx=course(radar, legs.rx_m, legs.cycles_per_m),
        log_tx=power_coefficients(log_tx),
        gain_rx=power_coefficients(jnp.exp(log_rx)),
        reference_cycles=legs.reference_cycles,
        reference_bin=legs.reference_bin,
        weight=weight,
    )
    groups = jax.lax.optimization_barrier(in_groups(plan, whole))
    band = jnp.min(first_cells)

    def block(inputs):
        return block_of_chirps(plan, groups, first_cells, *inputs)

    cells = jax.lax.map(block, (jnp.arange(len(u)), jnp.asarray(u)))
    cells = cells.reshape(-1, *cells.shape[2:])[: radar.frame.num_chirps]
    matrix = cells_to_samples(plan, radar.chirp.num_samples).astype(np.complex64)
    samples = jnp.einsum("ctrg,gn->ctrn", cells, matrix, precision="highest")
    return samples * sample_phase(radar, plan, band, mean_rate_mps(radar, whole, visible))


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


def block_of_chirps(plan: Plan, groups: Group, first_cells, block_idx, u):
    """Range cells [chirp, tx, rx, cell] of the loops at burst times u [chirp, tx]."""
    rows = (*u.shape, groups.rx.bins.shape[2])

    def cells_of(group, first_cell):
        return group_cells(plan, group, first_cell, group.weight[block_idx], u)

    parts = jax.vmap(cells_of)(groups, first_cells)
    parts = jnp.stack(parts, axis=1).reshape(-1, 2, *rows, plan.group_cells)

    def add(total, part_and_cell):
        part, cell = part_and_cell
        at = (0, 0, 0, 0, (cell - jnp.min(first_cells)).astype(jnp.int32))
        old = jax.lax.dynamic_slice(total, at, part.shape)
        return jax.lax.dynamic_update_slice(total, old + part, at), None

    empty = jnp.zeros((2, *rows, plan.num_cells))
    total, _ = jax.lax.scan(add, empty, (parts, first_cells))
    return jax.lax.complex(total[0], total[1])


def group_cells(plan: Plan, group: Group, first_cell, weight, u):
    """Real and imaginary cells [chirp x tx x rx, cell] of one group in one block."""
    u_mid = u.mean()
    re, im = phasors(group, weight, u, u_mid)
    tx, rx = group.tx.bins, group.rx.bins
    centre = horner(tx, u_mid).mean(0) + horner(rx, u_mid).mean(0)
    along = horner(tx, u[:, :, None]) - centre
    half = half_span(group.tx, group.rx, u, centre)
    along, half = jax.lax.optimization_barrier((along, half))
    across = tangent(rx, u_mid, u)
    nodes = chebyshev_nodes(plan.shift_nodes)
    weights = shift_weights(nodes, (along[:, :, None] + across) / half)
    re, im, weights = jax.lax.optimization_barrier((re, im, weights))
    grid = jnp.arange(plan.group_cells, dtype=jnp.float32)
    real = imag = 0.0
    for node, share in zip(nodes.astype(np.float32), weights, strict=True):
        bins = group.reference_bin + centre + node * half
        cells = bins * plan.oversampling - first_cell
        kernel = spreading_kernel(plan, cells[:, None] - grid)
        real += jnp.dot((re * share).reshape(-1, len(bins)), kernel, precision="highest")
        imag += jnp.dot((im * share).reshape(-1, len(bins)), kernel, precision="highest")
    return real, imag


def tangent(coefficients, u_mid, u):
    """A course linear around the middle of a block [chirp, tx, rx, face].

    For what the receivers differ in, which hardly changes within a block (2 ms).
    """
    value, slope = horner(coefficients, u_mid), horner(derivative(coefficients), u_mid)
    return value + slope * (u - u_mid)[:, :, None, None]


def phasors(group: Group, weight, u, u_mid):
    """Amplitude and carrier phase of every face as (real, imaginary) [chirp, tx, rx, face].

    The phase of an rx against their middle turns by a small angle a within a block; sin a and
    cos a as a - a^3/6 and 1 - a^2/2 + a^4/24 are exact to 5e-6 up to 0.2 rad.
    """
    u_tx = u[:, :, None]
    sin_tx, cos_tx = sincos_cycles(group.reference_cycles + horner(group.tx.cycles, u_tx))
    amplitude = jnp.exp(horner(group.log_tx, u_tx)) * weight[:, None]
    sin_mid, cos_mid = sincos_cycles(horner(group.rx.cycles, u_mid))
    turn = 2 * np.pi * horner(derivative(group.rx.cycles), u_mid)
    small = (amplitude * cos_tx, amplitude * sin_tx, sin_mid, cos_mid, turn)
    # Without the barrier XLA computes these again for every [chirp, tx, rx, face].
    re_tx, im_tx, sin_mid, cos_mid, turn = jax.lax.optimization_barrier(small)
    re_tx, im_tx = re_tx[:, :, None], im_tx[:, :, None]
    angle = turn * (u - u_mid)[:, :, None, None]
    square = angle * angle
    sin, cos = angle * (1 - square / 6), 1 - square * (0.5 - square / 24)
    gain = tangent(group.gain_rx, u_mid, u)
    re_rx, im_rx = gain * (cos * cos_mid - sin * sin_mid), gain * (sin * cos_mid + cos * sin_mid)
    return re_tx * re_rx - im_tx * im_rx, re_tx * im_rx + im_tx * re_rx


def half_span(tx: Course, rx: Course, u, centre) -> Float[Array, "face"]:
    """Half the range (in bins) that a face's tone covers within a block, from its two ends."""
    ends = [
        jnp.max(
            jnp.abs(horner(tx.bins, end)[:, None] + horner(rx.bins, end)[None] - centre), (0, 1)
        )
        for end in (u[0, 0], u[-1, -1])
    ]
    # 10 % more for curvature between the ends; the floor keeps a resting face from dividing by 0.
    return jax.lax.stop_gradient(1.1 * jnp.maximum(jnp.maximum(*ends), 1e-4))


def shift_weights(nodes, y):
    """Lagrange weights of the shift nodes at y, within about [-1, 1]."""
    others = [[other for other in nodes if other != node] for node in nodes]
    return [
        reduce(jnp.multiply, [(y - other) * np.float32(1 / (node - other)) for other in rest])
        for node, rest in zip(nodes, others, strict=True)
    ]


def mean_rate_mps(radar: Radar, faces: Group, visible) -> Float[Array, ""]:
    """Power-weighted growth of the path at the middle of the burst [m/s]."""
    _, half_s = burst_centre_and_half_s(radar)
    power = jnp.exp(2 * faces.log_tx[0].mean(0)) * visible[visible.shape[0] // 2]
    rate = faces.tx.rate[0].mean(0)
    return jnp.sum(power * rate) / (jnp.sum(power) + 1e-30) / np.float32(half_s)


def sample_phase(radar: Radar, plan: Plan, first_cell, rate_mps) -> Complex[Array, "sample"]:
    """What all faces share along the samples: the band's offset and the bend S tau' u^2."""
    chirp = radar.chirp
    n = np.arange(chirp.num_samples) - chirp.num_samples / 2
    total = chirp.num_samples * plan.oversampling
    u_s = n / chirp.sample_rate_hz
    # Less its mean, which legs.course has given each face as a phase.
    square_s2 = u_s**2 - chirp.sampled_time_s**2 / 12
    bend = chirp.slope_hz_per_s / SPEED_OF_LIGHT_MPS * square_s2
    # first_cell * n / total in whole cycles leaves float32 digits: reduce before dividing.
    turns = jnp.mod(first_cell * n.astype(np.float32), total) / total
    sin, cos = sincos_cycles(turns + bend.astype(np.float32) * rate_mps)
    return jax.lax.complex(cos, sin)
