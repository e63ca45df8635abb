"""Curves of a take as functions of time instead of phase, because the movement is not periodic.

A movement has a single cycle of length `CYCLE_S`, which is longer than a take, so the phase is the
time divided by `CYCLE_S`.
"""

import numpy as np

from builders.activities.curves import Curve, bump, ease
from builders.activities.performers import Style

# Length of the cycle [s]; even with varying cycle length, a take of 10 s ends within the cycle.
CYCLE_S = 14.0


def keys_s(*keys: tuple[float, float]) -> Curve:
    """Return a minimum-jerk curve through (time [s], value) pairs; both ends have equal values."""
    return ease(*((time_s / CYCLE_S, value) for time_s, value in keys))


def held_s(start_s: float, end_s: float, rise_s: float = 0.6, fall_s: float = 0.6) -> Curve:
    """Return a curve that rises from 0 to 1 after `start_s` and falls back to 0 before `end_s`."""
    full_s = min(start_s + rise_s, 0.5 * (start_s + end_s))
    fade_s = max(end_s - fall_s, full_s + 0.02)
    return keys_s((start_s, 0), (full_s, 1), (fade_s, 1), (end_s, 0))


def jerks_s(times_s, lengths_s, heights) -> Curve:
    """Return a sum of smooth bumps with the given start times, lengths and heights."""
    total = Curve(lambda phase: np.zeros(np.shape(phase)))
    for time_s, length_s, height in zip(times_s, lengths_s, heights):
        total = total + float(height) * bump((time_s / CYCLE_S, (time_s + length_s) / CYCLE_S))
    return total


def shaking(style: Style, amplitude: float, low_hz: float, high_hz: float, lines: int = 4) -> Curve:
    """Return an irregular oscillation: a sum of sinusoids of random frequency and phase in a band.

    Args:
        style: style of the take, whose random generator draws the sinusoids.
        amplitude: square root of the sum of the squared amplitudes of the sinusoids.
        low_hz, high_hz: limits of the frequency band.
        lines: number of sinusoids.
    """
    beats = [style.between(low_hz, high_hz) * CYCLE_S for _ in range(lines)]
    phases = [style.between(0.0, 1.0) for _ in range(lines)]
    each = amplitude / np.sqrt(lines)

    def at(phase):
        turns = [beat * phase + start for beat, start in zip(beats, phases)]
        return each * np.cos(2 * np.pi * np.array(turns)).sum(axis=0)

    return Curve(at)
