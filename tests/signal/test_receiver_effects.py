"""Tests of a receiver profile's effects on echo and leakage against the effects' formulas."""

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
    Leakage,
    PacketLoss,
    PhaseNoise,
    ReceiverProfile,
)
from radarsim.signal.front_end import front_end_of
from radarsim.signal.noise_and_adc import receive
from radarsim.signal.received_echo import Echoes, receive_echoes
from radarsim.signal.settings import SimulationSettings
from tests.helpers.point_echoes import RADAR
from tests.helpers.receiver_echoes import (
    FS_HZ,
    KEY,
    NOISELESS,
    NUM_SAMPLES,
    SLOPE,
    front_end,
    gains_removed,
    received,
    silence,
    static_echo,
)

pytestmark = pytest.mark.usefixtures("fast_compilation")


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


# --- channels and leakage ------------------------------------------------------------------------


def test_mismatch_raises_the_sidelobes_of_a_beam():
    """The mean power beside the main lobe is (s_a^2 + s_p^2) / N of the peak, for N elements.

    The errors of transmitters and receivers are independent. The row of eight elements consists
    of 2 transmitters and 4 receivers. The mean over sixty keys has an uncertainty of 10 %.

    Source:
        Mailloux, Phased Array Antenna Handbook, 2nd ed., section 7.2 (average pattern).
    """
    gain_db, phase_rad = 0.5, np.radians(4)
    mismatch = ChannelMismatch(gain_db=gain_db, phase_rad=phase_rad)
    echo = static_echo(1.0, 1)
    row = np.array(RADAR.array.azimuth_row())
    angles = np.fft.fft(np.eye(len(row)))[1:]  # beams with nulls at the target
    power = []
    for seed in range(60):
        cube = received(echo, key=jax.random.key(seed), mismatch=mismatch)
        elements = gains_removed(cube)[0, 0, row[:, 0], row[:, 1], 0]
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


def test_jitter_turns_leakage_like_an_echo_of_the_same_range():
    """Jitter rotates a leakage tone of 1 V as it rotates an echo of 1 V at the same range.

    The rotation of leakage is computed to first order: for rotations of up to 0.02 rad, the error
    is below 0.02^2 / 2 V.
    """
    jitter, range_m = ChirpJitter(start_s=1e-9), 1.5
    echo, zeros = static_echo(range_m, 1), jnp.zeros_like(static_echo(range_m, 1).echo)
    leakage = Leakage(range_m=[range_m], channels=[[[[1.0, 0.0]]]])
    leaked = received(Echoes(zeros, zeros), jitter=jitter, leakage=leakage)
    turned = gains_removed(received(echo, jitter=jitter))
    rotation_rad = np.abs(turned - np.asarray(echo.echo)).max()
    assert 5e-3 < rotation_rad < 0.02
    np.testing.assert_allclose(leaked, turned, atol=2e-4)


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
    last = receive_echoes(
        RADAR, static_echo(1.0, 2), KEY, NOISELESS, first_frame=2, front_end=front_end(**parts)
    )
    np.testing.assert_allclose(np.asarray(last), whole[2:], rtol=1e-6, atol=1e-7)


def test_ranges_must_be_drawn():
    """A profile with a range raises an InputError that names the setting."""
    profile = ReceiverProfile(dc=DcOffset(level_v=(0.0, 0.1)))
    with pytest.raises(InputError, match=r"dc.level_v.*draw numbers"):
        front_end_of(replace(RADAR, profile=profile))
    assert front_end_of(replace(RADAR, profile=profile.at_middles())).dc_v == 0.05
