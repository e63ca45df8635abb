"""Activities in which one or both arms are raised, stretched or pushed forward."""

from builders.activities.curves import during, ease
from builders.activities.movement import Movement, Stance, arm, arms, trunk
from builders.activities.registry import activity


@activity(35, "raise one arm to the front")
def raise_one_arm_to_the_front(style):
    """One straight arm rises in front and comes down."""
    up = during(0.08, 0.42, 0.56, 0.92)
    return Movement(2.6, arm("right", flexion=92 * up, abduction=-4 * up, elbow=-10 * up))


@activity(36, "raise one arm to the side")
def raise_one_arm_to_the_side(style):
    """One straight arm rises to the side and comes down."""
    up = during(0.08, 0.42, 0.56, 0.92)
    return Movement(2.6, arm("right", abduction=84 * up, elbow=-10 * up) | trunk(bend=2 * up))


@activity(46, "push hand to the front")
def push_hand_to_the_front(style):
    """Hands push forward from the chest."""
    out = during(0.1, 0.4, 0.5, 0.9)
    return Movement(
        1.9,
        arms(
            flexion=14 + 66 * out,
            abduction=14 - 10 * out,
            twist=6,
            elbow=106 - 112 * out,
            pronation=50,
            wrist=-45 - 10 * out,
        )
        | trunk(flexion=8 * out),
        Stance(width=1.2, left_ahead_m=0.2),
    )


@activity(50, "wake-up stretch")
def wake_up_stretch(style):
    """Both arms stretch upward while the back arches."""
    up = during(0.05, 0.38, 0.64, 0.96)
    return Movement(
        4.2,
        arms(
            abduction=132 * up,
            flexion=ease((0.2, 0), (0.42, 12), (0.62, -6), (0.9, 0)),
            elbow=ease((0.04, 0), (0.2, 70), (0.42, 0), (0.62, -8), (0.9, 10), (0.98, 0)),
        )
        | trunk(flexion=-14 * up, bend=ease((0.4, 0), (0.48, 8), (0.58, -8), (0.66, 0)))
        | {"head.flexion": -18 * up},
    )
