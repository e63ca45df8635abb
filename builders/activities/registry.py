"""Registry of the built-in activities: id, name, label, texts and movement of each activity."""

from collections.abc import Callable
from dataclasses import dataclass, field

from builders.activities.movement import Movement
from builders.activities.performers import Style
from builders.activities.texts import ATTRIBUTES, ActivityTexts, activity_texts

# A pair of body parts that may touch; the names are defined in `self_intersection`.
Touch = tuple[str, str]

HANDS_AT_HIPS = (("hand", "trunk"), ("forearm", "trunk"))
HANDS_ON_THIGHS = (("hand", "thigh"), ("forearm", "thigh"))
HANDS_TOGETHER = (("hand", "hand"), ("hand", "forearm"), ("forearm", "forearm"))
FOLDED = (*HANDS_ON_THIGHS, ("hand", "shank"), ("upper_arm", "thigh"), ("trunk", "thigh"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Activity:
    """One activity of the protocol.

    Attributes:
        id: number in the paper's list.
        name: key and file name, for example `sit_on_a_chair_and_stand_up`.
        label: the paper's label, for example "sit on a chair and stand up".
        touches: pairs of body parts that may touch, for example `("hand", "thigh")`.
        seated: whether a chair carries the body, in which case balance is not checked.
        build: function that creates the movement in a given performer's style.
    """

    id: int
    name: str
    label: str
    touches: tuple[Touch, ...] = ()
    seated: bool = False
    build: Callable[[Style], Movement] = field(repr=False)

    @property
    def texts(self) -> ActivityTexts:
        """Captions and attribute sentences of the activity."""
        return activity_texts()[self.name]

    @property
    def captions(self) -> tuple[str, ...]:
        """Captions of the activity, each a plain sentence about the whole activity."""
        return self.texts.captions

    @property
    def variants(self) -> tuple[dict[str, str], ...]:
        """Wordings of the attribute sentences; each has one sentence per part of `ATTRIBUTES`."""
        return self.texts.variants

    @property
    def attributes(self) -> dict[str, str]:
        """The first wording of the activity's attribute sentences."""
        return self.variants[0]

    @property
    def text_source(self) -> str:
        """Author of the sentences."""
        return self.texts.provenance


_REGISTERED: dict[int, Activity] = {}


def activity(id: int, label: str, *, touches: tuple[Touch, ...] = (), seated: bool = False):
    """Return a decorator that registers a movement as an activity with the texts in `text/`.

    Args:
        id: number in the paper's list.
        label: the paper's label.
        touches: pairs of body parts that may touch.
        seated: whether a chair carries the body.
    """
    if id in _REGISTERED:
        raise ValueError(f"{label}: id {id} is already used by {_REGISTERED[id].label!r}")

    def register(build: Callable[[Style], Movement]):
        _REGISTERED[id] = Activity(
            id=id,
            name=label.lower().replace(" ", "_").replace("-", "_"),
            label=label,
            touches=touches,
            seated=seated,
            build=build,
        )
        return build

    return register


def registered_activities() -> dict[str, Activity]:
    """All activities by name, in the order of the paper's ids."""
    return {_REGISTERED[id].name: _REGISTERED[id] for id in sorted(_REGISTERED)}


__all__ = [
    "ATTRIBUTES",
    "FOLDED",
    "HANDS_AT_HIPS",
    "HANDS_ON_THIGHS",
    "HANDS_TOGETHER",
    "Activity",
    "Touch",
    "activity",
    "registered_activities",
]
