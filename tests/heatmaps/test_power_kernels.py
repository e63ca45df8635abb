"""The GPU kernels, interpreted on a CPU, give the same power as the XLA code for CPUs."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.heatmaps import power
from radarsim.heatmaps.power_kernels import has_doppler_kernel, has_range_kernel, transform
from radarsim.heatmaps.settings import PAPER_MAPS
from tests.helpers.moving_sphere import small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

# Windows of 256 loops span four frames; 256 samples have 256 range bins.
RADAR = small_radar(num_chirps=64, num_samples=256)
NUM_FRAMES = 5


def echo_in_noise():
    """A moving echo with a chirp in slow time, 60 dB above the noise of a sample."""
    rng = np.random.default_rng(0)
    shape = (NUM_FRAMES * 64, 12, 256)
    noise = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    loop, pair, sample = np.ogrid[: shape[0], :12, :256]
    cycles = 0.11 * sample + 0.07 * loop + 0.3 * pair + 1e-4 * loop**2
    taper = np.hanning(256)
    return jnp.asarray(taper * (1e-3 * noise + np.exp(2j * np.pi * cycles)), jnp.complex64)


def powers_and_gradient(settings, loops):
    """Mean powers in range and Doppler [dB], and the gradient of their sum of logarithms.

    The function is compiled again, because the choice of kernels is not one of its arguments.
    """

    def compute(loops):
        powers = (
            power.time_range_power(settings, loops),
            power.time_doppler_power(RADAR, settings, loops),
        )
        levels_db = [10 * jnp.log10(part) for part in powers]
        return sum(part.mean() for part in levels_db), levels_db

    (_, levels_db), gradient = jax.jit(jax.value_and_grad(compute, has_aux=True))(loops)
    return [np.asarray(part) for part in levels_db], np.asarray(gradient)


@pytest.mark.parametrize("clutter", ["clip", pytest.param("window", marks=pytest.mark.slow)])
def test_kernels_have_the_power_and_gradient_of_the_code_of_a_cpu(monkeypatch, clutter):
    """All cells agree within 0.01 dB, even 60 dB below the peak, and the gradient within 0.1 %.

    The difference is float32 rounding in a different order of summation: cells 120 dB below the
    peak would differ by 0.04 dB. With clutter removal per clip, both kernels run; with removal per
    window, the Doppler kernel also subtracts the mean.
    """
    settings, loops = replace(PAPER_MAPS, clutter=clutter), echo_in_noise()
    plain, plain_gradient = powers_and_gradient(settings, loops)
    calls = set()
    for name in ("doppler_power", "range_power"):
        kernel = getattr(power, name)
        monkeypatch.setattr(
            power, name, lambda *given, kernel=kernel: calls.add(kernel) or kernel(*given)
        )
    monkeypatch.setattr(power, "use_kernels", lambda: True)
    levels_db, gradient = powers_and_gradient(settings, loops)
    assert len(calls) == (2 if clutter == "clip" else 1)
    for found, expected in zip(levels_db, plain, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=0.01)
        assert np.ptp(expected) > 60
    largest = np.abs(plain_gradient).max()
    np.testing.assert_allclose(gradient, plain_gradient, rtol=0, atol=1e-3 * largest)


def test_a_list_of_arrays_is_transformed_as_by_numpy():
    """The transforms of three series of sixteen values agree within float32 rounding."""
    values = np.random.default_rng(0).normal(size=(2, 16, 3)).astype(np.float32)
    found = transform(list(zip(*jnp.asarray(values))))
    expected = np.fft.fft(values[0] + 1j * values[1], axis=0)
    np.testing.assert_allclose([re + 1j * im for re, im in found], expected, atol=1e-5)


def test_other_lengths_have_no_kernel():
    assert has_doppler_kernel(256, 256)
    assert not has_doppler_kernel(128, 256)
    assert not has_doppler_kernel(256, 512)
    assert has_range_kernel(192, 256)
    assert not has_range_kernel(8, 256)
    assert not has_range_kernel(192, 128)
