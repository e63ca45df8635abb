"""Arrays of a face group in blocks of chirp loops, with fewer axes than [chirp, tx, rx, face].

The arrays are computed once for all blocks of a group and passed to a loop over the blocks. Without
the loop over the blocks, XLA would recompute the arrays for every [chirp, tx, rx, face], even with
optimization barriers.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.numerics.polynomials import derivative, horner, sincos_cycles
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_centre_and_half_s
from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.bulk_motion import quadratic_cycles_per_m
from radarsim.signal.path_polynomials import PathPolynomial
from radarsim.signal.tone_series import series


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class FaceGroup:
    """Faces that are neighbours in range, ready to be summed; may have a leading group axis.

    Attributes:
        tx, rx: path polynomials for each tx, and for the part that each rx adds.
        log_tx: log-amplitude for each tx, as a polynomial.
        gain_rx: amplitude factor of each rx, as a polynomial.
        ramp: imaginary shift of each tone, from `amplitude_ramp_bins` [bins].
        quadratic: quadratic phase of each face, from `own_quadratic_phase`; None if all faces share
            the quadratic phase of the bulk motion.
        pair: real and imaginary part of the factor of each pair of tx and rx; None if this factor
            is 1.
        reference_cycles: carrier phase of the mean path.
        offset_bins: range bin of the mean path, relative to the middle of the group.
        weight: visibility of each face, per block and chirp.
    """

    tx: PathPolynomial
    rx: PathPolynomial
    log_tx: Float[Array, "*group power tx face"]
    gain_rx: Float[Array, "*group power rx face"]
    ramp: Float[Array, "*group power face"]
    quadratic: Float[Array, "*group power face"] | None
    pair: tuple[Float[Array, "*group tx rx face"], Float[Array, "*group tx rx face"]] | None
    reference_cycles: Float[Array, "*group face"]
    offset_bins: Float[Array, "*group face"]
    weight: Float[Array, "*group block chirp face"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ChirpBlock:
    """A group in one block of loops, or in all blocks along a leading axis.

    The differences between receivers hardly change within a block (2 ms), so these differences are
    expressed as a short Taylor series around the block's middle.

    Attributes:
        local: burst times relative to the block's middle.
        echo_tx: amplitude and phase of the path for each tx, as real and imaginary part.
        shift_tx: shift of the tone relative to the middle of the block [bins].
        ramp: imaginary shift of the tone (`amplitude_ramp_bins`).
        echo_rx: Taylor terms of the factor of each rx, as real and imaginary parts.
        shift_rx: Taylor terms of the shift of each rx.
        quadratic: `FaceGroup.quadratic` at the middle of the block.
        factors: factors of the powers of each tone's shift, from `tone_series.series`.
    """

    local: Float[Array, "*block chirp tx"]
    echo_tx: tuple[Float[Array, "*block chirp tx face"], Float[Array, "*block chirp tx face"]]
    shift_tx: Float[Array, "*block chirp tx face"]
    ramp: Float[Array, "*block chirp tx face"]
    echo_rx: tuple[
        list[Float[Array, "*block #tx rx face"]], list[Float[Array, "*block #tx rx face"]]
    ]
    shift_rx: list[Float[Array, "*block rx face"]]
    quadratic: Float[Array, "*block face"] | None
    factors: list[Float[Array, "*block face term"]]


def blocks_of(sizes: SumSizes, group: FaceGroup, u: Float[Array, "block chirp tx"]) -> ChirpBlock:
    """Compute all blocks of a group.

    Args:
        sizes: array sizes of the sum.
        group: faces of the group.
        u: burst times.
    """
    u_mid = u.mean((1, 2))
    middle = at_middles(group.tx.bins.mean(1), u_mid) + at_middles(group.rx.bins.mean(1), u_mid)
    ramp = at_chirps(group.ramp[:, None], u)
    shift_tx = at_chirps(group.tx.bins, u) - middle[:, None, None]
    shift_rx = taylor(group.rx.bins, u_mid)
    half = half_span(shift_tx, shift_rx[0], ramp)
    offset = group.offset_bins + middle
    return ChirpBlock(
        local=u - u_mid[:, None, None],
        echo_tx=tx_phasors(group, u),
        shift_tx=shift_tx,
        ramp=ramp,
        echo_rx=rx_series(group, u_mid),
        shift_rx=shift_rx,
        quadratic=at_middles(group.quadratic, u_mid) if sizes.own_quadratic else None,
        factors=series(sizes.num_terms, sizes.span_bins, sizes.shift_powers, offset, half),
    )


def half_span(shift_tx, shift_rx, ramp) -> Float[Array, "block face"]:
    """Largest shift of a face's tone within a block, from its first and last chirp [bins]."""

    def reach(tx, rx):
        by_pair = tx[:, :, None] + rx[:, None]
        return jnp.max(jnp.abs(by_pair), axis=(1, 2))

    ends = [
        jnp.maximum(reach(shift_tx[:, end], shift_rx), jnp.max(jnp.abs(ramp[:, end]), axis=1))
        for end in (0, -1)
    ]
    # The margin of 10 % allows for curvature of the path between the first and last chirp.
    return jax.lax.stop_gradient(1.1 * jnp.maximum(*ends))


