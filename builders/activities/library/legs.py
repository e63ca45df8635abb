"""Activities on the spot in which the performer moves one leg at a time."""

from builders.activities.curves import during, ease, swing
from builders.activities.jumps import bounce
from builders.activities.library.walking import arm_swing
from builders.activities.movement import (
    HANDS_ON_HIPS,
    Gait,
    Movement,
    Stance,
    arm,
    arms,
    leg,
    pelvis,
    root,
    trunk,
)
from builders.activities.registry import HANDS_AT_HIPS, HANDS_ON_THIGHS, activity
from builders.activities.walking_paths import on_the_spot


@activity(8, "kick")
def kick(style):
    """A leg kicks forward from a standing posture."""
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


@activity(12, "march in place")
def march_in_place(style):
    """Knees lift alternately on the spot; the arms swing in opposition."""
    return Movement(
        1.1,
        arm_swing(forward=30, elbow=52, elbow_more=14, aside=9) | trunk(twist=swing(4)),
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


@activity(13, "jog in place")
def jog_in_place(style):
    """Quick steps on the spot with bent elbows."""
    return Movement(
        0.72,
        arm_swing(forward=26, elbow=74, elbow_more=12, aside=6)
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


@activity(38, "raise one leg to the side", touches=HANDS_AT_HIPS)
def raise_one_leg_to_the_side(style):
    """A straight leg is lifted to the side, with the hands on the hips."""
    up = during(0.12, 0.48, 0.56, 0.92)
    return Movement(
        2.6,
        leg("right", out=44 * up, hip=4 * up, knee=16 - 10 * up, free=during(0.06, 0.2, 0.84, 0.98))
        | pelvis(lean=10 * up)
        | trunk(bend=-4 * up)
        | arms(**HANDS_ON_HIPS),
    )


AIRBORNE = during(0.15, 0.45, 0.65, 0.95)


@activity(37, "high leg lift")
def high_leg_lift(style):
    """Knees lift alternately to hip height."""
    return Movement(
        0.74,
        arm_swing(forward=36, elbow=86, elbow_more=10, aside=10)
        | trunk(flexion=-3, twist=swing(6))
        | {"root.hop": bounce(0.44)},
        Gait(
            path=on_the_spot(),
            duty=0.44,
            roll=0.5,
            lift_m=0.44 * style.amplitude,
            trail_m=-0.34 * style.amplitude,
            droop_deg=16,
            sink=0.02,
            width=0.7,
            sway_m=0.015,
            heel_strike=0.0,
        ),
    )


@activity(49, "stretching leg to the side", touches=HANDS_ON_THIGHS)
def stretching_leg_to_the_side(style):
    """The weight shifts over one bent knee, then over the other; the free leg is straight."""
    left = during(0.03, 0.18, 0.32, 0.47)
    right = left.later(0.5)
    return Movement(
        5.6,
        root(sink=0.13 + 0.24 * (left + right), left=0.24 * (left - right))
        | pelvis(tilt=12 + 14 * (left + right), turn=6 * (right - left))
        | trunk(flexion=8, bend=6 * (right - left))
        | arm("left", flexion=30 + 24 * left, elbow=28 + 24 * left, twist=14, pronation=40)
        | arm("right", flexion=30 + 24 * right, elbow=28 + 24 * right, twist=14, pronation=40)
        | {"head.flexion": -12 * (left + right)},
        Stance(width=4.1, turnout_deg=16),
    )
