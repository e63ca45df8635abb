"""Activities of the torso, feet standing."""

from builders.activities.catalogue import activity
from builders.activities.curves import during, ease, swing
from builders.activities.movement import Movement, Stance, arm, arms, head, pelvis, trunk


@activity(
    5,
    "bow",
    captions=(
        "a person bows",
        "someone bends forward from the hips in greeting and rises",
        "the person makes a polite bow with the arms at the sides",
        "bowing deeply and standing up straight again",
    ),
    torso="The torso bends forward from the hips and comes up again.",
    arms="The arms stay straight along the sides.",
    legs="The legs stay straight and together.",
    location="The person stays in one place.",
    general="A person bows forward and stands up straight.",
)
def bow(style):
    down = during(0.1, 0.42, 0.56, 0.9)
    return Movement(
        3.0,
        pelvis(tilt=38 * down)
        | trunk(flexion=20 * down)
        | head(flexion=14 * down)
        | arms(flexion=42 * down, elbow=-8, abduction=-3),
        Stance(width=0.75),
    )


@activity(
    6,
    "standing forward bend",
    captions=(
        "a person bends forward to touch the toes",
        "someone folds down from standing and reaches for the floor",
        "the person bends all the way over with straight legs and comes up",
        "stretching by touching the feet with both hands",
    ),
    torso="The torso folds down over the legs and rolls up again.",
    arms="Both arms hang down and reach towards the feet.",
    legs="The legs stay nearly straight.",
    location="The person stays in one place.",
    general="A person bends forward to touch the toes and stands up again.",
)
def standing_forward_bend(style):
    down = during(0.06, 0.4, 0.6, 0.94)
    return Movement(
        4.2,
        pelvis(tilt=62 * down)
        | trunk(flexion=58 * down)
        | head(flexion=22 * down)
        | arms(flexion=116 * down, abduction=-6 * down, elbow=-12 * down),
    )


@activity(
    34,
    "torso rotation",
    captions=(
        "a person rotates the torso from side to side",
        "someone twists the upper body left and right with raised elbows",
        "the person turns the torso to both sides while the feet stand",
        "twisting at the waist as a warm-up",
    ),
    torso="The torso twists to the left and to the right.",
    arms="The arms are held before the chest, elbows out, and turn with the torso.",
    legs="The legs stand apart and still.",
    location="The person stays in one place.",
    general="A person twists the torso from side to side.",
)
def torso_rotation(style):
    return Movement(
        2.2,
        trunk(twist=swing(38))
        | pelvis(turn=swing(13, at=0.03))
        | head(twist=swing(8))
        | arms(abduction=66, flexion=6, twist=2, elbow=98, pronation=20),
        Stance(width=1.6, turnout_deg=6),
        start=(0.17, 0.33),  # facing ahead
    )


@activity(
    61,
    "bend torso to side",
    captions=(
        "a person bends the torso to the side",
        "someone leans sideways with one arm over the head, then to the other side",
        "the person does side bends, reaching over with one arm",
        "stretching the flanks by bending left and right",
    ),
    torso="The torso bends to one side and then to the other.",
    arms="The outer arm reaches over the head while the other slides down the leg.",
    legs="The legs stand apart and straight.",
    location="The person stays in one place.",
    general="A person bends the torso to the left and to the right.",
)
def bend_torso_to_side(style):
    left = during(0.02, 0.2, 0.28, 0.47)
    right = left.later(0.5)
    lean = left - right
    return Movement(
        4.4,
        trunk(bend=30 * lean)
        | pelvis(lean=7 * lean)
        | head(bend=10 * lean)
        | arm("right", abduction=148 * left, elbow=18 * left)
        | arm("left", abduction=148 * right, elbow=18 * right),
        Stance(width=1.7, turnout_deg=6),
    )


@activity(
    15,
    "stand still",
    captions=(
        "a person stands still",
        "someone stands upright without moving",
        "the person stays standing in one place",
        "standing quietly with hanging arms",
    ),
    torso="The torso is upright and still.",
    arms="The arms hang at the sides.",
    legs="The legs stand still.",
    location="The person stays in one place.",
    general="A person stands still.",
)
def stand_still(style):
    return Movement(4.0, {})


@activity(
    52,
    "nodding head",
    captions=(
        "a person nods the head",
        "someone nods in agreement",
        "the person moves the head down and up several times",
        "nodding yes while standing",
    ),
    torso="The torso stays upright and still.",
    arms="The arms hang at the sides.",
    legs="The legs stand still.",
    location="The person stays in one place.",
    general="A person nods the head up and down.",
)
def nodding_head(style):
    nod = during(0.05, 0.15, 0.75, 0.9)
    return Movement(
        3.4,
        head(flexion=nod * (8 + swing(17, beats=5, at=0.5)))
        | trunk(flexion=ease((0.1, 0), (0.2, 1.5), (0.7, 1.5), (0.9, 0))),
    )
