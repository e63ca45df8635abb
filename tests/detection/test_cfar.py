"""The false-alarm rates of the CFAR detectors on pure noise agree with theory."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from radarsim.detection import cfar
from radarsim.detection.burst_spectrum import burst_spectrum
from radarsim.detection.detect import mean_power
from radarsim.detection.settings import DetectionSettings

SHAPE = (64, 64)  # speed and range cells
FIRST_BIN = 7


@partial(jax.jit, static_argnums=1)
def noise_power(seed, num_channels):
    """Range-Doppler map of complex white noise, averaged over the channels."""
    parts = jax.random.normal(jax.random.key(seed), (2, SHAPE[0], 1, num_channels, SHAPE[1]))
    return mean_power(burst_spectrum(jax.lax.complex(*parts)))


def cells_of(settings, num_channels):
    return cfar.training_cells(settings, num_channels, SHAPE, FIRST_BIN)


def exceeds(settings, cells, power):
    if settings.cfar == "os":
        return cfar.exceeds_ordered(cells, power)
    return power > cfar.noise_by_average(cells, settings, power) * cells.factor.astype(np.float32)


@pytest.mark.parametrize("num_channels", [1, 8])
@pytest.mark.parametrize("method", ["ca", "os"])
def test_noise_exceeds_the_threshold_at_the_rate_asked_for(method, num_channels):
    """In 7e5 cells, a rate of 1e-3 gives 730 false alarms; the standard deviation is about 5 %."""
    settings = DetectionSettings(cfar=method, false_alarm_rate=1e-3)
    cells = cells_of(settings, num_channels)

    @jax.jit
    def count(seed):
        power = noise_power(seed, num_channels)
        return exceeds(settings, cells, power)[:, FIRST_BIN:].sum()

    maps = 200
    alarms = sum(int(count(seed)) for seed in range(maps))
    tested = maps * SHAPE[0] * (SHAPE[1] - FIRST_BIN)
    assert alarms / tested == pytest.approx(1e-3, rel=0.2)


@pytest.mark.parametrize("num_channels", [1, 8])
@pytest.mark.parametrize("rate", [1e-4, 1e-5, 1e-6])
@pytest.mark.parametrize("method", ["ca", "os"])
def test_rare_false_alarms_have_the_rate_asked_for(method, rate, num_channels):
    """The false-alarm rate follows from the distribution of the noise levels in the detector.

    The tested cell is independent of its training cells, which lie beyond the guard cells, so the
    rate is the mean over all cells of the probability that a gamma variable exceeds the measured
    threshold. Counting false alarms would need 1e8 cells. Cells near the ends of the range axis are
    included.
    """
    settings = DetectionSettings(cfar=method, false_alarm_rate=rate)
    cells = cells_of(settings, num_channels)
    speed, ranges = np.indices((8, SHAPE[1]))  # neighbouring rows contain nearly the same noise
    speed = speed * SHAPE[0] // 8

    @jax.jit
    def measured(seed):
        power = noise_power(seed, num_channels)
        if method == "ca":
            return cfar.noise_by_average(cells, settings, power)[speed, ranges]
        at = (jnp.asarray(speed.ravel()), jnp.asarray(ranges.ravel()))
        level = cfar.noise_by_order(cells, power, *at).reshape(speed.shape)
        return level * cells.order_level.astype(np.float32)

    rates = []
    for seed in range(20):
        level = np.asarray(measured(seed))
        # Mean noise power: unit variance of the real and imaginary part, times the energy of both
        # windows.
        limit = (level * cells.factor / mean_noise_power())[:, FIRST_BIN:]
        rates.append(stats.gamma.sf(num_channels * limit, num_channels).mean())
    assert np.mean(rates) == pytest.approx(rate, rel=0.2)


def mean_noise_power():
    """Expected power of a cell for noise of unit variance in each part."""
    energies = [(np.hanning(length + 2) ** 2).sum() for length in SHAPE]
    return 2 * energies[0] * energies[1]


def test_the_ca_threshold_of_one_channel_and_independent_cells_is_the_textbook_formula():
    """For exponential noise, the factor is N (rate ^ (-1 / N) - 1) (Rohling, 1983)."""
    for number in (8.0, 32.0):
        expected = number * (1e-4 ** (-1 / number) - 1)
        assert cfar.ca_factor(1e-4, 1, number) == pytest.approx(expected, rel=1e-6)


def test_the_os_threshold_of_one_channel_and_independent_cells_is_the_textbook_formula():
    """For exponential noise, the rate is the product of (N - i) / (N - i + factor) for i < k."""
    number, order = 32.0, 24
    factor = cfar.os_factor(1e-4, 1, number, order / number)
    index = np.arange(order)
    rate = np.prod((number - index) / (number - index + factor))
    assert rate == pytest.approx(1e-4, rel=1e-3)


@pytest.mark.parametrize("method", ["ca", "os"])
def test_training_cells_agree_with_a_plain_search_of_the_neighbourhood(method):
    """The levels of all cells equal those of a plain loop over neighbours to 1e-5 (float32)."""
    settings = DetectionSettings(cfar=method, guard_cells=(2, 3), training_cells=(3, 4))
    cells = cells_of(settings, 2)
    power = np.asarray(noise_power(3, 2))
    plain = np.array(
        [
            [_plain_level(settings, power, speed, ranges) for ranges in range(FIRST_BIN, SHAPE[1])]
            for speed in range(SHAPE[0])
        ]
    )
    tested = np.s_[:, FIRST_BIN:]
    if method == "ca":
        fast = cfar.noise_by_average(cells, settings, jnp.asarray(power))
    else:
        speed, ranges = (jnp.asarray(index.ravel()) for index in np.indices(SHAPE))
        fast = cfar.noise_by_order(cells, jnp.asarray(power), speed, ranges).reshape(SHAPE)
        fast = fast * cells.order_level.astype(np.float32)
        found = np.asarray(cfar.exceeds_ordered(cells, jnp.asarray(power)))[tested]
        ratio = power[tested] / (plain * cells.factor[FIRST_BIN:])
        clear = np.abs(ratio - 1) > 1e-4
        np.testing.assert_array_equal(found[clear], (ratio > 1)[clear])
    np.testing.assert_allclose(np.asarray(fast)[tested], plain, rtol=1e-5)


def _plain_level(settings, power, speed, ranges):
    """Mean or ordered statistic of the training cells of one cell, computed by a loop."""
    near, guard = settings.guard_cells
    far, reach = near + settings.training_cells[0], guard + settings.training_cells[1]
    values = [
        power[(speed + in_speed) % SHAPE[0], ranges + in_range]
        for in_range in range(-far, far + 1)
        for in_speed in range(-reach, reach + 1)
        if (abs(in_range) > near or abs(in_speed) > guard)
        and FIRST_BIN <= ranges + in_range < SHAPE[1]
    ]
    if settings.cfar == "ca":
        return np.mean(values)
    return np.sort(values)[round(settings.os_fraction * len(values)) - 1]


def test_a_strong_target_does_not_change_the_noise_level_measured_beside_it():
    """An echo of 90 dB in a cell does not change the noise level measured around this cell."""
    settings = DetectionSettings()
    cells = cells_of(settings, 2)
    quiet = noise_power(0, 2)
    loud = quiet.at[30, 30].add(1e9 * quiet.mean())
    levels = [cfar.noise_by_average(cells, settings, power)[30, 30] for power in (quiet, loud)]
    assert float(levels[1]) == pytest.approx(float(levels[0]), rel=1e-5)


def test_a_second_target_among_the_training_cells_raises_only_the_mean():
    """A second target 7 cells away hides a target from cell averaging, but not from OS-CFAR.

    The second target of 33 dB adds 2000 / 544 = 3.7 times the noise to the mean of the training
    cells; the first target is only 1.5 times the threshold for noise alone.
    """
    power = np.ones(SHAPE, np.float32)
    settings = {name: DetectionSettings(cfar=name) for name in ("ca", "os")}
    cells = {name: cells_of(each, 2) for name, each in settings.items()}
    level = 1.5 * cells["ca"].factor[30]
    power[30, 30], power[30, 37] = level, 2000.0
    found = {
        name: bool(exceeds(settings[name], cells[name], jnp.asarray(power))[30, 30])
        for name in settings
    }
    assert found == {"ca": False, "os": True}
