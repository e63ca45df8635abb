"""Figure not in the paper: accuracy versus physics and duration of the pre-training corpus."""

from dataclasses import replace

from mmclip.study.arms import Change
from mmclip.study.corpora import PHYSICS, grammar_of_hours
from mmclip.study.figure import Bar, Figure, Plan
from mmclip.study.figures.overall import controls

# Shares of the grammar's hours for which models are trained, besides the full duration.
SHARES = (0.1, 0.3)


def figure(plan: Plan) -> Figure:
    """Create the figure: the complete method with different pre-training corpora."""
    names = ("physics", "Physics and duration of the pre-training corpus", "beyond the paper")
    if not plan.arms.domains.built_grammar:
        note = (
            "This figure compares corpora of the motion grammar, so it is omitted with licensed "
            "motion and with an existing store of the grammar."
        )
        return Figure(*names, notes=(note,))
    hours = plan.arms.scale.grammar_hours
    bars = [_bar(plan, "default", "grammar")]
    bars += [_bar(plan, name, f"grammar, {name}") for name in PHYSICS]
    for share in SHARES:
        role = f"grammar, {share * hours:g} h"
        corpora = {
            **plan.arms.domains.corpora,
            role: grammar_of_hours(plan.arms.scale, share * hours),
        }
        domains = replace(plan.arms.domains, corpora=corpora)
        changed = replace(plan, arms=replace(plan.arms, domains=domains))
        bars.append(_bar(changed, f"{share * hours:g} h", role))
    return Figure(
        *names,
        tuple(bars),
        controls=controls(plan),
        notes=("The paper has no such figure, so no ordering is checked.",),
    )


def _bar(plan: Plan, name: str, corpus: str) -> Bar:
    arms, change = plan.arms, Change(corpus=corpus)
    found = plan.each(lambda g, s: arms.scored(arms.model("full", g, s, change), arms.groups[g]))
    return Bar(name, found)
