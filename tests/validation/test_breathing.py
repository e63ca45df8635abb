"""Breathing of a chest with known motion: demodulation, rate, and detection in a recording."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.captures.recording import for_doppler, of_cube
from radarsim.validation.breathing import demodulate, find_breathing, remove_trend, strongest_rate
from radarsim.validation.capture_stats import measure_stats
from radarsim.validation.tracks import find_tracks
from tests.helpers.point_echoes import RADAR, echo_v, moving, noise_v

TIMES_S = np.arange(400) * 0.05
WAVELENGTH_M = RADAR.chirp.wavelength_m


def echo_of_chest(amplitude_m, clutter=0.0, noise=0.01):
    rng = np.random.default_rng(0)
    chest_m = amplitude_m * np.sin(2 * np.pi * 0.25 * TIMES_S)
    phase = 4 * np.pi * (1.0 + chest_m) / WAVELENGTH_M
    thermal = noise * (rng.normal(size=400) + 1j * rng.normal(size=400))
    return chest_m, np.exp(1j * phase) + clutter + thermal


@pytest.mark.parametrize("clutter", [0.0, 0.6, -3 + 2j])
def test_a_long_arc_is_demodulated_around_its_centre(clutter):
    """Breathing by 5 mm peak to peak changes the phase by 2.6 cycles; 1 % noise adds 1.5 um."""
    chest_m, echo_v_ = echo_of_chest(2.5e-3, clutter)
    phase_rad, method = demodulate(echo_v_)
    measured_m = remove_trend(TIMES_S, phase_rad * WAVELENGTH_M / (4 * np.pi))
    assert method == "arc"
    np.testing.assert_allclose(measured_m, remove_trend(TIMES_S, chest_m), atol=5e-5)


def test_a_short_arc_is_demodulated_along_its_line():
    """Breathing by 0.1 mm peak to peak changes the phase by 0.3 rad; 10 % error is allowed."""
    chest_m, echo_v_ = echo_of_chest(5e-5, noise=0.003)
    phase_rad, _ = demodulate(echo_v_)
    measured_m = phase_rad * WAVELENGTH_M / (4 * np.pi)
    slope = np.polyfit(chest_m, measured_m, 1)[0]
    assert slope == pytest.approx(1.0, abs=0.1)


def test_the_rate_is_the_strongest_frequency_in_the_breathing_band():
    waveform = np.sin(2 * np.pi * 0.25 * TIMES_S) + 0.3 * np.sin(2 * np.pi * 1.2 * TIMES_S)
    rate_hz, share = strongest_rate(waveform, 0.05)
    assert rate_hz == pytest.approx(0.25, abs=0.005)
    assert 0.8 < share < 1.0


RATE_HZ, SIZE_M = 0.27, 0.004
SLOW = replace(RADAR, frame=replace(RADAR.frame, num_chirps=2, period_s=0.05))


def breathing_of(position_m):
    recording = of_cube(SLOW, echo_v(SLOW, 320, position_m, 10.0) + noise_v(SLOW, 320))
    bursts = for_doppler(recording)
    tracks = find_tracks(bursts, measure_stats(bursts), tdm=False)
    return find_breathing(SLOW, measure_stats(recording), tracks)


def test_rate_and_displacement_of_a_breathing_person_are_found():
    """The reference is the percentile range of the true, detrended waveform at these times."""

    def chest(time_s):
        chest_m = SIZE_M / 2 * np.sin(2 * np.pi * RATE_HZ * np.asarray(time_s))
        return moving(1.1, 0.0, 10.0)(0 * time_s) * (1 + chest_m[..., None] / 1.1)

    breathing, reason = breathing_of(chest)
    assert reason == ""
    assert breathing.rate_hz == pytest.approx(RATE_HZ, abs=0.01)
    truth_m = SIZE_M / 2 * np.sin(2 * np.pi * RATE_HZ * breathing.times_s)
    low_m, high_m = np.percentile(remove_trend(breathing.times_s, truth_m), [2.5, 97.5])
    assert breathing.displacement_m == pytest.approx(high_m - low_m, abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_drift_without_a_period_is_not_breathing(seed):
    walk_m = np.cumsum(np.random.default_rng(seed).normal(0, 2e-4, 320))

    def sway(time_s):
        frame = np.clip(np.asarray(time_s) / 0.05, 0, 319).astype(int)
        return moving(1.1)(0 * time_s) + walk_m[frame][..., None] * [1.0, 0, 0]

    breathing, reason = breathing_of(sway)
    assert breathing is None
    assert reason
