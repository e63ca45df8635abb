"""The receiver: noise level by noise figure, white and independent noise, and ADC steps."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.signal.noise_and_adc import add_thermal_noise, from_codes, receive, to_codes
from tests.helpers.scenes import KEY, QUIET, RADAR

pytestmark = pytest.mark.usefixtures("fast_compilation")

# The mean noise power of 2 x 128 x 12 x 256 samples has a standard deviation of 0.005 dB.
SHAPE = (2, 128, 3, 4, 256)


@pytest.fixture(scope="module")
def noise_v():
    return np.asarray(add_thermal_noise(RADAR, jnp.zeros(SHAPE, jnp.complex64), KEY))


def at_antenna_dbm(power_v2, radar=RADAR):
    """Return the power at the antenna port for a mean squared voltage at the ADC."""
    watts = power_v2 / radar.receiver.load_ohm / 10 ** (radar.receiver.gain_db / 10)
    return 10 * np.log10(watts / 1e-3)


def test_the_noise_floor_is_what_the_noise_figure_says(noise_v):
    """-174 dBm/Hz + 66.4 dB for 4.4 MHz + 15 dB noise figure give -92.5 dBm."""
    assert at_antenna_dbm((np.abs(noise_v) ** 2).mean()) == pytest.approx(-92.5, abs=0.2)


def test_the_voltage_follows_each_figure_of_the_receiver(noise_v):
    """-10 dB noise figure, +18 dB gain, temperature x2 and load x4 change the level by 17.03 dB."""
    changed = replace(
        RADAR.receiver, noise_figure_db=5.0, gain_db=48.0, temperature_k=580.0, load_ohm=200.0
    )
    radar = replace(RADAR, receiver=changed)
    cube_v = np.asarray(add_thermal_noise(radar, jnp.zeros((1, *SHAPE[1:]), jnp.complex64), KEY))
    wished = 10 ** ((-10 + 18) / 20) * 2**0.5 * 2
    np.testing.assert_allclose(cube_v / noise_v[:1], wished, rtol=1e-5)  # the same random draw


def test_twice_the_sample_rate_is_twice_the_noise():
    radar = replace(RADAR, chirp=replace(RADAR.chirp, sample_rate_hz=8.8e6))
    cube_v = add_thermal_noise(radar, jnp.zeros((1, *SHAPE[1:]), jnp.complex64), KEY)
    floor_dbm = at_antenna_dbm(float((jnp.abs(cube_v) ** 2).mean()))
    assert floor_dbm == pytest.approx(-92.5 + 3.01, abs=0.2)


def test_half_of_the_noise_is_on_each_of_i_and_q(noise_v):
    """For 786,432 samples, 0.01 is 9 standard deviations of the variance and of the correlation."""
    total = (np.abs(noise_v) ** 2).mean()
    assert (noise_v.real**2).mean() / total == pytest.approx(0.5, abs=0.005)
    assert (noise_v.imag**2).mean() / total == pytest.approx(0.5, abs=0.005)
    assert (noise_v.real * noise_v.imag).mean() / total == pytest.approx(0.0, abs=0.005)
    assert abs(noise_v.mean()) ** 2 / total < 1e-4


def test_the_noise_is_gaussian(noise_v):
    """The kurtosis is 3, and 31.7 % are beyond one sigma; the tolerances are several sigma."""
    unit = noise_v.real.ravel() / noise_v.real.std()
    assert (unit**4).mean() == pytest.approx(3.0, abs=0.05)
    assert (np.abs(unit) > 1).mean() == pytest.approx(0.3173, abs=0.003)


@pytest.mark.parametrize("axis", [1, 4], ids=["Doppler", "range"])
def test_the_noise_is_white(noise_v, axis):
    """Each bin averages at least 6,000 draws: one sigma is 1.3 %, and 7 % is the tolerance."""
    power = np.abs(np.fft.fft(noise_v, axis=axis)) ** 2
    spectrum = power.mean(tuple(np.delete(np.arange(5), axis)))
    np.testing.assert_allclose(spectrum, spectrum.mean(), rtol=0.07)


def test_no_two_channels_or_frames_share_noise(noise_v):
    """The correlation of 32,768 samples has a standard deviation of 0.0055; 0.03 is allowed."""
    rows = noise_v.transpose(0, 2, 3, 1, 4).reshape(24, -1)
    correlation = np.abs(np.corrcoef(rows))
    assert (correlation - np.eye(24)).max() < 0.03


def test_adding_frames_changes_nothing_before(noise_v):
    longer = add_thermal_noise(RADAR, jnp.zeros((3, *SHAPE[1:]), jnp.complex64), KEY)
    np.testing.assert_array_equal(longer[:2], noise_v)
    assert (np.asarray(longer[2]) != noise_v[0]).all()


def test_another_key_draws_other_noise(noise_v):
    other = add_thermal_noise(RADAR, jnp.zeros(SHAPE, jnp.complex64), jax.random.PRNGKey(1))
    assert np.abs(np.corrcoef(noise_v.ravel(), np.asarray(other).ravel())[0, 1]) < 0.01


def test_a_batch_of_clips_draws_what_each_clip_draws_alone():
    keys = jax.random.split(KEY, 2)
    still = jnp.zeros((1, 4, 3, 4, 16), jnp.complex64)
    together = jax.vmap(lambda key: add_thermal_noise(RADAR, still, key))(keys)
    for i, key in enumerate(keys):
        np.testing.assert_array_equal(together[i], add_thermal_noise(RADAR, still, key))


def test_noise_adds_to_the_echo(noise_v):
    echo_v = jnp.full(SHAPE, 0.25 + 0.125j, jnp.complex64)
    with_echo = np.asarray(add_thermal_noise(RADAR, echo_v, KEY))
    np.testing.assert_allclose(with_echo - (0.25 + 0.125j), noise_v, atol=1e-7)  # rounding at 0.25


# --- quantisation --------------------------------------------------------------------------------


def ramp_v(radar, overdrive):
    """A ramp: I rises from -overdrive to +overdrive times full scale, and Q falls."""
    ramp = np.linspace(-overdrive, overdrive, 1001) * radar.receiver.full_scale_v
    return jnp.asarray(ramp - 1j * ramp, jnp.complex64)


@pytest.mark.parametrize("adc_bits", [4, 12, 16])
def test_codes_lie_within_half_a_step(adc_bits):
    radar = replace(RADAR, receiver=replace(RADAR.receiver, adc_bits=adc_bits))
    step_v = 2 * radar.receiver.full_scale_v / 2**adc_bits
    exact_v = ramp_v(radar, 0.85)
    codes = to_codes(radar, exact_v)
    assert codes.dtype == jnp.int16
    assert codes.shape == (1001, 2)
    error_v = np.asarray(from_codes(radar, codes) - exact_v)
    # The tolerance is 1e-3 of a step: float32 rounding near 16-bit full scale is 2^-9 of a step.
    assert max(np.abs(error_v.real).max(), np.abs(error_v.imag).max()) <= 0.502 * step_v


def test_i_comes_before_q():
    codes = to_codes(RADAR, jnp.asarray([0.1 - 0.2j], jnp.complex64))
    np.testing.assert_array_equal(codes, [[round(0.1 / 0.45 * 32768), round(-0.2 / 0.45 * 32768)]])


@pytest.mark.parametrize("adc_bits", [12, 16])
def test_beyond_full_scale_the_codes_stay_at_their_ends(adc_bits):
    """Codes saturate, whereas a plain int16 conversion would wrap to the opposite sign."""
    radar = replace(RADAR, receiver=replace(RADAR.receiver, adc_bits=adc_bits))
    codes = np.asarray(to_codes(radar, ramp_v(radar, 3.0)))
    top = 2 ** (adc_bits - 1)
    np.testing.assert_array_equal(codes[[0, -1]], [[-top, top - 1], [top - 1, -top]])
    assert (np.diff(codes[:, 0].astype(int)) >= 0).all()


def test_codes_survive_the_way_to_volts_and_back():
    rng = np.random.default_rng(0)
    codes = jnp.asarray(rng.integers(-32768, 32768, (100, 7, 2)), jnp.int16)
    np.testing.assert_array_equal(to_codes(RADAR, from_codes(RADAR, codes)), codes)


def test_quantisation_noise_is_a_twelfth_of_a_squared_step():
    """The noise of I and of Q is step^2 / 12 if the signal crosses many steps.

    The tolerance of 2 % is 5 sigma for 200,000 draws.
    """
    rng = np.random.default_rng(0)
    parts = rng.normal(0, 100 * RADAR.receiver.adc_step_v, (2, 100_000))
    exact_v = jnp.asarray(parts[0] + 1j * parts[1], jnp.complex64)
    error_v = np.asarray(from_codes(RADAR, to_codes(RADAR, exact_v)) - exact_v)
    power = (np.abs(error_v) ** 2).mean()
    assert power == pytest.approx(2 * RADAR.receiver.adc_step_v**2 / 12, rel=0.02)


# --- noise and quantisation ----------------------------------------------------------------------


def test_noise_and_steps_are_switched_by_the_settings():
    rng = np.random.default_rng(0)
    parts = 1e-3 * rng.normal(size=(2, 1, 4, 3, 4, 16)).astype(np.float32)
    echo_v = jnp.asarray(parts[0] + 1j * parts[1])
    noisy_v = add_thermal_noise(RADAR, echo_v, KEY)

    def received(**switches):
        return np.asarray(receive(RADAR, echo_v, KEY, replace(QUIET, **switches)))

    np.testing.assert_array_equal(received(), echo_v)
    np.testing.assert_array_equal(received(thermal_noise=True), noisy_v)
    stepped_v = from_codes(RADAR, to_codes(RADAR, echo_v))
    np.testing.assert_array_equal(received(quantise=True), stepped_v)
    both_v = from_codes(RADAR, to_codes(RADAR, noisy_v))
    np.testing.assert_array_equal(received(thermal_noise=True, quantise=True), both_v)
