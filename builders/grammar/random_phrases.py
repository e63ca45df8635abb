"""Random phrase sequences: one primitive per body part in each phrase.

In each sequence, the body either stands or walks. Two body parts never use the same resource at
the same time, and combinations that resemble an activity of the protocol are never drawn (see
`exclusions.py`).
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from builders.activities.walking_paths import PathSegment, route
from builders.grammar.arms import ARMS
from builders.grammar.exclusions import excluded_activity
from builders.grammar.gaits import GAITS
from builders.grammar.legs import LEGS
from builders.grammar.locomotion import STEPS, TRAVELS
from builders.grammar.torso import TORSOS

# Limits of the duration of a phrase; phrases are short so that a clip window contains the complete
# phrase of a HumanML3D caption.
PHRASE_S = (3.6, 4.9)
NUM_PHRASES = ((1, 0.2), (2, 0.5), (3, 0.3))
# Probability that the body walks in a sequence.
WALKING_SHARE = 0.45
# Largest distance from the start of a walk [m], so that the person stays in front of the radar.
MAX_EXTENT_M = {"ahead": 1.7, "back": 2.6, "aside": 2.3}
WALKING_USES = ("hips", "balance", "feet")  # resources (see `Primitive.uses`) that a walk occupies


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """One primitive for each body part, performed together for a few seconds.

    Attributes:
        torso, arms: names of the torso and arm primitives.
        legs: name of a leg primitive in `LEGS`, or of a gait in `GAITS` if the body walks.
        location: name of a step in `STEPS`, or of a route in `TRAVELS` if the body walks.
        sides: "left" or "right" for torso, arms, legs and location, in this order.
        duration_s: duration at tempo 1.
        speed_factor: factor applied to the usual speed of the movements.
    """

    torso: str
    arms: str
    legs: str
    location: str
    sides: tuple[str, str, str, str] = ("right", "right", "right", "right")
    duration_s: float = 4.2
    speed_factor: float = 1.0

    @property
    def names(self) -> tuple[str, str, str, str]:
        """Names of the primitives for torso, arms, legs and location."""
        return self.torso, self.arms, self.legs, self.location

    @property
    def walks(self) -> bool:
        """Whether the body walks."""
        return self.location in TRAVELS


@dataclass(frozen=True, kw_only=True)
class PhraseSequence:
    """Phrases of one motion, in order; the body stands throughout or walks with a single gait."""

    phrases: tuple[Phrase, ...]

    @property
    def walks(self) -> bool:
        """Whether the body walks."""
        return self.phrases[0].walks

    @property
    def duration_s(self) -> float:
        """Duration at tempo 1."""
        return sum(phrase.duration_s for phrase in self.phrases)


def combinations() -> Iterator[tuple[str, str, str, str]]:
    """All combinations (torso, arms, legs, location) that are feasible and not excluded."""
    yield from _possible(LEGS, STEPS, _can_stand)
    yield from _possible(GAITS, TRAVELS, _can_walk)


def _possible(legs, locations, can):
    for names in itertools.product(TORSOS, ARMS, legs, locations):
        if can(names) and not excluded_activity(names):
            yield names


def _can_stand(names) -> bool:
    """Whether at least one body part is active and no two parts use the same resource."""
    torso, arms, legs, location = names
    parts = (TORSOS[torso], ARMS[arms], LEGS[legs], STEPS[location])
    used = [use for part in parts for use in part.uses]
    return len(set(used)) == len(used) and not all(part.inactive for part in parts)


def _can_walk(names) -> bool:
    """Whether the torso movement permits walking and the gait suits the direction."""
    torso, _, legs, location = names
    if TORSOS[torso].uses & set(WALKING_USES):
        return False
    return TRAVELS[location].ahead or legs in BACKWARD_GAITS


BACKWARD_GAITS = ("walk", "small_steps", "shuffle", "creep", "trudge")


def draw_sequence(rng: np.random.Generator) -> PhraseSequence:
    """Draw a random sequence; `NUM_PHRASES` contains the probabilities of one to three phrases."""
    counts, shares = zip(*NUM_PHRASES)
    num = int(rng.choice(counts, p=shares))
    walks = rng.uniform() < WALKING_SHARE
    gait = str(rng.choice(list(GAITS)))
    while True:
        phrases = tuple(_draw_phrase(rng, walks, gait) for _ in range(num))
        sequence = PhraseSequence(phrases=phrases)
        changes = all(a.names != b.names for a, b in itertools.pairwise(phrases))
        if changes and (not walks or _stays_in_area(sequence)):
            return sequence


def _draw_phrase(rng, walks, gait) -> Phrase:
    legs, locations = ([gait], list(TRAVELS)) if walks else (list(LEGS), _step_choices())
    can = _can_walk if walks else _can_stand
    while True:
        names = (
            _draw(rng, TORSOS, "still", 0.3),
            _draw(rng, ARMS, "hang", 0.22),
            str(rng.choice(legs)) if walks else _draw(rng, LEGS, "stand", 0.3),
            str(rng.choice(locations)),
        )
        if can(names) and not excluded_activity(names):
            break
    sides = tuple(str(side) for side in rng.choice(["left", "right"], 4))
    duration_s = float(np.round(rng.uniform(*PHRASE_S), 2))
    speed_factor = float(np.round(np.exp(rng.normal(0.0, 0.16)), 3))
    torso, arms, legs_name, location = names
    return Phrase(
        torso=torso,
        arms=arms,
        legs=legs_name,
        location=location,
        sides=sides,
        duration_s=duration_s,
        speed_factor=speed_factor,
    )


def _draw(rng, table, inactive, share):
    """Draw the name of a primitive; `share` is the added probability of the inactive primitive."""
    if rng.uniform() < share:
        return inactive
    return str(rng.choice(list(table)))


def _step_choices():
    """Names of steps to draw from; "stay" is five times as likely as any other step."""
    return ["stay"] * 5 + [name for name in STEPS if name != "stay"]


def route_segments(sequence: PhraseSequence, tempo: float = 1.0) -> tuple[PathSegment, ...]:
    """Route of a walking sequence, as segments for `walking_paths.route`."""
    segments = []
    for phrase in sequence.phrases:
        gait, travel = GAITS[phrase.legs], TRAVELS[phrase.location]
        sign = 1.0 if phrase.sides[3] == "left" else -1.0
        speed_mps = gait.speed_mps * tempo * min(phrase.speed_factor, 1.15)
        segments += travel.segments(phrase.duration_s / tempo, speed_mps, sign)
    return tuple(segments)


def _stays_in_area(sequence) -> bool:
    """Whether a walk stays within `MAX_EXTENT_M`."""
    segments = route_segments(sequence)
    times_s = np.linspace(0, sum(segment.duration_s for segment in segments), 60)
    places_m, _ = route(*segments, closed=False)(times_s)
    ahead, aside = places_m.T
    return bool(
        ahead.max() < MAX_EXTENT_M["ahead"]
        and ahead.min() > -MAX_EXTENT_M["back"]
        and np.abs(aside).max() < MAX_EXTENT_M["aside"]
    )
