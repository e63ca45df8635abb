"""Section `people` of a recipe: the number and the placement of further people in each clip."""

import math
from dataclasses import dataclass

from pipelines.recipe_fields import store_number, store_range
from radarsim.checks import checked_count
from radarsim.errors import InputError

Range = tuple[float, float]
MOST_PEOPLE = 8


@dataclass(frozen=True, kw_only=True)
class People:
    """Settings of the further people in every clip, who shadow the main person and each other.

    The main person performs the take of the clip and is placed by the section `placements`. Each
    further person performs a window of another subject's take and has an independent placement.

    Attributes:
        number: number of people in a clip, including the main person; 1 for the main person alone.
        distance_m, lateral_m, heading_rad: limits (low, high) of the placement of each further
            person at the start of the clip.
        min_distance_m: minimum distance between the joints of two people at any time of a clip. The
            skin is up to 0.2 m from the joints of the trunk.
    """

    number: int = 1
    distance_m: Range = (1.5, 5.0)
    lateral_m: Range = (-1.5, 1.5)
    heading_rad: Range = (-math.pi, math.pi)
    min_distance_m: float = 0.5

    def __post_init__(self):
        checked_count("recipe", "people.number", self.number)
        if self.number > MOST_PEOPLE:
            problem = f"is {self.number} people; must be at most {MOST_PEOPLE}"
            raise InputError("recipe", "people.number", problem, "simulate fewer people per clip")
        store_range(self, "distance_m", "m", at_least=0.3, at_most=100)
        store_range(self, "lateral_m", "m", at_least=-100, at_most=100)
        store_range(self, "heading_rad", "rad", at_least=-2 * math.pi, at_most=2 * math.pi)
        store_number(self, "min_distance_m", "m", at_least=0.1, at_most=10)
