"""Figure 10: accuracy with different loss functions."""

from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import controls

LOSSES = {"contrastive": "", "cosine": "cosine", "MSE": "mse_unnormalised"}


def figure(plan: Plan) -> Figure:
    """Create figure 10; pre-training and fine-tuning use the same loss function."""
    arms, bars = plan.arms, []
    for name, loss in LOSSES.items():
        change = Change(overrides=(f"loss={loss}",) if loss else ())
        scorings = plan.each(
            lambda g, s, change=change: arms.scored(
                arms.model("full", g, s, change), arms.groups[g]
            )
        )
        bars.append(Bar(name, scorings, paper=None if loss else 0.764))
    return Figure(
        "10",
        "Effect of the loss function",
        "5.3.5",
        tuple(bars),
        (Ordering("contrastive", "cosine"), Ordering("contrastive", "MSE")),
        controls(plan),
        notes=(
            "MSE is computed between vectors that are not scaled to unit length, as in the "
            "authors' code; between unit vectors it would be proportional to the cosine loss.",
        ),
    )
