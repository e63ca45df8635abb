"""Strokes, throws and kicks of sports, on the spot or with a step."""

from builders.activities.curves import bump, during, ease, through
from builders.activities.jumps import flight_s, hops
from builders.activities.movement import (
    Movement,
    Stance,
    arm,
    foot,
    head,
    leg,
    pelvis,
    root,
    step,
    trunk,
)
from builders.activities.registry import HANDS_TOGETHER, activity


@activity(11, "golf swing", touches=(*HANDS_TOGETHER, ("upper_arm", "trunk")))
def golf_swing(style):
    """Backswing, downswing and follow-through while bent over a ball."""
    top, finish = ease((0.1, 0), (0.38, 1), (0.42, 1), (0.52, 0)), during(0.52, 0.64, 0.74, 0.95)
    #              address top  top  hit  finish
    keys = (0.08, 0.38, 0.42, 0.52, 0.64, 0.74, 0.95)
    lead = through(
        keys,
        flexion=(50, 108, 108, 50, 76, 76, 50),
        abduction=(-12, -48, -48, -12, 10, 10, -12),
        twist=(14, 26, 26, 8, 6, 6, 14),
        elbow=(20, 14, 14, 8, 78, 80, 20),
    )
    trail = through(
        keys,
        flexion=(52, 64, 64, 54, 92, 92, 52),
        abduction=(-16, 30, 30, -18, -42, -42, -16),
        twist=(9, -24, -24, 9, 12, 12, 9),
        elbow=(14, 92, 92, 10, 40, 40, 14),
    )
    return Movement(
        3.4,
        arm("left", **lead)
        | arm("right", **trail)
        | pelvis(tilt=22 - 16 * finish, turn=-22 * top + 34 * finish)
        | trunk(flexion=20 - 18 * finish, twist=-40 * top + 42 * finish)
        | head(flexion=12 - 10 * finish, twist=34 * top - 20 * finish)
        | root(sink=0.06 - 0.04 * finish, left=-0.03 * top + 0.08 * finish)
        | foot("right", pitch=34 * finish),
        Stance(width=1.9, turnout_deg=6),
    )


@activity(54, "playing table tennis")
def playing_table_tennis(style):
    """Alternating forehand and backhand strokes in a wide, low stance."""
    forehand = ease((0.04, 0), (0.2, -1), (0.32, 1), (0.48, 0))
    backhand = ease((0.52, 0), (0.68, -1), (0.8, 1), (0.97, 0))
    return Movement(
        2.4,
        arm(
            "right",
            flexion=14 + 24 * forehand + 16 * backhand,
            abduction=28 - 22 * forehand + 20 * backhand,
            twist=4 + 12 * forehand - 34 * backhand,
            elbow=76 + 16 * forehand - 22 * backhand,
        )
        | arm("left", flexion=22, abduction=18, elbow=62)
        | trunk(flexion=16, twist=24 * forehand - 10 * backhand)
        | pelvis(tilt=16, turn=12 * forehand - 5 * backhand)
        | head(flexion=-14, twist=-14 * forehand)
        | root(sink=0.1, left=0.07 * forehand - 0.05 * backhand),
        Stance(width=2.1, turnout_deg=8, left_ahead_m=0.16),
    )


