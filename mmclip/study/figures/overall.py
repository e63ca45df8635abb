"""Figure 5: zero-shot accuracy of all arms."""

from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan, Scoring

# The text of the paper states only the value of the complete method.
ARMS = {
    "Tent": None,
    "Real": None,
    "Syn": None,
    "Real+Attr": None,
    "Syn+Attr": None,
    "Syn+Real": None,
    "full": 0.764,
}
ORDERINGS = (
    Ordering("full", "Syn+Real"),
    Ordering("full", "Syn+Attr"),
    Ordering("full", "Real+Attr"),
    Ordering("Syn+Real", "Syn"),
    Ordering("Syn+Attr", "Syn"),
    Ordering("Real+Attr", "Real"),
    Ordering("Real", "Tent", "similar"),
)


def figure(plan: Plan) -> Figure:
    """Create figure 5, in which all arms have the same unseen labels and the same test windows."""
    bars = tuple(Bar(arm, scorings(plan, arm), paper=paper) for arm, paper in ARMS.items())
    same = scorings(plan, "full", "same")
    return Figure(
        "5",
        "Overall zero-shot performance",
        "5.2",
        (*bars, Bar("full, training people", same)),
        ORDERINGS,
        controls(plan),
        notes=(
            "In the paper, training and test windows have the same people. Here, the test people "
            "are held out; the last bar shows the complete method on windows of unseen labels by "
            "training people.",
        ),
    )


def scorings(plan: Plan, arm: str, entry: str = "held out") -> tuple[Scoring, ...]:
    """Create the scorings of an arm on the unseen labels of the plan's groups."""
    arms = plan.arms
    return plan.each(
        lambda group, seed: arms.scored(arms.model(arm, group, seed), arms.groups[group]), entry
    )


def controls(plan: Plan) -> tuple[Scoring, ...]:
    """Create permutation controls of the complete method, distributed over the groups.

    The number of controls is at most the number of runs of a bar.
    """
    arms, found = plan.arms, []
    for number in range(min(arms.scale.controls, len(plan.groups) * len(plan.seeds))):
        group = plan.groups[number % len(plan.groups)]
        change = Change(derange=number + 1)
        node = arms.scored(arms.model("full", group, 0, change), arms.groups[group])
        found.append(Scoring(group, number, node))
    return tuple(found)
