"""Heatmaps of a recording of any length, cut in pieces that fit memory; noise as it was measured.

The pieces overlap by a window, so that their columns are those of the whole.
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
PIECE_BYTES = 24 << 20
MAX_COLUMNS = 20_000
STEPS_PER_BURST = 8


def settings_for(recording: Recording, window: str = "burst", tdm: bool = True) -> HeatmapSettings:
    """How the heatmaps of such frames are cut: the paper's 256 loops in steps of 16 for 128 loops.

    Windows of two bursts (one where there is only one) in eighths of a burst, or in the nearest
    whole part of it.

    Args:
        recording: with a Doppler axis (`recording.for_doppler`).
        window: "burst" or "paper".
        tdm: see `detection.detect`.
    """
    loops = recording.radar.frame.num_chirps
    bursts = min(2, recording.num_frames)
    step = max(part for part in range(1, loops + 1) if loops % part == 0 and part * 8 <= loops + 7)
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


def long_heatmaps(
    recording: Recording, stats: CaptureStats, settings: HeatmapSettings
) -> dict[str, Float[np.ndarray, "time bin"]]:
    """The three heatmaps of a whole recording, in dB above its own noise.

    Args:
        recording: with a Doppler axis.
        stats: of the same recording: its mean is the clutter that is removed.
        settings: of `settings_for`; the window must be whole bursts.

    Returns:
        Maps by name, on the axes of `heatmaps.heatmap_axes`.
    """
    radar, loops = recording.radar, recording.radar.frame.num_chirps
    window = math.ceil(settings.window_chirps / loops)
    size = max(2 * window, PIECE_BYTES // recording.frame_bytes)
    size = min(size, recording.num_frames)
    still = replace(settings, clutter="none")
    per_frame = loops // settings.step_chirps
    num_whole = num_columns(radar, recording.num_frames, settings)
    columns: dict[str, list[np.ndarray]] = {name: [] for name in MAPS}
    done = 0
    while done < num_whole:
        first = min(done // per_frame, recording.num_frames - size)
        cube_v = recording.read(first, first + size) - stats.static_v
        piece = make_heatmaps(radar, cube_v, still)
        skip = done - first * per_frame
        for name in MAPS:
            columns[name].append(np.asarray(getattr(piece, name))[skip:])
        done = first * per_frame + len(piece.time_range)
    # The maps refer to the configured noise; the recording has its own.
    bias_db = np.float32(noise_bias_db(radar, stats))
    return {name: np.concatenate(parts) - bias_db for name, parts in columns.items()}


def long_axes(
    recording: Recording, settings: HeatmapSettings
) -> Mapping[str, Float[np.ndarray, " bin"]]:
    """Coordinates of `long_heatmaps`."""
    return heatmap_axes(recording.radar, recording.num_frames, settings)
