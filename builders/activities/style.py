"""Who performs, and how: subjects with a body, a tempo and habits, and one take's own variation.

Every random number comes from ids: a subject's from (seed, subject), a take's from (seed, subject,
activity, repeat). The order in which clips are made changes nothing.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import CubicSpline

from builders.activities.anatomy import RANGE_DEG
from builders.activities.skeleton import SIDES, Skeleton, free_skeleton

NUM_BETAS = 10
LEFT_HANDED_SHARE = 0.106  # Papadatou-Pastou et al., Psychological Bulletin 146, 2020

# How a relaxed adult stands [degrees]: mean and spread between subjects.
HABITS_DEG = {
    "trunk.flexion": (2.0, 2.0),
    "head.flexion": (4.0, 4.0),
    "shoulder.flexion": (-2.0, 3.0),
    "shoulder.abduction": (9.0, 2.5),
    "shoulder.twist": (8.0, 4.0),
    "elbow.flexion": (16.0, 5.0),
    "forearm.pronation": (12.0, 8.0),
    "wrist.flexion": (4.0, 4.0),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A made-up person.

    Attributes:
        number: counts from 0; with the seed it determines the rest.
        betas: shape in the free body's space.
        tempo, amplitude: factors on every movement's speed and angles.
        right_handed: else movements are mirrored.
        habit_deg: what each angle rests at.
        lag: share of a cycle by which each angle comes late.
        stride: factor on step lengths and widths.
        turnout_deg: toes outward when standing.
        restless: factor on sway and small involuntary movement.
    """

    number: int
    betas: tuple[float, ...]
    tempo: float
    amplitude: float
    right_handed: bool
    habit_deg: dict[str, float] = field(repr=False)
    lag: dict[str, float] = field(repr=False)
    stride: float
    turnout_deg: float
    restless: float

    @property
    def name(self) -> str:
        return f"subject{self.number:02d}"

    @property
    def skeleton(self) -> Skeleton:
        return free_skeleton(self.betas)

    @property
    def stature_m(self) -> float:
        return self.skeleton.stature_m


@dataclass(frozen=True, kw_only=True, eq=False)
class Style:
    """One take: the subject, as it happens to move this time.

    Attributes:
        subject: who.
        tempo, amplitude: the subject's, a little different today.
        rng: for choices an activity makes (how far to walk).
    """

    subject: Subject
    tempo: float
    amplitude: float
    rng: np.random.Generator

    @property
    def leg_m(self) -> float:
        return self.subject.skeleton.leg_m

    @property
    def stride(self) -> float:
        return self.subject.stride

    def between(self, low: float, high: float) -> float:
        """A number that differs from take to take."""
        return float(self.rng.uniform(low, high))


def generator(*ids) -> np.random.Generator:
    """The generator of these ids, and of no others."""
    digest = hashlib.sha256("/".join(map(str, ids)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def subject(number: int, seed: int = 0) -> Subject:
    """The subject of that number: always the same person.

    Args:
        number: counts from 0, as many as wanted.
        seed: of the whole corpus.
    """
    rng = generator("subject", seed, number)
    joints = [name for name in RANGE_DEG if name.split(".")[0] not in ("hip", "knee", "ankle")]
    habit, lag = {}, {}
    for name in joints:
        mean, spread = HABITS_DEG.get(name, (0.0, 1.0))
        shared = rng.normal(mean, spread)
        for channel in _both_sides(name):
            habit[channel] = shared + 0.4 * spread * rng.normal()
            lag[channel] = float(np.clip(0.008 * rng.normal(), -0.02, 0.02))
    return Subject(
        number=number,
        betas=tuple(np.round(np.clip(rng.normal(0.0, 0.8, NUM_BETAS), -1.6, 1.6), 4).tolist()),
        tempo=float(np.exp(np.clip(rng.normal(0.0, 0.12), -0.19, 0.19))),
        amplitude=float(np.clip(rng.normal(1.0, 0.10), 0.82, 1.15)),
        right_handed=bool(rng.uniform() > LEFT_HANDED_SHARE),
        habit_deg=habit,
        lag=lag,
        stride=float(np.clip(rng.normal(1.0, 0.06), 0.88, 1.12)),
        turnout_deg=float(np.clip(rng.normal(9.0, 4.0), 0.0, 18.0)),
        restless=float(np.exp(rng.normal(0.0, 0.25))),
    )


def draw_style(who: Subject, rng: np.random.Generator) -> Style:
    """How the subject moves in this take."""
    return Style(
        subject=who,
        tempo=who.tempo * float(np.exp(np.clip(rng.normal(0.0, 0.06), -0.1, 0.1))),
        amplitude=who.amplitude * float(np.clip(rng.normal(1.0, 0.05), 0.9, 1.1)),
        rng=rng,
    )


def cycle_clock(
    rng: np.random.Generator, times_s: np.ndarray, period_s: float, start: float, spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Phase of the movement when every cycle takes its own time.

    Args:
        rng: draws each cycle's length.
        times_s: rising; may start before zero.
        period_s: mean length of a cycle.
        start: phase at time zero.
        spread: standard deviation of a cycle's length, as a share of it.

    Returns:
        Phase [cycles] and the length of the cycle that time is in [s], both smooth.
    """
    first = int(np.floor(start + times_s[0] / period_s)) - 2
    last = int(np.ceil(start + times_s[-1] / period_s)) + 3
    lengths_s = period_s * np.clip(rng.normal(1.0, spread, last - first), 0.85, 1.15)
    ends_s = np.concatenate([[0.0], np.cumsum(lengths_s)])
    spline = CubicSpline(ends_s, np.arange(first, last + 1.0))
    zero_s = float(np.interp(start, np.arange(first, last + 1.0), ends_s))
    return spline(times_s + zero_s), 1.0 / spline(times_s + zero_s, 1)


def wander(rng: np.random.Generator, times_s: np.ndarray, slowness_s: float = 0.6) -> np.ndarray:
    """Smooth noise of about unit variance: a cubic spline through a normal number every
    `slowness_s`; the same at any rate of poses."""
    num_knots = int((times_s[-1] - times_s[0]) / slowness_s) + 4
    knots_s = times_s[0] + slowness_s * (np.arange(num_knots) - 1)
    return CubicSpline(knots_s, rng.normal(0.0, 1.1, num_knots))(times_s)


def _both_sides(name):
    central = name.startswith(("pelvis", "trunk", "head"))
    return [name] if central else [f"{side}.{name}" for side in SIDES]
