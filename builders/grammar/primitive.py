"""One part of the body doing one thing, and the words for it.

    primitive("wave_low", "arms", 1.2, moves=..., says="*wave one hand", tells="the arm *wave")

In words `*` marks a verb of one who acts, `+` one of several ("both arms +swing"); `|` parts
wordings; `{side}` and `{other}` become right and left, or left and right.
"""

from collections.abc import Callable
from dataclasses import dataclass

from builders.activities.movement import Channels, arm, arms

PARTS = ("torso", "arms", "legs", "location")
Moves = Callable[[str, str], Channels]


@dataclass(frozen=True, kw_only=True, eq=False)
class Primitive:
    """What one part does in a phrase.

    Attributes:
        name: unique within its part.
        part: one of `PARTS`.
        period_s: one go of it; a phrase holds as many as fit.
        moves: side and other side to curves over one go, at rest at both ends or steadily swinging.
        holds: side and other side to a posture kept for the whole phrase.
        says: what a person does, with the verb first.
        tells: what the part does, subject first.
        quiet: nothing to speak of.
        sided: whether side matters.
        counts: whether goes can be counted ("twice"); steady movements cannot.
        uses: what two parts cannot use at once ("feet", "hips", "balance").
    """

    name: str
    part: str
    period_s: float
    moves: Moves
    holds: Moves
    says: tuple[str, ...]
    tells: tuple[str, ...]
    quiet: bool = False
    sided: bool = False
    counts: bool = False
    uses: frozenset[str] = frozenset()


def nothing(side: str, other: str) -> Channels:
    """No channel at all."""
    return {}


def primitive(
    name: str,
    part: str,
    period_s: float,
    *,
    says: str,
    tells: str,
    moves: Moves = nothing,
    holds: Moves = nothing,
    quiet: bool = False,
    counts: bool = False,
    uses: str = "",
) -> Primitive:
    """A primitive, its wordings split at `|`; arguments as in `Primitive`."""
    return Primitive(
        name=name,
        part=part,
        period_s=period_s,
        moves=moves,
        holds=holds,
        says=tuple(filter(None, says.split("|"))),
        tells=tuple(tells.split("|")),
        quiet=quiet,
        sided="{side}" in says + tells,
        counts=counts,
        uses=frozenset(uses.split()),
    )


def arm_primitive(name: str, period_s: float, **words) -> Primitive:
    """A primitive of the arms."""
    return primitive(name, "arms", period_s, **words)


def two_arms(**angles) -> Moves:
    """Both arms alike; angles as in `movement.arm`."""
    return lambda side, other: arms(**angles)


def one_arm(**angles) -> Moves:
    """The arm of the phrase's side."""
    return lambda side, other: arm(side, **angles)


def by_name(*primitives: Primitive) -> dict[str, Primitive]:
    """A table of them; two of one name are a mistake."""
    table = {each.name: each for each in primitives}
    if len(table) < len(primitives):
        raise ValueError("two primitives of a part have the same name")
    return table
