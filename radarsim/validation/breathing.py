"""Breathing: the phase of a still target over slow time, its rate and how far the chest goes.

    displacement = lambda / (4 pi) x phase

The phase is read around the centre of the arc that the echo draws in the complex plane: clutter in
the same range bin moves that centre away from zero. Short arcs have no centre worth fitting; there
the echo moves along a line whose length over the echo's own size is the phase.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from scipy.signal import detrend

from radarsim.radar.config import Radar
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.tracks import Track

RATES_HZ = (0.08, 0.7)  # 5 to 42 breaths a minute
MIN_CYCLES = 3.0
# A breath resembles the next; a drift does not (12 random walks: 0.48 at most in three cycles).
MIN_LIKE_NEXT = 0.5
# Share of the displacement's variance in the breathing band near its peak and first harmonic.
MIN_SHARE = 0.35
ARC_RAD = 1.0  # below it, a line
MAX_DISPLACEMENT_M = 0.03


@dataclass(frozen=True, kw_only=True, eq=False)
class Breathing:
    """What slow time says of one target.

    Attributes:
        rate_hz: strongest period of the displacement [Hz].
        displacement_m: 2.5 to 97.5 % range after quadratic detrending [m].
        times_s: of the course [s].
        course_m: displacement away from the radar, detrended [m].
        method: "arc" or "line".
    """

    rate_hz: float
    displacement_m: float
    times_s: Float[np.ndarray, " row"]
    course_m: Float[np.ndarray, " row"]
    method: str


def find_breathing(
    radar: Radar, stats: CaptureStats, tracks: list[Track]
) -> tuple[Breathing | None, str]:
    """Breathing of the strongest target that keeps its place.

    Args:
        radar: of the frames (not of bursts made of them).
        stats: of the same recording; its slow time is read.
        tracks: targets.

    Returns:
        The figures, or None with the reason in words.
    """
    still = [track for track in tracks if track.stays]
    if not still:
        return None, "no target keeps its place"
    row_s = radar.frame.period_s * stats.slow_time_step
    # A last row of fewer frames, or what a lost frame left, would tear the phase.
    rows_v = stats.slow_time_v
    duration_s = len(rows_v) * row_s
    if duration_s < MIN_CYCLES / RATES_HZ[1] or len(rows_v) < 16:
        return None, f"{duration_s:.3g} s of slow time hold no three breaths"
    if row_s > 1 / (2 * RATES_HZ[1]):
        return None, f"frames every {row_s:.3g} s are too slow for breathing"
    bin_idx = round(still[0].typical_range_m / radar.range_resolution_m)
    bin_idx = min(max(bin_idx, 0), rows_v.shape[-1] - 1)
    echo_v = combined(rows_v[..., bin_idx].reshape(len(rows_v), -1))
    phase_rad, method = demodulate(echo_v)
    times_s = np.arange(len(rows_v)) * row_s
    course_m = without_trend(times_s, phase_rad * radar.chirp.wavelength_m / (4 * np.pi))
    low_m, high_m = np.percentile(course_m, [2.5, 97.5])
    rate_hz, share = strongest_rate(course_m, row_s)
    repeats = share >= MIN_SHARE and like_the_next(course_m, rate_hz * row_s) >= MIN_LIKE_NEXT
    if rate_hz * duration_s < MIN_CYCLES or not repeats:
        return None, "the slow-time phase of the still target repeats nothing"
    if high_m - low_m > MAX_DISPLACEMENT_M:
        return None, f"the still target moves by {high_m - low_m:.3g} m, more than a breath does"
    return (
        Breathing(
            rate_hz=rate_hz,
            displacement_m=float(high_m - low_m),
            times_s=times_s,
            course_m=course_m,
            method=method,
        ),
        "",
    )


def combined(
    channels_v: Complex[np.ndarray, "row channel"],
) -> Complex[np.ndarray, " row"]:
    """Channels added in step: the first eigenvector of what changes in them."""
    changes_v = channels_v - channels_v.mean(0)
    _, vectors = np.linalg.eigh(changes_v.T @ changes_v.conj())
    return channels_v @ vectors[:, -1].conj()


def demodulate(echo_v: Complex[np.ndarray, " row"]) -> tuple[Float[np.ndarray, " row"], str]:
    """Phase of a target from its echo, receding positive.

    Args:
        echo_v: slow-time samples of its range bin, clutter included.

    Returns:
        Phase [rad], and "arc" or "line".
    """
    centre_v = arc_centre(echo_v)
    phase_rad = np.unwrap(np.angle(echo_v - centre_v))
    spread = np.abs(echo_v - centre_v).std() / np.abs(echo_v - centre_v).mean()
    plain_rad = np.unwrap(np.angle(echo_v))
    # The echo's size may change while it turns; a centre is believed if it makes the arc rounder.
    if spread > np.abs(echo_v).std() / np.abs(echo_v).mean():
        phase_rad = plain_rad
    if np.ptp(phase_rad) >= ARC_RAD:
        return phase_rad, "arc"
    moved = echo_v - echo_v.mean()
    # Along the line on which it moves, forward where the phase about zero goes forward.
    direction = np.exp(0.5j * np.angle((moved**2).sum()))
    along = (moved * direction.conj()).real
    forward = np.sign((along * (plain_rad - plain_rad.mean())).sum()) or 1.0
    return forward * along / np.abs(echo_v).mean(), "line"


def arc_centre(echo_v: Complex[np.ndarray, " row"]) -> complex:
    """Centre of the circle that fits points best by algebra (Kasa).

    |z|^2 = 2 Re(z conj(c)) + d is linear in c and d.

    Source:
        Kasa, "A circle fitting procedure and its error analysis", IEEE Trans. IM 25, 1976.
    """
    scale = np.abs(echo_v).max() + 1e-30
    z = echo_v / scale
    system = np.stack([2 * z.real, 2 * z.imag, np.ones(len(z))], axis=1)
    solution = np.linalg.lstsq(system, np.abs(z) ** 2, rcond=None)[0]
    return complex(solution[0] + 1j * solution[1]) * float(scale)


def without_trend(
    times_s: Float[np.ndarray, " row"], course: Float[np.ndarray, " row"]
) -> Float[np.ndarray, " row"]:
    """Less its least-squares parabola."""
    middle = times_s - times_s.mean()
    return course - np.polyval(np.polyfit(middle, course, 2), middle)


def like_the_next(course: Float[np.ndarray, " row"], cycles_per_row: float) -> float:
    """Correlation of a course with itself one period later."""
    lag = min(round(1 / cycles_per_row), len(course) - 2)
    now, next_ = course[:-lag], course[lag:]
    return float(now @ next_ / np.sqrt((now @ now) * (next_ @ next_) + 1e-30))


def strongest_rate(course: Float[np.ndarray, " row"], step_s: float) -> tuple[float, float]:
    """Where the spectrum of a course peaks in the breathing band.

    Returns:
        Rate [Hz], and the share of the course's power (below 4 Hz) at it and its first harmonic.
    """
    count = len(course)
    size = max(4096, 8 << (count - 1).bit_length())
    power = np.abs(np.fft.rfft(detrend(course) * np.hanning(count), size)) ** 2
    rates_hz = np.fft.rfftfreq(size, step_s)
    band = (rates_hz >= RATES_HZ[0]) & (rates_hz <= RATES_HZ[1])
    rate_hz = float(rates_hz[band][power[band].argmax()])
    width_hz = 2.0 / (count * step_s)
    near = (np.abs(rates_hz - rate_hz) < width_hz) | (np.abs(rates_hz - 2 * rate_hz) < width_hz)
    return rate_hz, float(power[near].sum() / power[rates_hz < 4.0].sum())
