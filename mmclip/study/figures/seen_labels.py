"""Figure 6: accuracy versus the number of seen labels in the real domain."""

from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan, Scoring
from mmclip.study.figures.overall import controls

ARMS = ("full", "Syn+Real", "Real+Attr")
# Arm without fine-tuning, and therefore without seen labels, for each arm with fine-tuning.
WITHOUT_SEEN = {"full": "Syn+Attr", "Syn+Real": "Syn"}


def figure(plan: Plan) -> Figure:
    """Create figure 6; seen labels are removed at random, with a different draw for each seed."""
    levels = plan.arms.scale.levels
    bars = []
    for arm in ARMS:
        for level in range(levels + 1):
            if level or arm in WITHOUT_SEEN:
                bars.append(_bar(plan, arm, level / levels))
    most = round(plan.arms.num_seen(plan.groups[0]))
    few = round(most / levels)
    return Figure(
        "6",
        "Effect of seen activities",
        "5.3.1",
        tuple(bars),
        (
            Ordering(f"full, {most}", "full, 0"),
            Ordering(f"full, {most}", f"full, {few}"),
            Ordering(f"full, {few}", f"Real+Attr, {few}"),
            Ordering(f"full, {few}", f"Syn+Real, {few}"),
        ),
        controls(plan),
        x_label="seen labels",
    )


def _bar(plan: Plan, arm: str, share: float) -> Bar:
    arms = plan.arms

    def score(group: str, seed: int):
        if not share:
            model = arms.model(WITHOUT_SEEN[arm], group, seed)
        else:
            kept = round(share * arms.num_seen(group))
            removed = () if share == 1 else arms.removed(group, kept, seed)
            model = arms.model(arm, group, seed, Change(removed=removed))
        return arms.scored(model, arms.groups[group])

    scorings: tuple[Scoring, ...] = plan.each(score)
    kept = round(share * arms.num_seen(plan.groups[0]))
    paper = 0.764 if arm == "full" and share == 1 else None
    return Bar(f"{arm}, {kept}", scorings, series=arm, x=kept, paper=paper)
