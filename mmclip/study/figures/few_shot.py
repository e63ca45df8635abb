"""Figure 11: accuracy with 0 to 7 examples of each unseen label."""

from dataclasses import replace

from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import controls, scorings

OWN_SCORING = (
    "The models of this figure are scored by class vector without hub correction, as in the paper, "
    "with and without examples: --scoring and --hub-correction do not apply to this figure."
)
SERIES = {"full": "full", "Syn": "Syn", "RF-Net": "RF-Net"}


def figure(plan: Plan) -> Figure:
    """Create figure 11: the complete method, pre-training alone, and RF-Net.

    All numbers of examples, zero included, are scored in the same way.
    """
    chosen = plan.arms.scoring in ("parts", "both") or plan.arms.hub_correction == "on"
    plan = replace(plan, arms=replace(plan.arms, scoring=None, hub_correction=None))
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
            *([OWN_SCORING] if chosen else ()),
        ),
        x_label="examples of each unseen label",
    )