@activity(55, "baseball pitch", touches=(*HANDS_TOGETHER, ("thigh", "hand"), ("thigh", "forearm")))
def baseball_pitch(style):
    """Wind-up with a lifted knee, stride, and throw."""
    stride = ease((0.28, 0), (0.45, 0.72), (0.78, 0.72), (0.94, 0))
    lifted, airborne = during(0.06, 0.24, 0.27, 0.43), during(0.06, 0.14, 0.34, 0.45)
    whip = ease((0.3, 0), (0.43, -1), (0.47, -1), (0.6, 1), (0.7, 1), (0.92, 0))
    #        stand  set  set   cocked cocked release end   stand
    keys = (0.02, 0.12, 0.28, 0.42, 0.47, 0.58, 0.68, 0.92)
    pitching = through(
        keys,
        flexion=(0, 27, 27, 4, 10, 92, 34, 0),
        abduction=(0, 10, 10, 84, 80, 12, -14, 0),
        twist=(0, 34, 34, -84, -84, 14, 8, 0),
        elbow=(0, 88, 88, 88, 84, 4, 6, 0),
    )
    leading = through(
        keys,
        flexion=(0, 27, 27, 76, 70, 0, -4, 0),
        abduction=(0, 8, 8, 14, 14, 18, 14, 0),
        twist=(0, 28, 28, 0, 0, 0, 0, 0),
        elbow=(0, 86, 86, 4, 8, 70, 60, 0),
    )
    return Movement(
        4.0,
        leg("left", hip=84 * lifted, knee=16 + 78 * lifted, free=airborne)
        | foot(
            "left",
            ahead=stride,
            lift=0.05 * bump((0.78, 0.94)),
            load=airborne + bump((0.78, 0.94)),
        )
        | foot("right", pitch=48 * during(0.44, 0.58, 0.72, 0.9))
        | arm("right", **pitching)
        | arm("left", **leading)
        | pelvis(turn=26 * whip - 12 * lifted, tilt=24 * during(0.4, 0.6, 0.7, 0.92))
        | trunk(twist=30 * whip - 8 * lifted, flexion=32 * during(0.42, 0.62, 0.7, 0.92) - 4)
        | root(
            sink=0.13 * during(0.34, 0.5, 0.72, 0.92), ahead=0.08 * during(0.44, 0.58, 0.7, 0.86)
        ),
        Stance(width=1.0),
    )


@activity(56, "shooting basketball", touches=HANDS_TOGETHER)
def shooting_basketball(style):
    """The knees bend, then the performer jumps with both hands overhead."""
    period_s, height_m = 2.6 / style.tempo, 0.09 * style.amplitude
    off = 0.48
    on = off + flight_s(height_m) / period_s
    dip = ease((0.16, 0), (0.34, 1), (off, 0), (on, 0), (on + 0.07, 0.4), (on + 0.18, 0))
    shot = ease((0.3, 0), (0.5, 1), (0.62, 1), (0.88, 0))
    return Movement(
        2.6,
        arm(
            "right",
            flexion=ease((0.0, 8), (0.34, 4), (0.42, 76), (0.5, 148), (0.62, 142), (0.86, 8)),
            abduction=10 - 12 * shot,
            elbow=ease((0.0, 84), (0.34, 96), (0.42, 92), (0.5, 0), (0.62, 0), (0.86, 84)),
            pronation=30 * shot,
            wrist=ease((0.3, 0), (0.44, -50), (0.52, 50), (0.66, 40), (0.86, 0)),
        )
        | arm(
            "left",
            flexion=ease((0.0, 8), (0.34, 4), (0.42, 72), (0.5, 118), (0.62, 108), (0.86, 8)),
            abduction=10 - 8 * shot,
            elbow=ease((0.0, 84), (0.34, 96), (0.42, 92), (0.52, 40), (0.62, 44), (0.86, 84)),
        )
        | pelvis(tilt=16 * dip)
        | trunk(flexion=2 + 10 * dip)
        | head(flexion=-14 * shot)
        | hops((off,), height_m, period_s, dip_m=0.12, point_deg=36),
        Stance(width=1.3, left_ahead_m=-0.12),
    )


