"""Walking and jogging activities."""

from dataclasses import replace

import numpy as np

from builders.activities.curves import swing
from builders.activities.gait_analysis import HIP_ABOVE_ANKLE_M, boulic_cycle_s
from builders.activities.jumps import bounce
from builders.activities.movement import Gait, Movement, arm, pelvis, trunk
from builders.activities.registry import activity
from builders.activities.walking_paths import circle, there_and_back, to_and_fro

# Cycle of two steps of a jog [s], and the fraction of the cycle with a foot on the floor.
JOG_CYCLE_S, JOG_DUTY = 0.72, 0.4


def arm_swing(forward, elbow, elbow_more, aside=3):
    """Arm swing in opposition to the legs; each elbow bends more as the arm swings forward."""
    return arm(
        "left",
        flexion=swing(forward, at=0.5),
        abduction=aside,
        elbow=elbow + swing(elbow_more, at=0.55),
    ) | arm(
        "right",
        flexion=swing(forward),
        abduction=aside,
        elbow=elbow + swing(elbow_more, at=0.05),
    )


def walking_cycle_s(speed_mps, style):
    """Boulic's cycle duration times the tempo, because synthesis later divides by the tempo.

    The performer's tempo is already part of the speed; the take's tempo variation also changes the
    step length slightly.
    """
    variation = (style.tempo / style.performer.tempo) ** 0.5
    return boulic_cycle_s(speed_mps, style.leg_m + HIP_ABOVE_ANKLE_M) * style.tempo / variation


def striding(forward=20.0):
    """Upper-body channels of a relaxed walk."""
    return (
        arm_swing(forward=forward, elbow=4, elbow_more=10)
        | trunk(flexion=2, twist=swing(7))
        | pelvis(turn=swing(-5), lean=swing(2, at=0.06))
    )


def jogging(duty):
    """Channels of a jog, whose hops fit a gait with this fraction of floor contact per cycle."""
    return (
        arm_swing(forward=30, elbow=70, elbow_more=10, aside=7)
        | trunk(flexion=7, twist=swing(8))
        | pelvis(turn=swing(-5), tilt=4)
        | {"root.hop": bounce(duty)}
    )


def jog_gait(path, **changes):
    """Gait of a jog along a path; keyword arguments replace values of `Gait`."""
    jog = Gait(
        path=path,
        duty=JOG_DUTY,
        roll=0.7,
        lift_m=0.11,
        droop_deg=24,
        trail_m=0.06,
        sink=0.045,
        width=0.85,
        sway_m=0.01,
        heel_strike=0.0,
    )
    return replace(jog, **changes)


@activity(29, "walk forward and turn around")
def walk_forward_and_turn_around(style):
    """A walk forward, a turn, and a walk back."""
    speed_mps = min(1.2 * style.tempo * style.stride, 1.5)
    path = there_and_back(speed_mps, 2.5, style.between(0.5, 1.5), turn_s=2.5)
    return Movement(
        walking_cycle_s(speed_mps, style), striding(), Gait(path=path, sink=0.012, width=0.95)
    )


@activity(30, "jog forward and turn around")
def jog_forward_and_turn_around(style):
    """A jog forward, a turn, and a jog back."""
    speed_mps = min(1.9 * style.tempo * style.stride, 2.3)
    path = there_and_back(speed_mps, 2.7, style.between(0.7, 1.5), turn_s=2.0, brake_s=0.8)
    return Movement(JOG_CYCLE_S, jogging(JOG_DUTY), jog_gait(path))


@activity(31, "side walk")
def side_walk(style):
    """Sideways steps to one side and back; the body faces forward throughout."""
    path = to_and_fro(1.2 * style.stride, 6.4 / style.tempo, np.pi / 2, style.between(0.0, 1.0))
    return Movement(
        1.0,
        arm("left", abduction=4 + swing(3)) | arm("right", abduction=4 + swing(3)),
        Gait(path=path, duty=0.6, roll=0.3, lift_m=0.05, width=2.1, sway_m=0.0, sink=0.02),
    )


@activity(40, "walking forward and backward")
def walking_forward_and_backward(style):
    """Steps forward, then backward without a turn."""
    path = to_and_fro(1.7 * style.stride, 6.6 / style.tempo, 0.0, style.between(0.0, 1.0))
    return Movement(1.12, striding(14), Gait(path=path, roll=0.8, lift_m=0.05, sink=0.015))


def _walk_in_a_circle(style, leftwards):
    speed_mps = 1.0 * style.tempo * style.stride
    path = circle(speed_mps, style.between(0.75, 0.95), leftwards)
    return Movement(
        walking_cycle_s(speed_mps, style),
        striding(17) | pelvis(turn=swing(-4)),
        Gait(path=path, sink=0.014, width=1.15),
    )


@activity(25, "walking counter-clockwise")
def walking_counter_clockwise(style):
    """Walking in a circle to the left."""
    return _walk_in_a_circle(style, True)


@activity(26, "walking clockwise")
def walking_clockwise(style):
    """Walking in a circle to the right."""
    return _walk_in_a_circle(style, False)
