"""Reflection models whose echoes are weighted by antenna patterns and IF filters.

Antenna patterns and IF filters are smooth functions of an echo's direction and delay, so they are
part of the weight of each face. The filters must act before sampling: an echo beyond the maximum
range is aliased to another range, where no later filter can separate the echo.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.numerics.vectors import norm
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import IfFilter, ReceiverProfile
from radarsim.scattering.antenna_gain import NEPERS_PER_DB, AntennaGain, antenna_gain, log_gain
from radarsim.scattering.reflection import IsotropicPoints, ReflectionModel
from radarsim.scattering.wrapping_reflection import WrappingReflection
from radarsim.scene.mesh import Faces

# Attenuation at the edge of the pass band, which determines the order of the low-pass filter.
PASS_EDGE_DB = 0.5
# Lowest beat frequency whose logarithm is taken [Hz], far below one range bin.
LOWEST_BEAT_HZ = 1.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class FilterResponse:
    """Parameters of the IF filters that JAX can trace; see `receiver_profile.IfFilter`."""

    high_pass_1_hz: ArrayLike
    high_pass_2_hz: ArrayLike
    pass_fraction: ArrayLike
    stop_band_db: ArrayLike


def filter_response(part: IfFilter) -> FilterResponse:
    """Convert IF filters whose settings are numbers, not ranges, to traceable parameters."""
    return FilterResponse(
        part.high_pass_1_hz, part.high_pass_2_hz, part.pass_fraction, part.stop_band_db
    )


def high_pass(response: FilterResponse, beat_hz):
    """Return the log-amplitude and phase [cycles] of the two first-order high-pass filters.

        H(f) = j f / (f_c + j f)

    Args:
        response: parameters of the IF filters; a corner frequency of 0 stands for no filter.
        beat_hz: beat frequencies [Hz], of any shape; lower values than `LOWEST_BEAT_HZ` are raised.

    Returns:
        Natural log-amplitude and phase [cycles], each with the shape of `beat_hz`.
    """
    beat_hz = jnp.maximum(beat_hz, LOWEST_BEAT_HZ)
    log_amplitude, cycles = 0.0, 0.0
    for corner_hz in (response.high_pass_1_hz, response.high_pass_2_hz):
        ratio = corner_hz / beat_hz
        log_amplitude = log_amplitude - 0.5 * jnp.log1p(ratio**2)
        cycles = cycles + jnp.arctan(ratio) / np.float32(2 * np.pi)
    return log_amplitude, cycles


def low_pass(response: FilterResponse, fraction):
    """Return the natural log-amplitude of the anti-alias filter, whose phase is linear.

        |H(f)|^2 = 1 / (1 + e (f / f_p)^2n) + d

    f_p is the edge of the pass band, e follows from `PASS_EDGE_DB`, and d is the stop-band power
    gain. The order n is such that the first term is d / 10 at the sample rate, where the stop band
    begins. A filter whose pass band ends at 0 passes all frequencies.

    Args:
        response: parameters of the IF filters.
        fraction: frequency as a fraction of the complex sample rate.
    """
    edge = jnp.maximum(response.pass_fraction, 1e-3)
    ripple = np.log(10 ** (PASS_EDGE_DB / 10) - 1)
    stop = -2 * NEPERS_PER_DB * response.stop_band_db
    order = (np.log(10) - stop - ripple) / -jnp.log(edge)
    above = ripple + order * jnp.log(jnp.maximum(fraction, 1e-6) / edge)
    attenuated = 0.5 * jnp.logaddexp(-jax.nn.softplus(above), stop)
    return jnp.where(response.pass_fraction > 0, attenuated, 0.0)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class WeightedReflection(WrappingReflection):
    """A reflection model whose echoes are weighted by antenna patterns and IF filters.

    Attributes:
        model: reflection model whose echoes are weighted.
        tx_gain, rx_gain: antenna patterns; None for isotropic antennas.
        response: IF filters; None for no filters.
        tx_axes, rx_axes: matrices that map a direction at an image antenna behind a mirror to the
            direction at the real antenna; None if the antennas are not images.
    """

    model: ReflectionModel
    tx_gain: AntennaGain | None = None
    rx_gain: AntennaGain | None = None
    response: FilterResponse | None = None
    tx_axes: ArrayLike | None = None
    rx_axes: ArrayLike | None = None

    def log_weight(self, radar: Radar, scatterers: Faces, tx_m, rx_m):
        """Return the log-amplitude and phase [cycles] of the model, antennas and filters."""
        weight, cycles = self.model.log_weight(radar, scatterers, tx_m, rx_m)
        from_tx, from_rx = scatterers.centre_m - tx_m, scatterers.centre_m - rx_m
        if self.tx_gain is not None:
            weight = weight + log_gain(self.tx_gain, _at_antenna(self.tx_axes, from_tx))
        if self.rx_gain is not None:
            weight = weight + log_gain(self.rx_gain, _at_antenna(self.rx_axes, from_rx))
        if self.response is None:
            return weight, cycles
        path_m = norm(from_tx) + norm(from_rx)
        fraction = path_m * np.float32(_fraction_per_m(radar))
        beat_hz = fraction * np.float32(radar.chirp.sample_rate_hz)
        filtered, filter_cycles = high_pass(self.response, beat_hz)
        weight = weight + filtered + low_pass(self.response, fraction)
        return weight, filter_cycles if cycles is None else cycles + filter_cycles


def _at_antenna(axes, direction_m):
    """Map directions at an image antenna to directions at the real antenna."""
    return direction_m if axes is None else direction_m @ jnp.asarray(axes).T


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class DelayWeightedReflection(WrappingReflection):
    """A reflection model whose echoes are multiplied by their delay in nanoseconds.

    Up to a constant factor, the sum of these echoes is the derivative of the echo with respect
    to the carrier frequency, from which the effects of phase noise and chirp jitter follow.

    Attributes:
        model: reflection model whose echoes are multiplied by the delay.
    """

    model: ReflectionModel

    def log_weight(self, radar: Radar, scatterers: Faces, tx_m, rx_m):
        """Return the model's log-amplitude plus the log of the delay, and the model's phase."""
        weight, cycles = self.model.log_weight(radar, scatterers, tx_m, rx_m)
        path_m = norm(scatterers.centre_m - tx_m) + norm(scatterers.centre_m - rx_m)
        return weight + jnp.log(path_m * np.float32(1e9 / SPEED_OF_LIGHT_MPS)), cycles


# Wrapping models that describe the radar, and not the surface or the way to it.
RadarWeights = WeightedReflection | DelayWeightedReflection


def weighted_reflection(model: ReflectionModel, profile: ReceiverProfile | None) -> ReflectionModel:
    """Weight a model's echoes by the antenna patterns and IF filters of a profile.

    The settings of the profile must be numbers, not ranges.
    """
    if profile is None or not (profile.tx_pattern or profile.rx_pattern or profile.if_filter):
        return model
    return WeightedReflection(
        model=model,
        tx_gain=antenna_gain(profile.tx_pattern) if profile.tx_pattern else None,
        rx_gain=antenna_gain(profile.rx_pattern) if profile.rx_pattern else None,
        response=filter_response(profile.if_filter) if profile.if_filter else None,
    )


def with_axes(model: ReflectionModel, tx_axes, rx_axes) -> ReflectionModel:
    """Return a copy of a model whose antenna patterns are oriented as given by the axes.

    Args:
        model: any reflection model; a model without antenna patterns is returned unchanged.
        tx_axes, rx_axes: axes of the antennas or their images, as in `WeightedReflection`.
    """
    if isinstance(model, DelayWeightedReflection):
        return replace(model, model=with_axes(model.model, tx_axes, rx_axes))
    if isinstance(model, WeightedReflection):
        return replace(model, tx_axes=tx_axes, rx_axes=rx_axes)
    return model


def static_weight(
    radar: Radar, model: ReflectionModel, centre_m, tx_m, rx_m
) -> Complex[np.ndarray, "*path"]:
    """Return the factor of antenna patterns, filters and delays for a static echo.

    Args:
        radar: board whose waveform is used.
        model: any reflection model; the reflection itself is left out of the factor.
        centre_m: positions of the reflecting points [m].
        tx_m, rx_m: positions of the antennas or of their images [m].
    """
    if not isinstance(model, RadarWeights):
        return np.ones(np.broadcast_shapes(centre_m.shape, tx_m.shape, rx_m.shape)[:-1], complex)
    with jax.enable_x64(True):
        points_m = jnp.asarray(centre_m)
        points = Faces(points_m, jnp.zeros_like(points_m), jnp.ones(points_m.shape[:-1]))
        ends_m = jnp.asarray(tx_m), jnp.asarray(rx_m)
        reflector = IsotropicPoints(np.ones(1, np.float32))
        weight, cycles = _around(model, reflector).log_weight(radar, points, *ends_m)
        own, _ = reflector.log_weight(radar, points, *ends_m)
        cycles = 0.0 if cycles is None else cycles
        return np.asarray(jnp.exp(weight - own + 2j * np.pi * cycles))


def _around(model: ReflectionModel, reflector: ReflectionModel) -> ReflectionModel:
    """Return a model with the body's reflection replaced, and all other weights unchanged."""
    if isinstance(model, RadarWeights):
        return replace(model, model=_around(model.model, reflector))
    return reflector


def _fraction_per_m(radar: Radar) -> float:
    """Return the beat frequency per metre of path as a fraction of the sample rate."""
    return radar.chirp.slope_hz_per_s / SPEED_OF_LIGHT_MPS / radar.chirp.sample_rate_hz
