"""Activities that leave the floor from both feet."""

from builders.activities.catalogue import activity
from builders.activities.curves import ease, swing
from builders.activities.jumps import flight_s, hops
from builders.activities.movement import Movement, Stance, arms, foot, pelvis, trunk


@activity(
    1,
    "jump",
    captions=(
        "a person jumps straight up",
        "someone crouches, swings the arms and leaps into the air",
        "the person jumps up as high as possible and lands on both feet",
        "jumping vertically on the spot",
    ),
    torso="The torso dips forward before the jump, stretches in the air and dips on landing.",
    arms="Both arms swing back and then up with the jump.",
    legs="Both legs bend, push off together, leave the floor and bend again on landing.",
    location="The person goes up and comes down on the same spot.",
    general="A person crouches and jumps straight up.",
)
def jump(style):
    period_s = 2.0 / style.tempo
    height_m = 0.22 * style.amplitude
    off, on = 0.42, 0.42 + flight_s(height_m) / period_s
    dip = ease((0.05, 0), (0.27, 1), (off, 0), (on, 0), (on + 0.1, 0.7), (0.9, 0))
    return Movement(
        2.0,
        pelvis(tilt=34 * dip)
        | trunk(flexion=14 * dip)
        | arms(
            flexion=ease((0.0, 0), (0.2, -40), (off + 0.12, 140), (0.95, 0)),
            elbow=ease((0.2, 0), (0.4, 14), (0.88, 0)),
        )
        | hops((off,), height_m, period_s, dip_m=0.24),
    )


@activity(
    2,
    "jumping jack",
    captions=(
        "a person does jumping jacks",
        "someone hops the feet apart and together while the arms go up and down",
        "the person performs star jumps in a steady rhythm",
        "doing jumping jacks as a warm-up",
    ),
    torso="The torso stays upright and bobs up and down.",
    arms="Both arms swing out to the sides, meet above the head and come down again.",
    legs="Both legs hop apart and back together.",
    location="The person stays in one place, hopping.",
    general="A person does jumping jacks, opening and closing arms and legs.",
)
def jumping_jack(style):
    period_s = 1.15 / style.tempo
    height_m = 0.05
    flight = flight_s(height_m) / period_s
    out, back = 0.16, 0.66
    apart = ease((out, 0), (out + flight, 1), (back, 1), (back + flight, 0))
    raised = 0.5 + swing(0.5, at=(out + flight + back) / 2)
    return Movement(
        1.15,
        arms(abduction=140 * raised, elbow=8 * raised)
        | hops((out, back), height_m, period_s, dip_m=0.03, tuck_m=0.0, point_deg=20, rest=False)
        | {"root.sink": 0.03 + 0.055 * apart}
        | foot_out("left", 0.27 * apart)
        | foot_out("right", 0.27 * apart),
        Stance(width=0.8),
    )


def foot_out(side, out):
    """Only the sideways part of a foot, beside what a hop does to it."""
    return foot(side, out=out)
