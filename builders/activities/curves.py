"""Curves over a movement's cycle: the words that activities are written in.

A curve maps phase to a value. Phase counts cycles: 0 to 1 is the first, 1 to 2 the next, and every
curve repeats in each. All curves are smooth (C1 or better), so speeds never jump; they add and
multiply like numbers:

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
        at: value at each phase of an array [cycles].
        rest: the part of it that never changes; a performer moves more or less, from here.
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
        """The same curve, delayed by a share of the cycle."""
        return Curve(lambda phase: self.at(phase - share), self.rest)


def as_curve(value: "Curve | float") -> Curve:
    """A number is a curve that holds it."""
    return value if isinstance(value, Curve) else hold(value)


def hold(value: float) -> Curve:
    """The same value always."""
    return Curve(lambda phase: np.full(np.shape(phase), float(value)), float(value))


def ease(*keys: tuple[float, float]) -> Curve:
    """From key to key with the least jerk, standing still at each: 10 s^3 - 15 s^4 + 6 s^5.

    Args:
        keys: (phase in 0..1, value), in order; after the last, the curve goes on to the first
            key of the next cycle.

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
    """Postures at given times: an eased curve for each name, with a value at each phase."""
    return {name: ease(*zip(phases, column)) for name, column in values.items()}


def flow(*keys: tuple[float, float]) -> Curve:
    """Through the keys without stopping at them (monotone cubics: never beyond the keys).

    Args:
        keys: as in `ease`.
    """
    phases, values = _wrapped(keys, extra=2)
    spline = PchipInterpolator(phases, values)
    return Curve(lambda phase: spline(np.mod(phase, 1.0)))


def swing(amplitude: float, at: float = 0.0, beats: int = 1) -> Curve:
    """amplitude * cos(2 pi (beats * phase - at)): to and fro `beats` times a cycle."""
    return Curve(lambda phase: amplitude * np.cos(2 * np.pi * (beats * phase - at)))


def during(start: float, full: float, fade: float, end: float) -> Curve:
    """0 up to `start`, 1 from `full` to `fade`, 0 again from `end` on."""
    return ease((start, 0), (full, 1), (fade, 1), (end, 0))


def bump(*spans: tuple[float, float]) -> Curve:
    """One smooth hill of height 1 over each (start, end) of the cycle: 16 s^2 (1 - s)^2."""

    def at(phase):
        share = np.mod(phase, 1.0)
        hills = np.zeros(np.shape(phase))
        for start, end in spans:
            s = np.clip((share - start) / (end - start), 0.0, 1.0)
            hills += 16 * s**2 * (1 - s) ** 2
        return hills

    return Curve(at)


def minimum_jerk(s):
    """The smooth step from 0 to 1, flat outside; speed and acceleration vanish at both ends."""
    s = np.clip(s, 0.0, 1.0)
    return s**3 * (10 - 15 * s + 6 * s**2)


def _wrapped(keys, extra=1):
    """The keys, with enough of the cycle before and after to cover 0..1."""
    phases, values = np.array(keys, dtype=float).T
    if (np.diff(phases) <= 0).any() or phases[0] < 0 or phases[-1] > 1:
        raise ValueError(f"key phases are {phases.tolist()}; give them rising, from 0 to 1")
    if phases[-1] - phases[0] == 1:  # the last key is the next cycle's first
        if values[-1] != values[0]:
            raise ValueError(
                f"the cycle ends at {values[-1]:g} and starts at {values[0]:g}; give the keys at "
                "phase 0 and 1 the same value, or the movement jumps"
            )
        phases, values = phases[:-1], values[:-1]
    rounds = range(-extra, extra + 1)
    return np.concatenate([phases + r for r in rounds]), np.tile(values, len(rounds))
