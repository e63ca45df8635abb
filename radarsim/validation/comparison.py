"""Compare a capture with its simulation: heatmaps on the same axes and similarity metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from radarsim.captures.recording import Recording, stretch
from radarsim.detection.track import Track
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.capture_stats import measure_stats
from radarsim.validation.heatmap_metrics import centroid_errors, similarity
from radarsim.validation.recording_heatmaps import (
    make_recording_heatmaps,
    recording_axes,
    settings_for,
)
from radarsim.validation.tracks import find_tracks


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Comparison of the first frames of a capture and a simulation of equal level and noise.

    Attributes:
        real: heatmaps of the capture, keyed by name [dB above noise].
        simulated: heatmaps of the simulation on the same axes [dB above noise].
        axes: coordinates of the heatmaps, from `recording_axes`.
        similarities: correlation and SSIM of each heatmap, keyed by name.
        errors: errors of centroids and Doppler envelopes, from `heatmap_metrics.centroid_errors`.
        level_bias_db: echo level of the capture minus echo level of the simulation before level
            matching [dB].
    """

    real: Mapping[str, np.ndarray]
    simulated: Mapping[str, np.ndarray]
    axes: Mapping[str, np.ndarray]
    similarities: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, float]
    level_bias_db: float


def heatmaps_as_in(analysis: CaptureAnalysis, recording: Recording) -> dict[str, np.ndarray]:
    """Compute heatmaps of another recording of the same radar with the settings of an analysis."""
    bursts = analysis.bursts_of(recording)
    settings = settings_for(bursts, analysis.window, analysis.tdm)
    return make_recording_heatmaps(bursts, measure_stats(bursts), settings)


def tracks_as_in(analysis: CaptureAnalysis, recording: Recording) -> list[Track]:
    """Find the tracks of another recording of the same radar with the settings of an analysis.

    In the returned list, moving targets precede static echoes, which a simulation copies from the
    capture.
    """
    bursts = analysis.bursts_of(recording)
    return find_tracks(bursts, measure_stats(bursts), tdm=analysis.tdm)


def first_frames(analysis: CaptureAnalysis, num_frames: int) -> Recording:
    """Return the first frames of the capture, rounded down to whole bursts (at least one)."""
    per_burst = analysis.frames_per_burst
    whole = max(1, num_frames // per_burst) * per_burst
    return stretch(analysis.recording, 0, whole)


def compare_with_simulation(
    analysis: CaptureAnalysis,
    real_maps: Mapping[str, np.ndarray],
    simulated: Recording,
    level_bias_db: float,
) -> Comparison:
    """Compare a capture with its simulation by their heatmaps.

    Args:
        analysis: analysis of the capture.
        real_maps: heatmaps of the frames of the capture that are simulated (`heatmaps_as_in`).
        simulated: simulated recording with the level and noise of the capture.
        level_bias_db: level correction applied to the simulation [dB].

    Returns:
        The heatmaps and the metrics.
    """
    simulated_maps = heatmaps_as_in(analysis, simulated)
    bursts = analysis.bursts_of(simulated)
    axes = recording_axes(bursts, settings_for(bursts, analysis.window, analysis.tdm))
    return Comparison(
        real=real_maps,
        simulated=simulated_maps,
        axes=axes,
        similarities=similarity(real_maps, simulated_maps),
        errors=centroid_errors(real_maps, simulated_maps, axes),
        level_bias_db=level_bias_db,
    )
