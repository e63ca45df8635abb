"""Section 5.5: training with all labels on simulations of the real domain's motion.

As in the paper, the motion is a body fitted to 3-D joints as cameras observe them. Training on the
motion without the errors of cameras shows how much of the accuracy these errors cost.
"""

from mmclip.study.arms import Change
from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import scorings


def figure(plan: Plan) -> Figure:
    """Train on simulations of the training people's motion, and test on real data."""
    arms = plan.arms
    names = ("5.5", "Quality of the signal simulator", "5.5")
    if not arms.domains.stand_in:
        note = "This figure needs the motion of the recordings, which --real does not provide."
        return Figure(*names, notes=(note,))

    def score(corpus: str, group: str, seed: int):
        model = arms.pretrained(seed, Change(corpus=corpus))
        return arms.scored(model, arms.groups[group], people=("held out",), known_labels=True)

    def bar(name: str, paper: float | None = None) -> Bar:
        found = plan.each(lambda group, seed: score(f"simulated {name}", group, seed))
        return Bar(f"simulated {name}", found, paper=paper)

    return Figure(
        *names,
        (
            bar("camera poses", paper=0.897),
            bar("poses"),
            Bar("full (zero-shot)", scorings(plan, "full"), paper=0.764),
        ),
        (
            Ordering("simulated camera poses", "full (zero-shot)"),
            Ordering("simulated camera poses", "simulated poses", "similar"),
        ),
        notes=(
            "Both motions have the errors of motion capture that the stand-in contains. The "
            "camera poses are bodies fitted to simulated 3-D joints of cameras. As in the paper, "
            "training uses windows of the evaluated labels; these windows are of other people. "
            "The second ordering is not from the paper.",
        ),
    )
