"""A recording: frames in volts, read when they are needed, whoever made them.

A capture and a simulated cube become the same thing here, and so do their views: two slots of one
transmitter taken as one, or the frames of a slow radar taken as the chirps of a long burst.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Complex

from radarsim.radar.config import Radar

BLOCK_BYTES = 32 << 20
# A burst of fewer loops has no Doppler axis worth the name.
MIN_LOOPS = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording:
    """What a radar recorded, as volts at the ADC.

    Attributes:
        radar: which recorded it.
        num_frames: how many.
        read: first and last-but-one frame to volts [frame, chirp, tx, rx, sample], complex64.
    """

    radar: Radar
    num_frames: int
    read: Callable[[int, int], np.ndarray]

    @property
    def frame_bytes(self) -> int:
        """Memory of one frame as complex64."""
        radar = self.radar
        return 8 * radar.frame.num_chirps * radar.num_virtual * radar.chirp.num_samples

    def blocks(self, max_bytes: int = BLOCK_BYTES) -> Iterator[tuple[int, np.ndarray]]:
        """(first frame, cube) one after another, each at most `max_bytes` but at least a frame."""
        step = max(1, max_bytes // self.frame_bytes)
        for start in range(0, self.num_frames, step):
            yield start, self.read(start, min(start + step, self.num_frames))


def of_capture(capture) -> Recording:
    """A capture that `files.open_capture` gave, in volts."""
    scale = np.float32(capture.volts_per_code)
    return Recording(
        radar=capture.radar,
        num_frames=int(capture.num_frames),
        read=lambda start, stop: capture.read(start, stop) * scale,
    )


def of_cube(radar: Radar, cube_v: Complex[np.ndarray, "frame chirp tx rx sample"]) -> Recording:
    """A cube in memory."""
    return Recording(
        radar=radar, num_frames=len(cube_v), read=lambda start, stop: cube_v[start:stop]
    )


def stretch(recording: Recording, first: int, num_frames: int) -> Recording:
    """Some of its frames, as a recording that starts at its own time zero."""
    return replace(
        recording,
        num_frames=num_frames,
        read=lambda start, stop: recording.read(first + start, first + stop),
    )


def as_one_transmitter(recording: Recording) -> Recording:
    """Slots that all fired the same transmitter, as loops of that one.

    Args:
        recording: of a radar whose configuration names several.

    Returns:
        As many chirps in the order they were sent, each a loop of the first transmitter.
    """
    radar = recording.radar
    order = np.array(radar.frame.tx_order)
    loops = radar.frame.num_chirps * len(order)
    frame = replace(radar.frame, num_chirps=loops, tx_order=(0,))
    single = replace(radar, frame=frame, array=radar.array.with_tx((0,)))

    def read(start: int, stop: int) -> np.ndarray:
        cube_v = recording.read(start, stop)[:, :, order]
        return cube_v.reshape(len(cube_v), loops, 1, *cube_v.shape[3:])

    return replace(recording, radar=single, read=read)


def across_frames(recording: Recording, frames_per_burst: int) -> Recording:
    """Frames of few chirps as the chirps of long bursts: Doppler at the frame rate.

    The loops of a frame are averaged. Speeds reach lambda / 4 T_frame only, a few centimetres per
    second, which is what breathing and swaying need. Frames after the last whole burst are left
    out. Between transmitters of one loop nothing moves at such speeds: their slots count as one
    moment, so no phase is to be undone (`heatmaps.HeatmapSettings.tdm_compensation`).

    Args:
        recording: of one transmitter or several.
        frames_per_burst: chirps of the new bursts.
    """
    radar, count = recording.radar, frames_per_burst
    slot_s = radar.frame.period_s / radar.array.num_tx
    frame = replace(
        radar.frame,
        num_chirps=count,
        period_s=count * radar.frame.period_s,
        extra_slot_idle_s=max(0.0, slot_s - radar.chirp.duration_s),
        burst_start_s=0.0,
    )

    def read(start: int, stop: int) -> np.ndarray:
        frames_v = recording.read(start * count, stop * count).mean(1)
        return frames_v.reshape(stop - start, count, *frames_v.shape[1:])

    return Recording(
        radar=replace(radar, frame=frame), num_frames=recording.num_frames // count, read=read
    )


def needs_slow_time(recording: Recording) -> bool:
    """Whether its frames are too short for a Doppler axis but many enough to make one."""
    return recording.radar.frame.num_chirps < MIN_LOOPS <= recording.num_frames


def for_doppler(recording: Recording) -> Recording:
    """The recording, or its frames as bursts where a frame is too short for a Doppler axis."""
    if not needs_slow_time(recording):
        return recording
    # Eight bursts or more, of 16 to 64 frames: a track needs some, a breath some seconds.
    fitting = max(MIN_LOOPS, min(64, recording.num_frames // 8))
    return across_frames(recording, 1 << (fitting.bit_length() - 1))
