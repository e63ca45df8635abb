"""Figures of the study: bars, each a mean over scorings, and orderings between bars."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mmclip.study.arms import Arms
from mmclip.study.nodes import Node


@dataclass(frozen=True)
class Scoring:
    """An entry of a scoring node, for one group and one seed."""

    group: str
    seed: int
    node: Node
    entry: str = "held out"


@dataclass(frozen=True)
class Bar:
    """A bar of a figure.

    Attributes:
        name: name of the bar, unique in its figure.
        series, x: curve to which the bar belongs, and its place on the x axis; "": a single bar.
        scorings: scorings whose mean is the bar's value.
        paper: the paper's value, on recordings; None if the paper states no number.
        model: training node whose parameters and time are stated; None: not stated.
    """

    name: str
    scorings: tuple[Scoring, ...]
    series: str = ""
    x: float | None = None
    paper: float | None = None
    model: Node | None = None


@dataclass(frozen=True)
class Ordering:
    """A statement of the paper about two bars.

    Attributes:
        better, worse: names of the bars.
        kind: "greater", "similar" (within the margin), or "not much less" (the first bar is at most
            the margin below the second).
    """

    better: str
    worse: str
    kind: str = "greater"


@dataclass(frozen=True)
class Figure:
    """A figure or table of the paper.

    Attributes:
        name, title, section: identification in the paper.
        bars: bars in order.
        orderings: statements of the paper.
        controls: scorings of permutation controls.
        notes: sentences on the differences from the paper.
        tables: nodes whose results are printed as a table, keyed by row.
        pictures: nodes that draw heatmaps, keyed by title.
        x_label: name of the x axis of curves.
    """

    name: str
    title: str
    section: str
    bars: tuple[Bar, ...] = ()
    orderings: tuple[Ordering, ...] = ()
    controls: tuple[Scoring, ...] = ()
    notes: tuple[str, ...] = ()
    tables: dict[str, Node] = field(default_factory=dict)
    pictures: dict[str, Node] = field(default_factory=dict)
    x_label: str = ""

    def nodes(self) -> Iterator[Node]:
        """The nodes from which the figure is drawn."""
        for bar in self.bars:
            yield from (each.node for each in bar.scorings)
            if bar.model is not None:
                yield bar.model
        yield from (each.node for each in self.controls)
        yield from self.tables.values()
        yield from self.pictures.values()


@dataclass(frozen=True)
class Plan:
    """Extent of a figure: the groups and the seeds of every bar.

    Attributes:
        arms: factory of nodes.
        groups: names of the groups.
        seeds: random seeds.
    """

    arms: Arms
    groups: tuple[str, ...]
    seeds: tuple[int, ...]

    def each(
        self, score: Callable[[str, int], Node], entry: str = "held out"
    ) -> tuple[Scoring, ...]:
        """Scorings of all groups and seeds."""
        return tuple(
            Scoring(group, seed, score(group, seed), entry)
            for group in self.groups
            for seed in self.seeds
        )
