"""Figure 6: accuracy versus the number of seen labels in the real domain."""

from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan, Scoring
from mmclip.study.figures.overall import controls

ARMS = ("full", "Syn+Real", "Real+Attr")
# Smallest number of seen labels: a model cannot learn to distinguish labels with one label.
LEAST = 2
# Arm without fine-tuning, and therefore without seen labels, for each arm with fine-tuning.
WITHOUT_SEEN = {"full": "Syn+Attr", "Syn+Real": "Syn"}


def figure(plan: Plan) -> Figure:
    """Create figure 6; seen labels are removed at random, with a different draw for each seed."""
    names = ("6", "Effect of seen activities", "5.3.1")
    shares = _shares(plan)
    if not shares:
        return Figure(*names, notes=(f"This figure needs at least {LEAST} seen labels.",))
    bars = []
    for arm in ARMS:
        for kept, share in {0: 0.0, **shares}.items():
            if kept or arm in WITHOUT_SEEN:
                bars.append(_bar(plan, arm, kept, share))
    few, most = min(shares), max(shares)
    more = (Ordering(f"full, {most}", f"full, {few}"),) if few < most else ()
    return Figure(
        *names,
        tuple(bars),
        (
            Ordering(f"full, {most}", "full, 0"),
            *more,
            Ordering(f"full, {few}", f"Real+Attr, {few}"),
            Ordering(f"full, {few}", f"Syn+Real, {few}"),
        ),
        controls(plan),
        x_label="seen labels",
    )


def _shares(plan: Plan) -> dict[int, float]:
    """Shares of the seen labels, keyed by the number of labels that are kept in the first group.

    In a domain with few labels, levels with equal numbers of labels are joined.
    """
    num_seen, levels = plan.arms.num_seen(plan.groups[0]), plan.arms.scale.levels
    shares = (level / levels for level in range(1, levels + 1))
    numbers = {round(share * num_seen): share for share in shares}
    return {kept: share for kept, share in numbers.items() if kept >= LEAST}


def _bar(plan: Plan, arm: str, kept: int, share: float) -> Bar:
    arms = plan.arms

    def score(group: str, seed: int):
        if not share:
            model = arms.model(WITHOUT_SEEN[arm], group, seed)
        else:
            left = round(share * arms.num_seen(group))
            removed = () if share == 1 else arms.removed(group, left, seed)
            model = arms.model(arm, group, seed, Change(removed=removed))
        return arms.scored(model, arms.groups[group])

    scorings: tuple[Scoring, ...] = plan.each(score)
    paper = 0.764 if arm == "full" and share == 1 else None
    return Bar(f"{arm}, {kept}", scorings, series=arm, x=kept, paper=paper)
