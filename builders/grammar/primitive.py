"""Movement primitives: one movement of one body part, with its English wordings.

    primitive("wave_low", 1.2, moves=..., verb_phrases="*wave one hand", clauses="the arm *wave")

In wordings, `*` marks a verb with a singular subject and `+` a verb with a plural subject ("both
arms +swing"); `|` separates alternatives; `{side}` is replaced by the side of the movement (left or
right), and `{other}` by the opposite side.
"""

from collections.abc import Callable
from dataclasses import dataclass

from builders.activities.movement import Channels, arm, arms

PARTS = ("torso", "arms", "legs", "location")
# Function from the side and the other side ("left", "right") to the curves of the moving channels.
SidedChannels = Callable[[str, str], Channels]


def no_channels(side: str, other: str) -> Channels:
    """Return no channels."""
    return {}


@dataclass(frozen=True, kw_only=True, eq=False)
class Primitive:
    """Movement of one body part in a phrase.

    Attributes:
        name: name of the primitive, unique within its body part.
        period_s: length of one repetition; a phrase contains as many repetitions as fit.
        verb_phrases: wordings that start with the verb (subject: the person); empty if inactive.
        clauses: wordings with the body part as grammatical subject.
        moves: curves over one repetition, either zero at both ends or steadily oscillating.
        holds: posture held for the whole phrase.
        countable: whether repetitions can be counted ("twice"); False for steady movements.
        uses: resources that two parts cannot use at the same time ("feet", "hips", "balance").
    """

    name: str
    period_s: float
    verb_phrases: tuple[str, ...]
    clauses: tuple[str, ...]
    moves: SidedChannels = no_channels
    holds: SidedChannels = no_channels
    countable: bool = False
    uses: frozenset[str] = frozenset()

    @property
    def inactive(self) -> bool:
        """Whether descriptions of the person omit this body part."""
        return not self.verb_phrases

    @property
    def sided(self) -> bool:
        """Whether the wordings of the primitive name a side."""
        return any("{side}" in wording for wording in self.verb_phrases + self.clauses)


def primitive(
    name: str, period_s: float, *, verb_phrases: str, clauses: str, uses: str = "", **motion
) -> Primitive:
    """Make a primitive from wordings separated by `|` and resources separated by spaces.

    Args:
        name, period_s: attributes of `Primitive`, passed on unchanged.
        verb_phrases, clauses, uses: attributes of `Primitive`, each given as one text.
        motion: `moves`, `holds` and `countable` of `Primitive`.
    """
    return Primitive(
        name=name,
        period_s=period_s,
        verb_phrases=wordings(verb_phrases),
        clauses=wordings(clauses),
        uses=frozenset(uses.split()),
        **motion,
    )


def wordings(text: str) -> tuple[str, ...]:
    """Split a text into alternatives at `|`; an empty text has none."""
    return tuple(text.split("|")) if text else ()


def two_arms(**angles) -> SidedChannels:
    """Move both arms with the same curves; the angles are the arguments of `movement.arm`."""
    return lambda side, other: arms(**angles)


def one_arm(**angles) -> SidedChannels:
    """Move only the arm on the phrase's side."""
    return lambda side, other: arm(side, **angles)


def by_name(*primitives: Primitive) -> dict[str, Primitive]:
    """Make a dictionary of primitives by name; raise ValueError if a name occurs twice."""
    table = {each.name: each for each in primitives}
    if len(table) < len(primitives):
        raise ValueError("two primitives of a body part have the same name")
    return table