def tx_phasors(group: FaceGroup, u):
    """Echo phasors of the path for each tx, as (real, imaginary) [block, chirp, tx, face] each."""
    sin, cos = sincos_cycles(group.reference_cycles + at_chirps(group.tx.cycles, u))
    amplitude = jnp.exp(at_chirps(group.log_tx, u)) * group.weight[:, :, None]
    return amplitude * cos, amplitude * sin


def rx_series(group: FaceGroup, u_mid):
    """Taylor terms (real, imaginary) of the factor of each rx, [block, 1 or tx, rx, face] each.

    For g(u) exp(j a u) with linear g the terms are g0, j a g0 + g1 and -a^2 g0 / 2 + j a g1, each
    times the phasor at the middle. The error is a^3 / 6: -75 dB if the phase of an rx changes by
    0.1 rad in half a block. At the outermost of four receivers the phase changes by 0.01 rad for a
    person who passes at 5 m/s at a distance of 1 m.
    """
    cycles, slope_cycles = taylor(group.rx.cycles, u_mid)
    gain, slope = taylor(group.gain_rx, u_mid)
    sin, cos, rate, gain, slope = (
        part[:, None] for part in (*sincos_cycles(cycles), 2 * np.pi * slope_cycles, gain, slope)
    )
    terms = ((gain, 0.0), (slope, rate * gain), (-(rate**2) * gain / 2, rate * slope))
    phasor = (cos, sin) if group.pair is None else complex_product((cos, sin), group.pair)
    real, imag = zip(*(complex_product(term, phasor) for term in terms), strict=True)
    return list(real), list(imag)


def amplitude_ramp_bins(
    radar: Radar, log_tx: Float[Array, "power tx face"]
) -> Float[Array, "power face"]:
    """Imaginary shift that describes the growth of a face's weight within a chirp [bins].

    exp(a t) is a tone with the frequency -j a / (2 pi). The weight of a body that turns at 3 rad/s
    with lobes of 0.2 rad drops by 0.5 % within a chirp; a constant weight would cause an error of
    -61 dB. The result is a polynomial in burst time.
    """
    sampled_s = radar.chirp.sampled_time_s
    _, half_s = burst_centre_and_half_s(radar)
    return derivative(log_tx).mean(1) * np.float32(-sampled_s / half_s / (2 * np.pi))


def own_quadratic_phase(radar: Radar, tx: PathPolynomial) -> Float[Array, "power face"]:
    """Quadratic phase of each face, as the imaginary part of b in exp(b D^2 / 2).

    D is the derivative of a tone with respect to range in bins, which multiplies the tone by 2 pi j
    x. A phase of d x^2 cycles corresponds to the factor exp(2 pi j d x^2), with x^2 = -D^2 / (2
    pi)^2.
    """
    return tx.rate.mean(1) * np.float32(-quadratic_cycles_per_m(radar) / np.pi)


def complex_product(first, second):
    """Product of two complex numbers as (real, imaginary)."""
    return (
        first[0] * second[0] - first[1] * second[1],
        first[0] * second[1] + first[1] * second[0],
    )


def at_chirps(coefficients: Float[Array, " power #tx face"], u: Float[Array, "block chirp tx"]):
    """Evaluate polynomials at the time of every chirp [block, chirp, tx, face]."""
    return horner(coefficients[:, None, None], u[..., None])


def at_middles(coefficients: Float[Array, " power *rest"], u_mid: Float[Array, " block"]):
    """Evaluate polynomials at the middle of every block [block, *rest]."""
    return horner(coefficients[:, None], u_mid.reshape(-1, *[1] * (coefficients.ndim - 1)))


def taylor(coefficients, u_mid):
    """Value and time derivative of polynomials at the middle of every block."""
    return [at_middles(coefficients, u_mid), at_middles(derivative(coefficients), u_mid)]
