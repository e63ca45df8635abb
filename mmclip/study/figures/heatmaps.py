"""Figure 12: heatmaps of the real domain and of the default simulation of the same motion."""

from mmclip.study.figure import Figure, Plan
from mmclip.study.nodes import make_node

ACTIVITIES = ("bow", "jog clockwise", "mopping the floor")


def figure(plan: Plan) -> Figure:
    """Create figure 12: pictures of the heatmaps of three activities."""
    names = ("12", "Synthetic heatmaps", "5.5")
    arms = plan.arms
    if not arms.domains.stand_in:
        note = "This figure needs the motion of the recordings, which --real does not provide."
        return Figure(*names, notes=(note,))
    labels = [label for label in ACTIVITIES if label in arms.labels]
    stores = [arms.domains.corpora[role] for role in ("real", "simulated poses")]
    node = make_node(
        "pictures",
        "pictures of heatmaps",
        20.0,
        [("store", each) for each in stores],
        labels=labels,
        preset=arms.scale.preset,
        overrides=list(arms.scale.base),
    )
    real = arms.domains.names["real"]
    return Figure(
        *names,
        pictures={f"{real}, and the default radar": node},
        notes=(
            "Time runs to the right; white is the maximum, and black is 40 dB below the maximum, "
            "or less.",
        ),
    )
