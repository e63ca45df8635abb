"""Arm activities of a standing person."""

from builders.activities.curves import during, ease, swing
from builders.activities.movement import Movement, Stance, arm, arms, pelvis, root, step, trunk
from builders.activities.registry import HANDS_TOGETHER, activity


@activity(10, "wave hand")
def wave_hand(style):
    """The right hand goes up next to the head and swings to both sides with the elbow bent."""
    up = during(0.0, 0.18, 0.84, 1.0)
    wave = during(0.1, 0.24, 0.76, 0.9)
    return Movement(
        3.6,
        arm(
            "right",
            abduction=78 * up + wave * swing(4, beats=6),
            flexion=12 * up,
            twist=-95 * up,
            elbow=66 * up + wave * swing(22, beats=6, at=0.2),
            pronation=-20 * up,
            deviation=wave * swing(9, beats=6, at=0.35),
        )
        | trunk(bend=3 * up),
    )


@activity(14, "swing arm")
def swing_arm(style):
    """Both straight arms swing forward and back together."""
    return Movement(
        1.5,
        arms(flexion=26 + swing(66), elbow=-6)
        | trunk(flexion=2 + swing(-4, at=0.05))
        | pelvis(tilt=2 + swing(-3)),
    )


@activity(17, "clapping hand", touches=HANDS_TOGETHER)
def clapping_hand(style):
    """Both hands meet in front of the chest and separate again."""
    apart = 0.5 - swing(0.5)
    return Movement(
        0.5,
        arms(
            flexion=28,
            abduction=-5 + 6 * apart,
            twist=22 - 32 * apart,
            elbow=72,
            pronation=-12,
        ),
    )


@activity(41, "punch")
def punch(style):
    """From a guard position, the left and the right fist punch forward alternately."""
    left = ease((0.06, 0), (0.2, 1), (0.26, 1), (0.42, 0))
    right = left.later(0.5)
    guard = {"pronation": 30}
    return Movement(
        1.5,
        arm("left", **guard, **_fist(left))
        | arm("right", **guard, **_fist(right))
        | trunk(flexion=6, twist=24 * right - 18 * left)
        | pelvis(turn=10 * right - 12 * left)
        | root(sink=0.05),
        Stance(width=1.3, turnout_deg=8, left_ahead_m=0.36),
    )


def _fist(out):
    """Arm angles from the guard in front of the chin (0) to a straight arm (1)."""
    return dict(flexion=32 + 54 * out, abduction=8 - 6 * out, twist=14, elbow=108 - 116 * out)


@activity(9, "throw")
def throw(style):
    """The performer steps forward, draws the arm back and throws; the trunk rotates."""
    wind = ease((0.05, 0), (0.34, 1), (0.5, -1), (0.58, -1), (0.9, 0))
    return Movement(
        2.4,
        arm(
            "right",
            abduction=ease((0.04, 0), (0.3, 82), (0.4, 78), (0.5, 20), (0.6, -10), (0.92, 4)),
            flexion=ease((0.04, 0), (0.3, 4), (0.4, 24), (0.5, 96), (0.62, 62), (0.92, 0)),
            twist=ease((0.06, 0), (0.32, -84), (0.4, -84), (0.53, 20), (0.9, 0)),
            elbow=ease((0.04, 0), (0.28, 88), (0.4, 84), (0.5, 6), (0.9, 0)),
        )
        | arm(
            "left",
            abduction=14,
            flexion=ease((0.06, 0), (0.3, 72), (0.52, 4), (0.9, 0)),
            elbow=ease((0.3, 0), (0.5, 84), (0.66, 76), (0.9, 0)),
        )
        | trunk(twist=-30 * wind, flexion=ease((0.3, -4), (0.54, 20), (0.9, 0)))
        | pelvis(turn=-18 * wind, tilt=ease((0.3, -3), (0.54, 14), (0.9, 0)))
        | step("left", (0.24, 0.4), (0.72, 0.92), ahead=0.42, lift=0.08)
        | root(sink=0.05 * during(0.3, 0.45, 0.7, 0.9)),
        Stance(width=1.2),
    )
