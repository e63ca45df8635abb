"""Reflection model of a body whose echo travels via reflections on plane surfaces."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from radarsim.multipath.legs import Leg, leg_reflection, reverses_slots
from radarsim.numerics.vectors import dot, norm
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import (
    AntennaWeights,
    QuasiSpecular,
    ReflectionModel,
    reflect,
)
from radarsim.scattering.wrapping_reflection import WrappingReflection, innermost
from radarsim.scene.mesh import Faces

# Lower limit of the squared cosine of half the bistatic angle, which keeps its logarithm finite
# (-60 dB).
LEAST_COSINE_SQUARED = 1e-6
# Minimum magnitude of a reflection coefficient, which keeps its logarithm finite (-240 dB).
LEAST_REFLECTION = 1e-12


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ObliqueReflection(WrappingReflection):
    """The quasi-specular model for images of the antennas that are far apart.

    In physical optics, the echo of a face is proportional to |(u1 + u2) . n| / 2, where u1 and u2
    are the unit vectors from the face to both antennas. For the faces that reflect from one antenna
    to the other, this factor is the cosine of half the bistatic angle. The quasi-specular model
    lacks the factor, which is 1 for the antennas of one board. At grazing incidence, the Fresnel
    zone grows by the inverse of the factor, so without the factor, the RCS of a sphere
    would not be pi a^2 for all bistatic angles, but exceed pi a^2 by 1 / cos^2.

    Attributes:
        model: the quasi-specular model, or a weighted model that contains it.
    """

    model: ReflectionModel

    def log_weight(self, radar: Radar, scatterers, tx_m, rx_m):
        """Return the log-amplitude and the phase, including the factor of oblique incidence."""
        log_amplitude, cycles = self.model.log_weight(radar, scatterers, tx_m, rx_m)
        to_tx_m, to_rx_m = tx_m - scatterers.centre_m, rx_m - scatterers.centre_m
        cosine = dot(to_tx_m, to_rx_m) / (norm(to_tx_m) * norm(to_rx_m))
        squared = jnp.maximum((1 + cosine) / 2, LEAST_COSINE_SQUARED)
        return log_amplitude + jnp.log(squared) / 2, cycles


def for_images(model: ReflectionModel) -> ReflectionModel:
    """Return a body's reflection model for images of the antennas that may be far apart."""
    return ObliqueReflection(model) if isinstance(innermost(model), QuasiSpecular) else model


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class BouncedReflection(WrappingReflection):
    """A body's reflection model combined with surface reflections on the way to the body and back.

    Attributes:
        model: reflection model of the body, evaluated with the images of the transmitter and
            receiver as antennas.
        out, back: legs from the transmitter to the body and from the body to the receiver.
    """

    model: ReflectionModel
    out: Leg
    back: Leg

    def log_weight(self, radar: Radar, scatterers, tx_m, rx_m):
        """Return log-amplitude and phase [cycles], including the surface reflections of both legs.

        Args:
            radar: board whose waveform is used.
            scatterers: scatterers of the body.
            tx_m, rx_m: images of the antennas [m].
        """
        log_amplitude, cycles = self.model.log_weight(radar, scatterers, tx_m, rx_m)
        for leg, antenna_m in ((self.out, tx_m), (self.back, rx_m)):
            reverse = reverses_slots(leg, scatterers.centre_m)
            log_gain, bounced = leg_weight(radar, leg, scatterers.centre_m - antenna_m, reverse)
            log_amplitude, cycles = log_amplitude + log_gain, _sum(cycles, bounced)
        return log_amplitude, cycles


def leg_weight(
    radar: Radar,
    leg: Leg,
    ray_m: Float[Array, "*batch face 3"],
    reverse: Bool[Array, "*some face"] | None,
) -> tuple[Float[Array, "*batch face"], Float[Array, "*batch face"]]:
    """Return the log-magnitude and phase [cycles] of the surface reflections along one leg.

    Args:
        radar: board whose waveform is used.
        leg: a leg to the body; for a direct leg, no reflection coefficients are computed.
        ray_m: vectors from an antenna's image to the scatterers [m].
        reverse: mask of the scatterers whose rays meet the surfaces in the reverse order of the
            leg's slots, from `reverses_slots`.
    """

    def by_surfaces():
        wavenumber_per_m = 2 * np.pi / radar.chirp.wavelength_m
        gain = leg_reflection(leg, wavenumber_per_m, ray_m / norm(ray_m)[..., None], reverse)
        log_gain = jnp.log(jnp.maximum(jnp.abs(gain), LEAST_REFLECTION))
        # The mixer conjugates the received signal and therefore also the reflection coefficient.
        return log_gain, -smooth_cycles(gain)

    def straight():
        least = np.log(LEAST_REFLECTION).astype(ray_m.dtype)
        log_gain = jnp.where(ray_m[..., 0] > 0, 0.0, least)
        return log_gain, jnp.zeros_like(log_gain)

    return jax.lax.cond(jnp.any(leg.used), by_surfaces, straight)


def reflect_bounced(
    radar: Radar,
    bounced: BouncedReflection,
    scatterers: Faces,
    by_pairs: bool,
    antennas_m: tuple[Float[Array, "tx 3"], Float[Array, "rx 3"]],
) -> AntennaWeights:
    """Compute the weights of a multipath pass, including the surface reflections of both legs.

    The weights of the body are those of `reflect`. The reflection coefficient of a leg does not
    depend on the other leg, so it does not need a factor for each antenna pair. The variation of
    the coefficient over the antennas is computed at the middle node only, because this variation
    hardly changes within a burst; an evaluation at every node would take as long as the echo sum.

    Whether a face's ray meets the first or the second of two perpendicular surfaces first is also
    determined at the middle node, for the centre of the array. The coefficient of a face is
    therefore smooth within a burst; a change of the order takes effect in the next frame.

    Args:
        radar: board whose waveform is used.
        bounced: reflection model of the pass.
        scatterers: scatterers of the body at the nodes, in the radar frame.
        by_pairs: whether to compute the body's factor for each antenna pair.
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
    """Return log-magnitude and phase [cycles] of a leg at each node, antenna and face."""
    middle = centre_m[len(centre_m) // 2]
    reverse = reverses_slots(leg, middle)
    over_time = leg_weight(radar, leg, centre_m[:, None] - antennas_m.mean(0), reverse)
    over_array = leg_weight(radar, leg, middle - antennas_m[:, None], reverse)
    at_centre = leg_weight(radar, leg, middle[None] - antennas_m.mean(0), reverse)
    return tuple(
        time + antenna - centre
        for time, antenna, centre in zip(over_time, over_array, at_centre, strict=True)
    )


def _sum(first, second):
    """Return the sum of two arrays; the first may be None."""
    return second if first is None else first + second


def smooth_cycles(values: Complex[Array, "*batch face"]) -> Float[Array, "*batch face"]:
    """Return the phase of each value [cycles], continuous along the leading axes.

    A reflection coefficient near -1 is close to the branch cut of the argument. The phase is
    therefore computed relative to the mean value of each face, and the phase of the mean is then
    added.
    """
    mean = jnp.mean(values, axis=tuple(range(values.ndim - 1)))
    relative = values * jnp.conj(mean)
    return (_angle(relative) + _angle(mean)) / (2 * np.pi)


def _angle(values):
    """Return the argument [rad]; 0 for a value of 0, where the argument has no derivative."""
    some = jnp.abs(values) > 0
    return jnp.where(some, jnp.angle(jnp.where(some, values, 1.0)), 0.0)
