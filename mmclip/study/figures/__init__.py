"""Registry of the figures in the order of planning; the last figures are cut first."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from mmclip.study.figure import Figure, Plan


@dataclass(frozen=True)
class Entry:
    """A registered figure.

    Attributes:
        module: module of this package with the function `figure(plan)`.
        tier: priority of the figure, from 1 (most important) to 3.
        all_groups: True if the figure uses all groups by default instead of one group.
        place: position of the figure in the order of the paper.
    """

    module: str
    tier: int
    place: float
    all_groups: bool = False

    @property
    def build(self) -> Callable[[Plan], Figure]:
        """Return the function that creates the figure."""
        return import_module(f"{__name__}.{self.module}").figure


FIGURES = {
    "5": Entry("overall", 1, 5, all_groups=True),
    "9": Entry("fine_tuning", 1, 9),
    "11": Entry("few_shot", 1, 11),
    "5.6": Entry("complexity", 1, 12.6),
    "6": Entry("seen_labels", 2, 6),
    "8": Entry("attributes", 2, 8),
    "10": Entry("losses", 2, 10),
    "5.3.6": Entry("scenes", 2, 10.5),
    "7": Entry("unseen_labels", 3, 7),
    "12": Entry("heatmaps", 3, 12),
    "5.5": Entry("simulator", 3, 11.5),
    "placement": Entry("placements", 3, 19),
    "physics": Entry("physics", 3, 20),
}
