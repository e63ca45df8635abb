"""Tests of noise, DC offset, saturation and lost packets of a receiver profile."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from radarsim.radar.receiver_profile import (
    DcOffset,
    IfFilter,
    NoiseShape,
    PacketLoss,
    Saturation,
)
from radarsim.signal.front_end import noise_amplitude
from radarsim.signal.received_echo import SAMPLES_PER_PACKET, dc_offset_v
from tests.helpers.point_echoes import RADAR
from tests.helpers.receiver_echoes import (
    FS_HZ,
    KEY,
    NOISELESS,
    NUM_SAMPLES,
    front_end,
    received,
    silence,
    static_echo,
)

pytestmark = pytest.mark.usefixtures("fast_compilation")


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


def test_filtered_noise_has_the_response_of_the_filters():
    """White noise is attenuated like an echo of the same IF, and aliases have the stop band.

    At the corner of the first high-pass filter, and 4/3 of that of the second, the attenuation is
    3.01 + 1.94 dB. At the end of the pass band, it is 0.5 dB and 0.14 dB of the high-pass filters.
    At zero IF, only aliases pass: three at -40 dB, and that of the sample rate at 1.1 times this
    power, because the low-pass filter's slope ends there.
    """
    at_corner, at_edge = 8, 56
    corner_hz = at_corner / NUM_SAMPLES * FS_HZ
    filters = IfFilter(
        high_pass_1_hz=corner_hz,
        high_pass_2_hz=0.75 * corner_hz,
        pass_fraction=at_edge / NUM_SAMPLES,
        stop_band_db=40.0,
    )
    level_db = 20 * np.log10(np.asarray(front_end(if_filter=filters).noise_gain))
    assert level_db[at_corner] == pytest.approx(-3.01 - 1.94, abs=0.02)
    assert level_db[at_edge] == pytest.approx(-0.64, abs=0.02)
    assert level_db[0] == pytest.approx(-40 + 10 * np.log10(4.1), abs=0.1)


def test_every_receiver_has_its_dc_offset():
    """The DC offset is constant over time and transmitters, and differs between receivers."""
    offset_v = received(silence(), dc=DcOffset(level_v=0.01))
    expected_v = np.asarray(dc_offset_v(RADAR, front_end(dc=DcOffset(level_v=0.01)), KEY))
    np.testing.assert_allclose(
        offset_v, np.broadcast_to(expected_v, offset_v.shape), rtol=1e-6, atol=1e-9
    )
    assert len(np.unique(expected_v)) == RADAR.array.num_rx


def test_the_dc_offsets_of_many_clips_have_the_rms_of_the_profile():
    """The rms over 200 clips with 4 receivers each is the level of the profile within 7 %.

    The squared magnitude of a complex normal number has a standard deviation equal to its mean, so
    an rms over n numbers has the relative standard error 1 / (2 sqrt(n)), 1.8 % for n = 800. The
    tolerance is four standard errors.
    """
    level = front_end(dc=DcOffset(level_v=0.01))
    keys = jax.random.split(jax.random.key(5), 200)
    offsets_v = np.asarray(jax.vmap(lambda key: dc_offset_v(RADAR, level, key))(keys))
    tolerance = 4 / (2 * np.sqrt(offsets_v.size))
    assert np.sqrt((np.abs(offsets_v) ** 2).mean()) == pytest.approx(0.01, rel=tolerance)


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
    """A fifth of the packets is lost, and all 364 samples of each lost packet are zero.

    The number of lost packets is binomial. The tolerance is four standard errors of the share,
    which is 0.031 for 2,700 packets of ten clips.
    """
    rate, echo, order = 0.2, static_echo(1.0), np.array(RADAR.frame.tx_order)
    lost = []
    for seed in range(10):
        cube = received(echo, key=jax.random.key(seed), packets=PacketLoss(loss_rate=rate))
        sent = (cube[:, :, order] == 0).ravel()
        whole = sent[: len(sent) // SAMPLES_PER_PACKET * SAMPLES_PER_PACKET]
        packets = whole.reshape(-1, SAMPLES_PER_PACKET)
        assert (packets.all(1) | ~packets.any(1)).all()
        lost += packets[:, 0].tolist()
    tolerance = 4 * np.sqrt(rate * (1 - rate) / len(lost))
    assert np.mean(lost) == pytest.approx(rate, abs=tolerance)
