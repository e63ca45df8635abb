"""What a recording says about its receiver and its room, before anything is looked for in it.

One pass over the frames in blocks; what is kept is a mean cube row and a few numbers per frame.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
import scipy.fft
from jaxtyping import Bool, Complex, Float

from radarsim.captures.recording import BLOCK_BYTES, Recording
from radarsim.radar.config import Radar

# Hann's main lobe: energy in these bins has not left the board.
LEAKAGE_BINS = 3
# Static echoes that are printed: local maxima so far above the noise of the mean.
CLUTTER_DB = 20.0
MAX_SLOW_TIME_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class CaptureStats:
    """Figures of one recording. Levels in dBFS: a tone that fills the ADC on I and Q reads 0.

    Attributes:
        clipped_fraction: samples whose I or Q reads the first or last code.
        peak_dbfs: largest I or Q.
        dc_v: mean of each receiver's samples [V].
        static_v: mean over frames and chirps: leakage, DC and whatever stood still [V].
        noise_rms_v: of one complex sample, from what changes between chirps [V].
        noise_power_v2: the same per range bin, Hann-windowed transform [V^2].
        slow_time_v: range transform of each frame's mean chirp, Hann-windowed [V].
        slow_time_step: frames averaged into one of its rows.
        empty_frames: frames in which every sample is zero.
    """

    clipped_fraction: float
    peak_dbfs: float
    dc_v: Complex[np.ndarray, " rx"]
    static_v: Complex[np.ndarray, "tx rx sample"]
    noise_rms_v: float
    noise_power_v2: Float[np.ndarray, " range"]
    slow_time_v: Complex[np.ndarray, "row tx rx range"]
    slow_time_step: int
    empty_frames: int


def hann(count: int) -> Float[np.ndarray, " sample"]:
    """Hann's window without its two zeros, as the heatmaps use it."""
    return np.hanning(count + 2)[1:-1].astype(np.float32)


def range_transform(
    cube_v: Complex[np.ndarray, "*batch sample"],
) -> Complex[np.ndarray, "*batch sample"]:
    """Hann-windowed transform over samples, in the precision that came in."""
    return scipy.fft.fft(cube_v * hann(cube_v.shape[-1]), axis=-1)


def measure(recording: Recording) -> CaptureStats:
    """One pass over a recording.

    Noise is what differs between chirps of one transmitter that follow each other: rooms and slow
    people cancel. Movers are left, in a few range bins: the median over bins does not see them.

    Args:
        recording: any.

    Returns:
        Its figures.
    """
    radar = recording.radar
    shape = (radar.array.num_tx, radar.array.num_rx, radar.chirp.num_samples)
    total, power = np.zeros(shape, np.complex128), np.zeros(shape[-1])
    clipped = empty = num_pairs = 0
    peak_v, last, rows, step = 0.0, None, [], slow_time_step(recording)
    limit_v = radar.receiver.full_scale_v - 1.5 * radar.receiver.adc_step_v
    for _, cube_v in whole_steps(recording, step):
        parts_v = np.abs(cube_v.view(np.float32))
        peak_v = max(peak_v, float(parts_v.max()))
        clipped += int(_either(parts_v.reshape(*cube_v.shape, 2) >= limit_v).sum())
        silent = ~parts_v.reshape(len(cube_v), -1).any(1)
        empty += int(silent.sum())
        total += cube_v.sum((0, 1), dtype=np.complex128)
        rows.append(_slow_time(cube_v, step))
        changes, last = _changes(cube_v, last, silent)
        changed_v2 = np.abs(range_transform(changes)) ** 2
        power += changed_v2.sum((0, 1, 2, 3), dtype=np.float64)
        num_pairs += changes[..., 0].size
    static_v = total / max(1, recording.num_frames * radar.frame.num_chirps)
    noise_power_v2 = power / max(1, num_pairs)
    window_power = float((hann(shape[-1]) ** 2).sum())
    # The mean of many exponential values: the median over bins needs no correction.
    noise_rms_v = float(np.sqrt(np.median(noise_power_v2) / window_power))
    num_samples = recording.num_frames * radar.frame.num_chirps * total.size
    return CaptureStats(
        clipped_fraction=clipped / max(1, num_samples),
        peak_dbfs=dbfs(radar, peak_v),
        dc_v=static_v.mean((0, 2)).astype(np.complex64),
        static_v=static_v.astype(np.complex64),
        noise_rms_v=noise_rms_v,
        noise_power_v2=noise_power_v2,
        slow_time_v=np.concatenate(rows),
        slow_time_step=step,
        empty_frames=empty,
    )


