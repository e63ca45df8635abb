"""A recording: frames in volts, read on request from a capture or from a simulated cube.

A chirp whose samples are zero on all receivers was lost: it counts in no mean.

The module also rearranges recordings: several slots of one transmitter become loops of that
transmitter, and frames with few chirps are joined to one long burst (slow time across frames).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Complex

from radarsim.radar.radar import Radar

# Default maximum size of a block of frames.
BLOCK_BYTES = 32 << 20
# Minimum number of loops per frame for Doppler processing; with fewer loops, the Doppler axis has
# too few bins to be useful.
MIN_LOOPS = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording:
    """Recorded or simulated frames, in volts at the ADC.

    Attributes:
        radar: radar that recorded the frames.
        num_frames: number of frames.
        read: function of the first frame index and the index after the last frame, which returns
            the frames in volts [frame, chirp, tx, rx, sample], complex64.
        name: path of the file, for messages; "" for a simulated cube.
        notes: remarks about the file for the user.
    """

    radar: Radar
    num_frames: int
    read: Callable[[int, int], np.ndarray]
    name: str = ""
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Time from the start of the first frame to the end of the last frame [s]."""
        return self.num_frames * self.radar.frame.period_s

    @property
    def frame_bytes(self) -> int:
        """Size of one frame as complex64, in bytes."""
        radar = self.radar
        return 8 * radar.frame.num_chirps * radar.num_virtual * radar.chirp.num_samples

    def blocks(self, max_bytes: int = BLOCK_BYTES) -> Iterator[tuple[int, np.ndarray]]:
        """Iterate over (index of first frame, cube of at most `max_bytes` or of one frame)."""
        step = max(1, max_bytes // self.frame_bytes)
        for start in range(0, self.num_frames, step):
            yield start, self.read(start, min(start + step, self.num_frames))


def of_capture(capture) -> Recording:
    """Convert a capture opened by `files.open_capture` to a recording in volts."""
    scale = np.float32(capture.volts_per_code)
    return Recording(
        radar=capture.radar,
        num_frames=int(capture.num_frames),
        read=lambda start, stop: capture.read(start, stop) * scale,
        name=capture.name,
        notes=capture.notes,
    )


def of_whole_chirps(capture) -> Recording:
    """Convert a capture as `of_capture` does, with zeros in every chirp that a lost packet cuts.

    The step from samples to zeros within a chirp would add a broad spectrum to noise and echoes.
    The capture is searched for lost packets once.
    """
    recording = of_capture(capture)

    def read(start: int, stop: int) -> np.ndarray:
        cube_v = recording.read(start, stop)
        cube_v[capture.cut_chirps(start, stop)] = 0
        return cube_v

    return replace(recording, read=read)


def of_cube(radar: Radar, cube_v: Complex[np.ndarray, "frame chirp tx rx sample"]) -> Recording:
    """Convert a cube in memory to a recording."""
    return Recording(
        radar=radar, num_frames=len(cube_v), read=lambda start, stop: cube_v[start:stop]
    )


def kept_chirps(
    cube_v: Complex[np.ndarray, "*batch chirp tx rx sample"],
) -> Bool[np.ndarray, "*batch chirp tx"]:
    """Whether each chirp was recorded; lost chirps are zero in all samples of all receivers."""
    return cube_v.any((-2, -1))


def mean_chirp(
    cube_v: Complex[np.ndarray, "*batch chirp tx rx sample"],
) -> Complex[np.ndarray, "*batch tx rx sample"]:
    """Mean of the recorded chirps of each transmitter; zero if all are lost."""
    kept = kept_chirps(cube_v)
    mean_v = cube_v.mean(-4)
    if kept.all():
        return mean_v
    share = kept.shape[-2] / np.maximum(1, kept.sum(-2))
    return mean_v * share[..., None, None].astype(np.float32)


def fill_lost(
    cube_v: Complex[np.ndarray, "*batch chirp tx rx sample"],
) -> Complex[np.ndarray, "*batch chirp tx rx sample"]:
    """Replace the lost chirps of each transmitter by the mean of its recorded chirps."""
    kept = kept_chirps(cube_v)[..., None, None]
    return np.where(kept, cube_v, np.expand_dims(mean_chirp(cube_v), -4))


def stretch(recording: Recording, first: int, num_frames: int) -> Recording:
    """Return a part of the frames as a separate recording, whose time starts at zero."""
    return replace(
        recording,
        num_frames=num_frames,
        read=lambda start, stop: recording.read(first + start, first + stop),
    )


def as_one_transmitter(recording: Recording) -> Recording:
    """Rearrange slots that all fired the same transmitter as loops of that transmitter.

    Args:
        recording: recording of a radar whose configuration names several transmitters.

    Returns:
        The same chirps in the order of transmission, each as one loop of the first transmitter.
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
    """Join frames with few chirps to long bursts, whose Doppler is sampled at the frame rate.

    The recorded loops of a frame are averaged. The maximum unambiguous speed is
    lambda / 4 T_frame, a few centimetres per second, which is sufficient for breathing and swaying.
    Frames after the last complete burst are dropped. At speeds of centimetres per second, the
    motion between the transmitters of one loop is negligible: their slots are treated as
    simultaneous, so no phase has to be compensated (`heatmaps.HeatmapSettings.tdm_compensation`).

    Args:
        recording: recording with one or several transmitters.
        frames_per_burst: number of chirps per new burst.
    """
    radar, count = recording.radar, frames_per_burst
    slot_s = radar.frame.period_s / radar.array.num_tx
    frame = replace(
        radar.frame,
        num_chirps=count,
        period_s=count * radar.frame.period_s,
        extra_slot_idle_s=max(0.0, slot_s - radar.chirp.duration_s),
        extra_loop_idle_s=0.0,
        burst_start_s=0.0,
    )

    def read(start: int, stop: int) -> np.ndarray:
        frames_v = mean_chirp(recording.read(start * count, stop * count))
        return frames_v.reshape(stop - start, count, *frames_v.shape[1:])

    return Recording(
        radar=replace(radar, frame=frame), num_frames=recording.num_frames // count, read=read
    )


def needs_slow_time(recording: Recording) -> bool:
    """Whether a frame has too few loops for a Doppler axis, but the recording has enough frames."""
    return recording.radar.frame.num_chirps < MIN_LOOPS <= recording.num_frames


def for_doppler(recording: Recording) -> Recording:
    """Return the recording, joined by `across_frames` if a frame has too few loops for Doppler."""
    if not needs_slow_time(recording):
        return recording
    # At least eight bursts of 16 to 64 frames each, because a track needs several bursts and a
    # breath lasts several seconds.
    fitting = max(MIN_LOOPS, min(64, recording.num_frames // 8))
    return across_frames(recording, 1 << (fitting.bit_length() - 1))
