"""Compose the movement of a phrase sequence from the curves of its primitives."""

from functools import partial

import numpy as np

from builders.activities.curves import Curve, as_curve, during, hold, swing
from builders.activities.joint_angles import RANGE_DEG, joint_of
from builders.activities.movement import Channels, Gait, Movement, pelvis, trunk
from builders.activities.performers import Performer
from builders.activities.synthesis import Performance, synthesize
from builders.activities.walking_paths import route
from builders.grammar.arms import ARMS
from builders.grammar.gaits import GAITS
from builders.grammar.legs import LEGS
from builders.grammar.locomotion import STEPS
from builders.grammar.primitive import Primitive
from builders.grammar.random_phrases import Phrase, PhraseSequence, route_segments
from builders.grammar.torso import TORSOS

RAMP_S = 0.55  # duration of the transition between the postures of two phrases
WALKING_WIDTH = 1.12  # step width that keeps the legs apart even in sideways steps
WALKING_TWIST_DEG, WALKING_TURN_DEG = 5.0, 4.0  # trunk twist and pelvis turn in a walk


def perform_sequence(
    sequence: PhraseSequence,
    name: str,
    performer: int | Performer,
    seed: int = 0,
    rate_hz: float = 120.0,
) -> Performance:
    """Perform a sequence once from start to end.

    Args:
        sequence: phrases to perform.
        name: unique name of the take.
        performer: the person, or the person's number.
        seed: seed of the whole corpus.
        rate_hz: poses per second.
    """
    build = partial(movement_of, sequence)
    return synthesize(name, build, performer, 0, seed, None, rate_hz)


def movement_of(sequence: PhraseSequence, style) -> Movement:
    """Movement of a sequence in a performer's style, not mirrored for left-handed performers."""
    if not sequence.walks:
        channels = _sequence_channels(sequence)
        return Movement(sequence.duration_s, channels, start=(0.0, 0.0), handed=False)
    gait = GAITS[sequence.phrases[0].legs]
    cycles = max(1, round(sequence.duration_s / gait.period_s))
    period_s = sequence.duration_s / cycles
    slow = {name: _stretch(curve, cycles) for name, curve in _sequence_channels(sequence).items()}
    steps = Gait(
        path=route(*route_segments(sequence, style.tempo), closed=False),
        rests=True,
        **{"width": WALKING_WIDTH} | gait.gait,
    )
    walking = trunk(twist=swing(WALKING_TWIST_DEG), flexion=gait.trunk_flexion_deg) | pelvis(
        turn=swing(-WALKING_TURN_DEG)
    )
    return Movement(
        period_s, _superpose(slow, walking), steps, start=(0.0, 0.0), handed=False, cycles=cycles
    )


def phrase_bounds(sequence: PhraseSequence) -> list[float]:
    """Start of each phrase and end of the last phrase, as fractions of the whole duration."""
    ends_s = np.cumsum([0.0] + [phrase.duration_s for phrase in sequence.phrases])
    return (ends_s / ends_s[-1]).tolist()


def num_repetitions(phrase: Phrase, part: Primitive) -> int:
    """Number of times that a primitive is repeated in a phrase, at least 1."""
    return max(1, round(phrase.duration_s * phrase.speed_factor / part.period_s))


def primitives(phrase: Phrase) -> tuple[Primitive | None, ...]:
    """Primitives for torso, arms, legs and location; in a walk, legs and location are None."""
    legs = (None, None) if phrase.walks else (LEGS[phrase.legs], STEPS[phrase.location])
    return TORSOS[phrase.torso], ARMS[phrase.arms], *legs


def _sequence_channels(sequence) -> Channels:
    """Channels of all phrases as functions of the phase of the whole sequence."""
    channels, edges = {}, phrase_bounds(sequence)
    for phrase, start, end in zip(sequence.phrases, edges, edges[1:]):
        ramp = min(RAMP_S / sequence.duration_s, 0.3 * (end - start))
        shown = during(start, start + ramp, end - ramp, end)
        for part, side in zip(primitives(phrase), phrase.sides):
            if part is not None:
                placed = _phrase_channels(part, side, phrase, (start, end), shown)
                channels = _superpose(channels, placed)
    return channels


def _phrase_channels(part, side, phrase, span, shown) -> Channels:
    """Channels of one primitive between two phases of the sequence."""
    other = "left" if side == "right" else "right"
    num = num_repetitions(phrase, part)
    kept = {name: as_curve(curve) * shown for name, curve in part.holds(side, other).items()}
    moved = {}
    for name, curve in part.moves(side, other).items():
        moved[name] = _repeat(as_curve(curve), *span, num)
        # Angles and root fade in and out with the phrase. Jumps do not fade, because jump heights
        # are in units of the squared duration of a repetition. Feet do not fade, because they are
        # in their home positions between repetitions.
        if name == "root.hop":
            moved[name] *= ((span[1] - span[0]) / num) ** 2
        elif joint_of(name) in RANGE_DEG or name.startswith("root."):
            moved[name] *= shown
    return _superpose(kept, moved)


def _repeat(curve, start, end, num) -> Curve:
    """Repeat a curve `num` times between two phases; the result is zero elsewhere."""

    def at(phase):
        share = (np.mod(phase, 1.0) - start) / (end - start)
        inside = (share >= 0) & (share < 1)
        return np.where(inside, curve.at(np.clip(share, 0, 1) * num), 0.0)

    return Curve(at)


def _stretch(curve, cycles) -> Curve:
    """Convert a curve over the whole sequence to a function of the step-cycle phase."""
    return Curve(lambda phase: curve.at(phase / cycles), curve.rest)


def _superpose(one: Channels, other: Channels) -> Channels:
    """Add two sets of channels, channel by channel."""
    return {name: one.get(name, hold(0.0)) + other.get(name, hold(0.0)) for name in one | other}
