"""Walking gaits of the grammar, with their speeds, step parameters and wordings."""

from dataclasses import dataclass, field

from builders.grammar.primitive import wordings


@dataclass(frozen=True, kw_only=True)
class GaitStyle:
    """A walking style.

    Attributes:
        name: name of the gait, unique among the gaits.
        period_s: duration of two steps.
        speed_mps: speed when walking straight ahead.
        verbs: verbs for the gait, for example "*walk".
        manners: adverbials that follow the verb; "" for none.
        clauses: wordings with the legs as grammatical subject.
        gait: arguments of `movement.Gait`.
        trunk_flexion_deg: forward inclination of the trunk.
    """

    name: str
    period_s: float
    speed_mps: float
    verbs: tuple[str, ...]
    manners: tuple[str, ...]
    clauses: tuple[str, ...]
    gait: dict = field(default_factory=dict)
    trunk_flexion_deg: float = 2.0


def _gait(name, period_s, speed_mps, verbs, manners, clauses, trunk_flexion_deg=2.0, **gait):
    """Make a gait from wordings separated by `|`."""
    return GaitStyle(
        name=name,
        period_s=period_s,
        speed_mps=speed_mps,
        verbs=wordings(verbs),
        manners=tuple(manners.split("|")),
        clauses=wordings(clauses),
        gait=gait,
        trunk_flexion_deg=trunk_flexion_deg,
    )


GAITS = {
    gait.name: gait
    for gait in (
        _gait(
            "walk",
            1.16,
            1.0,
            "*walk|*stroll|*go",
            "|at an easy pace",
            "the legs +step in turn|the feet +walk with an even stride|"
            "both legs +take ordinary steps",
            sink=0.012,
        ),
        _gait(
            "long_strides",
            1.3,
            1.15,
            "*stride|*walk",
            "with long steps|in big strides",
            "the legs +take long steps|the feet +reach far ahead with each stride",
            sink=0.03,
        ),
        _gait(
            "small_steps",
            0.8,
            0.5,
            "*walk|*patter",
            "with short quick steps|in tiny steps",
            "the legs +take short quick steps|the feet +patter along in tiny steps",
            sink=0.015,
        ),
        _gait(
            "shuffle",
            1.1,
            0.55,
            "*shuffle|*slide",
            "|hardly lifting the feet",
            "the feet +shuffle close to the floor|the legs barely +lift the feet",
            lift_m=0.012,
            roll=0.25,
            heel_strike=0.2,
            sink=0.03,
        ),
        _gait(
            "march",
            1.1,
            0.75,
            "*march",
            "|lifting the knees|like a soldier",
            "the knees +are lifted high with every step|the legs +march with raised knees",
            lift_m=0.2,
            trail_m=-0.1,
            heel_strike=0.3,
        ),
        _gait(
            "prance",
            0.95,
            0.6,
            "*prance|*step",
            "with a spring in the step|lightly lifting the feet",
            "the feet +are picked up lightly in turn|the legs +prance along with springy steps",
            lift_m=0.13,
            trail_m=0.05,
            droop_deg=24,
        ),
        _gait(
            "creep",
            1.4,
            0.6,
            "*creep|*sneak",
            "with bent knees|low to the ground",
            "both knees +stay bent while the feet +creep along|"
            "the legs +sneak along with a low body",
            sink=0.085,
            lift_m=0.07,
            trunk_flexion_deg=16,
        ),
        _gait(
            "wide",
            1.2,
            0.75,
            "*waddle|*walk",
            "with the feet wide apart|bow-legged",
            "the feet +are set down wide apart|the legs +step along in a broad track",
            width=1.9,
            sway_m=0.045,
            sink=0.03,
        ),
        _gait(
            "heel_flicks",
            1.0,
            0.7,
            "*walk|*step",
            "flicking the heels up behind|kicking the heels up",
            "the heels +flick up behind with each step|the shins +swing high to the rear",
            lift_m=0.1,
            trail_m=0.2,
            droop_deg=34,
        ),
        _gait(
            "trudge",
            1.5,
            0.65,
            "*trudge|*plod",
            "|with heavy steps|wearily",
            "the legs +trudge with slow heavy steps|"
            "the feet +come down heavily one after the other",
            sink=0.05,
            roll=0.5,
            heel_strike=0.3,
            trunk_flexion_deg=12,
        ),
        _gait(
            "tightrope",
            1.3,
            0.65,
            "*walk|*balance",
            "as on a tightrope|placing one foot before the other",
            "the feet +are placed in one line|each foot *come down right before the other",
            width=0.6,
            lift_m=0.06,
            sway_m=0.0,
            heel_strike=0.3,
        ),
    )
}
