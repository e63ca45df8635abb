"""Apply the effects of a receiver profile, or of the ideal receiver, to an echo.

    echo -> phase errors -> leakage -> noise -> DC offset -> saturation -> ADC -> lost packets

Every effect has a separate random key. This key is derived from the key of the clip and, for
effects that change within a clip, from the index of the frame. A profile does not change the random
draws of the thermal noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex

from radarsim.captures.udp_packets import PAYLOAD_BYTES
from radarsim.numerics.batched_map import batched_map
from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.weighted_reflection import DelayWeightedReflection
from radarsim.signal.front_end import FrontEnd, phase_rate
from radarsim.signal.noise_and_adc import Key, quantised, receive, thermal_noise
from radarsim.signal.settings import SimulationSettings

# Complex samples in a packet of the DCA1000; I and Q take two bytes each.
SAMPLES_PER_PACKET = PAYLOAD_BYTES // 4
# Numbers that are folded into a random key: one for the whole clip, and one for each effect.
_CLIP = 0x7FFFFFFF
_PHASE, _JITTER, _TX, _RX, _DC, _PACKETS = range(1_000_001, 1_000_007)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Echoes:
    """Echo of a clip, not yet scaled to volts, in a form that every receiver accepts.

    Attributes:
        echo: IF samples of all echoes.
        delayed: IF samples with each echo multiplied by its delay [ns]; None if no effect depends
            on the delay.
    """

    echo: Complex[Array, "frame chirp tx rx sample"]
    delayed: Complex[Array, "frame chirp tx rx sample"] | None = None


def echoes_of(front_end: FrontEnd | None, reflection: ReflectionModel, echo_of: Callable) -> Echoes:
    """Compute the echo of a clip, and the delay-weighted echo if the front end requires one.

    Args:
        front_end: arrays of the profile; None for the ideal radar.
        reflection: reflection model, including antenna patterns and IF filters.
        echo_of: function that computes the IF samples for a reflection model.
    """
    delayed = None
    if front_end is not None and front_end.by_delay:
        delayed = echo_of(DelayWeightedReflection(reflection))
    return Echoes(echo_of(reflection), delayed)


def receive_echoes(
    radar: Radar,
    echoes: Echoes,
    key: Key,
    settings: SimulationSettings,
    level_v: ArrayLike = 1.0,
    extra_noise_db: ArrayLike = 0.0,
    first_frame: ArrayLike = 0,
    front_end: FrontEnd | None = None,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Apply the effects of the receiver to an echo.

    Args:
        radar: the simulated radar, without its receiver profile.
        echoes: IF samples without the level constant.
        key, settings, level_v, extra_noise_db, first_frame: arguments of `noise_and_adc.receive`.
        front_end: arrays of the profile; None for the ideal radar.

    Returns:
        IF samples in volts at the ADC.
    """
    if front_end is None:
        echo = echoes.echo
        return receive(radar, echo, key, settings, level_v, extra_noise_db, first_frame)
    effects = settings.thermal_noise, settings.quantise
    levels = level_v, extra_noise_db
    return _receive(radar, effects, front_end, echoes, key, levels, first_frame)


@partial(jax.jit, static_argnums=(0, 1))
def _receive(radar, effects, front_end, echoes, key, levels, first_frame):
    noisy, in_steps = effects
    level_v, extra_noise_db = levels
    gain = channel_gain(radar, front_end, key) * jnp.float32(level_v)
    offset_v = dc_offset_v(radar, front_end, key)

    def one_frame(inputs):
        index, echo, delayed = inputs
        key_here = jax.random.fold_in(key, index)
        frame_v = _with_phase_errors(radar, front_end, key_here, echo, delayed, gain)
        if noisy:
            noise_v = thermal_noise(radar, frame_v.shape, key_here, extra_noise_db)
            frame_v = frame_v + _shaped(front_end, noise_v)
        frame_v = _limited(front_end, frame_v + offset_v)
        frame_v = quantised(radar, frame_v) if in_steps else frame_v
        return _without_lost_packets(radar, front_end, key, index, frame_v)

    frames = first_frame + jnp.arange(len(echoes.echo)), echoes.echo, echoes.delayed
    return batched_map(one_frame, frames)


def _key_of(key, *numbers):
    for number in numbers:
        key = jax.random.fold_in(key, number)
    return key


def channel_gain(radar: Radar, front_end: FrontEnd, key: Key) -> Complex[Array, "tx rx 1"]:
    """Return the complex gain of every channel: the array's gain times the random mismatch.

    Args:
        radar: board whose antennas and channel gains are used.
        front_end: arrays of the profile; without a mismatch, the gain is that of the array.
        key: random key of the clip; the mismatch is the same in all frames.
    """
    gain = jnp.asarray(np.asarray(radar.array.channel_gain, np.complex64)[:, :, None])
    if front_end.gain_mismatch is None:
        return gain

    def errors(count, number):
        drawn = jax.random.normal(_key_of(key, _CLIP, number), (2, count))
        log_gain, phase_rad = drawn[0] * front_end.gain_mismatch, drawn[1]
        return jnp.exp(jax.lax.complex(log_gain, phase_rad * front_end.phase_mismatch_rad))

    tx, rx = errors(radar.array.num_tx, _TX), errors(radar.array.num_rx, _RX)
    return gain * tx[:, None, None] * rx[:, None]


