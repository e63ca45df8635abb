"""Breathing rate and chest displacement from the slow-time phase of a stationary target.

    displacement = lambda / (4 pi) x phase

The echo of a moving chest follows an arc in the complex plane; clutter in the same range bin shifts
the centre of this arc away from zero. Arc demodulation fits the centre and measures the phase as
the angle around the fitted centre. Arcs shorter than 1 rad do not determine the centre; for short
arcs, linear demodulation divides the displacement of the echo along its principal axis in the
complex plane by the mean echo amplitude.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from scipy.signal import detrend

from radarsim.detection.track import VIBRATING, Track
from radarsim.radar.radar import Radar
from radarsim.validation.capture_stats import CaptureStats

# Band in which the breathing rate is sought, and minimum number of breaths in a recording.
RATES_HZ = (0.08, 0.7)  # 5 to 42 breaths per minute.
MIN_CYCLES = 3.0
# Minimum autocorrelation at a lag of one period, because breaths repeat and drift does not (the
# maximum of 12 random walks of three cycles was 0.48).
MIN_PERIODICITY = 0.5
# Minimum fraction of the power below 4 Hz at the breathing rate and its second harmonic.
MIN_SHARE = 0.35
ARC_RAD = 1.0  # Shorter arcs are demodulated linearly.
# Maximum displacement of a breathing chest.
MAX_DISPLACEMENT_M = 0.03
MAX_TRIED = 3  # number of stationary tracks in which breathing is sought


@dataclass(frozen=True, kw_only=True, eq=False)
class Breathing:
    """Breathing of one target.

    Attributes:
        rate_hz: breathing rate, the strongest frequency in the band `RATES_HZ` [Hz].
        displacement_m: difference between the 2.5th and 97.5th percentile of the waveform [m].
        times_s: times of the samples of the waveform [s].
        waveform_m: chest displacement away from the radar, with quadratic trend removed [m].
        method: demodulation method, "arc" or "line".
        target: track of the breathing target.
    """

    rate_hz: float
    displacement_m: float
    times_s: Float[np.ndarray, " row"]
    waveform_m: Float[np.ndarray, " row"]
    method: str
    target: Track


def find_breathing(
    radar: Radar, stats: CaptureStats, tracks: list[Track]
) -> tuple[Breathing | None, str]:
    """Find the strongest breathing target among the few strongest stationary targets.

    Several targets are tried, because a wall shadowed by a person may give a stronger echo than the
    person who sits in front of the wall.

    Args:
        radar: radar of the recording with its original frames, not joined into longer bursts.
        stats: statistics of the recording; the slow-time profiles are used.
        tracks: tracks of the recording, strongest first.

    Returns:
        The breathing and "", or None and the reason why none was found in the strongest target.
    """
    stationary = [track for track in tracks if track.is_stationary and track.kind != VIBRATING]
    row_s = radar.frame.period_s * stats.slow_time_step
    duration_s = len(stats.slow_time_v) * row_s
    if not stationary:
        return None, "no target is stationary"
    if duration_s < MIN_CYCLES / RATES_HZ[1] or len(stats.slow_time_v) < 16:
        return None, f"{duration_s:.3g} s of slow time are less than three breaths"
    if row_s > 1 / (2 * RATES_HZ[1]):
        return None, f"one frame every {row_s:.3g} s is too slow for breathing"
    tried = [_breathing_of(radar, stats, track, row_s) for track in stationary[:MAX_TRIED]]
    return next((result for result in tried if result[0] is not None), tried[0])


def _breathing_of(radar, stats, track: Track, row_s: float) -> tuple[Breathing | None, str]:
    """Return the breathing of one track and "", or None and the reason why none was found."""
    breathing, repeats = _breathing_in(radar, stats, track, row_s)
    duration_s = len(stats.slow_time_v) * row_s
    if breathing.rate_hz * duration_s < MIN_CYCLES or not repeats:
        return None, "the slow-time phase of the stationary target is not periodic"
    moved_m = breathing.displacement_m
    if moved_m > MAX_DISPLACEMENT_M:
        return None, f"the stationary target moves by {moved_m:.3g} m, more than a breath does"
    return breathing, ""


def _breathing_in(radar, stats, track: Track, row_s: float) -> tuple[Breathing, bool]:
    """Measure the displacement in the range bin of a track; decide whether it is periodic."""
    rows_v = stats.slow_time_v
    bin_idx = round(track.median_range_m / radar.range_resolution_m)
    bin_idx = min(max(bin_idx, 0), rows_v.shape[-1] - 1)
    phase_rad, method = demodulate(combine_channels(rows_v[..., bin_idx].reshape(len(rows_v), -1)))
    times_s = np.arange(len(rows_v)) * row_s
    waveform_m = remove_trend(times_s, phase_rad * radar.chirp.wavelength_m / (4 * np.pi))
    low_m, high_m = np.percentile(waveform_m, [2.5, 97.5])
    rate_hz, share = strongest_rate(waveform_m, row_s)
    breathing = Breathing(
        rate_hz=rate_hz,
        displacement_m=float(high_m - low_m),
        times_s=times_s,
        waveform_m=waveform_m,
        method=method,
        target=track,
    )
    repeats = share >= MIN_SHARE and periodicity(waveform_m, rate_hz * row_s) >= MIN_PERIODICITY
    return breathing, repeats


def combine_channels(
    channels_v: Complex[np.ndarray, "row channel"],
) -> Complex[np.ndarray, " row"]:
    """Combine the channels coherently by the first principal component of their variation."""
    changes_v = channels_v - channels_v.mean(0)
    _, vectors = np.linalg.eigh(changes_v.T @ changes_v.conj())
    return channels_v @ vectors[:, -1].conj()


def demodulate(echo_v: Complex[np.ndarray, " row"]) -> tuple[Float[np.ndarray, " row"], str]:
    """Demodulate the phase of a target over slow time; the phase increases when receding.

    Args:
        echo_v: slow-time samples in the range bin of the target, including clutter.

    Returns:
        Phase [rad], and the demodulation method, "arc" or "line".
    """
    centre_v = arc_centre(echo_v)
    phase_rad = np.unwrap(np.angle(echo_v - centre_v))
    spread = np.abs(echo_v - centre_v).std() / np.abs(echo_v - centre_v).mean()
    plain_rad = np.unwrap(np.angle(echo_v))
    # The amplitude of the echo may change with the phase, so the fitted centre is used only if the
    # radius around the centre varies less than the radius around zero.
    if spread > np.abs(echo_v).std() / np.abs(echo_v).mean():
        phase_rad = plain_rad
    if np.ptp(phase_rad) >= ARC_RAD:
        return phase_rad, "arc"
    moved = echo_v - echo_v.mean()
    # Principal axis of the samples, with the sign for which the phase about zero increases.
    direction = np.exp(0.5j * np.angle((moved**2).sum()))
    along = (moved * direction.conj()).real
    forward = np.sign((along * (plain_rad - plain_rad.mean())).sum()) or 1.0
    return forward * along / np.abs(echo_v).mean(), "line"


def arc_centre(echo_v: Complex[np.ndarray, " row"]) -> complex:
    """Fit a circle to the samples by algebraic least squares (Kasa fit) and return its centre.

    The circle equation |z|^2 = 2 Re(z conj(c)) + d is linear in the centre c and in d.

    Source:
        Kasa, "A circle fitting procedure and its error analysis", IEEE Trans. IM 25, 1976.
    """
    scale = np.abs(echo_v).max() + 1e-30
    z = echo_v / scale
    system = np.stack([2 * z.real, 2 * z.imag, np.ones(len(z))], axis=1)
    solution = np.linalg.lstsq(system, np.abs(z) ** 2, rcond=None)[0]
    return complex(solution[0] + 1j * solution[1]) * float(scale)


def remove_trend(
    times_s: Float[np.ndarray, " row"], values: Float[np.ndarray, " row"]
) -> Float[np.ndarray, " row"]:
    """Subtract the least-squares parabola over time from a time series."""
    middle = times_s - times_s.mean()
    return values - np.polyval(np.polyfit(middle, values, 2), middle)


def periodicity(values: Float[np.ndarray, " row"], cycles_per_row: float) -> float:
    """Normalised autocorrelation of a time series at a lag of one period."""
    lag = min(round(1 / cycles_per_row), len(values) - 2)
    now, next_ = values[:-lag], values[lag:]
    return float(now @ next_ / np.sqrt((now @ now) * (next_ @ next_) + 1e-30))


def strongest_rate(values: Float[np.ndarray, " row"], step_s: float) -> tuple[float, float]:
    """Find the frequency of the largest spectral peak in the breathing band.

    Returns:
        Rate [Hz], and the fraction of the power below 4 Hz at the rate and its second harmonic.
    """
    count = len(values)
    size = max(4096, 8 << (count - 1).bit_length())
    power = np.abs(np.fft.rfft(detrend(values) * np.hanning(count), size)) ** 2
    rates_hz = np.fft.rfftfreq(size, step_s)
    band = (rates_hz >= RATES_HZ[0]) & (rates_hz <= RATES_HZ[1])
    rate_hz = float(rates_hz[band][power[band].argmax()])
    width_hz = 2.0 / (count * step_s)
    near = (np.abs(rates_hz - rate_hz) < width_hz) | (np.abs(rates_hz - 2 * rate_hz) < width_hz)
    return rate_hz, float(power[near].sum() / power[rates_hz < 4.0].sum())
