"""Reflection model of a body that is illuminated or received by way of plane surfaces."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.multipath.legs import Leg, leg_reflection
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import AntennaWeights, ReflectionModel, reflect
from radarsim.scattering.weighted_reflection import WrappingReflection
from radarsim.scene.mesh import Faces

# Minimum magnitude of a reflection coefficient, which keeps its logarithm finite (-240 dB).
LEAST_REFLECTION = 1e-12


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class BouncedReflection(WrappingReflection):
    """A reflection model combined with the reflections on the way to the body and back.

    Attributes:
        model: reflection model of the body; the antennas passed to it are the images of the
            transmitter and receiver.
        out, back: ways from the transmitter to the body, and from the body to the receiver.
    """

    model: ReflectionModel
    out: Leg
    back: Leg

    def log_weight(self, radar: Radar, scatterers, tx_m, rx_m):
        """Log-amplitude and phase [cycles], including the surfaces along both ways.

        Args:
            radar: board whose waveform is used.
            scatterers: scatterers of the body.
            tx_m, rx_m: images of the antennas [m].
        """
        log_amplitude, cycles = self.model.log_weight(radar, scatterers, tx_m, rx_m)
        for leg, antenna_m in ((self.out, tx_m), (self.back, rx_m)):
            log_gain, bounced = way_weight(radar, leg, scatterers.centre_m - antenna_m)
            log_amplitude, cycles = log_amplitude + log_gain, _sum(cycles, bounced)
        return log_amplitude, cycles


def way_weight(
    radar: Radar, leg: Leg, ray_m: Float[Array, "*batch face 3"]
) -> tuple[Float[Array, "*batch face"], Float[Array, "*batch face"]]:
    """Log-magnitude and phase [cycles] of the reflections along one way.

    Args:
        radar: board whose waveform is used.
        leg: the way; the coefficients of a straight way are not computed.
        ray_m: vectors from an antenna's image to the scatterers [m].
    """

    def by_surfaces():
        wavenumber_per_m = 2 * np.pi / radar.chirp.wavelength_m
        gain = leg_reflection(leg, wavenumber_per_m, ray_m / norm(ray_m)[..., None])
        log_gain = jnp.log(jnp.maximum(jnp.abs(gain), LEAST_REFLECTION))
        # The mixer conjugates the received signal, and with it the reflection coefficient.
        return log_gain, -smooth_cycles(gain)

    def straight():
        log_gain = jnp.where(ray_m[..., 0] > 0, 0.0, np.float32(np.log(LEAST_REFLECTION)))
        return log_gain, jnp.zeros_like(log_gain)

    return jax.lax.cond(jnp.any(leg.used), by_surfaces, straight)


def reflect_bounced(
    radar: Radar,
    bounced: BouncedReflection,
    scatterers: Faces,
    by_pairs: bool,
    antennas_m: tuple[Float[Array, "tx 3"], Float[Array, "rx 3"]],
) -> AntennaWeights:
    """Compute the weights of a pass: `reflect` for the body, and the surfaces along both ways.

    The coefficient of a way does not depend on the other way, so it needs no factor for each pair.
    Its change over the antennas is computed at the middle node only, because it hardly changes
    within a burst; evaluating it at every node would take as long as the sum.

    Args:
        radar: board whose waveform is used.
        bounced: reflection model of the pass.
        scatterers: scatterers at the nodes, radar frame.
        by_pairs: whether to compute the factor of each pair for the body.
        antennas_m: images of the transmitters and receivers [m].
    """
    weights = reflect(radar, bounced.model, scatterers, by_pairs, antennas_m)
    log_out, cycles_out = _along(radar, bounced.out, scatterers.centre_m, antennas_m[0])
    log_back, cycles_back = _along(radar, bounced.back, scatterers.centre_m, antennas_m[1])
    return replace(
        weights,
        log_tx=weights.log_tx + log_out,
        log_rx=weights.log_rx + log_back,
        cycles_tx=_sum(weights.cycles_tx, cycles_out),
        cycles_rx=_sum(weights.cycles_rx, cycles_back),
    )


def _along(radar, leg: Leg, centre_m, antennas_m):
    """Log-magnitude and phase [cycles] of a way's coefficient for each node, antenna and face."""
    middle = centre_m[len(centre_m) // 2]
    over_time = way_weight(radar, leg, centre_m[:, None] - antennas_m.mean(0))
    over_array = way_weight(radar, leg, middle - antennas_m[:, None])
    at_centre = way_weight(radar, leg, middle[None] - antennas_m.mean(0))
    return tuple(
        time + antenna - centre
        for time, antenna, centre in zip(over_time, over_array, at_centre, strict=True)
    )


def _sum(first, second):
    """Sum of two arrays, of which the first may be None."""
    return second if first is None else first + second


def smooth_cycles(values: Complex[Array, "*batch face"]) -> Float[Array, "*batch face"]:
    """Phase of each value [cycles], without jumps along the leading axes.

    A coefficient near -1 lies on the branch cut of the argument. The phase is therefore measured
    from the mean value of each face, and the phase of the mean is added.
    """
    mean = jnp.mean(values, axis=tuple(range(values.ndim - 1)))
    relative = values * jnp.conj(mean)
    return (_angle(relative) + _angle(mean)) / (2 * np.pi)


def _angle(values):
    """Argument [rad]; 0 for a value of 0, whose argument has no derivative."""
    some = jnp.abs(values) > 0
    return jnp.where(some, jnp.angle(jnp.where(some, values, 1.0)), 0.0)
