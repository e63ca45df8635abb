"""Section `people` of a recipe: the number and the placement of further people in each clip."""

import math
from dataclasses import dataclass

import numpy as np

from pipelines.recipe_fields import Range, Section, setting, settings_of
from radarsim.errors import InputError

MOST_PEOPLE = 8


@dataclass(frozen=True, kw_only=True)
class People(Section):
    """Settings for additional people in every clip, who shadow the main person and each other.

    The main person performs the take of the clip and is placed according to the section
    `placements`. Each additional person performs a window of another subject's take and is placed
    independently at the start of the clip.
    """

    number: int = setting(
        1,
        "number of people in each clip, including the main person",
        "people",
        flag="--people",
        at_least=1,
        at_most=MOST_PEOPLE,
    )
    distance_m: Range = setting(
        (1.5, 5.0),
        "distance from the radar to the further people",
        "m",
        flag="--people-distance-m",
        at_least=0.3,
        at_most=100,
    )
    lateral_m: Range = setting(
        (-1.5, 1.5),
        "lateral offset of the further people",
        "m",
        flag="--people-lateral-m",
        at_least=-100,
        at_most=100,
    )
    heading_rad: Range = setting(
        (-math.pi, math.pi),
        "heading of the further people",
        "rad",
        flag="--people-heading-deg",
        at_least=-2 * math.pi,
        at_most=2 * math.pi,
    )
    min_distance_m: float = setting(
        0.5,
        "minimum distance between the joints of two people at any time of a clip; the skin is up "
        "to 0.2 m from the joints of the trunk",
        "m",
        flag="--people-min-distance-m",
        at_least=0.1,
        at_most=10,
    )


def check_further_people(people: People) -> None:
    """Reject settings of further people that have no effect, in recipes that a user gives.

    Recipes in stores are not checked, because earlier versions accepted such settings.

    Raises:
        InputError: the clips have one person, and another setting differs from its default.
    """
    for name, (default, declared) in settings_of(People).items():
        # Recipes state the default heading, pi, with four decimals.
        if people.number == 1 and not np.allclose(getattr(people, name), default, rtol=1e-4):
            problem = f"is {getattr(people, name)}, and the clips have no further people"
            hint = f"give --people 2 or more, or omit {declared.flag}"
            raise InputError("recipe", f"people.{name}", problem, hint)
