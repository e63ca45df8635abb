"""Inputs of the GPU kernel of the sum: polynomials of each face, and its shift in each block."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.signal.array_sizes import power_of_two
from radarsim.signal.chirp_blocks import FaceGroup, at_chirps, at_middles, half_span
from radarsim.signal.range_groups import FACES_PER_GROUP

# Faces per iteration of the kernel's loop over a group; more would not fit into the registers.
FACES_PER_TURN = 16
# Minimum number of rows and columns of a matrix product on tensor cores.
LEAST_SIDE = 16


class KernelInputs(NamedTuple):
    """Arguments of the kernel for one frame, with all groups along the axis `place`.

    Receivers and chirps are padded to powers of two, with gains and weights of zero. Few arrays
    contain all values, because the kernel needs registers for the address of each array.

    Attributes:
        tx: polynomials of the path for each tx: cycles, bins and log-amplitude.
        rx: polynomials of the part that each rx adds: cycles, bins and gain.
        own: polynomials of each face: `FaceGroup.ramp` and, if used, `FaceGroup.quadratic`.
        pair: real and imaginary part of the factor of each pair; None if this factor is 1.
        fixed: `FaceGroup.reference_cycles` and `FaceGroup.offset_bins`.
        shifts: shift of each tone at the middle of each block, and the largest shift within the
            block (`chirp_blocks.half_span`).
        weight: `FaceGroup.weight`.
        turns: number of iterations of the loop over each group, 0 for a group without weight.
        u: burst times.
        u_mid: burst time of the middle of each block.
    """

    tx: Float[Array, "kind power tx place"]
    rx: Float[Array, "kind power rx place"]
    own: Float[Array, "kind power place"]
    pair: Float[Array, "part tx rx place"] | None
    fixed: Float[Array, "kind place"]
    shifts: Float[Array, "kind block place"]
    weight: Float[Array, "block chirp place"]
    turns: Int[Array, " group"]
    u: Float[Array, "block tx chirp"]
    u_mid: Float[Array, " block"]


def kernel_inputs(faces: FaceGroup, u: Float[Array, "block chirp tx"]) -> KernelInputs:
    """Compute the kernel's inputs from the faces of all groups and the burst times."""
    num_rx = power_of_two(faces.rx.bins.shape[1], 1)
    num_chirps = power_of_two(u.shape[1], max(1, LEAST_SIDE // num_rx))
    u_mid = u.mean((1, 2))
    middle = at_middles(faces.tx.bins.mean(1), u_mid) + at_middles(faces.rx.bins.mean(1), u_mid)
    own = [faces.ramp] if faces.quadratic is None else [faces.ramp, faces.quadratic]
    return KernelInputs(
        tx=jnp.stack([faces.tx.cycles, faces.tx.bins, faces.log_tx]),
        rx=_padded(jnp.stack([faces.rx.cycles, faces.rx.bins, faces.gain_rx]), 2, num_rx),
        own=jnp.stack(own),
        pair=None if faces.pair is None else _padded(jnp.stack(faces.pair), 2, num_rx),
        fixed=jnp.stack([faces.reference_cycles, faces.offset_bins]),
        shifts=jnp.stack([middle, _half_bins(faces, middle, u, u_mid)]),
        weight=_padded(faces.weight, 1, num_chirps),
        turns=_turns(faces.weight),
        u=_padded(jnp.swapaxes(u, 1, 2), 2, num_chirps),
        u_mid=u_mid,
    )


def _half_bins(faces: FaceGroup, middle, u, u_mid):
    """Largest shift of each tone within each block, from the first and last chirp."""
    ends = u[:, np.array([0, -1])]
    shift_tx = at_chirps(faces.tx.bins, ends) - middle[:, None, None]
    ramp = at_chirps(faces.ramp[:, None], ends)
    return half_span(shift_tx, at_middles(faces.rx.bins, u_mid), ramp)


def _turns(weight) -> Int[Array, " group"]:
    """Iterations up to the last weighted face in each group; groups are filled from the start."""
    used = jnp.any(weight > 0, axis=(0, 1)).reshape(-1, FACES_PER_GROUP)
    count = jnp.max(jnp.where(used, np.arange(FACES_PER_GROUP, dtype=np.int32) + 1, 0), axis=1)
    return (count + FACES_PER_TURN - 1) // FACES_PER_TURN


def _padded(values, axis: int, length: int):
    """Pad one axis with zeros."""
    pads = [(0, 0)] * values.ndim
    pads[axis] = (0, length - values.shape[axis])
    return jnp.pad(values, pads)
