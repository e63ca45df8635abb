"""The list of activities: what each is called, how it is told, and how it is moved."""

from collections.abc import Callable
from dataclasses import dataclass, field

from builders.activities.movement import Movement
from builders.activities.style import Style

ATTRIBUTES = ("torso", "arms", "legs", "location", "general")


@dataclass(frozen=True, kw_only=True, eq=False)
class Activity:
    """One activity of the protocol.

    Attributes:
        id: number in the paper's list.
        name: key and file name, `sit_on_a_chair_and_stand_up`.
        label: the paper's words, "sit on a chair and stand up".
        captions: plain sentences, each telling the whole activity.
        attributes: one sentence each for torso, arms, legs, location and general.
        build: a subject's style to the movement.
        text_source: who wrote the sentences.
    """

    id: int
    name: str
    label: str
    captions: tuple[str, ...]
    attributes: dict[str, str]
    build: Callable[[Style], Movement] = field(repr=False)
    text_source: str = "written for this project"


_LISTED: dict[int, Activity] = {}


def activity(id: int, label: str, *, captions: tuple[str, ...], **attributes: str):
    """Lists the decorated movement as an activity.

    Args:
        id: number in the paper's list.
        label: the paper's words.
        captions: plain sentences.
        attributes: `torso=`, `arms=`, `legs=`, `location=` and `general=`, a sentence each.
    """
    if set(attributes) != set(ATTRIBUTES):
        raise ValueError(f"{label}: give one sentence for each of {', '.join(ATTRIBUTES)}")
    if id in _LISTED:
        raise ValueError(f"{label}: id {id} is already {_LISTED[id].label!r}")

    def enlist(build: Callable[[Style], Movement]):
        name = label.replace(" ", "_").replace("-", "_")
        _LISTED[id] = Activity(
            id=id, name=name, label=label, captions=captions, attributes=attributes, build=build
        )
        return build

    return enlist


def listed() -> dict[str, Activity]:
    """Every activity by name, in the order of the paper's ids."""
    return {_LISTED[id].name: _LISTED[id] for id in sorted(_LISTED)}
