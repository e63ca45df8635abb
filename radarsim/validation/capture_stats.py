"""Receiver and clutter statistics of a recording: noise, clipping, DC, leakage, static echoes.

All statistics are computed in one pass over the blocks of frames of a recording. Only the mean
chirp per channel and the slow-time range profiles are kept in memory. Lost chirps, which are zero
on all receivers, count in no statistic.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from typing import NamedTuple

import numpy as np
import scipy.fft
from jaxtyping import Bool, Complex, Float

from radarsim.captures.recording import BLOCK_BYTES, Recording, kept_chirps, mean_chirp
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar

# Range bins in the main lobe of the Hann window, whose energy is TX-RX leakage on the board.
LEAKAGE_BINS = 3
# A static echo is a local maximum at least this far above the median of the static profile.
CLUTTER_DB = 10.0
# Maximum size of the slow-time profiles.
MAX_SLOW_TIME_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class CaptureStats:
    """Statistics of one recording.

    Levels are in dBFS: a complex tone that uses the full ADC range on I and Q has 0 dBFS.

    Attributes:
        clipped_fraction: fraction of samples with I or Q at the first or last ADC code.
        peak_dbfs: largest magnitude of I or Q [dBFS].
        dc_v: mean sample of each receiver [V].
        static_v: mean over the recorded chirps of each transmitter, that is, leakage, DC and
            static echoes [V].
        noise_rms_v: RMS noise of a complex sample, from differences between chirps [V].
        noise_power_v2: noise power per range bin of a Hann-windowed range FFT [V^2].
        slow_time_v: Hann-windowed range FFT of the mean chirp of each frame [V]; rows without
            recorded chirps repeat the row before.
        slow_time_step: number of frames averaged into one row of `slow_time_v`.
        empty_frames: number of frames without a recorded chirp.
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

    def without_static(
        self, cube_v: Complex[np.ndarray, "*batch chirp tx rx sample"]
    ) -> Complex[np.ndarray, "*batch chirp tx rx sample"]:
        """Subtract the static echoes [V]; lost chirps remain zero."""
        return np.where(kept_chirps(cube_v)[..., None, None], cube_v - self.static_v, 0)


class StaticEcho(NamedTuple):
    """Range [m] and level [dBFS] of a static echo."""

    range_m: float
    level_dbfs: float


def range_transform(
    cube_v: Complex[np.ndarray, "*batch sample"],
) -> Complex[np.ndarray, "*batch sample"]:
    """Hann-windowed FFT over the samples of each chirp, in the precision of the input."""
    return scipy.fft.fft(cube_v * hann(cube_v.shape[-1]), axis=-1)


def measure_stats(recording: Recording) -> CaptureStats:
    """Measure noise, clipping and static echoes in one pass over a recording.

    Noise is estimated from differences between successive chirps of one transmitter, in which
    static and slow echoes cancel. The echoes of moving targets remain in a few range bins, but do
    not affect the median over range bins.

    Args:
        recording: a capture or a simulated cube.

    Returns:
        The statistics of the recording.
    """
    radar = recording.radar
    shape = (radar.array.num_tx, radar.array.num_rx, radar.chirp.num_samples)
    total, power = np.zeros(shape, np.complex128), np.zeros(shape[-1])
    num_kept = np.zeros(shape[0], int)
    clipped = empty = num_pairs = 0
    peak_v, last, rows, step = 0.0, None, [], slow_time_step(recording)
    limit_v = radar.receiver.full_scale_v - 1.5 * radar.receiver.adc_step_v
    for cube_v in _blocks_of_rows(recording, step):
        parts_v = np.abs(cube_v.view(np.float32))
        peak_v = max(peak_v, float(parts_v.max()))
        clipped += int(_i_or_q(parts_v.reshape(*cube_v.shape, 2) >= limit_v).sum())
        kept = kept_chirps(cube_v)
        empty += int((~kept.any((1, 2))).sum())
        num_kept += kept.sum((0, 1))
        total += cube_v.sum((0, 1), dtype=np.complex128)
        rows.append(_slow_time(cube_v, step))
        differences, valid, last = _chirp_differences(cube_v, kept, last)
        power_v2 = np.abs(range_transform(differences)) ** 2
        power += power_v2.sum((0, 1, 2, 3), dtype=np.float64)
        num_pairs += int(valid.sum()) * shape[1]
    static_v = total / np.maximum(1, num_kept)[:, None, None]
    noise_power_v2 = power / max(1, num_pairs)
    num_samples = int(num_kept.sum()) * shape[1] * shape[2]
    return CaptureStats(
        clipped_fraction=clipped / max(1, num_samples),
        peak_dbfs=dbfs(radar, peak_v),
        dc_v=static_v.mean((0, 2)).astype(np.complex64),
        static_v=static_v.astype(np.complex64),
        noise_rms_v=_noise_rms_v(noise_power_v2),
        noise_power_v2=noise_power_v2,
        slow_time_v=_without_gaps(np.concatenate(rows)),
        slow_time_step=step,
        empty_frames=empty,
    )


