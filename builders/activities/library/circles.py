"""Activities with turns or obstacles: jogging in a circle, turning, stepping over obstacles."""

import numpy as np

from builders.activities.curves import bump, during, ease, swing
from builders.activities.foot_trajectories import STANDING_WIDTH
from builders.activities.jumps import bounce
from builders.activities.library.walking import arm_swing, striding, walking_cycle_s
from builders.activities.movement import (
    Gait,
    Movement,
    Stance,
    arms,
    foot,
    mirrored,
    pelvis,
    root,
    trunk,
)
from builders.activities.registry import activity
from builders.activities.walking_paths import circle, route


def _jog_in_a_circle(style, leftwards):
    speed_mps = min(1.65 * style.tempo * style.stride, 1.9)
    inward = 1.0 if leftwards else -1.0
    return Movement(
        0.74,
        arm_swing(forward=28, elbow=70, elbow_more=10, aside=7)
        | trunk(flexion=6, twist=swing(7))
        | pelvis(turn=swing(-5), tilt=3, lean=6 * inward)
        | {"root.hop": bounce(0.42)},
        Gait(
            path=circle(speed_mps, style.between(1.0, 1.2), leftwards),
            duty=0.42,
            roll=0.7,
            lift_m=0.1,
            droop_deg=22,
            trail_m=0.06,
            sink=0.045,
            width=1.2,
            sway_m=0.01,
            heel_strike=0.0,
        ),
    )


@activity(27, "jog counter-clockwise")
def jog_counter_clockwise(style):
    """Jogging in a circle to the left."""
    return _jog_in_a_circle(style, True)


@activity(28, "jog clockwise")
def jog_clockwise(style):
    """Jogging in a circle to the right."""
    return _jog_in_a_circle(style, False)


@activity(39, "turn 90 degrees right or left then back")
def turn_90_degrees(style):
    """A quarter turn on the spot in small steps, a pause, and a quarter turn back."""
    width_m = STANDING_WIDTH * style.leg_m * 0.9
    movement = Movement(
        4.2,
        root(turn=ease((0.05, 0), (0.3, 90), (0.53, 90), (0.78, 0)))
        | _pivot("left", width_m, (0.05, 0.13, 50), (0.22, 0.31, 90), (0.61, 0.71, 0))
        | _pivot("right", width_m, (0.12, 0.23, 90), (0.53, 0.61, 45), (0.7, 0.8, 0))
        | trunk(twist=ease((0.02, 0), (0.12, 12), (0.3, 0), (0.5, 0), (0.6, -12), (0.78, 0)))
        | arms(abduction=ease((0.05, 0), (0.18, 5), (0.3, 0), (0.53, 0), (0.66, 5), (0.8, 0))),
        Stance(width=0.9),
        start=(-0.15, 0.04),
    )
    return movement if style.between(0.0, 1.0) < 0.5 else mirrored(movement)


def _pivot(side, width_m, *steps):
    """Foot channels for steps (start, end, heading) around the point between the feet."""
    out = 1.0 if side == "left" else -1.0

    def curve_of(value):
        keys, before = [], 0.0
        for start, end, heading_deg in steps:
            keys += [(start, value(np.deg2rad(before))), (end, value(np.deg2rad(heading_deg)))]
            before = heading_deg
        return ease(*keys)

    raised = bump(*((start, end) for start, end, _ in steps))
    return foot(
        side,
        ahead=curve_of(lambda heading: -out * width_m / 2 * np.sin(heading)),
        out=curve_of(lambda heading: width_m / 2 * (np.cos(heading) - 1)),
        turn=curve_of(lambda heading: out * np.rad2deg(heading)),
        lift=0.05 * raised,
        load=raised,
    )


@activity(58, "walking to the side and turn back")
def walking_to_the_side_and_turn_back(style):
    """A quarter turn, a walk, half a turn, a walk back, and a turn to the front."""
    speed_mps = 1.05 * style.tempo * style.stride
    walk_s, aside = 1.5 / speed_mps, 1.0 if style.between(0.0, 1.0) < 0.5 else -1.0
    # The body keeps moving slowly during a turn, because a real walker does not stop abruptly.
    path = route(
        (1.0, 0.25 * speed_mps, 0.0, 90 * aside),
        (walk_s, speed_mps, 0.0, 0.0),
        (1.9, 0.25 * speed_mps, 0.0, 180 * aside),
        (walk_s, speed_mps, 0.0, 0.0),
        (1.1, 0.2 * speed_mps, 0.0, 90 * aside),
    )
    return Movement(
        walking_cycle_s(speed_mps, style), striding(16), Gait(path=path, sink=0.014, width=0.95)
    )


@activity(64, "step over obstacle and back")
def step_over_obstacle_and_back(style):
    """Both legs step over a shin-high obstacle, first forward, then backward."""
    ahead_m, spans = 0.62, ((0.03, 0.21), (0.2, 0.38), (0.53, 0.71), (0.7, 0.88))
    channels = {}
    for side, (go, back) in {"right": spans[::2], "left": spans[1::2]}.items():
        high = bump(go, back)
        # The shank of the trailing leg is more inclined than the shank of the leading leg.
        leads, follows = (go, back) if side == "right" else (back, go)
        droop_deg = 30 * bump(leads) + 56 * bump(follows)
        channels |= foot(
            side,
            ahead=ahead_m * during(*go, *back),
            lift=0.32 * high,
            pitch=droop_deg,
            load=high,
        )
    return Movement(
        4.4,
        channels
        | pelvis(tilt=8 * bump(*spans))
        | trunk(flexion=4 + 8 * bump(*spans))
        | arms(abduction=14 * bump((0.03, 0.38), (0.53, 0.88)), elbow=14)
        | {"head.flexion": 18 * during(0.0, 0.1, 0.8, 1.0)},
        Stance(width=1.0),
    )