@activity(57, "bowling", touches=(("hand", "thigh"), ("forearm", "thigh")))
def bowling(style):
    """A long, low, sliding step while the arm swings forward from behind the body."""
    low = during(0.3, 0.5, 0.66, 0.88)
    slid = during(0.43, 0.54, 0.58, 0.68)
    return Movement(
        3.2,
        arm(
            "right",
            flexion=ease(
                (0.02, 10), (0.12, 34), (0.36, -52), (0.4, -52), (0.54, 74), (0.64, 96), (0.9, 10)
            ),
            abduction=ease((0.1, 0), (0.36, 8), (0.54, -4), (0.9, 0)),
            elbow=ease((0.02, 50), (0.12, 46), (0.28, -8), (0.5, -8), (0.62, 36), (0.88, 50)),
            pronation=-50,
        )
        | arm(
            "left",
            flexion=ease((0.04, 14), (0.3, 10), (0.5, -12), (0.92, 14)),
            elbow=40 - 36 * low,
            abduction=8 + 42 * low,
        )
        | step("left", (0.16, 0.44), (0.68, 0.92), ahead=0.66, lift=0.07)
        | foot(
            "right",
            out=-0.2 * slid,
            pitch=58 * during(0.3, 0.48, 0.68, 0.88),
            lift=0.02 * bump((0.43, 0.54), (0.58, 0.68)),
            load=0.7 * bump((0.43, 0.68)),
        )
        | pelvis(tilt=38 * low, turn=ease((0.1, 0), (0.36, -12), (0.54, 10), (0.9, 0)))
        | trunk(flexion=22 * low, twist=ease((0.1, 0), (0.36, -16), (0.54, 10), (0.9, 0)))
        | head(flexion=-30 * low)
        | root(sink=0.26 * low),
        Stance(width=0.9),
    )


@activity(59, "side kick")
def side_kick(style):
    """The knee comes up, then the leg thrusts to the side."""
    knee_up = during(0.08, 0.28, 0.56, 0.76)
    out = ease((0.28, 0), (0.4, 1), (0.46, 1), (0.58, 0))
    guard = dict(flexion=30, abduction=8, twist=14, elbow=92, pronation=24)
    return Movement(
        2.2,
        leg(
            "right",
            hip=64 * knee_up - 46 * out,
            out=14 * knee_up + 34 * out,
            twist=10 * knee_up + 14 * out,
            knee=16 + 72 * knee_up - 82 * out,
            ankle=14 * out,
            free=during(0.06, 0.18, 0.68, 0.84),
        )
        | pelvis(lean=4 * knee_up + 14 * out, turn=10 * knee_up)
        | trunk(bend=4 * knee_up + 16 * out, flexion=4)
        | head(bend=-8 * out, twist=-24 * knee_up)
        | arm("left", **guard)
        | arm("right", **guard | {"abduction": 8 + 16 * out}),
        Stance(width=1.1),
    )


@activity(60, "kick soccer ball")
def kick_soccer_ball(style):
    """A leg swings forward from behind the body."""
    return Movement(
        2.9,
        step("left", (0.06, 0.25), (0.78, 0.96), ahead=0.46, lift=0.07)
        | leg(
            "right",
            hip=ease((0.14, 0), (0.36, -26), (0.53, 46), (0.59, 46), (0.78, 0)),
            out=ease((0.14, 4), (0.38, 16), (0.52, 2), (0.76, 4)),
            knee=ease((0.16, 16), (0.39, 94), (0.55, 10), (0.6, 14), (0.69, 40), (0.8, 16)),
            ankle=ease((0.3, 0), (0.46, -26), (0.58, -20), (0.76, 0)),
            free=during(0.25, 0.34, 0.64, 0.77),
        )
        | pelvis(
            turn=ease((0.15, 0), (0.38, -16), (0.53, 14), (0.8, 0)),
            tilt=ease((0.2, 0), (0.4, 8), (0.53, -8), (0.8, 0)),
        )
        | trunk(twist=ease((0.15, 0), (0.38, 18), (0.53, -16), (0.8, 0)), flexion=8)
        | head(flexion=16 * during(0.05, 0.2, 0.55, 0.75))
        | arm(
            "left",
            abduction=48 * during(0.12, 0.36, 0.56, 0.86),
            flexion=ease((0.14, 0), (0.38, -14), (0.54, 44), (0.86, 0)),
        )
        | arm(
            "right",
            abduction=20 * during(0.12, 0.36, 0.56, 0.86),
            flexion=ease((0.14, 0), (0.38, 24), (0.54, -30), (0.86, 0)),
            elbow=12,
        ),
        Stance(width=1.0),
    )
