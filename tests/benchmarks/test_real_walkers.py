"""Tests of the measures of recorded walks, on a short synthetic recording of two points."""

from pathlib import Path

import numpy as np
import pytest

import radarsim as rs
from benchmarks.real_walkers import ARRAY, AXES, main
from benchmarks.walker_comparison import aligned_speed_rms_mps, measures, straight_legs
from benchmarks.walker_measures import measure_walk
from benchmarks.walker_options import RADAR
from tests.helpers.array_files import write_array

SPEED_MPS, STEP_HZ, RIPPLE_MPS = 0.8, 1.8, 0.12
LIMB_MPS, LIMB_DB = 0.6, -20.0


def _range_m(times_s, limb_mps=0.0):
    """Return the range of a receding torso with speed ripple, or of a faster limb.

    The limb is faster than the torso by `limb_mps` within each frame."""
    turns = 2 * np.pi * STEP_HZ * times_s
    torso_m = 1.5 + SPEED_MPS * times_s - RIPPLE_MPS / (2 * np.pi * STEP_HZ) * np.cos(turns)
    return torso_m + limb_mps * np.mod(times_s, 0.1)  # the limb starts each frame at the torso


def _profiles(num_frames: int) -> np.ndarray:
    """Return range profiles [frame, chirp, rx, range]: the first 64 bins of a 256-sample FFT."""
    radar = rs.load_radar(RADAR)
    times_s = np.arange(num_frames)[:, None] * 0.1 + np.arange(64) * 1.2e-3
    fast_s = np.arange(256) / radar.chirp.sample_rate_hz
    beat = 2 * radar.chirp.slope_hz_per_s / 299_792_458 * fast_s
    cycles_per_m = 2 / radar.chirp.wavelength_m
    samples = 0.001 * np.random.default_rng(0).normal(size=(*times_s.shape, 256)) + 0j
    for limb_mps, gain in ((0.0, 1.0), (LIMB_MPS, 10 ** (LIMB_DB / 20))):
        range_m = _range_m(times_s, limb_mps)[..., None]
        samples += gain / range_m**2 * np.exp(2j * np.pi * range_m * (beat + cycles_per_m))
    profiles = np.fft.fft(samples, axis=-1)[..., :64]
    return np.stack([profiles, profiles * np.exp(0.3j)], axis=2)


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Return the measured walk of the synthetic recording, read from a MATLAB file."""
    path = write_array(tmp_path_factory.mktemp("walk") / "mini.mat", _profiles(90), ARRAY)
    recording = rs.load_recording(path, str(RADAR), axes=AXES, array=ARRAY)
    return measure_walk(recording.radar, np.asarray(recording.read(0, recording.num_frames)))


def test_every_measure_has_the_value_that_was_written(walk):
    """Measured speeds agree within 0.02 m/s, a fifth of a speed bin.

    The tolerance of the ripple is 15 %, because the window blurs the ripple."""
    found = measures(straight_legs(walk)["out"])
    assert found["range rate [m/s]"] == pytest.approx(SPEED_MPS, abs=0.02)
    assert found["torso speed [m/s]"] == pytest.approx(SPEED_MPS, abs=0.02)
    assert found["step frequency [Hz]"] == pytest.approx(STEP_HZ, rel=0.02)
    assert found["ripple [m/s]"] == pytest.approx(RIPPLE_MPS, rel=0.15)
    assert found["limb spread [m/s]"] == pytest.approx(LIMB_MPS, rel=0.15)
    assert found["limb level [dB]"] == pytest.approx(LIMB_DB, abs=2.0)
    assert found["level 2 to 8 m [dB]"] == pytest.approx(-24.1, abs=1.5)
    assert found["receiver phase [rad]"] == pytest.approx(0.0, abs=0.05)
    assert np.angle(np.exp(1j * walk.phase_rad).mean()) == pytest.approx(0.3, abs=0.02)


def test_a_shifted_walk_agrees_after_alignment(walk):
    """The speed of a walk delayed by 0.37 s differs by less than 0.02 m/s RMS after alignment."""
    leg = straight_legs(walk)["out"]
    later = leg.part(slice(4, None))
    moved = later.part(slice(None))
    object.__setattr__(moved, "times_s", later.times_s + 0.37)
    assert aligned_speed_rms_mps(leg, moved)["speed RMS [m/s]"] < 0.02


def test_a_missing_recording_is_refused(tmp_path):
    """The error message for a missing recording names the file."""
    with pytest.raises(rs.InputError, match=r"1pS3\.mat"):
        main(["--recordings", str(Path(tmp_path)), "--score"])
