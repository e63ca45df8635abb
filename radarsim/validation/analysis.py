"""Is the simulator like this radar? A capture looked at alone, then beside its simulation.

`look` needs the capture only, `compare_with` a recording that simulates it; `validate.py` is the
command around them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from radarsim.captures.recording import (
    Recording,
    across_frames,
    as_one_transmitter,
    for_doppler,
    needs_slow_time,
    stretch,
)
from radarsim.heatmaps.heatmaps import HeatmapSettings
from radarsim.validation import capture_stats, compare
from radarsim.validation.breathing import Breathing, find_breathing
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.direction import slots_look_alike
from radarsim.validation.recording_heatmaps import long_axes, long_heatmaps, settings_for
from radarsim.validation.tracks import Track, find_tracks


@dataclass(frozen=True, kw_only=True, eq=False)
class Looked:
    """What a recording shows by itself.

    Attributes:
        recording: its frames; slots that all fired one transmitter are loops of that one.
        stats: of these.
        bursts: the same with a Doppler axis; `recording` itself where a frame has one.
        burst_stats: of `bursts`.
        tdm: whether transmitters take turns and a mover's phase between them was undone.
        slots: that in words.
        tracks: moving targets, the strongest first.
        breathing: of the first target that keeps its place, or None,
        no_breathing: and then why.
        settings, maps, axes: the three heatmaps of `bursts`, dB above its own noise.
        window: kind of their window.
    """

    recording: Recording
    stats: CaptureStats
    bursts: Recording
    burst_stats: CaptureStats
    tdm: bool
    slots: str
    tracks: list[Track]
    breathing: Breathing | None
    no_breathing: str
    settings: HeatmapSettings
    maps: Mapping[str, np.ndarray]
    axes: Mapping[str, np.ndarray]
    window: str

    @property
    def noise_bias_db(self) -> float:
        """Noise over what the configured noise figure gives [dB]."""
        return capture_stats.noise_bias_db(self.recording.radar, self.stats)


def look(
    recording: Recording, window: str = "burst", one_transmitter: bool | None = None
) -> Looked:
    """Look at a recording without a simulation.

    Args:
        recording: a capture or a simulated cube.
        window: of the heatmaps, "burst" or "paper".
        one_transmitter: whether all slots fired the same one; None: the data decide.

    Returns:
        What it shows.
    """
    stats = capture_stats.measure(recording)
    num_tx = recording.radar.array.num_tx
    if one_transmitter is None:
        one_transmitter = slots_look_alike(stats.slow_time_v, stats.noise_power_v2)
    if one_transmitter and num_tx > 1:
        slots = f"the {num_tx} slots show one and the same transmitter: no TDM-MIMO"
        recording = as_one_transmitter(recording)
        stats = capture_stats.measure(recording)
    elif num_tx > 1:
        slots = f"TDM-MIMO, {num_tx} transmitters in turn"
    else:
        slots = "one transmitter, no TDM-MIMO"
    slow = needs_slow_time(recording)
    tdm = recording.radar.array.num_tx > 1 and not slow
    bursts = for_doppler(recording)
    burst_stats = capture_stats.measure(bursts) if slow else stats
    tracks = find_tracks(bursts, burst_stats, tdm=tdm)
    breathing, no_breathing = find_breathing(recording.radar, stats, tracks)
    settings = settings_for(bursts, window, tdm)
    return Looked(
        recording=recording,
        stats=stats,
        bursts=bursts,
        burst_stats=burst_stats,
        tdm=tdm,
        slots=slots,
        tracks=tracks,
        breathing=breathing,
        no_breathing=no_breathing,
        settings=settings,
        maps=long_heatmaps(bursts, burst_stats, settings),
        axes=long_axes(bursts, settings),
        window=window,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """A stretch of a capture beside its simulation at the capture's level and noise.

    Attributes:
        real, simulated: heatmaps on the same axes, dB above noise.
        axes: of both.
        alike: correlation and SSIM by map.
        errors: of `compare.course_errors`.
        level_bias_db: echoes of the capture over those of the simulation before it was levelled.
    """

    real: Mapping[str, np.ndarray]
    simulated: Mapping[str, np.ndarray]
    axes: Mapping[str, np.ndarray]
    alike: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, float]
    level_bias_db: float


def maps_of(looked: Looked, recording: Recording) -> dict[str, np.ndarray]:
    """Heatmaps of another recording of the same radar, cut as those of the capture."""
    bursts = _bursts_like(looked, recording)
    stats = capture_stats.measure(bursts)
    return long_heatmaps(bursts, stats, settings_for(bursts, looked.window, looked.tdm))


def tracks_of(looked: Looked, recording: Recording) -> list[Track]:
    """Targets of another recording of the same radar, found as in the capture."""
    bursts = _bursts_like(looked, recording)
    return find_tracks(bursts, capture_stats.measure(bursts), tdm=looked.tdm)


def _bursts_like(looked: Looked, recording: Recording) -> Recording:
    if looked.bursts is looked.recording:
        return recording
    return across_frames(recording, looked.bursts.radar.frame.num_chirps)


def first_stretch(looked: Looked, num_frames: int) -> Recording:
    """The first frames of the capture; whole bursts of them where bursts are made of frames."""
    if looked.bursts is not looked.recording:
        per_burst = looked.bursts.radar.frame.num_chirps
        num_frames = max(1, num_frames // per_burst) * per_burst
    return stretch(looked.recording, 0, num_frames)


def compare_with(
    looked: Looked, real_maps: Mapping[str, np.ndarray], simulated: Recording, level_bias_db: float
) -> Compared:
    """The figures of a simulation.

    Args:
        looked: the capture.
        real_maps: of the stretch that was simulated, by `maps_of`.
        simulated: at the capture's level and noise.
        level_bias_db: that was corrected.

    Returns:
        Maps and figures.
    """
    simulated_maps = maps_of(looked, simulated)
    bursts = _bursts_like(looked, simulated)
    axes = long_axes(bursts, settings_for(bursts, looked.window, looked.tdm))
    return Compared(
        real=real_maps,
        simulated=simulated_maps,
        axes=axes,
        alike=compare.likeness(real_maps, simulated_maps),
        errors=compare.course_errors(real_maps, simulated_maps, axes),
        level_bias_db=level_bias_db,
    )
