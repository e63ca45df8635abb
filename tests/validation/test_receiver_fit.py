"""Tests of receiver profiles fitted to captures: noise and leakage per range bin."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim import files
from radarsim.captures.recording import Recording, of_capture
from radarsim.radar.receiver_profile import Leakage, NoiseShape, ReceiverProfile
from radarsim.radar.receiver_toml import dump_profile, parse_profile
from radarsim.signal.front_end import front_end_of
from radarsim.signal.received_echo import Echoes, receive_echoes
from radarsim.signal.settings import SimulationSettings
from radarsim.validation.capture_stats import measure_stats, static_profile_dbfs
from radarsim.validation.receiver_fit import (
    fit_receiver,
    leakage_bins,
    save_receiver_profile,
)
from tests.helpers.point_echoes import RADAR


def empty_scene(radar, profile, num_frames, seed=0) -> Recording:
    """Return a simulated recording of a radar that receives no echoes."""
    shape = (num_frames, radar.frame.num_chirps, radar.array.num_tx, radar.array.num_rx)
    silence = Echoes(jnp.zeros((*shape, radar.chirp.num_samples), jnp.complex64))
    front_end = front_end_of(replace(radar, profile=profile))
    key = jax.random.key(seed)
    cube_v = receive_echoes(radar, silence, key, SimulationSettings(), front_end=front_end)
    cube_v = np.array(cube_v)
    return Recording(
        radar=radar, num_frames=num_frames, read=lambda start, stop: cube_v[start:stop]
    )


def differences_db(radar, stats, profile, num_frames):
    """Return the noise of all bins and the leakage level, simulated minus measured [dB]."""
    simulated = measure_stats(empty_scene(radar, profile, num_frames))
    noise_db = 10 * np.log10(simulated.noise_power_v2 / stats.noise_power_v2)
    leakage_db = static_profile_dbfs(radar, simulated) - static_profile_dbfs(radar, stats)
    return noise_db, leakage_db[: leakage_bins(radar)]


def test_a_known_profile_is_recovered(tmp_path):
    """Noise per bin is recovered within 0.6 dB of the known profile, and leakage within 0.3 dB.

    Known and fitted data each average 1,488 chirp differences per bin, so the standard deviation
    of the level difference is 0.16 dB. The last leakage bins contain little more than averaged
    noise.
    """
    bin_m = RADAR.range_resolution_m
    known = ReceiverProfile(
        noise=NoiseShape(level_db=1.0, spectrum=[[0.0, 3.0], [0.5, 0.0], [0.9, -6.0]]),
        leakage=Leakage(range_m=[0.0, 1.4 * bin_m], channels=[[[[0.02, 0.01], [0.0, -0.005]]]]),
    )
    stats = measure_stats(empty_scene(RADAR, known, 4))
    fitted = fit_receiver(RADAR, stats, "known")
    assert parse_profile(dump_profile(fitted), "file") == fitted
    noise_db, leakage_db = differences_db(RADAR, stats, fitted, 4)
    assert np.abs(noise_db).max() < 0.6
    assert np.abs(leakage_db).max() < 0.3


def test_the_noise_and_leakage_of_a_real_capture_are_reproduced(test_data, examples):
    """The simulated noise and leakage in each bin are within 1 dB of the breathing capture.

    The capture has 1,600 pairs of chirps, so the standard deviation of a bin is 0.15 dB.
    """
    setup = examples / "radars" / "iwr6843_breathing.toml"
    source = test_data / "iwr6843_breathing" / "capture.bin"
    recording = of_capture(files.open_capture(source, setup))
    stats = measure_stats(recording)
    fitted = fit_receiver(recording.radar, stats, "capture.bin")
    found = differences_db(recording.radar, stats, fitted, recording.num_frames)
    noise_db, leakage_db = found
    assert len(noise_db) == recording.radar.chirp.num_samples
    assert np.abs(noise_db).max() < 1.0
    assert np.abs(leakage_db).max() < 1.0


@pytest.mark.parametrize("num_rx", [1, 4])
def test_a_profile_of_few_channels_fits_a_radar_of_many(num_rx):
    """A leakage table with fewer channels than the radar is repeated over the radar's receivers."""
    rows = [[[[0.01 * (rx + 1), 0.0]] for rx in range(num_rx)]]
    profile = ReceiverProfile(leakage=Leakage(range_m=[0.0], channels=rows))
    cube_v = empty_scene(RADAR, profile, 1).read(0, 1)
    level_v = cube_v.real.mean((0, 1, 4))
    expected_v = 0.01 * (1 + np.arange(RADAR.array.num_rx) % num_rx)
    np.testing.assert_allclose(level_v, np.broadcast_to(expected_v, level_v.shape), atol=1e-4)


def test_a_saved_profile_is_loaded_by_its_path(tmp_path):
    """A profile saved by `validate --fit` is loaded unchanged by its file path."""
    stats = measure_stats(empty_scene(RADAR, None, 1))
    fitted = fit_receiver(RADAR, stats, "capture.bin")
    save_receiver_profile(fitted, tmp_path / "receiver_profile.toml")
    assert files.load_receiver(tmp_path / "receiver_profile.toml", RADAR) == fitted
