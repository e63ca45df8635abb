"""Figure 9: fine-tuning methods, with numbers of trained parameters and training times."""

from mmclip.study.figure import Bar, Figure, Ordering, Plan
from mmclip.study.figures.overall import controls

METHODS = {"LoRA": "lora", "full fine-tuning": "full", "mixing": "mix"}


def figure(plan: Plan) -> Figure:
    """Create figure 9: LoRA, fine-tuning of all weights, and training from scratch on all data."""
    arms, bars = plan.arms, []
    for name, method in METHODS.items():

        def model(group: str, seed: int, method: str = method):
            return arms.adapted(arms.pretrained(seed), group, seed, method=method)

        scorings = plan.each(lambda g, s, model=model: arms.scored(model(g, s), arms.groups[g]))
        paper = 0.764 if method == "lora" else None
        bars.append(Bar(name, scorings, paper=paper, model=model(plan.groups[0], plan.seeds[0])))
    orderings = (Ordering("LoRA", "full fine-tuning"), Ordering("full fine-tuning", "mixing"))
    return Figure("9", "Fine-tuning methods", "5.3.4", tuple(bars), orderings, controls(plan))
