"""Arrays of a receiver profile for one radar: the effects of the receiver on an echo.

The arrays are traced, so that clips with different profiles share one compiled program if the
profiles have the same parts.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.errors import InputError
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import Leakage, NoiseShape, PhaseNoise, ReceiverProfile
from radarsim.scattering.antenna_gain import NEPERS_PER_DB
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scattering.weighted_reflection import (
    filter_response,
    high_pass,
    low_pass,
    weighted_reflection,
)

# Frequency shifts, in units of the sample rate, by which noise is aliased to each IF.
_ALIASES = (-2, -1, 0, 1, 2)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class LeakageTones:
    """Tones that leak from the transmitters to the receivers.

    Attributes:
        tones_v: sum of the tones, shape (tx, rx, sample) [V].
        delayed_v: sum of the tones, each multiplied by its delay, same shape as `tones_v` [V ns].
    """

    tones_v: ArrayLike
    delayed_v: ArrayLike


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class FrontEnd:
    """All effects of a receiver on echoes; a part that is None is ideal.

    Clips may be stacked along a leading axis.

    Attributes:
        noise_gain: amplitude of the noise in each range bin relative to the nominal noise.
        leakage: leakage from the transmitters to the receivers.
        phase_noise: amplitude spectrum of the oscillator's phase over the frequencies of a real FFT
            [rad per bin of white noise with variance 1].
        jitter_hz: standard deviation of the chirp's start frequency.
        gain_mismatch, phase_mismatch_rad: standard deviations of the channel errors: of the
            logarithm of the amplitude, and of the phase in radians.
        dc_v: root mean square of the DC offset.
        saturation_v: voltage at which I and Q are clipped.
        loss_rate: probability that a packet is lost.
    """

    noise_gain: ArrayLike | None = None
    leakage: LeakageTones | None = None
    phase_noise: ArrayLike | None = None
    jitter_hz: ArrayLike | None = None
    gain_mismatch: ArrayLike | None = None
    phase_mismatch_rad: ArrayLike | None = None
    dc_v: ArrayLike | None = None
    saturation_v: ArrayLike | None = None
    loss_rate: ArrayLike | None = None

    @property
    def by_delay(self) -> bool:
        """Whether an effect depends on the delay of the echoes, which requires a second sum."""
        return self.phase_noise is not None or self.jitter_hz is not None


def front_end_of(radar: Radar) -> FrontEnd | None:
    """Return the arrays of a radar's profile; None for the ideal radar.

    Raises:
        InputError: the profile holds ranges, from which no value has been drawn.
    """
    profile = radar.profile
    if profile is None or not profile.parts:
        return None
    check_drawn(profile)
    mismatch, jitter = profile.mismatch, profile.jitter
    slope = radar.chirp.slope_hz_per_s
    return FrontEnd(
        noise_gain=_noise_gain(radar, profile),
        leakage=leakage_tones(radar, profile.leakage) if profile.leakage else None,
        phase_noise=_phase_spectrum(radar, profile.phase_noise) if profile.phase_noise else None,
        jitter_hz=jitter.start_s * slope if jitter else None,
        gain_mismatch=NEPERS_PER_DB * mismatch.gain_db if mismatch else None,
        phase_mismatch_rad=mismatch.phase_rad if mismatch else None,
        dc_v=profile.dc.level_v if profile.dc else None,
        saturation_v=profile.saturation.level_v if profile.saturation else None,
        loss_rate=profile.packets.loss_rate if profile.packets else None,
    )


def parts_of(
    radar: Radar, reflection: ReflectionModel
) -> tuple[Radar, ReflectionModel, FrontEnd | None]:
    """Separate a radar into the ideal radar, the weighted reflection model and the front end.

    Args:
        radar: board with or without a receiver profile.
        reflection: reflection model of the bodies.

    Returns:
        The radar without its profile, the reflection model with the antenna patterns and IF filters
        of the profile, and the arrays of the profile; None for the ideal radar.

    Raises:
        InputError: the profile holds ranges, from which no value has been drawn.
    """
    front_end = front_end_of(radar)
    return radar.without_profile, weighted_reflection(reflection, radar.profile), front_end


def check_drawn(profile: ReceiverProfile) -> None:
    """Reject a profile that contains ranges.

    Raises:
        InputError: a setting is a range.
    """
    if profile.ranges:
        name, ends = next(iter(profile.ranges.items()))
        hint = "draw numbers with profile.drawn(...), or use profile.at_middles()"
        raise InputError("ReceiverProfile", name, f"is the range {list(ends)}", hint)


def _noise_gain(radar: Radar, profile: ReceiverProfile) -> np.ndarray | None:
    """Return the noise amplitude per range bin from the noise table, or else from the filters."""
    if profile.noise is not None:
        return noise_amplitude(radar, profile.noise)
    return _filtered_noise(radar, profile) if profile.if_filter is not None else None


def noise_amplitude(radar: Radar, shape: NoiseShape) -> Float[np.ndarray, " sample"]:
    """Interpolate the amplitude of a noise spectrum at the range bins of a radar.

    Args:
        radar: board whose number of samples is used.
        shape: noise spectrum whose settings are numbers, not ranges.

    Returns:
        Amplitude in each bin relative to the nominal white noise.
    """
    fraction = np.arange(radar.chirp.num_samples) / radar.chirp.num_samples
    level_db = np.zeros_like(fraction)
    if shape.spectrum:
        at, values_db = np.array(shape.spectrum).T
        # With a period of 1, interp would take the level at 1 for that at 0 as well.
        complete = at[0] == 0 and at[-1] == 1
        level_db = np.interp(fraction, at, values_db, period=None if complete else 1.0)
    return (10 ** ((level_db + shape.level_db) / 20)).astype(np.float32)


def _filtered_noise(radar: Radar, profile: ReceiverProfile) -> Float[np.ndarray, " sample"]:
    """Return the amplitude of filtered white noise; the filter's pass band starts at zero IF."""
    response = filter_response(profile.if_filter)
    fraction = np.arange(radar.chirp.num_samples) / radar.chirp.num_samples
    power, edge = np.zeros_like(fraction), profile.if_filter.pass_fraction
    for alias in _ALIASES if edge else (0,):
        # The low-pass filter is symmetric around the middle of its pass band.
        from_middle = np.abs(fraction + alias - edge / 2)
        passed, _ = high_pass(response, np.abs(fraction + alias) * radar.chirp.sample_rate_hz)
        power += np.exp(2 * np.asarray(passed + low_pass(response, edge / 2 + from_middle)))
    return np.sqrt(power).astype(np.float32)


