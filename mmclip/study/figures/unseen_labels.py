"""Figure 7: accuracy versus the number of unseen labels."""

import numpy as np

from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan

ARMS = ("full", "Syn+Real", "Real+Attr")


def figure(plan: Plan) -> Figure:
    """Create figure 7; one training excludes all candidates, and the subsets of labels are nested.

    The subsets contain 4 to 16 labels. The first ten labels are the labels of the group in random
    order, and further labels are drawn from the seen labels, with a different draw for each seed.
    """
    arms, sizes = plan.arms, plan.arms.scale.unseen

    def score(arm: str, group: str, seed: int):
        labels = candidates(plan, group, seed)
        removed = tuple(label for label in labels if label not in arms.groups[group])
        model = arms.model(arm, group, seed, Change(removed=removed))
        return arms.scored(model, labels, people=("held out",), subsets=sizes)

    bars = []
    for arm in ARMS:
        for size in sizes:
            found = plan.each(lambda g, s, arm=arm: score(arm, g, s), str(size))
            bars.append(Bar(f"{arm}, {size}", found, series=arm, x=size))
    few, many = min(sizes), max(sizes)
    return Figure(
        "7",
        "Effect of unseen activities",
        "5.3.2",
        tuple(bars),
        (
            Ordering(f"full, {many}", f"Syn+Real, {many}"),
            Ordering(f"full, {many}", f"Real+Attr, {many}"),
            Ordering(f"full, {few}", f"full, {many}"),
        ),
        x_label="unseen labels",
        notes=("The paper states above 68 % for 16 unseen labels.",),
    )


def candidates(plan: Plan, group: str, seed: int) -> tuple[str, ...]:
    """Unseen labels in the order in which they are added to the subsets."""
    arms, rng = plan.arms, np.random.default_rng((seed, 7))
    own = [str(label) for label in rng.permutation(arms.groups[group])]
    others = [label for label in arms.labels if label not in arms.groups[group]]
    drawn = [str(label) for label in rng.permutation(others)]
    return tuple([*own, *drawn][: max(arms.scale.unseen)])
