"""Registry of the five activities: their labels and texts, and the performance of a take."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from builders.activities.movement import Movement
from builders.activities.performers import Performer, Style, make_performer
from builders.activities.synthesis import Performance, synthesize
from builders.activities.variation import generator
from builders.five_activities import kinds
from builders.five_activities.falling import draw_fall, falling_movement, topple

# Range of the factor applied to a performer's involuntary movement: sitting and supported people
# sway less than the standing people of the sixty activities. In the recordings, the level of a
# person at rest is 13 dB below the level of the activities (9 dB with a factor of 1).
_REST = (0.1, 0.4)
# Range of the same factor before a fall: in the recordings, people stand and sway before they fall.
_REST_BEFORE_FALL = (0.4, 1.2)
PROVENANCE = "written for this project"
TAKE_S = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class FiveActivity:
    """One of the five activities.

    Attributes:
        name: key of the activity in the registry, also used as the label.
        captions: sentences about the whole activity.
        attributes: sentences, keyed by the body parts in `activities.texts.ATTRIBUTES`.
        build: function that builds the movement in a performer's style; None for a fall.
    """

    name: str
    captions: tuple[str, ...]
    attributes: dict[str, str] = field(repr=False)
    build: Callable[[Style], Movement] | None = field(repr=False)


def _activity(name, build, captions, *sentences) -> FiveActivity:
    parts = ("general", "torso", "arms", "legs", "location")
    attributes = dict(zip(parts, sentences, strict=True))
    return FiveActivity(name=name, captions=captions, attributes=attributes, build=build)


FIVE_ACTIVITIES: dict[str, FiveActivity] = {
    each.name: each
    for each in (
        _activity(
            "convulsion",
            kinds.convulsion,
            ("A person has a convulsion.", "Somebody shakes in a seizure.", "The body convulses."),
            "The person shakes in a convulsion.",
            "The torso trembles irregularly.",
            "Both arms are bent and shake fast.",
            "The legs stay in place.",
            "The person stays in one place.",
        ),
        _activity(
            "cough",
            kinds.cough,
            ("A person coughs.", "Somebody coughs several times.", "A coughing fit."),
            "The person coughs.",
            "The torso jerks forward a little with every cough.",
            "A hand may be held in front of the mouth.",
            "The legs do not move.",
            "The person stays in one place.",
        ),
        _activity(
            "drink",
            kinds.drink,
            ("A person drinks.", "Somebody drinks from a glass.", "A glass is lifted to drink."),
            "The person drinks from a glass.",
            "The torso leans forward and back a little.",
            "One arm reaches for a glass, lifts it to the mouth, and puts it back.",
            "The legs do not move.",
            "The person stays in one place.",
        ),
        _activity(
            "fall",
            None,
            ("A person falls to the floor.", "Somebody falls down.", "The body falls over."),
            "The person falls to the floor.",
            "The torso tips over and ends on the floor.",
            "Both arms are flung out.",
            "The knees give way.",
            "The person moves to the floor and stays there.",
        ),
        _activity(
            "wave",
            kinds.wave,
            ("A person waves.", "Somebody waves a hand.", "A hand is raised and waved."),
            "The person waves.",
            "The torso is almost still.",
            "A raised hand swings from side to side several times.",
            "The legs do not move.",
            "The person stays in one place.",
        ),
    )
}


def perform_five(
    name: str, performer: int | Performer, repeat: int = 0, seed: int = 0, take_s: float = TAKE_S
) -> Performance:
    """Perform one take of an activity; the same arguments always give the same motion.

    Args:
        name: a key of `FIVE_ACTIVITIES`.
        performer: the person, or the person's number.
        repeat: number of the take; each number gives a different take.
        seed: random seed of the corpus.
        take_s: duration of the take [s].
    """
    performer = _at_rest(performer, name, repeat, seed)
    build = FIVE_ACTIVITIES[name].build
    key = f"five/{name}"
    if build is not None:
        return synthesize(key, build, performer, repeat, seed, take_s)
    fall = draw_fall(generator("fall", seed, performer.number, repeat))
    standing = synthesize(
        key, lambda style: falling_movement(style, fall), performer, repeat, seed, take_s
    )
    return replace(standing, motion=topple(standing.motion, fall))


def _at_rest(performer, name, repeat, seed) -> Performer:
    """Return the performer with the involuntary movement scaled for one take."""
    if not isinstance(performer, Performer):
        performer = make_performer(performer, seed)
    factor = generator("rest", seed, performer.number, name, repeat).uniform(
        *(_REST_BEFORE_FALL if name == "fall" else _REST)
    )
    return replace(performer, restless=performer.restless * factor)
