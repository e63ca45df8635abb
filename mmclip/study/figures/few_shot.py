"""Figure 11: accuracy with 0 to 7 examples of each unseen label."""

from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import controls, scorings

SERIES = {"full": "full", "Syn": "Syn", "RF-Net": "RF-Net"}


def figure(plan: Plan) -> Figure:
    """Create figure 11: the complete method, pre-training alone, and RF-Net."""
    arms, bars = plan.arms, []
    for series, arm in SERIES.items():
        if arm != "RF-Net":
            bars.append(Bar(f"{series}, 0", scorings(plan, arm), series=series, x=0))
        for shots in arms.scale.shots:
            found = plan.each(
                lambda g, s, arm=arm: arms.few_shot(arms.model(arm, g, s), arms.groups[g]),
                str(shots),
            )
            bars.append(Bar(f"{series}, {shots}", found, series=series, x=shots))
    one, most = min(arms.scale.shots), max(arms.scale.shots)
    return Figure(
        "11",
        "Few-shot performance",
        "5.4",
        tuple(bars),
        (
            Ordering(f"full, {one}", "full, 0"),
            Ordering(f"full, {most}", f"full, {one}"),
            Ordering(f"full, {one}", f"RF-Net, {one}"),
            Ordering(f"full, {most}", f"RF-Net, {most}"),
        ),
        controls(plan),
        notes=(
            "The examples are windows of the training people and are never scored; the scored "
            "windows are those of the test people, for all numbers of examples.",
        ),
        x_label="examples of each unseen label",
    )
