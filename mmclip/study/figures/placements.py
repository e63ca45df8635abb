"""Section 7: accuracy versus heading, distance, lateral position and height of the radar."""

from dataclasses import replace

from mmclip.study.arms import Change
from mmclip.study.corpora import placed
from mmclip.study.figure import Bar, Figure, Ordering, Plan

CENTRE = {"distance-m": 3.0, "lateral-m": 0.0, "heading-deg": 0.0, "radar-height-m": 1.0}
# Values to test besides the value of the centre, keyed by option of builders.amass.
VALUES = {
    "heading-deg": (60.0, 120.0, 180.0),
    "distance-m": (2.0, 4.0),
    "lateral-m": (1.0,),
    "radar-height-m": (0.5, 2.0),
}
TRAINED = {"default": "grammar", "wide": "grammar, wide placement"}


def figure(plan: Plan) -> Figure:
    """Compare pre-training at the default placements and over wide ranges, without fine-tuning.

    Fine-tuning would train on the stand-in, whose narrow range of placements would hide the
    difference. With recordings or another pre-training corpus, the figure contains only a note.
    """
    names = ("placement", "Heading, distance, lateral place and height", "7")
    domains = plan.arms.domains
    if not (domains.stand_in and domains.built_grammar):
        note = (
            "This figure compares two corpora of the motion grammar on the stand-in, so it is "
            "omitted with --real, with licensed motion and with an existing store of the grammar."
        )
        return Figure(*names, notes=(note,))
    places = {"centre": CENTRE}
    for option, values in VALUES.items():
        places |= {f"{option} {value:g}": {**CENTRE, option: value} for value in values}
    bars = [
        _bar(plan, f"{name}, {title}", title, place, role)
        for name, role in TRAINED.items()
        for title, place in places.items()
    ]
    return Figure(
        *names,
        tuple(bars),
        (
            Ordering("default, centre", "default, heading-deg 120"),
            Ordering("wide, heading-deg 120", "default, heading-deg 120"),
        ),
        notes=(
            "The paper names this as future work and states no numbers; the orderings are our "
            "expectations.",
        ),
    )


def _bar(plan: Plan, name: str, title: str, place: dict[str, float], role: str) -> Bar:
    options = [f"--{option}={value:g}" for option, value in place.items()]
    corpus = placed(plan.arms.scale, title, *options)
    domains = plan.arms.domains
    corpora = {**domains.corpora, title: corpus}
    arms = replace(plan.arms, domains=replace(domains, corpora=corpora))

    def score(group: str, seed: int):
        model = arms.model("Syn+Attr", group, seed, Change(corpus=role))
        return arms.scored(model, arms.groups[group], title, people=("held out",))

    return Bar(name, plan.each(score))
