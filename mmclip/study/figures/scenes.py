"""Section 5.3.6: accuracy in environments other than the environment of fine-tuning."""

from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import controls, scorings

SCENES = {"scene A": ("real", 0.764), "scene B": ("scene-b", 0.724), "scene C": ("scene-c", 0.753)}


def figure(plan: Plan) -> Figure:
    """Create the figure: the complete method, fine-tuned in scene A."""
    arms, bars = plan.arms, []
    for scene, (role, paper) in SCENES.items():
        found = (
            scorings(plan, "full")
            if role == "real"
            else plan.each(
                lambda g, s, role=role: arms.scored(
                    arms.model("full", g, s), arms.groups[g], role, people=("held out",)
                )
            )
        )
        bars.append(Bar(scene, found, paper=paper))
    return Figure(
        "5.3.6",
        "Cross-environment performance",
        "5.3.6",
        tuple(bars),
        (
            Ordering("scene B", "scene A", "not much less"),
            Ordering("scene C", "scene A", "not much less"),
        ),
        controls(plan),
        notes=("In the paper, the people of the three scenes are the same; here they differ.",),
    )