def slow_time_step(recording: Recording) -> int:
    """Number of frames to average per slow-time row so that all rows fit in 64 MB."""
    radar = recording.radar
    row_bytes = 8 * radar.num_virtual * radar.chirp.num_samples
    return max(1, -(-row_bytes * recording.num_frames // MAX_SLOW_TIME_BYTES))


def _blocks_of_rows(recording: Recording, step: int) -> Iterator[np.ndarray]:
    """Yield blocks of frames; all blocks but the last hold a multiple of `step` frames."""
    per_block = max(1, BLOCK_BYTES // (recording.frame_bytes * step)) * step
    for start in range(0, recording.num_frames, per_block):
        yield recording.read(start, min(start + per_block, recording.num_frames))


def _noise_rms_v(noise_power_v2: Float[np.ndarray, " range"]) -> float:
    """RMS noise of a complex sample, from the power per bin of a Hann-windowed range FFT [V]."""
    window_power = float((hann(len(noise_power_v2)) ** 2).sum())
    # Each bin averages many exponential variables, so the median over bins is unbiased.
    return float(np.sqrt(np.median(noise_power_v2) / window_power))


def _i_or_q(parts: Bool[np.ndarray, "*batch iq"]) -> Bool[np.ndarray, "*batch"]:
    return parts[..., 0] | parts[..., 1]


def _slow_time(cube_v, step):
    """Range FFT of the mean chirp of every `step` frames; the last row may average fewer frames."""
    mean_v = mean_chirp(cube_v)
    firsts = np.arange(0, len(mean_v), step)
    counts = np.add.reduceat(kept_chirps(mean_v).astype(int), firsts, axis=0)
    sums_v = np.add.reduceat(mean_v, firsts, axis=0)
    return range_transform((sums_v / np.maximum(1, counts)[..., None, None]).astype(np.complex64))


def _without_gaps(rows_v):
    """Repeat the row before each row without recorded chirps; the first rows repeat a later one."""
    kept = kept_chirps(rows_v)
    if kept.all():
        return rows_v
    source = np.maximum.accumulate(np.where(kept, np.arange(len(kept))[:, None], 0), axis=0)
    source = np.maximum(source, kept.argmax(0))
    return np.take_along_axis(rows_v, source[..., None, None], axis=0)


def _chirp_differences(cube_v, kept, last):
    """Differences between successive chirps, scaled to the power of the noise.

    For frames of a single chirp, third-order differences between frames are used, because they
    attenuate a target whose phase changes by 0.1 cycle per frame by 25 dB; first-order differences
    attenuate such a target by only 7 dB.

    Returns:
        The differences, which are zero where a chirp is lost; whether both chirps were recorded
        [frame, chirp, tx]; and the frames to prepend to the next block (None if not needed).
    """
    if cube_v.shape[1] > 1:
        valid = kept[:, 1:] & kept[:, :-1]
        differences = (cube_v[:, 1:] - cube_v[:, :-1]) / np.float32(2**0.5)
        differences[~valid] = 0
        return differences, valid, None
    whole = cube_v[kept.all((1, 2))]
    chain = whole if last is None else np.concatenate([last, whole])
    order = max(0, min(3, len(chain) - 1))
    differences = np.diff(chain, n=order, axis=0) / np.float32(comb(2 * order, order) ** 0.5)
    return differences, np.ones(differences.shape[:3], bool), chain[-3:]


def dbfs(radar: Radar, volts: float) -> float:
    """Convert a voltage to dB relative to the ADC full scale [dBFS]; 0 V gives -400."""
    return float(20 * np.log10(max(abs(volts) / radar.receiver.full_scale_v, 1e-20)))


def noise_floor_dbfs(radar: Radar, stats: CaptureStats) -> float:
    """Measured RMS noise of a complex sample [dBFS]."""
    return dbfs(radar, stats.noise_rms_v)


def datasheet_floor_dbfs(radar: Radar) -> float:
    """RMS noise of a complex sample expected from noise figure, gain and ADC settings [dBFS]."""
    return dbfs(radar, radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz))


def noise_bias_db(radar: Radar, stats: CaptureStats) -> float:
    """Measured noise minus the noise expected from the configured noise figure [dB]."""
    return noise_floor_dbfs(radar, stats) - datasheet_floor_dbfs(radar)


def static_profile_dbfs(radar: Radar, stats: CaptureStats) -> Float[np.ndarray, " range"]:
    """Level of the static echoes in each range bin, from the mean power of all channels [dBFS]."""
    profile = range_transform(stats.static_v) / hann(stats.static_v.shape[-1]).sum()
    level_v = np.sqrt((np.abs(profile) ** 2).mean((0, 1)))
    return np.array([dbfs(radar, float(level)) for level in level_v])


def leakage(radar: Radar, stats: CaptureStats) -> StaticEcho:
    """Find the strongest static tone in the first range bins: TX-RX leakage, bumper or DC."""
    first = static_profile_dbfs(radar, stats)[:LEAKAGE_BINS]
    at = int(first.argmax())
    return StaticEcho(at * radar.range_resolution_m, float(first[at]))


def clutter(radar: Radar, stats: CaptureStats, most: int = 5) -> list[StaticEcho]:
    """Find the strongest static echoes beyond the leakage bins, strongest first."""
    level = static_profile_dbfs(radar, stats)
    inner = level[1:-1]
    peaks = 1 + np.flatnonzero((inner >= level[:-2]) & (inner > level[2:]))
    floor = np.median(level)
    found = [at for at in peaks if at >= LEAKAGE_BINS and level[at] > floor + CLUTTER_DB]
    found.sort(key=lambda at: -level[at])
    return [
        StaticEcho(float(at * radar.range_resolution_m), float(level[at])) for at in found[:most]
    ]
