"""Activities that involve both the trunk and the legs."""

from builders.activities.curves import during, ease, swing
from builders.activities.movement import (
    HANDS_ON_HIPS,
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
from builders.activities.registry import FOLDED, HANDS_AT_HIPS, HANDS_ON_THIGHS, activity


@activity(3, "sit on a chair and stand up", touches=HANDS_ON_THIGHS, seated=True)
def sit_on_a_chair_and_stand_up(style):
    """Sit down on an invisible chair and stand up."""
    seated = during(0.05, 0.32, 0.6, 0.88)
    rested = during(0.16, 0.36, 0.56, 0.72)
    return Movement(
        4.6,
        pelvis(tilt=ease((0.04, 0), (0.2, 22), (0.38, -4), (0.54, -4), (0.67, 25), (0.9, 0)))
        | trunk(flexion=ease((0.04, 0), (0.2, 26), (0.38, 4), (0.54, 4), (0.67, 28), (0.9, 0)))
        | head(flexion=ease((0.04, 0), (0.2, -18), (0.38, 0), (0.54, 0), (0.67, -18), (0.9, 0)))
        | arms(flexion=5 * seated, elbow=58 * rested, abduction=-3 * seated, pronation=40 * rested)
        | root(sink=0.48 * seated, ahead=-0.24 * rested),
        Stance(width=1.15),
    )


@activity(4, "lunge", touches=HANDS_AT_HIPS)
def lunge(style):
    """Take a long step forward, lower the body, and return."""
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


@activity(19, "squat")
def squat(style):
    """Squat with the arms forward for balance, and rise."""
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


@activity(20, "pick up an object", touches=HANDS_ON_THIGHS)
def pick_up_an_object(style):
    """Reach down to the floor with one hand, grasp an object, and rise."""
    down = during(0.06, 0.36, 0.46, 0.74)
    holding = during(0.5, 0.72, 0.84, 0.98)
    return Movement(
        3.4,
        pelvis(tilt=44 * down)
        | trunk(flexion=36 * down, twist=8 * down)
        | head(flexion=-8 * down)
        | arm(
            "right",
            flexion=88 * down + 14 * holding,
            abduction=12 * down,
            elbow=74 * holding - 10 * down,
        )
        | arm("left", flexion=34 * down, elbow=52 * down, abduction=26 * down, twist=16 * down)
        | root(sink=0.34 * down),
        Stance(width=1.35, left_ahead_m=0.16),
    )


@activity(18, "crouch", touches=FOLDED)
def crouch(style):
    """Squat all the way down, pause, and rise."""
    down = during(0.05, 0.3, 0.68, 0.95)
    return Movement(
        4.0,
        pelvis(tilt=10 * down)
        | trunk(flexion=48 * down)
        | head(flexion=4 * down)
        | arms(flexion=44 * down, abduction=14 * down, elbow=76 * down, twist=26 * down)
        | foot("left", pitch=22 * down)
        | foot("right", pitch=22 * down)
        | root(sink=0.6 * down, ahead=0.07 * down),
        Stance(width=1.2, turnout_deg=10),
    )


@activity(
    45, "mopping the floor", touches=(("hand", "forearm"), ("hand", "trunk"), ("forearm", "trunk"))
)
def mopping_the_floor(style):
    """Both hands push and pull a mop while the trunk is bent."""
    push = 0.5 - swing(0.5)
    across = swing(1.0, at=0.25)
    return Movement(
        2.3,
        arm(
            "right",
            flexion=30 + 50 * push,
            abduction=-10 - 6 * push,
            twist=10,
            elbow=42 - 44 * push,
        )
        | arm(
            "left",
            flexion=12 + 44 * push,
            abduction=10 - 8 * push,
            twist=20,
            elbow=104 - 24 * push,
        )
        | pelvis(tilt=14 + 10 * push, turn=7 * across)
        | trunk(flexion=14 + 8 * push, twist=13 * across)
        | head(flexion=12)
        | root(sink=0.05 + 0.05 * push, ahead=-0.05 + 0.12 * push),
        Stance(width=1.5, left_ahead_m=0.42, turnout_deg=10),
    )


@activity(47, "sitting still", touches=HANDS_ON_THIGHS, seated=True)
def sitting_still(style):
    """Sit on an invisible chair without moving."""
    return Movement(
        4.0,
        pelvis(tilt=-4)
        | trunk(flexion=4)
        | arms(flexion=3, elbow=56, abduction=-2, pronation=38)
        | root(sink=0.49, ahead=-0.24),
        Stance(width=1.15),
    )
