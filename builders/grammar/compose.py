"""A score becomes a movement: curves put in their time, one part beside the other."""

import numpy as np

from builders.activities.anatomy import RANGE_DEG
from builders.activities.curves import Curve, as_curve, during, hold, swing
from builders.activities.movement import Channels, Gait, Movement, pelvis, trunk
from builders.activities.paths import route
from builders.activities.perform import Performance, rehearse
from builders.activities.style import Subject
from builders.grammar.arms import ARMS
from builders.grammar.legs import LEGS
from builders.grammar.places import STEPS
from builders.grammar.primitive import Primitive
from builders.grammar.score import Phrase, Score, route_parts
from builders.grammar.torsos import TORSOS
from builders.grammar.ways import WAYS

RAMP_S = 0.55  # from one phrase's posture to the next one's
WALKERS_WIDTH = 1.12  # sideways steps, too, keep the legs apart
WALKERS_TWIST_DEG, WALKERS_TURN_DEG = 5.0, 4.0


def perform_score(
    score: Score, name: str, who: int | Subject, seed: int = 0, rate_hz: float = 120.0
) -> Performance:
    """One performance of a score, from its start to its end.

    Args:
        score: what is done.
        name: the take's, unlike any other's.
        who: performs it.
        seed: of the whole corpus.
        rate_hz: poses per second.
    """
    return rehearse(name, lambda style: movement_of(score, style), who, 0, seed, None, rate_hz)


def movement_of(score: Score, style) -> Movement:
    """The movement of a score in a subject's style; sides are the score's own."""
    if not score.walks:
        return Movement(score.seconds, _phrased(score), start=(0.0, 0.0), handed=False)
    way = WAYS[score.phrases[0].legs]
    cycles = max(1, round(score.seconds / way.period_s))
    period_s = score.seconds / cycles
    slow = {name: _over(curve, cycles) for name, curve in _phrased(score).items()}
    gait = Gait(
        path=route(*route_parts(score, style.tempo), closed=False),
        rests=True,
        **{"width": WALKERS_WIDTH} | way.gait,
    )
    walked = trunk(twist=swing(WALKERS_TWIST_DEG), flexion=way.flexion_deg) | pelvis(
        turn=swing(-WALKERS_TURN_DEG)
    )
    return Movement(
        period_s, _together(slow, walked), gait, start=(0.0, 0.0), handed=False, cycles=cycles
    )


def bounds(score: Score) -> list[float]:
    """Where phrases begin and the last one ends, as shares of the whole."""
    ends_s = np.cumsum([0.0] + [phrase.seconds for phrase in score.phrases])
    return (ends_s / ends_s[-1]).tolist()


def goes(phrase: Phrase, part: Primitive) -> int:
    """How often a primitive fits into a phrase."""
    return max(1, round(phrase.seconds * phrase.pace / part.period_s))


def primitives(phrase: Phrase) -> tuple[Primitive | None, ...]:
    """Torso, arms, legs and location of a phrase; None for legs and location of a walk."""
    legs = (None, None) if phrase.walks else (LEGS[phrase.legs], STEPS[phrase.location])
    return TORSOS[phrase.torso], ARMS[phrase.arms], *legs


def _phrased(score) -> Channels:
    """All channels of all phrases, each in its time."""
    channels, edges = {}, bounds(score)
    for phrase, start, end in zip(score.phrases, edges, edges[1:]):
        ramp = min(RAMP_S / score.seconds, 0.3 * (end - start))
        shown = during(start, start + ramp, end - ramp, end)
        for part, side in zip(primitives(phrase), phrase.sides):
            if part is not None:
                channels = _together(channels, _placed(part, side, phrase, start, end, shown))
    return channels


def _placed(part, side, phrase, start, end, shown) -> Channels:
    """One primitive between two phases of the score."""
    other = "left" if side == "right" else "right"
    num = goes(phrase, part)
    kept = {name: as_curve(curve) * shown for name, curve in part.holds(side, other).items()}
    moved = {}
    for name, curve in part.moves(side, other).items():
        placed = _within(as_curve(curve), start, end, num)
        # Angles fade with the phrase. Feet are home where goes meet, and jumps must not be scaled:
        # their heights count in squares of a go's length.
        if _is_angle(name):
            placed = placed * shown
        elif name == "root.hop":
            placed = placed * ((end - start) / num) ** 2
        moved[name] = (
            placed if not name.startswith("root.") or name == "root.hop" else placed * shown
        )
    return _together(kept, moved)


def _is_angle(name):
    key = name.split(".", 1)[1] if name.startswith(("left.", "right.")) else name
    return key in RANGE_DEG


def _within(curve, start, end, num) -> Curve:
    """A curve over one go, played `num` times between two phases and zero elsewhere."""

    def at(phase):
        share = (np.mod(phase, 1.0) - start) / (end - start)
        inside = (share >= 0) & (share < 1)
        return np.where(inside, curve.at(np.clip(share, 0, 1) * num), 0.0)

    return Curve(at)


def _over(curve, cycles) -> Curve:
    """A curve over the whole score, for phases that count steps."""
    return Curve(lambda phase: curve.at(phase / cycles), curve.rest)


def _together(one: Channels, other: Channels) -> Channels:
    """Both at once: where they move the same joint, one upon the other."""
    return {name: one.get(name, hold(0.0)) + other.get(name, hold(0.0)) for name in one | other}
