"""Heatmaps computed in chunks equal those of the whole recording, relative to its noise."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.captures.recording import of_cube
from radarsim.heatmaps.heatmaps import make_heatmaps
from radarsim.validation import recording_heatmaps
from radarsim.validation.capture_stats import measure_stats
from radarsim.validation.recording_heatmaps import (
    MAPS,
    make_recording_heatmaps,
    recording_axes,
    settings_for,
)
from tests.helpers.point_echoes import RADAR, clutter_v, echo_v, moving, noise_v


@pytest.fixture(scope="module")
def recording():
    walker = echo_v(RADAR, 11, moving(1.0, 0.9, 10.0), 10.0)
    return of_cube(RADAR, clutter_v(RADAR, 11) + walker + 2 * noise_v(RADAR, 11))


@pytest.mark.parametrize("window", ["burst", "paper"])
def test_chunks_join_to_the_maps_of_the_whole_recording(recording, window, monkeypatch):
    """Chunks have 4 frames; noise 6 dB above the board's noise appears at 0 dB in the heatmaps."""
    stats, settings = measure_stats(recording), settings_for(recording, window)
    monkeypatch.setattr(recording_heatmaps, "CHUNK_BYTES", 4 * recording.frame_bytes)
    chunks = make_recording_heatmaps(recording, stats, settings)
    whole = make_heatmaps(RADAR, recording.read(0, 11), settings)
    for name in MAPS:
        shift = chunks[name] - np.asarray(getattr(whole, name))
        assert shift.shape == (len(recording_axes(recording, settings)["time_s"]), shift.shape[1])
        strong = chunks[name] > -3
        np.testing.assert_allclose(shift[strong], -6.02, atol=0.25)
        assert np.ptp(shift[strong]) < 0.01
    assert np.median(chunks["time_range"]) == pytest.approx(0.0, abs=1.0)


def test_128_loops_get_the_window_of_the_paper():
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=128))
    settings = settings_for(of_cube(radar, noise_v(radar, 3)))
    cut = (settings.window_chirps, settings.step_chirps, settings.num_doppler_bins)
    assert cut == (256, 16, 256)


@pytest.mark.parametrize("loops", [16, 37, 100, 255])
@pytest.mark.parametrize("num_frames", [1, 5])
def test_every_number_of_loops_gives_columns(loops, num_frames):
    """The tested numbers of loops include primes, for which the step is one loop."""
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=loops))
    recording = of_cube(radar, np.zeros((num_frames, loops, 3, 4, 64), np.complex64))
    settings = settings_for(recording)
    assert loops % settings.step_chirps == 0
    columns = len(recording_axes(recording, settings)["time_s"])
    assert columns == (num_frames * loops - settings.window_chirps) // settings.step_chirps + 1
