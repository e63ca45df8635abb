"""The list of activities: what each is called, how it is told, and how it is moved."""

from collections.abc import Callable
from dataclasses import dataclass, field

from builders.activities.movement import Movement
from builders.activities.style import Style
from builders.activities.texts import ATTRIBUTES, Told, texts

Touch = tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Activity:
    """One activity of the protocol.

    Attributes:
        id: number in the paper's list.
        name: key and file name, `sit_on_a_chair_and_stand_up`.
        label: the paper's words, "sit on a chair and stand up".
        touches: pairs of body parts that are meant to touch, `("hand", "thigh")`; see `capsules`.
        seated: a chair carries the body, so that nothing need be balanced.
        build: a subject's style to the movement.
    """

    id: int
    name: str
    label: str
    touches: tuple[Touch, ...] = ()
    seated: bool = False
    build: Callable[[Style], Movement] = field(repr=False)

    @property
    def told(self) -> Told:
        """Everything that is said about it."""
        return texts()[self.name]

    @property
    def captions(self) -> tuple[str, ...]:
        """Plain sentences, each telling the whole activity."""
        return self.told.captions

    @property
    def variants(self) -> tuple[dict[str, str], ...]:
        """Ways to tell it, each one sentence for every part of `ATTRIBUTES`."""
        return self.told.variants

    @property
    def attributes(self) -> dict[str, str]:
        """The first of its variants."""
        return self.variants[0]

    @property
    def text_source(self) -> str:
        """Who wrote the sentences."""
        return self.told.provenance


_LISTED: dict[int, Activity] = {}


def activity(id: int, label: str, *, touches: tuple[Touch, ...] = (), seated: bool = False):
    """Lists the decorated movement as an activity; what is said about it stands in `text/`.

    Args:
        id: number in the paper's list.
        label: the paper's words.
        touches, seated: as in `Activity`.
    """
    if id in _LISTED:
        raise ValueError(f"{label}: id {id} is already {_LISTED[id].label!r}")

    def enlist(build: Callable[[Style], Movement]):
        _LISTED[id] = Activity(
            id=id,
            name=label.lower().replace(" ", "_").replace("-", "_"),
            label=label,
            touches=touches,
            seated=seated,
            build=build,
        )
        return build

    return enlist


def listed() -> dict[str, Activity]:
    """Every activity by name, in the order of the paper's ids."""
    return {_LISTED[id].name: _LISTED[id] for id in sorted(_LISTED)}


__all__ = ["ATTRIBUTES", "Activity", "Touch", "activity", "listed"]
