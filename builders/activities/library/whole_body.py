"""Activities of trunk and legs together."""

from builders.activities.catalogue import activity
from builders.activities.curves import during, ease
from builders.activities.library.legs import HANDS_ON_HIPS
from builders.activities.movement import (
    Movement,
    Stance,
    arm,
    arms,
    foot,
    head,
    pelvis,
    root,
    step,
    trunk,
)


@activity(
    3,
    "sit on a chair and stand up",
    captions=(
        "a person sits down on a chair and stands up again",
        "someone takes a seat, rests for a moment and rises",
        "the person lowers onto a chair and gets back up",
        "sitting down and standing up from a chair",
    ),
    torso="The torso leans forward to sit down, is upright on the seat and leans again to rise.",
    arms="The hands come to rest on the thighs while sitting.",
    legs="The knees bend until the person sits, stay bent, and straighten to stand.",
    location="The person stays in one place; the hips move back and down, then up and forward.",
    general="A person sits down on a chair and stands up again.",
)
def sit_on_a_chair_and_stand_up(style):
    seated = during(0.05, 0.32, 0.6, 0.88)
    rested = during(0.16, 0.36, 0.56, 0.72)
    return Movement(
        4.6,
        pelvis(tilt=ease((0.04, 0), (0.2, 36), (0.38, -4), (0.54, -4), (0.67, 40), (0.9, 0)))
        | trunk(flexion=ease((0.04, 0), (0.2, 14), (0.38, 4), (0.54, 4), (0.67, 14), (0.9, 0)))
        | head(flexion=ease((0.04, 0), (0.2, -18), (0.38, 0), (0.54, 0), (0.67, -18), (0.9, 0)))
        | arms(flexion=26 * seated, elbow=34 * rested, abduction=-3 * seated, pronation=40 * rested)
        | root(sink=0.48 * seated, ahead=-0.24 * rested),
        Stance(width=1.15),
    )


@activity(
    4,
    "lunge",
    captions=(
        "a person does a lunge",
        "someone steps far forward, bends both knees and steps back",
        "the person lunges ahead with the hands on the hips",
        "forward lunges, returning to standing each time",
    ),
    torso="The torso stays upright and goes down between the feet.",
    arms="The hands are kept at the hips.",
    legs="One leg steps far forward and both knees bend deeply, then it steps back.",
    location="The person moves forward by a step and returns.",
    general="A person steps forward into a lunge and steps back.",
)
def lunge(style):
    there = during(0.06, 0.32, 0.64, 0.9)
    down = during(0.16, 0.42, 0.54, 0.78)
    return Movement(
        2.8,
        step("right", (0.06, 0.32), (0.64, 0.9), ahead=0.74, lift=0.09)
        | foot("left", pitch=46 * during(0.14, 0.38, 0.6, 0.82))
        | pelvis(tilt=6 * down)
        | trunk(flexion=5 * there)
        | arms(**HANDS_ON_HIPS)
        | root(sink=0.34 * down, ahead=0.03 * down),
        Stance(width=0.9),
    )


@activity(
    19,
    "squat",
    captions=(
        "a person squats down and stands back up",
        "someone does squats with the arms held out in front",
        "the person bends the knees deeply and rises again, over and over",
        "doing bodyweight squats on the spot",
    ),
    torso="The torso leans forward a little on the way down and straightens on the way up.",
    arms="Both arms rise to the front for balance and come down again.",
    legs="Both knees bend deeply until the thighs are level, then the legs straighten.",
    location="The person stays in one place; the hips go straight down and up.",
    general="A person squats down and stands back up repeatedly.",
)
def squat(style):
    down = during(0.04, 0.44, 0.52, 0.94)
    return Movement(
        2.5,
        pelvis(tilt=26 * down)
        | trunk(flexion=10 * down)
        | head(flexion=-20 * down)
        | arms(flexion=112 * down, elbow=-8 * down, pronation=50 * down)
        | root(sink=0.42 * down),
        Stance(width=1.6, turnout_deg=14),
    )


@activity(
    20,
    "pick up an object",
    captions=(
        "a person bends down and picks something up from the floor",
        "someone crouches, grasps an object with one hand and lifts it",
        "the person reaches to the ground, takes a thing and stands up with it",
        "picking up an object from the floor",
    ),
    torso="The torso bends down deeply and comes up again.",
    arms="One arm reaches to the floor, then holds the object before the belly.",
    legs="The knees bend on the way down and straighten on the way up.",
    location="The person stays in one place; the body goes down and up.",
    general="A person picks up an object from the floor.",
)
def pick_up_an_object(style):
    down = during(0.06, 0.36, 0.46, 0.74)
    holding = during(0.5, 0.72, 0.84, 0.98)
    return Movement(
        3.4,
        pelvis(tilt=47 * down)
        | trunk(flexion=32 * down, twist=8 * down)
        | head(flexion=-8 * down)
        | arm("right", flexion=78 * down + 14 * holding, elbow=74 * holding - 10 * down)
        | arm("left", flexion=42 * down, elbow=30 * down, abduction=10 * down)
        | root(sink=0.34 * down),
        Stance(width=1.35, left_ahead_m=0.16),
    )
