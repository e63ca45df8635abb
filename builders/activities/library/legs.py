"""Activities of one leg at a time, on the spot."""

from builders.activities.catalogue import activity
from builders.activities.curves import during, ease, swing
from builders.activities.jumps import bounce
from builders.activities.library.walking import arm_swing
from builders.activities.movement import Gait, Movement, arm, arms, leg, pelvis, trunk
from builders.activities.paths import on_the_spot


@activity(
    8,
    "kick",
    captions=(
        "a person kicks forward with one leg",
        "someone swings a leg back and kicks to the front",
        "the person gives a high front kick and sets the foot down again",
        "kicking the air in front with a stretched leg",
    ),
    torso="The torso leans back slightly as the leg goes up.",
    arms="The arms lift away from the body to keep balance.",
    legs="One leg swings back and then kicks up to the front while the other one stands.",
    location="The person stays in one place.",
    general="A person kicks forward with one leg.",
)
def kick(style):
    return Movement(
        2.0,
        leg(
            "right",
            hip=ease((0.06, 0), (0.25, -14), (0.53, 76), (0.6, 74), (0.88, 6)),
            knee=ease((0.08, 16), (0.31, 80), (0.58, 6), (0.64, 12), (0.78, 52), (0.95, 16)),
            ankle=ease((0.3, 0), (0.5, -20), (0.8, 0)),
            free=during(0.1, 0.24, 0.78, 0.94),
        )
        | pelvis(tilt=ease((0.2, 0), (0.32, 6), (0.5, -12), (0.85, 0)))
        | trunk(
            flexion=ease((0.2, 0), (0.52, 8), (0.85, 0)), twist=ease((0.1, 0), (0.5, 10), (0.9, 0))
        )
        | arm("left", flexion=40 * during(0.2, 0.5, 0.6, 0.95), abduction=25 * AIRBORNE)
        | arm("right", flexion=-25 * during(0.2, 0.5, 0.6, 0.95), abduction=30 * AIRBORNE),
    )


@activity(
    12,
    "march in place",
    captions=(
        "a person marches in place",
        "someone lifts the knees in turn without moving forward",
        "the person marches on the spot, swinging the arms",
        "marching in one place like a soldier",
    ),
    torso="The torso stays upright and still.",
    arms="The arms swing forward and back in turn, opposite to the legs, elbows bent.",
    legs="The knees are lifted high in turn and the feet come down on the same spot.",
    location="The person stays in one place.",
    general="A person marches in place, lifting the knees high.",
)
def march_in_place(style):
    return Movement(
        1.1,
        arm_swing(forward=30, elbow=45, elbow_more=14) | trunk(twist=swing(4)),
        Gait(
            path=on_the_spot(),
            duty=0.56,
            roll=0.5,
            heel_strike=0.0,
            lift_m=0.30 * style.amplitude,
            trail_m=-0.24 * style.amplitude,
            width=0.85,
        ),
    )


@activity(
    13,
    "jog in place",
    captions=(
        "a person jogs in place",
        "someone runs on the spot with bent arms",
        "the person jogs without moving forward, heels lifting behind",
        "light running in one place to warm up",
    ),
    torso="The torso leans forward very slightly and bounces up and down.",
    arms="The bent arms pump forward and back in turn.",
    legs="The legs spring quickly from foot to foot, heels rising behind.",
    location="The person stays in one place, bouncing.",
    general="A person jogs in place.",
)
def jog_in_place(style):
    return Movement(
        0.72,
        arm_swing(forward=26, elbow=72, elbow_more=12)
        | trunk(flexion=5, twist=swing(6))
        | {"root.hop": bounce(0.4)},
        Gait(
            path=on_the_spot(),
            duty=0.4,
            roll=0.6,
            lift_m=0.16,
            trail_m=0.24,
            droop_deg=38,
            sink=0.032,
            width=0.6,
            sway_m=0.012,
            heel_strike=0.0,
        ),
    )


@activity(
    38,
    "raise one leg to the side",
    captions=(
        "a person raises one leg to the side",
        "someone lifts a straight leg sideways and lowers it",
        "the person stands on one foot and moves the other leg outward",
        "side leg raises, standing",
    ),
    torso="The torso leans a little to the opposite side.",
    arms="The arms rest with the hands at the hips.",
    legs="One straight leg is raised to the side and lowered while the other one stands.",
    location="The person stays in one place.",
    general="A person raises one straight leg to the side.",
)
def raise_one_leg_to_the_side(style):
    up = during(0.12, 0.48, 0.56, 0.92)
    return Movement(
        2.6,
        leg("right", out=44 * up, hip=4 * up, knee=16 - 10 * up, free=during(0.06, 0.2, 0.84, 0.98))
        | pelvis(lean=10 * up)
        | trunk(bend=-4 * up)
        | arms(**HANDS_ON_HIPS),
    )


AIRBORNE = during(0.15, 0.45, 0.65, 0.95)
HANDS_ON_HIPS = dict(abduction=34, flexion=-18, twist=32, elbow=82, wrist=25)