def dc_offset_v(radar: Radar, front_end: FrontEnd, key: Key) -> Complex[Array, "rx 1"] | float:
    """Draw the DC offset of every receiver.

    Args:
        radar: board whose number of receivers is used.
        front_end: arrays of the profile.
        key: random key of the clip; the offset is the same in all frames.

    Returns:
        Complex offset [V]; 0 if the profile has no DC offset.
    """
    if front_end.dc_v is None:
        return 0.0
    parts = jax.random.normal(_key_of(key, _CLIP, _DC), (2, radar.array.num_rx, 1))
    return jax.lax.complex(parts[0], parts[1]) * (front_end.dc_v / jnp.float32(2**0.5))


def _with_phase_errors(radar, front_end, key, echo, delayed, gain):
    """Apply channel gains, add leakage, and apply phase noise and jitter to echo and leakage."""
    leakage = front_end.leakage
    frame_v = echo * gain
    if front_end.by_delay:
        delayed_v = delayed * gain
        delay_ns = _mean_delay_ns(frame_v, delayed_v)
        rate = _phase_error_per_ns(radar, front_end, key, delay_ns, frame_v)
        # The phase error is exact at the mean delay, and linear in the deviation from the mean.
        centred_v = delayed_v - delay_ns * frame_v
        frame_v = (frame_v + 1j * rate * centred_v) * jnp.exp(1j * rate * delay_ns)
        if leakage is not None:
            frame_v = frame_v + leakage.tones_v + 1j * rate * leakage.delayed_v
    elif leakage is not None:
        frame_v = frame_v + leakage.tones_v
    return frame_v


def _mean_delay_ns(frame_v, delayed_v):
    """Compute the energy-weighted mean delay of the echoes in a frame [ns]."""
    energy = jnp.sum(frame_v.real**2 + frame_v.imag**2)
    product = jnp.sum(frame_v.real * delayed_v.real + frame_v.imag * delayed_v.imag)
    return jnp.where(energy > 0, product / jnp.where(energy > 0, energy, 1.0), 0.0)


def _phase_error_per_ns(radar, front_end, key, delay_ns, frame_v):
    """Draw the phase error per nanosecond of delay [rad/ns], which all receivers share."""
    num_chirps, num_tx, _, num_samples = frame_v.shape
    rate = jnp.zeros((num_chirps, num_tx, 1, 1), jnp.float32)
    if front_end.jitter_hz is not None:
        start = jax.random.normal(_key_of(key, _JITTER), (num_chirps, num_tx, 1, 1))
        rate = rate + start * (front_end.jitter_hz * jnp.float32(2 * np.pi * 1e-9))
    if front_end.phase_noise is not None:
        white = jax.random.normal(_key_of(key, _PHASE), (num_chirps, num_tx, 1, num_samples))
        rate = rate + phase_rate(radar, front_end.phase_noise, delay_ns, white)
    return rate


def _shaped(front_end, noise_v):
    """Shape white noise to the noise spectrum of the receiver."""
    if front_end.noise_gain is None:
        return noise_v
    return jnp.fft.ifft(jnp.fft.fft(noise_v) * front_end.noise_gain)


def _limited(front_end, frame_v):
    if front_end.saturation_v is None:
        return frame_v
    limit_v = front_end.saturation_v
    parts = (jnp.clip(part, -limit_v, limit_v) for part in (frame_v.real, frame_v.imag))
    return jax.lax.complex(*parts)


def _without_lost_packets(radar, front_end, key, index, frame_v):
    """Replace the samples of lost packets by zeros, in the order in which the board sends them."""
    if front_end.loss_rate is None:
        return frame_v
    order = np.array(radar.frame.tx_order)
    size = frame_v.size
    whole, rest = divmod(size, SAMPLES_PER_PACKET)
    packet = index * whole + index * rest // SAMPLES_PER_PACKET
    offset = index * rest % SAMPLES_PER_PACKET
    count = size // SAMPLES_PER_PACKET + 2
    keys = jax.vmap(partial(_key_of, _key_of(key, _CLIP, _PACKETS)))(packet + jnp.arange(count))
    lost = jax.vmap(jax.random.uniform)(keys) < front_end.loss_rate
    lost = lost[(offset + jnp.arange(size)) // SAMPLES_PER_PACKET]
    sent = lost.reshape(frame_v.shape[0], len(order), *frame_v.shape[2:])
    return jnp.where(sent[:, np.argsort(order)], 0.0, frame_v)
