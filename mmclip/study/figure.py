"""Figures of the study: bars, which are means over scorings, and orderings between bars."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mmclip.study.arms import Arms
from mmclip.study.nodes import Node


@dataclass(frozen=True)
class Scoring:
    """One entry of a scoring node's result, for one group and one seed."""

    group: str
    seed: int
    node: Node
    entry: str = "held out"


@dataclass(frozen=True)
class Bar:
    """A bar of a figure.

    Attributes:
        name: name of the bar, which is unique within a figure.
        series, x: name of the curve to which the bar belongs, and x value; "": a single bar.
        scorings: scorings whose mean is the value of the bar.
        paper: value in the paper, measured on recordings; None if the paper states no number.
        model: training node whose parameters and training time are reported; None: not reported.
    """

    name: str
    scorings: tuple[Scoring, ...]
    series: str = ""
    x: float | None = None
    paper: float | None = None
    model: Node | None = None


@dataclass(frozen=True)
class Ordering:
    """A statement about the order of two bars.

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
        name, title, section: name, title and section of the figure in the paper.
        bars: bars in the order in which they are drawn.
        orderings: statements about pairs of bars, of the paper unless a note says otherwise.
        controls: scorings of the permutation controls.
        notes: sentences about differences from the paper.
        tables: nodes whose results are printed as a table, keyed by row.
        pictures: nodes that draw pictures of heatmaps, keyed by title.
        x_label: label of the x axis of the curves.
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
        """All nodes whose results the figure needs."""
        for bar in self.bars:
            yield from (each.node for each in bar.scorings)
            if bar.model is not None:
                yield bar.model
        yield from (each.node for each in self.controls)
        yield from self.tables.values()
        yield from self.pictures.values()


@dataclass(frozen=True)
class Plan:
    """Extent of a figure: the groups and the seeds over which every bar is averaged.

    Attributes:
        arms: factory of the study's nodes.
        groups: names of the groups of unseen labels.
        seeds: random seeds of the training runs.
    """

    arms: Arms
    groups: tuple[str, ...]
    seeds: tuple[int, ...]

    def each(
        self, score: Callable[[str, int], Node], entry: str = "held out"
    ) -> tuple[Scoring, ...]:
        """Create the scorings of all groups and seeds."""
        return tuple(
            Scoring(group, seed, score(group, seed), entry)
            for group in self.groups
            for seed in self.seeds
        )