def slow_time_step(recording: Recording) -> int:
    """Frames per row of slow time, so that all rows fit their share of memory."""
    radar = recording.radar
    row_bytes = 8 * radar.num_virtual * radar.chirp.num_samples
    return max(1, -(-row_bytes * recording.num_frames // MAX_SLOW_TIME_BYTES))


def whole_steps(recording: Recording, step: int):
    """Blocks whose lengths are multiples of `step`, the last apart."""
    per_block = max(1, BLOCK_BYTES // (recording.frame_bytes * step)) * step
    for start in range(0, recording.num_frames, per_block):
        yield start, recording.read(start, min(start + per_block, recording.num_frames))


def _either(parts: Bool[np.ndarray, "*batch iq"]) -> Bool[np.ndarray, "*batch"]:
    return parts[..., 0] | parts[..., 1]


def _slow_time(cube_v, step):
    """Range transform of the mean chirp of every `step` frames; the last row may mean fewer."""
    mean_v = cube_v.mean(1)
    firsts = np.arange(0, len(mean_v), step)
    counts = np.minimum(step, len(mean_v) - firsts)
    sums_v = np.add.reduceat(mean_v, firsts, axis=0)
    return range_transform((sums_v / counts[:, None, None, None]).astype(np.complex64))


def _changes(cube_v, last, silent):
    """What differs between neighbouring chirps, noise at its own power; lost frames left out.

    Of frames that hold one chirp, third differences from frame to frame: a hand that turns the
    phase by a tenth of a cycle per frame is 25 dB down in them, 7 dB in first differences.

    Returns:
        Differences, and the frames to be joined to the next block.
    """
    kept = cube_v[~silent]
    if cube_v.shape[1] > 1:
        return (kept[:, 1:] - kept[:, :-1]) / np.float32(2**0.5), None
    chain = kept if last is None else np.concatenate([last, kept])
    order = max(0, min(3, len(chain) - 1))
    return np.diff(chain, n=order, axis=0) / np.float32(comb(2 * order, order) ** 0.5), chain[-3:]


def dbfs(radar: Radar, volts: float) -> float:
    """A voltage against the ADC's full scale [dB]; of nothing, 400 dB down."""
    return float(20 * np.log10(max(abs(volts) / radar.receiver.full_scale_v, 1e-20)))


def noise_floor_dbfs(radar: Radar, stats: CaptureStats) -> float:
    """Measured noise of one complex sample [dBFS]."""
    return dbfs(radar, stats.noise_rms_v)


def datasheet_floor_dbfs(radar: Radar) -> float:
    """Noise that the configured noise figure, gain and ADC would give [dBFS]."""
    return dbfs(radar, radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz))


def noise_bias_db(radar: Radar, stats: CaptureStats) -> float:
    """Measured noise over that of the configured noise figure [dB]."""
    return noise_floor_dbfs(radar, stats) - datasheet_floor_dbfs(radar)


def static_profile_dbfs(radar: Radar, stats: CaptureStats) -> Float[np.ndarray, " range"]:
    """Level of what stood still, per range bin, mean over the channels [dBFS]."""
    profile = range_transform(stats.static_v) / hann(stats.static_v.shape[-1]).sum()
    level_v = np.sqrt((np.abs(profile) ** 2).mean((0, 1)))
    return np.array([dbfs(radar, float(level)) for level in level_v])


def leakage(radar: Radar, stats: CaptureStats) -> tuple[float, float]:
    """The strongest still tone of the first bins: TX-RX leakage, bumper, DC.

    Returns:
        Level [dBFS] and range [m].
    """
    first = static_profile_dbfs(radar, stats)[:LEAKAGE_BINS]
    at = int(first.argmax())
    return float(first[at]), at * radar.range_resolution_m


def clutter(radar: Radar, stats: CaptureStats, most: int = 5) -> list[tuple[float, float]]:
    """Still echoes, strongest first: (range [m], level [dBFS])."""
    level = static_profile_dbfs(radar, stats)
    inner = level[1:-1]
    peaks = 1 + np.flatnonzero((inner >= level[:-2]) & (inner > level[2:]))
    floor = np.median(level)
    found = [at for at in peaks if at >= LEAKAGE_BINS and level[at] > floor + CLUTTER_DB / 2]
    found.sort(key=lambda at: -level[at])
    return [(float(at * radar.range_resolution_m), float(level[at])) for at in found[:most]]
