"""Compute heatmaps of a recording of any length in chunks, in dB above the measured noise.

The chunks overlap by one Doppler window, so chunking does not change the columns.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from radarsim.captures.recording import Recording
from radarsim.heatmaps.heatmaps import HeatmapSettings, heatmap_axes, make_heatmaps, num_columns
from radarsim.validation.capture_stats import CaptureStats, noise_bias_db

MAPS = ("time_doppler", "time_range", "time_angle")
# Size of a chunk of frames, and number of columns above which every burst has only one column.
CHUNK_BYTES = 24 << 20
MAX_COLUMNS = 20_000
STEPS_PER_BURST = 8  # target number of columns per burst


def settings_for(recording: Recording, window: str = "burst", tdm: bool = True) -> HeatmapSettings:
    """Choose heatmap settings that suit the frames of a recording.

    The Doppler window covers two bursts (one burst if the recording has only one). The step between
    windows is an eighth of a burst, or the next smaller divisor of the number of loops. Frames of
    128 loops result in the settings of the mmCLIP paper: windows of 256 loops in steps of 16.

    Args:
        recording: recording with a Doppler axis, from `captures.recording.for_doppler`.
        window: Doppler window, "burst" or "paper" (see `HeatmapSettings`).
        tdm: whether to compensate the phase shift of a moving target between TDM transmit slots.

    Returns:
        The heatmap settings.
    """
    loops = recording.radar.frame.num_chirps
    bursts = min(2, recording.num_frames)
    step = _step(loops)
    if step * MAX_COLUMNS < recording.num_frames * loops:
        step = loops
    return HeatmapSettings(
        window=window,
        clutter="clip",
        tdm_compensation=tdm,
        window_chirps=bursts * loops,
        step_chirps=step,
        num_doppler_bins=max(256, bursts * loops),
    )


def _step(loops: int) -> int:
    """Largest divisor of the number of loops that gives about eight or more steps per burst."""
    most = -(-loops // STEPS_PER_BURST)
    return max(step for step in range(1, most + 1) if loops % step == 0)


def make_recording_heatmaps(
    recording: Recording, stats: CaptureStats, settings: HeatmapSettings
) -> dict[str, Float[np.ndarray, "time bin"]]:
    """Compute the three heatmaps of a recording, in dB above its measured noise.

    Args:
        recording: recording with a Doppler axis.
        stats: statistics of the same recording; its mean is subtracted as static clutter.
        settings: settings from `settings_for`; the window must be a whole number of bursts.

    Returns:
        Heatmaps, keyed by name, on the axes of `recording_axes` [dB above noise].
    """
    radar, loops = recording.radar, recording.radar.frame.num_chirps
    window = math.ceil(settings.window_chirps / loops)
    size = max(2 * window, CHUNK_BYTES // recording.frame_bytes)
    size = min(size, recording.num_frames)
    unfiltered = replace(settings, clutter="none")
    per_frame = loops // settings.step_chirps
    num_whole = num_columns(radar, recording.num_frames, settings)
    columns: dict[str, list[np.ndarray]] = {name: [] for name in MAPS}
    done = 0
    while done < num_whole:
        first = min(done // per_frame, recording.num_frames - size)
        cube_v = stats.without_static(recording.read(first, first + size))
        chunk = make_heatmaps(radar, cube_v, unfiltered)
        skip = done - first * per_frame
        for name in MAPS:
            columns[name].append(np.asarray(getattr(chunk, name))[skip:])
        done = first * per_frame + len(chunk.time_range)
    # `make_heatmaps` returns levels relative to the configured noise; refer them to the measured
    # noise.
    bias_db = np.float32(noise_bias_db(radar, stats))
    return {name: np.concatenate(parts) - bias_db for name, parts in columns.items()}


def recording_axes(
    recording: Recording, settings: HeatmapSettings
) -> Mapping[str, Float[np.ndarray, " bin"]]:
    """Coordinates of the heatmaps that `make_recording_heatmaps` returns."""
    return heatmap_axes(recording.radar, recording.num_frames, settings)
