"""A score: phrase after phrase, what every part of the body does, drawn by chance.

The body stands through a score or walks through it; what one part uses no other part can, and what
would be an activity of the protocol is never drawn (see `reserved`).
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from builders.activities.paths import route
from builders.grammar.arms import ARMS
from builders.grammar.legs import LEGS
from builders.grammar.places import STEPS, TRAVELS
from builders.grammar.reserved import reserved_for
from builders.grammar.torsos import TORSOS
from builders.grammar.ways import WAYS

PHRASE_S = (3.6, 4.9)  # short enough for a caption of HumanML3D to hold within a window
NUM_PHRASES = ((1, 0.2), (2, 0.5), (3, 0.3))
WALKING_SHARE = 0.45
# The floor that a walk may take up from its start, so that it stays before the radar [m].
ROOM_M = {"ahead": 1.7, "back": 2.6, "aside": 2.3}
UNSTEADY = ("hips", "balance", "feet")  # a walker needs them


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Some seconds of a score.

    Attributes:
        torso, arms: names in their tables.
        legs: a name in `LEGS`, or in `WAYS` where the body walks.
        location: a name in `STEPS`, or in `TRAVELS` where the body walks.
        sides: which side torso, arms, legs and location take.
        seconds: how long.
        pace: factor on the speed of what is done, 1 as usual.
    """

    torso: str
    arms: str
    legs: str
    location: str
    sides: tuple[str, str, str, str] = ("right", "right", "right", "right")
    seconds: float = 4.2
    pace: float = 1.0

    @property
    def names(self) -> tuple[str, str, str, str]:
        """Of torso, arms, legs and location."""
        return self.torso, self.arms, self.legs, self.location

    @property
    def walks(self) -> bool:
        """Whether it goes somewhere step by step."""
        return self.location in TRAVELS


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one motion shows, in order; all phrases stand, or all walk in the same way."""

    phrases: tuple[Phrase, ...]

    @property
    def walks(self) -> bool:
        """Whether the body walks."""
        return self.phrases[0].walks

    @property
    def seconds(self) -> float:
        """Length at tempo 1."""
        return sum(phrase.seconds for phrase in self.phrases)


def combinations() -> Iterator[tuple[str, str, str, str]]:
    """Every (torso, arms, legs, location) that one body can do at once and that may be drawn."""
    yield from _possible(LEGS, STEPS, _can_stand)
    yield from _possible(WAYS, TRAVELS, _can_walk)


def _possible(legs, locations, can):
    for names in itertools.product(TORSOS, ARMS, legs, locations):
        if can(names) and not reserved_for(names):
            yield names


def _can_stand(names) -> bool:
    """No two parts use the same, and somebody does something."""
    torso, arms, legs, location = names
    parts = (TORSOS[torso], ARMS[arms], LEGS[legs], STEPS[location])
    used = [use for part in parts for use in part.uses]
    return len(set(used)) == len(used) and not all(part.quiet for part in parts)


def _can_walk(names) -> bool:
    torso, _, legs, location = names
    if TORSOS[torso].uses & set(UNSTEADY):
        return False
    return TRAVELS[location].ahead or legs in WALKED_BACK


WALKED_BACK = ("walk", "small_steps", "shuffle", "creep", "trudge")


def draw_score(rng: np.random.Generator) -> Score:
    """A score by chance: as likely to be of one, two or three phrases as `NUM_PHRASES` says."""
    counts, shares = zip(*NUM_PHRASES)
    num = int(rng.choice(counts, p=shares))
    walks = rng.uniform() < WALKING_SHARE
    way = str(rng.choice(list(WAYS)))
    while True:
        phrases = tuple(_draw_phrase(rng, walks, way) for _ in range(num))
        score = Score(phrases=phrases)
        changes = all(a.names != b.names for a, b in itertools.pairwise(phrases))
        if changes and (not walks or _has_room(score)):
            return score


def _draw_phrase(rng, walks, way) -> Phrase:
    legs, locations = ([way], list(TRAVELS)) if walks else (list(LEGS), _often_stay())
    can = _can_walk if walks else _can_stand
    while True:
        names = (
            _draw(rng, TORSOS, "still", 0.3),
            _draw(rng, ARMS, "hang", 0.22),
            str(rng.choice(legs)) if walks else _draw(rng, LEGS, "stand", 0.3),
            str(rng.choice(locations)),
        )
        if can(names) and not reserved_for(names):
            break
    sides = tuple(str(side) for side in rng.choice(["left", "right"], 4))
    seconds = float(np.round(rng.uniform(*PHRASE_S), 2))
    pace = float(np.round(np.exp(rng.normal(0.0, 0.16)), 3))
    torso, arms, legs_name, location = names
    return Phrase(torso=torso, arms=arms, legs=legs_name, location=location, sides=sides,
                  seconds=seconds, pace=pace)  # fmt: skip


def _draw(rng, table, quiet, share):
    """A primitive by chance; the quiet one oftener than the others."""
    if rng.uniform() < share:
        return quiet
    return str(rng.choice(list(table)))


def _often_stay():
    return ["stay"] * 5 + [name for name in STEPS if name != "stay"]


def route_parts(score: Score, tempo: float = 1.0) -> tuple:
    """Where a walking score goes, as parts of `paths.route`."""
    parts = []
    for phrase in score.phrases:
        way, travel = WAYS[phrase.legs], TRAVELS[phrase.location]
        sign = 1.0 if phrase.sides[3] == "left" else -1.0
        speed_mps = way.speed_mps * tempo * min(phrase.pace, 1.15)
        parts += travel.parts(phrase.seconds / tempo, speed_mps, sign)
    return tuple(parts)


def _has_room(score) -> bool:
    parts = route_parts(score)
    times_s = np.linspace(0, sum(part[0] for part in parts), 60)
    places_m, _ = route(*parts, closed=False)(times_s)
    ahead, aside = places_m.T
    return bool(
        ahead.max() < ROOM_M["ahead"]
        and ahead.min() > -ROOM_M["back"]
        and np.abs(aside).max() < ROOM_M["aside"]
    )
