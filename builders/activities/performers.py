"""Synthetic performers: body shape, tempo, posture habits, and the variation of a single take.

Random generators are seeded with ids: (seed, number) for a performer and (seed, number, activity,
repeat) for a take. The results therefore do not depend on the order in which takes are generated.
"""

from dataclasses import dataclass, field

import numpy as np

from builders.activities.joint_angles import MIDLINE, RANGE_DEG
from builders.activities.skeleton import SIDES, Skeleton, free_skeleton
from builders.activities.variation import generator

NUM_BETAS = 10
LEFT_HANDED_SHARE = 0.106  # Source: Papadatou-Pastou et al., Psychological Bulletin 146, 2020

# Standing posture of a relaxed adult [degrees]: mean and standard deviation over performers.
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
class Performer:
    """A synthetic person.

    Attributes:
        number: number of the person, from 0; seed and number determine all other attributes.
        betas: coefficients in the free body's shape space.
        tempo, amplitude: factors applied to the speed and the angles of every movement.
        right_handed: False for a left-handed person, whose movements are mirrored.
        habit_deg: habitual value of each joint angle.
        lag: delay of each joint angle, as a fraction of the cycle.
        stride: factor applied to step lengths and widths.
        turnout_deg: toe-out angle when standing.
        restless: factor applied to sway and small involuntary movements.
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
        """Name of the folder with the person's takes."""
        return f"subject{self.number:02d}"

    @property
    def skeleton(self) -> Skeleton:
        """Skeleton of the free body with the person's shape."""
        return free_skeleton(self.betas)

    @property
    def stature_m(self) -> float:
        """Body height from sole to crown."""
        return self.skeleton.stature_m


@dataclass(frozen=True, kw_only=True, eq=False)
class Style:
    """Movement style of one take.

    Attributes:
        performer: the person.
        tempo, amplitude: values of the performer, varied for this take.
        rng: random generator for choices within an activity, such as how far to walk.
    """

    performer: Performer
    tempo: float
    amplitude: float
    rng: np.random.Generator

    @property
    def leg_m(self) -> float:
        """The performer's leg length."""
        return self.performer.skeleton.leg_m

    @property
    def stride(self) -> float:
        """Factor applied to the performer's step lengths and widths."""
        return self.performer.stride

    def between(self, low: float, high: float) -> float:
        """Draw a uniform random number, which differs from take to take."""
        return float(self.rng.uniform(low, high))


def make_performer(number: int, seed: int = 0) -> Performer:
    """Make the performer with a given number; equal arguments give the same person.

    Args:
        number: number of the performer, 0 or greater.
        seed: seed of the whole corpus.
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
    return Performer(
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


def draw_style(performer: Performer, rng: np.random.Generator) -> Style:
    """Draw the random style of one take by a performer."""
    return Style(
        performer=performer,
        tempo=performer.tempo * float(np.exp(np.clip(rng.normal(0.0, 0.06), -0.1, 0.1))),
        amplitude=performer.amplitude * float(np.clip(rng.normal(1.0, 0.05), 0.9, 1.1)),
        rng=rng,
    )


def _both_sides(name):
    return [name] if name.startswith(MIDLINE) else [f"{side}.{name}" for side in SIDES]