def leakage_tones(radar: Radar, part: Leakage) -> LeakageTones:
    """Compute the samples of the leakage in every channel of a radar.

    Args:
        radar: board whose antennas and waveform are used.
        part: leakage whose settings are numbers, not ranges.

    Returns:
        The sum of the tones, with and without the factor of their delay, as complex64.
    """
    delay_s = 2 * np.array(part.range_m) / SPEED_OF_LIGHT_MPS
    beat_hz = radar.chirp.slope_hz_per_s * delay_s
    tones = np.exp(2j * np.pi * np.outer(beat_hz, radar.chirp.sample_times_s))
    values = np.array(part.channels)[..., 0] + 1j * np.array(part.channels)[..., 1]
    pairs = np.ix_(
        np.arange(radar.array.num_tx) % len(values), np.arange(radar.array.num_rx) % len(values[0])
    )
    amplitude_v = values[pairs] * 10 ** (part.level_db / 20)
    delayed_v = (amplitude_v * delay_s * 1e9) @ tones
    return LeakageTones((amplitude_v @ tones).astype(np.complex64), delayed_v.astype(np.complex64))


def _phase_spectrum(radar: Radar, part: PhaseNoise) -> Float[np.ndarray, " freq"]:
    """Return the amplitude response that shapes white noise into the oscillator's phase noise.

    The phase of the oscillator has the two-sided spectral density L(f), and white noise with the
    variance 1 has the density 1 / sample rate. The response applies to a real FFT of this noise.
    """
    chirp = radar.chirp
    freq_hz = np.fft.rfftfreq(chirp.num_samples, 1 / chirp.sample_rate_hz)
    loop_hz = part.loop_bandwidth_hz
    at_1_mhz = 10 ** (part.level_dbc_per_hz / 10)
    density = at_1_mhz * (1e12 + loop_hz**2) / (freq_hz**2 + loop_hz**2)
    return np.sqrt(density * chirp.sample_rate_hz).astype(np.float32)


def phase_rate(
    radar: Radar,
    spectrum: Float[Array, " freq"],
    mean_delay_ns,
    white: Float[Array, "*batch sample"],
) -> Float[Array, "*batch sample"]:
    """Compute the phase error per nanosecond of delay [rad/ns] due to oscillator phase noise.

    The phase phi(t) - phi(t - tau) has the spectral density L(f) 4 sin^2(pi f tau). The computed
    phase error is exact for the mean delay, and linear in the delay around the mean.

    Args:
        radar: radar whose sample rate is used.
        spectrum: amplitude spectrum of the oscillator's phase, from `FrontEnd`.
        mean_delay_ns: mean delay of the echoes.
        white: white noise with variance 1, one realisation per chirp.
    """
    num_samples = radar.chirp.num_samples
    freq_per_ns = np.fft.rfftfreq(num_samples, 1e9 / radar.chirp.sample_rate_hz)
    rate = 2 * jnp.pi * jnp.sinc(freq_per_ns * mean_delay_ns) * freq_per_ns
    shaped = jnp.fft.rfft(white) * (spectrum * rate).astype(jnp.float32)
    return jnp.fft.irfft(shaped, n=num_samples)
