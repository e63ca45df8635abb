"""Extent of the study within a time budget: seeds are cut first, then groups, then figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mmclip.study.arms import Arms
from mmclip.study.figure import Figure, Plan
from mmclip.study.figures import FIGURES
from mmclip.study.nodes import Node, in_order


@dataclass(frozen=True)
class Extent:
    """Extent of the study: figures, groups and seeds.

    Attributes:
        figures: names of the figures, in the order of the registry.
        groups: groups of unseen labels; some figures use only the first group.
        seeds: number of seeds.
        cuts: descriptions of the cuts, one per step.
    """

    figures: tuple[str, ...]
    groups: tuple[str, ...]
    seeds: int
    cuts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """Figures of the study, and the ordered nodes that the figures need, without duplicates."""

    extent: Extent
    figures: tuple[Figure, ...]
    nodes: tuple[Node, ...]

    @property
    def hours(self) -> float:
        """Predicted time of all nodes when executed one after the other [h]."""
        return sum(node.seconds for node in self.nodes) / 3600


def plan_study(arms: Arms, names: Sequence[str], budget_hours: float) -> Study:
    """Plan the figures, and reduce the extent of the study until it fits the budget.

    The predicted time includes finished nodes, so that repeating a command always plans the same
    study.

    Args:
        arms: factory of the study's nodes.
        names: names of the requested figures.
        budget_hours: maximum predicted time of the whole study [h].
    """
    ordered = tuple(name for name in FIGURES if name in names)
    extent = Extent(ordered, tuple(arms.groups), arms.scale.seeds)
    study = _study(arms, extent)
    while study.hours > budget_hours and (smaller := _smaller(extent)) is not None:
        extent = smaller
        study = _study(arms, extent)
    return study


def _smaller(extent: Extent) -> Extent | None:
    """Return the next smaller extent; None if one seed, one group and one figure are left."""
    if extent.seeds > 1:
        seeds = extent.seeds - 1
        return _cut(extent, f"seeds: {extent.seeds} to {seeds}", seeds=seeds)
    if len(extent.groups) > 1 and _with_all_groups(extent):
        groups = extent.groups[:-1]
        text = f"groups: {', '.join(extent.groups)} to {', '.join(groups)}"
        return _cut(extent, text, groups=groups)
    if len(extent.figures) > 1:
        return _cut(extent, f"figure {extent.figures[-1]}", figures=extent.figures[:-1])
    return None


def _with_all_groups(extent: Extent) -> list[str]:
    """Figures that use more than the first group; without one, fewer groups would save nothing."""
    return [name for name in extent.figures if FIGURES[name].all_groups]


def _cut(extent: Extent, text: str, **changes) -> Extent:
    return replace(extent, cuts=(*extent.cuts, text), **changes)


def _study(arms: Arms, extent: Extent) -> Study:
    figures = []
    for name in extent.figures:
        entry = FIGURES[name]
        groups = extent.groups if entry.all_groups else extent.groups[:1]
        figures.append(entry.build(Plan(arms, groups, tuple(range(extent.seeds)))))
    nodes = in_order(node for each in figures for node in each.nodes())
    return Study(extent, tuple(figures), tuple(nodes))


def plan_lines(study: Study, budget_hours: float, done: Sequence[str] = ()) -> list[str]:
    """Text lines of the plan: the nodes of each kind, and the predicted hours.

    Args:
        study: planned study.
        budget_hours: maximum predicted time [h].
        done: identifiers of finished nodes.
    """
    lines, kinds = [], {}
    for node in study.nodes:
        kinds.setdefault(node.kind, []).append(node)
    for kind, nodes in kinds.items():
        finished = sum(node.id in done for node in nodes)
        hours = sum(node.seconds for node in nodes) / 3600
        lines.append(f"{kind:11s} {len(nodes):4d} nodes, {finished:4d} finished, {hours:6.2f} h")
    extent = study.extent
    lines.append(
        f"predicted: {study.hours:.1f} h on two cores for figures {', '.join(extent.figures)}; "
        f"{_groups_text(extent)}, {extent.seeds} seeds"
    )
    if extent.cuts:
        lines.append(f"cut to the budget: {'; '.join(extent.cuts)}")
    if study.hours > budget_hours:
        problem = f"the smallest study exceeds the budget of {budget_hours:g} h"
        lines.append(f"{problem}; without --dry-run, it is executed nevertheless")
    return lines


def _groups_text(extent: Extent) -> str:
    figures = _with_all_groups(extent)
    if not figures:
        return "1 group"
    return f"{len(extent.groups)} groups in figure {', '.join(figures)}, 1 in the others"
