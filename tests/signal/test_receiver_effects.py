"""Tests of each effect of a receiver profile on an echo against the effect's formula."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.errors import InputError
from radarsim.radar.receiver_profile import (
    ChannelMismatch,
    ChirpJitter,
    DcOffset,
    IfFilter,
    Leakage,
    NoiseShape,
    PacketLoss,
    PhaseNoise,
    ReceiverProfile,
    Saturation,
)
from radarsim.signal.front_end import front_end_of, noise_amplitude
from radarsim.signal.noise_and_adc import receive
from radarsim.signal.received_echo import SAMPLES_PER_PACKET, Echoes, receive_echoes
from radarsim.signal.settings import SimulationSettings
from tests.helpers.point_echoes import RADAR

pytestmark = pytest.mark.usefixtures("fast_compilation")

KEY = jax.random.key(3)
NOISELESS = SimulationSettings(thermal_noise=False, quantise=False)
FS_HZ, SLOPE = RADAR.chirp.sample_rate_hz, RADAR.chirp.slope_hz_per_s
NUM_SAMPLES = RADAR.chirp.num_samples


def static_echo(range_m, num_frames=4):
    """Return a unit-amplitude echo in every chirp, and the echo multiplied by its delay [ns]."""
    tau_s = 2 * range_m / SPEED_OF_LIGHT_MPS
    tone = np.exp(2j * np.pi * SLOPE * tau_s * RADAR.chirp.sample_times_s)
    shape = (num_frames, RADAR.frame.num_chirps, RADAR.array.num_tx, RADAR.array.num_rx)
    echo = jnp.asarray(np.broadcast_to(tone, (*shape, NUM_SAMPLES)), jnp.complex64)
    return Echoes(echo, echo * np.float32(tau_s * 1e9))


def silence(num_frames=4):
    return Echoes(jnp.zeros_like(static_echo(1.0, num_frames).echo))


def received(echoes, settings=NOISELESS, **parts):
    radar = replace(RADAR, profile=ReceiverProfile(**parts))
    front_end = front_end_of(radar)
    return np.asarray(receive_echoes(RADAR, echoes, KEY, settings, front_end=front_end))


def gains_removed(cube):
    return cube / RADAR.array.gains[:, :, None]


def test_the_ideal_profile_changes_no_bit():
    """A profile without parts gives exactly the samples of a receiver without a profile."""
    noisy = SimulationSettings()
    echo = static_echo(1.3).echo * np.float32(0.01)
    ideal = np.asarray(receive(RADAR, echo, KEY, noisy))
    np.testing.assert_array_equal(received(Echoes(echo), noisy), ideal)


def test_thermal_noise_has_the_same_draws_as_without_profile():
    """A DC offset of 0 V leaves echo and noise unchanged, within float32 rounding."""
    noisy = replace(NOISELESS, thermal_noise=True)
    echo = static_echo(1.3).echo * np.float32(0.01)
    ideal = np.asarray(receive(RADAR, echo, KEY, noisy))
    with_part = received(Echoes(echo), noisy, dc=DcOffset(level_v=0.0))
    np.testing.assert_allclose(with_part, ideal, rtol=1e-6, atol=1e-9)


# --- phase noise and jitter ----------------------------------------------------------------------


@pytest.mark.parametrize("range_m", [0.1, 2.0])
def test_phase_noise_is_range_correlated(range_m):
    """The phase noise of an echo has the density L(f) 4 sin^2(pi f tau) at the offset f.

    The measured density is compared with this formula at offsets from 50 to 500 kHz. Each bin
    averages 384 chirps, with a standard deviation of 0.22 dB; the mean over 26 bins must differ
    from the formula by less than 0.2 dB.
    """
    level_dbc, loop_hz = -70.0, 100e3
    noise = PhaseNoise(level_dbc_per_hz=level_dbc, loop_bandwidth_hz=loop_hz)
    echoes = static_echo(range_m)
    ratio = gains_removed(received(echoes, phase_noise=noise)) / np.asarray(echoes.echo)
    density = (np.abs(np.fft.fft(ratio[..., 0, :] - 1)) ** 2).mean((0, 1, 2)) / NUM_SAMPLES / FS_HZ
    freq_hz = np.fft.fftfreq(NUM_SAMPLES, 1 / FS_HZ)
    offset = (np.abs(freq_hz) > 5e4) & (np.abs(freq_hz) < 5e5)
    tau_s = 2 * range_m / SPEED_OF_LIGHT_MPS
    spectrum = 10 ** (level_dbc / 10) * (1e12 + loop_hz**2) / (freq_hz**2 + loop_hz**2)
    predicted = spectrum * 4 * np.sin(np.pi * freq_hz * tau_s) ** 2
    difference_db = 10 * np.log10(density[offset] / predicted[offset])
    assert abs(difference_db.mean()) < 0.2
    assert np.abs(difference_db).max() < 1.0


def test_all_receivers_share_the_phase_noise():
    """All receivers have the same phase noise, because they share one oscillator."""
    echoes = static_echo(2.0, 1)
    cube = gains_removed(received(echoes, phase_noise=PhaseNoise(level_dbc_per_hz=-70)))
    np.testing.assert_allclose(cube[:, :, :, 0], cube[:, :, :, 1], atol=1e-6)
    assert np.abs(cube - np.asarray(echoes.echo)).max() > 1e-4


@pytest.mark.parametrize("range_m", [0.5, 2.0])
def test_jitter_turns_an_echo_by_its_beat_frequency(range_m):
    """Ramp jitter of dt rotates the phase of an echo by 2 pi f_b dt.

    The RMS over 384 chirps has an uncertainty of 8 %."""
    start_s = 2e-9
    echoes = static_echo(range_m)
    turned = gains_removed(received(echoes, jitter=ChirpJitter(start_s=start_s)))
    phase_rad = np.angle(turned / np.asarray(echoes.echo))
    beat_hz = SLOPE * 2 * range_m / SPEED_OF_LIGHT_MPS
    assert phase_rad.std() == pytest.approx(2 * np.pi * beat_hz * start_s, rel=0.12)
    assert np.ptp(phase_rad, axis=(3, 4)).max() < 1e-4  # equal for all samples and receivers
    assert np.abs(np.abs(turned) - 1).max() < 1e-5


def test_two_delays_have_two_rotations():
    """In a sum of two echoes, jitter rotates each echo according to the echo's delay.

    The rotation is computed to first order, with an error below -40 dB relative to the change."""
    near, far = static_echo(0.6, 1), static_echo(2.2, 1)
    both = Echoes(near.echo + far.echo, near.delayed + far.delayed)
    jitter = ChirpJitter(start_s=1e-9)
    together = received(both, jitter=jitter)
    alone = received(near, jitter=jitter) + received(far, jitter=jitter)
    error = np.abs(together - alone) ** 2
    change = np.abs(alone - gains_applied(both.echo)) ** 2
    assert 10 * np.log10(error.sum() / change.sum()) < -40


def gains_applied(echo):
    return np.asarray(echo) * RADAR.array.gains[:, :, None]


# --- channels, leakage and noise -----------------------------------------------------------------


def test_mismatch_raises_the_sidelobes_of_a_beam():
    """The mean power beside the main lobe is (s_a^2 + s_p^2) / N of the peak, for N elements.

    The errors of transmitters and receivers are independent. The row of eight elements consists
    of 2 transmitters and 4 receivers. The mean over sixty keys has an uncertainty of 10 %.

    Source:
        Mailloux, Phased Array Antenna Handbook, 2nd ed., section 7.2 (average pattern).
    """
    gain_db, phase_rad = 0.5, np.radians(4)
    radar = replace(
        RADAR,
        profile=ReceiverProfile(mismatch=ChannelMismatch(gain_db=gain_db, phase_rad=phase_rad)),
    )
    echo = static_echo(1.0, 1)
    row = np.array(RADAR.array.azimuth_row())
    angles = np.fft.fft(np.eye(len(row)))[1:]  # beams with nulls at the target
    power = []
    for seed in range(60):
        key = jax.random.key(seed)
        cube = receive_echoes(RADAR, echo, key, NOISELESS, front_end=front_end_of(radar))
        elements = gains_removed(np.asarray(cube))[0, 0, row[:, 0], row[:, 1], 0]
        power.append((np.abs(angles @ elements) ** 2).mean() / abs(elements.sum()) ** 2)
    # A null averages the errors of eight elements, some of which share a transmitter or receiver.
    variance = (gain_db / 8.686) ** 2 + phase_rad**2
    predicted = 2 * variance / len(row) * null_share(row)
    assert np.mean(power) == pytest.approx(predicted, rel=0.2)


def null_share(row):
    """Return the mean power of the nulls due to channel errors, relative to variance and N."""
    angles = np.fft.fft(np.eye(len(row)))[1:]
    power = 0.0
    for axis in (0, 1):
        members = np.equal.outer(np.unique(row[:, axis]), row[:, axis])
        power += (np.abs(angles @ members.T) ** 2).sum(1).mean()
    return power / (2 * len(row))


def test_leakage_appears_at_its_range_with_its_level():
    """A tone at range bin 3 has the specified amplitude in bin 3, and no power in other bins."""
    bin_m = RADAR.range_resolution_m
    part = Leakage(range_m=[3 * bin_m], channels=[[[[0.02, -0.01]]]], level_db=6.0)
    spectrum = np.fft.fft(received(silence(1), leakage=part)) / NUM_SAMPLES
    expected = (0.02 - 0.01j) * 10 ** (6 / 20)
    np.testing.assert_allclose(spectrum[..., 3], expected, atol=1e-6)
    assert np.abs(np.delete(spectrum, 3, axis=-1)).max() < 1e-6


def test_the_noise_has_the_spectrum_of_the_profile():
    """The noise level of each range bin is within 0.5 dB of the profile's spectrum.

    Each bin averages 1,536 chirps, with a standard deviation of 0.11 dB."""
    shape = NoiseShape(level_db=2.0, spectrum=[[0.0, 4.0], [0.5, 0.0], [0.75, -6.0]])
    noise_v = received(silence(), replace(NOISELESS, thermal_noise=True), noise=shape)
    power = (np.abs(np.fft.fft(noise_v)) ** 2).mean((0, 1, 2, 3)) / NUM_SAMPLES
    level_db = 10 * np.log10(power) - 20 * np.log10(RADAR.receiver.noise_rms_v(FS_HZ))
    at = np.arange(NUM_SAMPLES) / NUM_SAMPLES
    expected = 2 + np.interp(at, [0, 0.5, 0.75, 1], [4, 0, -6, 4])
    np.testing.assert_allclose(level_db, expected, atol=0.5)


def test_a_noise_table_from_0_to_1_may_have_different_ends():
    """The level at the sample rate does not replace the level at zero IF."""
    shape = NoiseShape(spectrum=[[0.0, 0.0], [0.9, 0.0], [1.0, -8.0]])
    level_db = 20 * np.log10(noise_amplitude(RADAR, shape))
    at = np.arange(NUM_SAMPLES) / NUM_SAMPLES
    expected = np.where(at > 0.9, -80 * (at - 0.9), 0.0)
    np.testing.assert_allclose(level_db, expected, atol=1e-5)


def test_filtered_noise_falls_at_the_end_of_the_band_and_at_zero_if():
    """Noise from 0.1 to 0.85 of the sample rate passes; noise at 0 and at 0.95 is attenuated."""
    radar = replace(RADAR, profile=ReceiverProfile(if_filter=IfFilter(high_pass_1_hz=20e3)))
    level_db = 20 * np.log10(np.asarray(front_end_of(radar).noise_gain))
    at = np.arange(NUM_SAMPLES) / NUM_SAMPLES
    assert np.abs(level_db[(at > 0.1) & (at < 0.85)]).max() < 0.5
    assert level_db[np.argmin(abs(at - 0.95))] < -10
    assert level_db[0] < -6


def test_every_receiver_has_its_dc_offset():
    """The DC offset is constant over time and transmitters, and differs between receivers."""
    offset_v = received(silence(), dc=DcOffset(level_v=0.01))
    np.testing.assert_array_equal(
        offset_v, np.broadcast_to(offset_v[:1, :1, :1, :, :1], offset_v.shape)
    )
    assert len(np.unique(offset_v)) == RADAR.array.num_rx
    assert np.sqrt((np.abs(offset_v) ** 2).mean()) == pytest.approx(0.01, rel=1.0)


# --- limits and lost packets ---------------------------------------------------------------------


def test_saturation_limits_i_and_q():
    """The third harmonic of a tone of amplitude 1, clipped at 0.5, has the theoretical level.

    The ratio of Fourier coefficients is b_3 / b_1 = 0.1378 / 0.6090 for clipping at half of the
    amplitude.
    """
    clipped = received(
        static_echo(5 * RADAR.range_resolution_m, 1), saturation=Saturation(level_v=0.5)
    )
    assert np.abs(clipped.real).max() <= 0.5
    spectrum = np.abs(np.fft.fft(clipped[0, 0, 0, 0])) / NUM_SAMPLES
    # The third harmonic of a complex tone clipped in I and Q is at -3 times the tone's frequency.
    assert spectrum[-15] / spectrum[5] == pytest.approx(0.1378 / 0.6090, rel=0.02)


def test_lost_packets_are_zeros_in_the_order_of_the_stream():
    """A fifth of the packets is lost, and all 364 samples of each lost packet are zero."""
    cube = received(static_echo(1.0), packets=PacketLoss(loss_rate=0.2))
    order = np.array(RADAR.frame.tx_order)
    sent = (cube[:, :, order] == 0).ravel()
    whole = sent[: len(sent) // SAMPLES_PER_PACKET * SAMPLES_PER_PACKET]
    packets = whole.reshape(-1, SAMPLES_PER_PACKET)
    assert (packets.all(1) | ~packets.any(1)).all()
    # With 270 packets, the standard deviation of the lost share is 0.024.
    assert packets[:, 0].mean() == pytest.approx(0.2, abs=0.08)


def test_frames_do_not_depend_on_the_number_of_frames():
    """Two frames simulated separately equal the same frames of a longer simulation.

    Random effects depend on the index of the frame, so that chunks can be simulated separately."""
    parts = {
        "jitter": ChirpJitter(start_s=1e-9),
        "packets": PacketLoss(loss_rate=0.2),
        "mismatch": ChannelMismatch(gain_db=1.0, phase_rad=0.1),
        "dc": DcOffset(level_v=0.1),
    }
    whole = received(static_echo(1.0), **parts)
    front_end = front_end_of(replace(RADAR, profile=ReceiverProfile(**parts)))
    last = receive_echoes(
        RADAR, static_echo(1.0, 2), KEY, NOISELESS, first_frame=2, front_end=front_end
    )
    np.testing.assert_allclose(np.asarray(last), whole[2:], rtol=1e-6, atol=1e-7)


def test_ranges_must_be_drawn():
    """A profile with a range raises an InputError that names the setting."""
    profile = ReceiverProfile(dc=DcOffset(level_v=(0.0, 0.1)))
    with pytest.raises(InputError, match=r"dc.level_v.*draw numbers"):
        front_end_of(replace(RADAR, profile=profile))
    assert front_end_of(replace(RADAR, profile=profile.at_middles())).dc_v == 0.05
