"""Activities in which the performer jumps with both feet."""

from builders.activities.curves import bump, ease, swing
from builders.activities.jumps import flight_s, hops
from builders.activities.movement import Movement, Stance, arm, arms, foot, pelvis, root, trunk
from builders.activities.registry import activity


@activity(1, "jump")
def jump(style):
    """Jumps on the spot with an arm swing."""
    period_s = 2.0 / style.tempo
    height_m = 0.22 * style.amplitude
    off, on = 0.42, 0.42 + flight_s(height_m) / period_s
    dip = ease((0.05, 0), (0.27, 1), (off, 0), (on, 0), (on + 0.1, 0.7), (0.9, 0))
    return Movement(
        2.0,
        pelvis(tilt=34 * dip)
        | trunk(flexion=14 * dip)
        | arms(
            abduction=4,
            flexion=ease((0.0, 0), (0.2, -40), (off + 0.12, 140), (0.95, 0)),
            elbow=ease((0.2, 0), (0.4, 14), (0.88, 0)),
        )
        | hops((off,), height_m, period_s, dip_m=0.24),
    )


@activity(2, "jumping jack")
def jumping_jack(style):
    """Legs and arms open and close with every jump."""
    period_s = 1.15 / style.tempo
    height_m = 0.05
    flight = flight_s(height_m) / period_s
    out, back = 0.16, 0.66
    apart = ease((out, 0), (out + flight, 1), (back, 1), (back + flight, 0))
    raised = 0.5 + swing(0.5, at=(out + flight + back) / 2)
    return Movement(
        1.15,
        arms(abduction=12 + 128 * raised, elbow=8 * raised)
        | hops((out, back), height_m, period_s, dip_m=0.03, tuck_m=0.0, point_deg=20, rest=False)
        | {"root.sink": 0.03 + 0.055 * apart}
        | foot("left", out=0.27 * apart)
        | foot("right", out=0.27 * apart),
        Stance(width=0.8),
    )


@activity(32, "jump to the side")
def jump_to_the_side(style):
    """A jump to one side and a jump back."""
    channels = _two_jumps(style)
    away = _away(style)
    return Movement(
        2.4,
        channels | foot("left", out=0.5 * away) | foot("right", out=-0.5 * away),
        Stance(width=0.85),
    )


@activity(33, "jump forward and back")
def jump_forward_and_back(style):
    """A jump forward and a jump back."""
    channels = _two_jumps(style)
    away = _away(style)
    for side in ("left", "right"):
        channels |= foot(side, ahead=0.5 * away)
    return Movement(2.4, channels, Stance(width=0.85))


TAKE_OFFS = (0.25, 0.75)  # phases of the jump away and the jump back
TWO_JUMPS_M = 0.13  # height of each of the two jumps


def _away(style):
    """Curve that is 1 between the jump away and the jump back, and 0 otherwise."""
    flight = flight_s(TWO_JUMPS_M) / (2.4 / style.tempo)
    out, back = TAKE_OFFS
    return ease((out, 0), (out + flight, 1), (back, 1), (back + flight, 0))


def _two_jumps(style):
    """Channels of the upper body and the heights of two jumps."""
    period_s = 2.4 / style.tempo
    flight = flight_s(TWO_JUMPS_M) / period_s
    keys, swings = [], []
    for off in TAKE_OFFS:
        keys += [(off - 0.2, 0.1), (off - 0.1, 1), (off, 0), (off + flight, 0.1)]
        keys += [(off + flight + 0.08, 0.8)]
        swings += [(off - 0.1, -30), (off + 0.06, 44), (off + 0.24, 6)]
    dip = ease(*keys)
    return (
        pelvis(tilt=26 * dip)
        | trunk(flexion=12 * dip)
        | arms(flexion=ease(*swings), abduction=5, elbow=18)
        | hops(TAKE_OFFS, TWO_JUMPS_M, period_s, dip_m=0.14, point_deg=30, rest=False)
    )


@activity(62, "jumping lunge")
def jumping_lunge(style):
    """Jumps from lunge to lunge; the legs swap positions in the air."""
    period_s, height_m = 2.1 / style.tempo, 0.1
    flight = flight_s(height_m) / period_s
    out, back = 0.25, 0.75
    swapped = ease((out, 0), (out + flight, 1), (back, 1), (back + flight, 0))
    jumps = hops((out, back), height_m, period_s, dip_m=0.12, point_deg=12, rest=False)
    low = 1 - bump((out - 0.04, out + flight + 0.04), (back - 0.04, back + flight + 0.04))
    rear = {"left": swapped, "right": 1 - swapped}
    channels = jumps
    for side in ("left", "right"):
        pitch = jumps[f"{side}.foot.pitch"] * (1 - rear[side]) + 56 * rear[side]
        channels = channels | {f"{side}.foot.pitch": pitch}
    return Movement(
        2.1,
        channels
        | foot("left", ahead=-0.72 * swapped)
        | foot("right", ahead=0.72 * swapped)
        | root(sink=0.1 + 0.15 * low)
        | pelvis(tilt=6 * low)
        | trunk(flexion=8, twist=-8 + 16 * swapped)
        | arm("left", flexion=-18 + 52 * swapped, abduction=20, twist=16, elbow=96)
        | arm("right", flexion=34 - 52 * swapped, abduction=20, twist=16, elbow=96),
        Stance(width=1.0, left_ahead_m=0.72),
    )
