"""Figure 8: accuracy with one to five attributes, and accuracy with a single heatmap."""

from mmclip.settings_rules import HEATMAPS, PARTS
from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import controls


def figure(plan: Plan) -> Figure:
    """Create figure 8: the complete method with fewer attributes or with fewer heatmaps."""
    counts = range(1, len(PARTS) + 1)
    bars = [_bar(plan, f"attributes, {n}", "parts", PARTS, PARTS[:n], n) for n in counts]
    names = {name: f"{name.replace('_', '-')} alone" for name in HEATMAPS}
    bars += [_bar(plan, shown, "heatmaps", HEATMAPS, (n,)) for n, shown in names.items()]
    bars.append(_bar(plan, "all heatmaps", "heatmaps", HEATMAPS, HEATMAPS))
    doppler, of_range, angle = names.values()
    return Figure(
        "8",
        "Effect of attributes and heatmaps",
        "5.3.3",
        tuple(bars),
        (
            Ordering("attributes, 5", "attributes, 1"),
            Ordering("attributes, 5", "attributes, 3"),
            Ordering(doppler, of_range),
            Ordering(doppler, angle),
            Ordering("all heatmaps", doppler),
        ),
        controls(plan),
        x_label="attributes",
    )


def _bar(plan: Plan, name: str, key: str, every, used, x: int | None = None) -> Bar:
    arms = plan.arms
    overrides = () if tuple(used) == tuple(every) else (f"{key}={','.join(used)}",)

    def score(group: str, seed: int):
        model = arms.model("full", group, seed, Change(overrides=overrides))
        return arms.scored(model, arms.groups[group])

    series = "attributes" if x else ""
    return Bar(name, plan.each(score), series=series, x=x, paper=None if overrides else 0.764)
