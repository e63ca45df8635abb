"""Section 5.3.6: accuracy in environments other than the environment of fine-tuning."""

from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import controls, scorings

SAME_PEOPLE = "In the paper, the people of the three scenes are the same; here they differ."
SCENES = {"scene A": ("real", 0.764), "scene B": ("scene-b", 0.724), "scene C": ("scene-c", 0.753)}


def figure(plan: Plan) -> Figure:
    """Create the figure: the complete method, fine-tuned in scene A."""
    arms, bars = plan.arms, []
    names = ("5.3.6", "Cross-environment performance", "5.3.6")
    given = {scene: each for scene, each in SCENES.items() if each[0] in arms.domains.corpora}
    if len(given) < 2:
        note = "This figure needs the store of another environment, which --real did not name."
        return Figure(*names, notes=(note,))
    for scene, (role, paper) in given.items():
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
    others = [scene for scene, (role, _) in given.items() if role != "real"]
    missing = [f"No store of {scene} was given." for scene in SCENES if scene not in given]
    return Figure(
        *names,
        tuple(bars),
        tuple(Ordering(scene, "scene A", "not much less") for scene in others),
        controls(plan),
        notes=(SAME_PEOPLE, *missing),
    )
