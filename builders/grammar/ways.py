"""Ways to walk."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a walk is walked.

    Attributes:
        period_s: of two steps.
        speed_mps: straight ahead.
        verbs: "*walk".
        manners: said after the verb, "" if nothing.
        tells: of the legs.
        gait: settings of `movement.Gait`.
        flexion_deg: of the trunk.
    """

    name: str
    period_s: float
    speed_mps: float
    verbs: tuple[str, ...]
    manners: tuple[str, ...]
    tells: tuple[str, ...]
    gait: dict = field(default_factory=dict)
    flexion_deg: float = 2.0


def _way(name, period_s, speed_mps, verbs, manners, tells, flexion_deg=2.0, **gait):
    split = (tuple(words.split("|")) for words in (verbs, manners, tells))
    verbs, manners, tells = split
    return Way(
        name=name,
        period_s=period_s,
        speed_mps=speed_mps,
        verbs=verbs,
        manners=manners,
        tells=tells,
        gait=gait,
        flexion_deg=flexion_deg,
    )


WAYS = {
    way.name: way
    for way in (
        _way(
            "walk",
            1.16,
            1.0,
            "*walk|*stroll|*go",
            "|at an easy pace",
            "the legs +step in turn|the feet +walk with an even stride|"
            "both legs +take ordinary steps",
            sink=0.012,
        ),
        _way(
            "long_strides",
            1.3,
            1.15,
            "*stride|*walk",
            "with long steps|in big strides",
            "the legs +take long steps|the feet +reach far ahead with each stride",
            sink=0.03,
        ),
        _way(
            "small_steps",
            0.8,
            0.5,
            "*walk|*patter",
            "with short quick steps|in tiny steps",
            "the legs +take short quick steps|the feet +patter along in tiny steps",
            sink=0.015,
        ),
        _way(
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
        _way(
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
        _way(
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
        _way(
            "creep",
            1.4,
            0.6,
            "*creep|*sneak",
            "with bent knees|low to the ground",
            "both knees +stay bent while the feet +creep along|"
            "the legs +sneak along with a low body",
            sink=0.085,
            lift_m=0.07,
            flexion_deg=16,
        ),
        _way(
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
        _way(
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
        _way(
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
            flexion_deg=12,
        ),
        _way(
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
