"""Compare a capture with its simulation: heatmaps on the same axes and similarity metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from radarsim.captures.recording import Recording, stretch
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.capture_stats import measure_stats
from radarsim.validation.heatmap_metrics import centroid_errors, similarity
from radarsim.validation.recording_heatmaps import (
    make_recording_heatmaps,
    recording_axes,
    settings_for,
)
from radarsim.validation.track import Track
from radarsim.validation.tracks import find_tracks


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """The first frames of a capture, and their simulation with its echo level and noise floor.

    Attributes:
        real: heatmaps of the capture by name [dB above noise].
        simulated: heatmaps of the simulation on the same axes [dB above noise].
        axes: coordinates of the heatmaps.
        similarities: correlation and SSIM by heatmap.
        errors: errors of centroids and envelopes, from `heatmap_metrics.centroid_errors`.
        level_bias_db: echo level of the capture minus that of the simulation before the level was
            matched [dB].
    """

    real: Mapping[str, np.ndarray]
    simulated: Mapping[str, np.ndarray]
    axes: Mapping[str, np.ndarray]
    similarities: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, float]
    level_bias_db: float


def heatmaps_as_in(analysis: CaptureAnalysis, recording: Recording) -> dict[str, np.ndarray]:
    """Heatmaps of another recording of the same radar, with the settings of the analysis [dB]."""
    bursts = analysis.bursts_of(recording)
    settings = settings_for(bursts, analysis.window, analysis.tdm)
    return make_recording_heatmaps(bursts, measure_stats(bursts), settings)


def tracks_as_in(analysis: CaptureAnalysis, recording: Recording) -> list[Track]:
    """Tracks of another recording of the same radar, with the settings of the analysis.

    Moving targets come first, because the simulation also contains the capture's static echoes.
    """
    bursts = analysis.bursts_of(recording)
    return find_tracks(bursts, measure_stats(bursts), tdm=analysis.tdm)


def first_frames(analysis: CaptureAnalysis, num_frames: int) -> Recording:
    """The first frames of the capture, rounded down to whole bursts (at least one)."""
    per_burst = analysis.frames_per_burst
    whole = max(1, num_frames // per_burst) * per_burst
    return stretch(analysis.recording, 0, whole)


def compare_with_simulation(
    analysis: CaptureAnalysis,
    real_maps: Mapping[str, np.ndarray],
    simulated: Recording,
    level_bias_db: float,
) -> Comparison:
    """Compare a capture with its simulation.

    Args:
        analysis: analysis of the capture.
        real_maps: heatmaps of the simulated frames of the capture, from `heatmaps_as_in`.
        simulated: the simulation at the capture's level and noise.
        level_bias_db: level correction applied to the simulation [dB].

    Returns:
        Heatmaps and metrics.
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
