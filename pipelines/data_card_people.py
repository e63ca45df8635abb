"""Sections of the data card for a store with several people per clip."""

import math

from pipelines.recipe import Recipe
from pipelines.store_statistics import StoreStatistics

_PEOPLE = """Every clip has a main person. The tables `clips` and `segments` and the arrays of poses
and joints describe the main person, so that a caption or a label never describes another person.
The tables `people` (motion, window and placement) and `people_segments` (texts) describe the
further people. If joints are stored, `other_joints_m`, `other_joint_speed_mps` and
`other_joint_visible` contain those of the further people. All people of a clip are in the same
split.
"""


def people_per_clip(statistics: StoreStatistics) -> str:
    """Describe the number of people in each clip in words."""
    counts = sorted(_clips_by_people(statistics))
    if counts in ([], [1]):
        return "one person each"
    if len(counts) == 1:
        return f"{counts[0]} people each"
    return f"{counts[0]} to {counts[-1]} people each"


def limitations(text: str, statistics: StoreStatistics) -> str:
    """Return the limitations section for clips of several people, who shadow each other."""
    if max(_clips_by_people(statistics), default=1) == 1:
        return text
    several = "the\nbodies of the people in a clip, which shadow each other, and"
    return text.replace("one\nbody and", several)


def people_section(statistics: StoreStatistics) -> list[str]:
    """Return the section on people, or an empty result if every clip has one person."""
    counts = _clips_by_people(statistics)
    if max(counts, default=1) == 1:
        return []
    rows = "".join(f"| {count} | {clips} |\n" for count, clips in sorted(counts.items()))
    table = f"| people in the clip | clips |\n| --- | --- |\n{rows}"
    return [f"## People\n\n{table}\n{_PEOPLE}"]


def people_settings(recipe: Recipe) -> dict[str, str]:
    """Return the settings of the further people, or an empty result if a clip has one person."""
    people = recipe.people
    if people.number == 1:
        return {}
    heading_deg = tuple(math.degrees(end) for end in people.heading_rad)
    ranges = (people.distance_m, people.lateral_m, heading_deg)
    return {
        "people": f"{people.number}, joints at least {people.min_distance_m:g} m apart",
        "distance, lateral [m], heading [deg] of further people": ", ".join(
            f"{low:.4g} to {high:.4g}" for low, high in ranges
        ),
    }


def _clips_by_people(statistics: StoreStatistics) -> dict[int, int]:
    """Return the number of clips for each number of people in a clip."""
    return {count: clips for count, clips in statistics.people.items() if clips}
