"""Section 5.5: training with all labels on simulations of the real domain's motion."""

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

    def score(group: str, seed: int):
        model = arms.pretrained(seed, Change(corpus="simulated poses"))
        return arms.scored(model, arms.groups[group], people=("held out",), known_labels=True)

    return Figure(
        *names,
        (
            Bar("simulated poses", plan.each(score), paper=0.897),
            Bar("full (zero-shot)", scorings(plan, "full"), paper=0.764),
        ),
        (Ordering("simulated poses", "full (zero-shot)"),),
        notes=(
            "The motion has the errors of motion capture that the stand-in contains; errors of "
            "cameras are not added. As in the paper, training uses windows of the evaluated "
            "labels; these windows are of other people.",
        ),
    )
