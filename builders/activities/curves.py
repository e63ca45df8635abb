"""Periodic curves over the cycle of a movement, from which activities are composed.

A curve maps phase to a value. Phase counts cycles: 0 to 1 is the first cycle, 1 to 2 the second,
and every curve repeats in each cycle. All curves are continuously differentiable (C1 or better), so
speeds are continuous. Curves can be added and multiplied like numbers:

    95 * during(0.1, 0.25, 0.8, 0.95) + swing(20, beats=3)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator


@dataclass(frozen=True, eq=False)
class Curve:
    """A periodic function of phase.

    Attributes:
        at: function from an array of phases [cycles] to the values of the curve.
        rest: constant part of the curve; a performer's amplitude scales the deviation from `rest`.
    """

    at: Callable[[np.ndarray], np.ndarray]
    rest: float = 0.0

    def __add__(self, other):
        other = as_curve(other)
        return Curve(lambda phase: self.at(phase) + other.at(phase), self.rest + other.rest)

    def __mul__(self, other):
        other = as_curve(other)
        return Curve(lambda phase: self.at(phase) * other.at(phase), self.rest * other.rest)

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -as_curve(other)

    def __rsub__(self, other):
        return as_curve(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def later(self, share: float) -> "Curve":
        """Return the curve delayed by a fraction of the cycle."""
        return Curve(lambda phase: self.at(phase - share), self.rest)


def as_curve(value: "Curve | float") -> Curve:
    """Convert a value to a curve; a number becomes a constant curve."""
    return value if isinstance(value, Curve) else hold(value)


def hold(value: float) -> Curve:
    """Return a curve with a constant value."""
    return Curve(lambda phase: np.full(np.shape(phase), float(value)), float(value))


def ease(*keys: tuple[float, float]) -> Curve:
    """Minimum-jerk curve 10 s^3 - 15 s^4 + 6 s^5 between keys, with zero speed at each key.

    Args:
        keys: (phase, value) pairs in order, over at most one cycle; after the last key, the curve
            continues to the first key of the next cycle. The phases of the last keys may exceed 1,
            because a fast performer may land in the next cycle.

    Source:
        Flash and Hogan, "The coordination of arm movements", J. Neuroscience 5, 1985.
    """
    phases, values = _wrapped(keys)

    def at(phase):
        share = np.mod(phase, 1.0)
        left = np.clip(np.searchsorted(phases, share, side="right") - 1, 0, len(phases) - 2)
        s = (share - phases[left]) / (phases[left + 1] - phases[left])
        return values[left] + (values[left + 1] - values[left]) * minimum_jerk(s)

    return Curve(at)


def through(phases: tuple[float, ...], **values: tuple[float, ...]) -> dict[str, Curve]:
    """Keyframe animation: an eased curve for each name, from its values at the given phases."""
    return {name: ease(*zip(phases, column)) for name, column in values.items()}


def flow(*keys: tuple[float, float]) -> Curve:
    """Monotone cubic curve that passes through the keys without stopping and never overshoots.

    Args:
        keys: (phase in 0..1, value) pairs in order, repeated in every cycle.
    """
    phases, values = _wrapped(keys, extra=2)
    spline = PchipInterpolator(phases, values)
    return Curve(lambda phase: spline(np.mod(phase, 1.0)))


def swing(amplitude: float, at: float = 0.0, beats: int = 1) -> Curve:
    """Oscillation with `beats` periods per cycle: amplitude * cos(2 pi (beats * phase - at))."""
    return Curve(lambda phase: amplitude * np.cos(2 * np.pi * (beats * phase - at)))


def during(start: float, full: float, fade: float, end: float) -> Curve:
    """Trapezoid with eased ramps: 0 before `start`, 1 from `full` to `fade`, 0 after `end`."""
    return ease((start, 0), (full, 1), (fade, 1), (end, 0))


def bump(*spans: tuple[float, float]) -> Curve:
    """A smooth bump of height 1 in each (start, end) span of the cycle (see `unit_bump`)."""

    def at(phase):
        share = np.mod(phase, 1.0)
        bumps = np.zeros(np.shape(phase))
        for start, end in spans:
            bumps += unit_bump((share - start) / (end - start))
        return bumps

    return Curve(at)


def unit_bump(s):
    """Bump 16 s^2 (1 - s)^2 for s from 0 to 1, zero elsewhere."""
    s = np.clip(s, 0.0, 1.0)
    return 16 * s**2 * (1 - s) ** 2


def minimum_jerk(s):
    """Smooth step from 0 to 1 whose first and second derivatives vanish at both ends."""
    s = np.clip(s, 0.0, 1.0)
    return s**3 * (10 - 15 * s + 6 * s**2)


def _wrapped(keys, extra=1):
    """Phases and values of the keys, repeated over enough cycles to cover 0..1."""
    phases, values = np.array(keys, dtype=float).T
    if (np.diff(phases) <= 0).any() or phases[0] < 0 or phases[-1] - phases[0] > 1:
        raise ValueError(
            f"key phases are {phases.tolist()}; give increasing phases of one cycle, from 0 on"
        )
    if phases[-1] - phases[0] == 1:  # the last key starts the next cycle
        if values[-1] != values[0]:
            raise ValueError(
                f"the cycle ends at {values[-1]:g} and starts at {values[0]:g}; give the keys at "
                "phase 0 and 1 the same value, otherwise the movement is discontinuous"
            )
        phases, values = phases[:-1], values[:-1]
    cycles = range(-extra, extra + 1)
    return np.concatenate([phases + k for k in cycles]), np.tile(values, len(cycles))
