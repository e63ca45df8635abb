"""Inputs of the GPU kernel of the sum: polynomials of each face, and its shift in each block."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.signal.array_sizes import power_of_two
from radarsim.signal.chirp_blocks import FaceGroup, at_chirps, at_middles, half_span
from radarsim.signal.range_groups import FACES_PER_GROUP

# Faces per turn of the kernel's loop over a group; more would not fit into the registers.
FACES_PER_TURN = 16
# Minimum number of rows and columns of a matrix product on tensor cores.
LEAST_SIDE = 16


class KernelInputs(NamedTuple):
    """Arguments of the kernel for one frame, with all groups along the axis `place`.

    Antennas and chirps are padded to powers of two, with gains and weights of zero.
    Attributes without a comment are those of `chirp_blocks.FaceGroup`.

    Attributes:
        middle_bins: shift of each tone at the middle of each block.
        half_bins: largest shift of each tone within each block (`chirp_blocks.half_span`).
        turns: number of turns of the loop over each group, 0 for a group without weight.
        u: burst times.
        u_mid: burst time of the middle of each block.
    """

    tx_cycles: Float[Array, "power tx place"]
    tx_bins: Float[Array, "power tx place"]
    log_tx: Float[Array, "power tx place"]
    rx_cycles: Float[Array, "power rx place"]
    rx_bins: Float[Array, "power rx place"]
    gain_rx: Float[Array, "power rx place"]
    ramp: Float[Array, "power place"]
    quadratic: Float[Array, "power place"] | None
    pair: tuple[Float[Array, "tx rx place"], Float[Array, "tx rx place"]] | None
    reference_cycles: Float[Array, " place"]
    offset_bins: Float[Array, " place"]
    weight: Float[Array, "block chirp place"]
    middle_bins: Float[Array, "block place"]
    half_bins: Float[Array, "block place"]
    turns: Int[Array, " group"]
    u: Float[Array, "block tx chirp"]
    u_mid: Float[Array, " block"]


def kernel_inputs(faces: FaceGroup, u: Float[Array, "block chirp tx"]) -> KernelInputs:
    """Compute the kernel's inputs from the faces of all groups and the burst times."""
    num_tx, num_rx = (power_of_two(part.bins.shape[1], 1) for part in (faces.tx, faces.rx))
    num_chirps = power_of_two(u.shape[1], max(1, LEAST_SIDE // (num_tx * num_rx)))
    u_mid = u.mean((1, 2))
    middle = at_middles(faces.tx.bins.mean(1), u_mid) + at_middles(faces.rx.bins.mean(1), u_mid)
    return KernelInputs(
        tx_cycles=_padded(faces.tx.cycles, 1, num_tx),
        tx_bins=_padded(faces.tx.bins, 1, num_tx),
        log_tx=_padded(faces.log_tx, 1, num_tx),
        rx_cycles=_padded(faces.rx.cycles, 1, num_rx),
        rx_bins=_padded(faces.rx.bins, 1, num_rx),
        gain_rx=_padded(faces.gain_rx, 1, num_rx),
        ramp=faces.ramp,
        quadratic=faces.quadratic,
        pair=jax.tree.map(lambda part: _padded(_padded(part, 0, num_tx), 1, num_rx), faces.pair),
        reference_cycles=faces.reference_cycles,
        offset_bins=faces.offset_bins,
        weight=_padded(faces.weight, 1, num_chirps),
        middle_bins=middle,
        half_bins=_half_bins(faces, middle, u, u_mid),
        turns=_turns(faces.weight),
        u=_padded(_padded(jnp.swapaxes(u, 1, 2), 1, num_tx), 2, num_chirps),
        u_mid=u_mid,
    )


def _half_bins(faces: FaceGroup, middle, u, u_mid):
    """Largest shift of each tone within each block, from the first and last chirp."""
    ends = u[:, np.array([0, -1])]
    shift_tx = at_chirps(faces.tx.bins, ends) - middle[:, None, None]
    ramp = at_chirps(faces.ramp[:, None], ends)
    return half_span(shift_tx, at_middles(faces.rx.bins, u_mid), ramp)


def _turns(weight) -> Int[Array, " group"]:
    """Turns up to the last face with weight of each group; groups are filled from the start."""
    used = jnp.any(weight > 0, axis=(0, 1)).reshape(-1, FACES_PER_GROUP)
    count = jnp.max(jnp.where(used, np.arange(FACES_PER_GROUP, dtype=np.int32) + 1, 0), axis=1)
    return (count + FACES_PER_TURN - 1) // FACES_PER_TURN


def _padded(values, axis: int, length: int):
    """Pad one axis with zeros."""
    pads = [(0, 0)] * values.ndim
    pads[axis] = (0, length - values.shape[axis])
    return jnp.pad(values, pads)
