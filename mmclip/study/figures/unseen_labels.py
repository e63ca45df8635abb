"""Figure 7: accuracy versus the number of unseen labels."""

import numpy as np

from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan

ARMS = ("full", "Syn+Real", "Real+Attr")
# Smallest number of labels that are left for training.
LEAST_SEEN = 2


def figure(plan: Plan) -> Figure:
    """Create figure 7; one training excludes all candidates, and the subsets of labels are nested.

    The subsets contain 4 to 16 labels. The first ten labels are the labels of the group in random
    order, and further labels are drawn from the seen labels, with a different draw for each seed.
    """
    arms, sizes = plan.arms, _sizes(plan)
    names = ("7", "Effect of unseen activities", "5.3.2")
    if not sizes:
        least = min(arms.scale.unseen) + LEAST_SEEN
        return Figure(*names, notes=(f"This figure needs at least {least} labels.",))

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
    fewer = (Ordering(f"full, {few}", f"full, {many}"),) if few < many else ()
    return Figure(
        *names,
        tuple(bars),
        (
            Ordering(f"full, {many}", f"Syn+Real, {many}"),
            Ordering(f"full, {many}", f"Real+Attr, {many}"),
            *fewer,
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
    return tuple([*own, *drawn][: max(_sizes(plan))])


def _sizes(plan: Plan) -> tuple[int, ...]:
    """Sizes of the subsets, which leave seen labels for training in a domain with few labels."""
    most = len(plan.arms.labels) - LEAST_SEEN
    return tuple(size for size in plan.arms.scale.unseen if size <= most)
