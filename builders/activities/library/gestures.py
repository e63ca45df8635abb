"""Gestures in the air, and gestures with a small object in the hand."""

from builders.activities.curves import during, ease, swing
from builders.activities.movement import Movement, Stance, arm, arms, head, trunk
from builders.activities.registry import HANDS_TOGETHER, activity

RAISED = during(0.0, 0.12, 0.88, 1.0)  # curve that is 1 while the hand is raised


@activity(7, "drink water", touches=(("hand", "head"), ("hand", "trunk"), ("forearm", "trunk")))
def drink_water(style):
    """A hand brings a glass to the mouth, tilts it and lowers it again."""
    held = during(0.02, 0.22, 0.8, 0.98)
    sip = during(0.24, 0.42, 0.62, 0.76)
    return Movement(
        4.2,
        arm(
            "right",
            flexion=17 * held + 57 * sip,
            abduction=28 * held - 14 * sip,
            twist=28 * held,
            elbow=84 * held + 14 * sip,
            wrist=10 * sip,
        )
        | head(flexion=ease((0.3, 0), (0.48, -24), (0.6, -24), (0.74, 0)))
        | trunk(flexion=-5 * sip),
    )


@activity(43, "drawing a circle")
def drawing_a_circle(style):
    """A straight arm draws one large circle in front."""
    return Movement(
        3.6,
        arm(
            "right",
            flexion=84 * RAISED + RAISED * swing(30, beats=2),
            abduction=-4 * RAISED + RAISED * swing(30, beats=2, at=0.25),
            elbow=-4 * RAISED,
            pronation=40 * RAISED,
        )
        | trunk(twist=RAISED * swing(-5, beats=2, at=0.25)),
    )


@activity(44, "drawing an X")
def drawing_an_x(style):
    """A straight arm draws two crossing strokes in front."""
    # The hand moves down the first stroke, up to the start of the second stroke, and down again.
    up = ease(
        *((0.1, 1), (0.16, 1), (0.38, -1), (0.44, -1), (0.56, 1), (0.62, 1), (0.84, -1), (0.9, -1))
    )
    out = ease((0.1, -1), (0.16, -1), (0.38, 1), (0.56, 1), (0.62, 1), (0.84, -1), (0.9, -1))
    return Movement(
        3.2,
        arm(
            "right",
            flexion=84 * RAISED + 30 * RAISED * up,
            abduction=-2 * RAISED + 28 * RAISED * out,
            elbow=-2 * RAISED,
            pronation=40 * RAISED,
        )
        | trunk(twist=-4 * RAISED * out),
    )


@activity(48, "swiping left and right")
def swiping_left_and_right(style):
    """A forearm swipes across the front of the body, alternately to the left and the right."""
    across = ease((0.12, 1), (0.2, 1), (0.4, -1), (0.56, -1), (0.76, 1), (0.88, 1))
    return Movement(
        2.2,
        arm(
            "right",
            flexion=62,
            abduction=10 + 34 * across,
            twist=12 - 12 * across,
            elbow=34,
            pronation=-20,
            wrist=-8 * across,
        )
        | trunk(twist=-4 * across),
    )


@activity(51, "playing phone", touches=HANDS_TOGETHER)
def playing_phone(style):
    """Both hands hold a phone in front of the lowered head; the right hand taps on it."""
    held = dict(flexion=25, abduction=12, twist=33, elbow=82, wrist=-6)
    tap = during(0.05, 0.15, 0.8, 0.95)
    return Movement(
        3.0,
        arm("left", **held)
        | arm(
            "right",
            **held | {"deviation": tap * swing(10, beats=7), "wrist": tap * swing(9, beats=7)},
        )
        | head(flexion=28 + swing(3), twist=swing(4, at=0.3))
        | trunk(flexion=7),
        Stance(width=0.9),
    )


@activity(63, "swing arm like throwing")
def swing_arm_like_throwing(style):
    """The right arm is raised and swings down as in a throw; both feet stay in place."""
    return Movement(
        1.75,
        arm(
            "right",
            flexion=ease((0.04, -28), (0.34, 160), (0.42, 158), (0.66, 10), (0.82, -36)),
            abduction=ease((0.05, 8), (0.34, 14), (0.66, 4), (0.9, 8)),
            elbow=ease((0.05, 6), (0.26, 66), (0.42, 60), (0.56, 0), (0.9, 6)),
        )
        | arm("left", flexion=ease((0.1, -6), (0.4, 22), (0.8, -8)), elbow=10)
        | trunk(
            twist=ease((0.05, 0), (0.38, -18), (0.64, 14), (0.9, 0)),
            flexion=ease((0.1, 0), (0.36, -6), (0.66, 10), (0.95, 0)),
        ),
        Stance(width=1.2, left_ahead_m=0.2),
    )


@activity(65, "rotating head")
def rotating_head(style):
    """The head rolls in circles while the body stays still."""
    return Movement(
        3.2,
        head(flexion=2 + swing(30), bend=swing(30, at=0.25))
        | trunk(flexion=swing(2), bend=swing(2, at=0.25))
        | arms(abduction=1),
    )
