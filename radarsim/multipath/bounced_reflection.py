"""Reflection model of a body that is illuminated or received by way of plane surfaces."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float

from radarsim.multipath.legs import Leg, leg_reflection
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel

# Minimum magnitude of a reflection coefficient, which keeps its logarithm finite (-240 dB).
LEAST_REFLECTION = 1e-12


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class BouncedReflection:
    """A reflection model combined with the reflections on the way to the body and back.

    Attributes:
        model: reflection model of the body; the antennas passed to it are the images of the
            transmitter and receiver.
        out, back: ways from the transmitter to the body, and from the body to the receiver.
    """

    model: ReflectionModel
    out: Leg
    back: Leg

    @property
    def lobe_rad(self) -> ArrayLike:
        """Width of the narrowest lobe of the body's model [rad]."""
        return self.model.lobe_rad

    def reflectivity_at(self, radar: Radar) -> float:
        """Amplitude factor of the body's surface."""
        return self.model.reflectivity_at(radar)

    def scatterers(self, vertices_m, faces, picked=None):
        """Scatterers of the body's model."""
        return self.model.scatterers(vertices_m, faces, picked)

    def log_weight(self, radar: Radar, scatterers, tx_m, rx_m):
        """Log-amplitude and phase [cycles], including the surfaces along both ways.

        Args:
            radar: board whose waveform is used.
            scatterers: scatterers of the body.
            tx_m, rx_m: images of the antennas [m].
        """
        log_amplitude, cycles = self.model.log_weight(radar, scatterers, tx_m, rx_m)
        wavenumber_per_m = 2 * np.pi / radar.chirp.wavelength_m
        gain = 1.0 + 0j
        for leg, antenna_m in ((self.out, tx_m), (self.back, rx_m)):
            ray_m = scatterers.centre_m - antenna_m
            gain = gain * leg_reflection(leg, wavenumber_per_m, ray_m / norm(ray_m)[..., None])
        log_gain = jnp.log(jnp.maximum(jnp.abs(gain), LEAST_REFLECTION))
        # The mixer conjugates the received signal, and with it the reflection coefficient.
        bounced = -smooth_cycles(gain)
        return log_amplitude + log_gain, bounced if cycles is None else cycles + bounced


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
