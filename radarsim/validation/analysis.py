"""Analyse a recording without a simulation: statistics, targets, breathing and heatmaps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from radarsim.captures.recording import (
    Recording,
    across_frames,
    as_one_transmitter,
    for_doppler,
    needs_slow_time,
)
from radarsim.detection.target_points import energy
from radarsim.detection.track import FLICKERING, MOVING, STATIONARY, Track
from radarsim.heatmaps.heatmaps import HeatmapSettings
from radarsim.validation.breathing import Breathing, find_breathing
from radarsim.validation.capture_stats import CaptureStats, measure_stats, noise_bias_db
from radarsim.validation.recording_heatmaps import (
    make_recording_heatmaps,
    recording_axes,
    settings_for,
)
from radarsim.validation.tracks import find_tracks
from radarsim.validation.transmitter_slots import slots_fired_by_one_transmitter


@dataclass(frozen=True, kw_only=True, eq=False)
class CaptureAnalysis:
    """Results of the analysis of one recording.

    Attributes:
        recording: the analysed recording; if all TDM slots fired the same transmitter, the slots
            are treated as loops.
        stats: statistics of `recording`.
        bursts: recording with a Doppler axis: `recording` itself, or, if a single frame has too
            few chirps for Doppler, a recording whose bursts each join several frames.
        burst_stats: statistics of `bursts`.
        tdm: whether the TDM-MIMO phase shifts of moving targets were compensated.
        slots: description of the transmit slots, for the report.
        tracks: tracks of the targets, strongest first: all moving targets, and a stationary person
            if breathing was detected.
        changing: tracks of static echoes that flicker or vibrate, strongest first; these echoes
            are not targets.
        breathing: breathing of a stationary target; None if no breathing was detected.
        no_breathing: reason why `breathing` is None.
        settings: settings of the heatmaps.
        maps: heatmaps of `bursts`, keyed by name [dB above the noise of the recording].
        axes: coordinates of the heatmaps.
        window: Doppler window of the heatmaps, "burst" or "paper".
    """

    recording: Recording
    stats: CaptureStats
    bursts: Recording
    burst_stats: CaptureStats
    tdm: bool
    slots: str
    tracks: list[Track]
    changing: list[Track]
    breathing: Breathing | None
    no_breathing: str
    settings: HeatmapSettings
    maps: Mapping[str, np.ndarray]
    axes: Mapping[str, np.ndarray]
    window: str

    @property
    def noise_bias_db(self) -> float:
        """Measured noise minus the noise expected from the configured noise figure [dB]."""
        return noise_bias_db(self.recording.radar, self.stats)

    @property
    def track_of_motion(self) -> Track | None:
        """Track on which a given motion is placed: the track of the strongest target.

        If no target was found, the track of the strongest flickering echo is used, because a person
        who bows or turns in place produces such an echo. The result is None if there is no
        flickering echo either.
        """
        fixed = [track for track in self.changing if track.kind == FLICKERING]
        return next(iter([*self.tracks, *fixed]), None)

    @property
    def frames_per_burst(self) -> int:
        """Number of frames of `recording` in one burst of `bursts`."""
        return 1 if self.bursts is self.recording else self.bursts.radar.frame.num_chirps

    def bursts_of(self, recording: Recording) -> Recording:
        """Join the frames of another recording of the same radar into bursts, as in the capture."""
        if self.bursts is self.recording:
            return recording
        return across_frames(recording, self.frames_per_burst)


def analyse(
    recording: Recording, window: str = "burst", one_transmitter: bool | None = None
) -> CaptureAnalysis:
    """Analyse a recording: statistics, moving targets, breathing and heatmaps.

    Args:
        recording: a capture or a simulated cube.
        window: Doppler window of the heatmaps, "burst" or "paper".
        one_transmitter: whether all slots fired the same transmitter; None to detect this from the
            data.

    Returns:
        The results of the analysis.
    """
    recording, stats, slots = _with_true_slots(recording, one_transmitter)
    slow = needs_slow_time(recording)
    tdm = recording.radar.array.num_tx > 1 and not slow
    bursts = for_doppler(recording)
    burst_stats = measure_stats(bursts) if slow else stats
    found = sorted(find_tracks(bursts, burst_stats, tdm=tdm), key=energy, reverse=True)
    breathing, no_breathing = find_breathing(recording.radar, stats, found)
    tracks, changing = _targets_and_static(found, breathing)
    settings = settings_for(bursts, window, tdm)
    return CaptureAnalysis(
        recording=recording,
        stats=stats,
        bursts=bursts,
        burst_stats=burst_stats,
        tdm=tdm,
        slots=slots,
        tracks=tracks,
        changing=changing,
        breathing=breathing,
        no_breathing=no_breathing,
        settings=settings,
        maps=make_recording_heatmaps(bursts, burst_stats, settings),
        axes=recording_axes(bursts, settings),
        window=window,
    )


def _targets_and_static(
    found: list[Track], breathing: Breathing | None
) -> tuple[list[Track], list[Track]]:
    """Split tracks into targets, and static echoes that flicker or vibrate.

    A moving target near the breathing person remains a moving target.
    """
    tracks, changing = [], []
    for track in found:
        if breathing is not None and track is breathing.target and track.kind != MOVING:
            tracks.append(replace(track, kind=STATIONARY))
        else:
            (tracks if track.kind == MOVING else changing).append(track)
    return tracks, changing


def _with_true_slots(
    recording: Recording, one_transmitter: bool | None
) -> tuple[Recording, CaptureStats, str]:
    """Return the recording with its true transmitters, its statistics, and a text on its slots."""
    stats, num_tx = measure_stats(recording), recording.radar.array.num_tx
    if one_transmitter is None:
        one_transmitter = slots_fired_by_one_transmitter(stats.slow_time_v, stats.noise_power_v2)
    if num_tx == 1:
        return recording, stats, "one transmitter, no TDM-MIMO"
    if not one_transmitter:
        return recording, stats, f"TDM-MIMO, {num_tx} transmitters in turn"
    recording = as_one_transmitter(recording)
    description = f"all {num_tx} slots fired the same transmitter: no TDM-MIMO"
    return recording, measure_stats(recording), description
