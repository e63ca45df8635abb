"""Locomotion of the grammar: single steps away and back, and walking routes."""

from collections.abc import Callable
from dataclasses import dataclass

from builders.activities.movement import step
from builders.activities.walking_paths import PathSegment
from builders.grammar.primitive import by_name, primitive, wordings


def _step(ahead=0.0, out=0.0):
    """Step away with one foot, follow with the other, and return both to their home positions."""

    def moves(side, other):
        leading = step(side, (0.03, 0.22), (0.72, 0.95), ahead=ahead, out=out, lift=0.07)
        return leading | step(other, (0.2, 0.4), (0.53, 0.74), ahead=ahead, out=-out, lift=0.07)

    return moves


STEPS = by_name(
    primitive(
        "stay",
        3.0,
        verb_phrases="",
        clauses="the person *stay in one place|the body *remain on the spot|"
        "the person *do not go anywhere|the position *do not change",
    ),
    primitive(
        "step_ahead",
        3.2,
        uses="feet balance",
        countable=True,
        moves=_step(ahead=0.36),
        verb_phrases="*step forward and back|*take a step ahead and *return",
        clauses="the person *step forward and *return|the body *move a step ahead and then back",
    ),
    primitive(
        "step_back",
        3.2,
        uses="feet balance",
        countable=True,
        moves=_step(ahead=-0.3),
        verb_phrases="*step back and *come forward again|*retreat a step and *return",
        clauses="the person *step back and *return|the body *give way by a step and *come home",
    ),
    primitive(
        "step_aside",
        3.2,
        uses="feet balance",
        countable=True,
        moves=_step(out=0.34),
        verb_phrases="*step to the {side} and back|*take a side step to the {side} and *return",
        clauses="the person *step to the {side} and *return|"
        "the body *shift a step to the {side} and back",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Travel:
    """A walking route.

    Attributes:
        name: name of the route, unique among the routes.
        segments: function from duration [s], speed [m/s] and side (1 left, -1 right) to the
            segments for `walking_paths.route`.
        directions: wordings that follow the verb, for example "forward".
        clauses: wordings with the person as grammatical subject.
        ahead: whether the person only walks forward; only a few gaits suit other directions.
    """

    name: str
    segments: Callable[[float, float, float], tuple[PathSegment, ...]]
    directions: tuple[str, ...]
    clauses: tuple[str, ...]
    ahead: bool = True

    @property
    def sided(self) -> bool:
        """Whether the wordings of the route name a side."""
        return any("{side}" in wording for wording in self.directions + self.clauses)


def _travel(name, segments, directions, clauses, ahead=True):
    """Make a walking route from wordings separated by `|` and segments given as plain tuples."""
    return Travel(
        name=name,
        segments=lambda t, v, s: tuple(PathSegment(*each) for each in segments(t, v, s)),
        directions=wordings(directions),
        clauses=wordings(clauses),
        ahead=ahead,
    )


def _then_stop(ahead=0.0, left=0.0, share=0.55):
    """Walk straight for a fraction of the time, then stand."""
    return lambda t, v, sign: (
        (share * t, v * ahead, v * left * sign, 0),
        ((1 - share) * t, 0, 0, 0),
    )


TRAVELS = {
    travel.name: travel
    for travel in (
        _travel(
            "ahead",
            _then_stop(1.0, share=0.42),
            "forward and *stop|a few steps ahead and *halt",
            "the person *move forward and *stop|the distance to the front *shrink, then *stay",
        ),
        _travel(
            "ahead_slowly",
            lambda t, v, s: ((t, 0.38 * v, 0, 0),),
            "slowly forward|ahead at a slow pace",
            "the person slowly *move forward|the body *advance little by little",
        ),
        _travel(
            "back",
            _then_stop(-0.7, share=0.7),
            "backward and *stop|back a few steps and *halt",
            "the person *move backward and *stop|the distance to the front *grow, then *stay",
            ahead=False,
        ),
        _travel(
            "back_slowly",
            lambda t, v, s: ((t, -0.42 * v, 0, 0),),
            "slowly backward|backward little by little",
            "the person slowly *retreat backward|the body *withdraw at a slow pace",
            ahead=False,
        ),
        _travel(
            "aside",
            _then_stop(0.0, 0.6, share=0.5),
            "sideways to the {side} and *stop|to the {side} without turning and *halt",
            "the person *move sideways to the {side} and *stop|"
            "the body *drift to the {side} and *stay there",
            ahead=False,
        ),
        _travel(
            "slanting",
            lambda t, v, s: ((0.55 * t, 0.7 * v, 0.45 * v * s, 0), (0.45 * t, 0, 0, 0)),
            "diagonally forward to the {side}|ahead and to the {side} at a slant",
            "the person *move forward and to the {side} at once|"
            "the body *go ahead on a slanting line to the {side}",
        ),
        _travel(
            "slanting_back",
            lambda t, v, s: ((0.6 * t, -0.5 * v, 0.4 * v * s, 0), (0.4 * t, 0, 0, 0)),
            "diagonally backward to the {side}|back and to the {side} at a slant",
            "the person *move backward and to the {side} at once|"
            "the body *withdraw at a slant to the {side}",
            ahead=False,
        ),
        _travel(
            "quarter",
            lambda t, v, s: (
                (0.35 * t, 0.55 * v, 0, 0),
                (0.3 * t, 0.4 * v, 0, 90 * s),
                (0.35 * t, 0.55 * v, 0, 0),
            ),
            "ahead and around a corner to the {side}|forward, *turn {side} and *go on",
            "the person *go forward, *turn {side} and *go on|"
            "the way *lead around a corner to the {side}",
        ),
        _travel(
            "arc",
            lambda t, v, s: ((t, 0.6 * v, 0, 110 * s),),
            "in an arc to the {side}|along a curve to the {side}",
            "the person *follow a curve to the {side}|"
            "the body *move along an arc that *bend to the {side}",
        ),
        _travel(
            "weave",
            lambda t, v, s: (
                (0.25 * t, 0.5 * v, 0, 40 * s),
                (0.5 * t, 0.5 * v, 0, -80 * s),
                (0.25 * t, 0.5 * v, 0, 40 * s),
            ),
            "in a winding line|ahead in a wavy line",
            "the person *wind to both sides while going ahead|"
            "the way ahead *curve to the {side} and back",
        ),
        _travel(
            "aside_ahead",
            lambda t, v, s: (
                (0.4 * t, 0, 0.5 * v * s, 0),
                (0.15 * t, 0, 0, 0),
                (0.3 * t, 0.7 * v, 0, 0),
                (0.15 * t, 0, 0, 0),
            ),
            "sideways to the {side} and then forward|first to the {side}, then ahead",
            "the person *move to the {side} first and then forward|"
            "the body *shift to the {side} and then *advance",
        ),
        _travel(
            "ahead_aside",
            lambda t, v, s: (
                (0.3 * t, 0.7 * v, 0, 0),
                (0.15 * t, 0, 0, 0),
                (0.4 * t, 0, 0.5 * v * s, 0),
                (0.15 * t, 0, 0, 0),
            ),
            "forward and then sideways to the {side}|first ahead, then to the {side}",
            "the person *move forward first and then to the {side}|"
            "the body *advance and then *shift to the {side}",
        ),
        _travel(
            "half_turn",
            lambda t, v, s: ((0.7 * t, 0.12 * v, 0, 180 * s), (0.3 * t, 0, 0, 0)),
            "round to face the other way|in place to the {side} until facing backward",
            "the person *turn around to the {side} almost on the spot|"
            "the body *face the other way after a half turn to the {side}",
        ),
        _travel(
            "hook",
            lambda t, v, s: (
                (0.35 * t, 0.65 * v, 0, 0),
                (0.45 * t, 0.4 * v, 0, 150 * s),
                (0.2 * t, 0.3 * v, 0, 0),
            ),
            "ahead and in a hook to the {side}|forward and around in a tight bend to the {side}",
            "the person *go ahead and *bend round sharply to the {side}|"
            "the way *end in a hook to the {side}",
        ),
        _travel(
            "start_stop",
            lambda t, v, s: (
                (0.22 * t, 0.7 * v, 0, 0),
                (0.28 * t, 0, 0, 0),
                (0.22 * t, 0.7 * v, 0, 0),
                (0.28 * t, 0, 0, 0),
            ),
            "forward in two goes with a pause|ahead, *pause, and *go on",
            "the person *advance, *pause and *advance again|"
            "the body *move ahead twice with a stop between",
        ),
    )
}
