"""Movements of the five activities; the style of each take selects the variant of the activity.

Onsets and durations cover the range found in ten-second recordings: a few seconds of rest, the
activity, and rest until the end. Falls are defined in `falling.py`.
"""

from builders.activities.curves import Curve
from builders.activities.movement import Channels, Movement, arm, arms, head, root, trunk
from builders.activities.performers import Style
from builders.five_activities.timeline import CYCLE_S, held_s, jerks_s, keys_s, shaking

# Ranges of the start of an activity, and of the end of waving, coughing and convulsing, within a
# recording of ten seconds, estimated from the recordings of the people A to E.
ONSET_S, END_S = (1.9, 3.6), (7.8, 10.3)
# Share of takes in which the person sits. In the recordings of the people A to E, people at rest
# move less before these four activities than people who stand before a fall.
SEATED_SHARE = 0.85


def in_real_time(style: Style, channels: Channels) -> Movement:
    """Return the movement of a take in real time: tempo scales durations, but not the cycle."""
    return Movement(CYCLE_S * style.tempo, channels, start=(0.0, 0.0))


def _kind(style: Style, count: int) -> int:
    return int(style.rng.integers(count))


def _seated(style: Style) -> Channels:
    """Return the channels of a person who sits in most takes."""
    return root(sink=0.48, ahead=-0.2) if style.between(0.0, 1.0) < SEATED_SHARE else {}


def _unrest(style: Style, during: Curve, degrees: tuple[float, float]) -> Channels:
    """Return slow irregular movement of the trunk and the arms during an activity."""
    size = style.between(*degrees)

    def slow(share: float) -> Curve:
        return during * shaking(style, share * size, 0.3, 1.5)

    return merged(
        trunk(flexion=slow(1.0), bend=slow(0.7), twist=slow(1.0)),
        head(flexion=slow(1.0)),
        *(arm(side, flexion=slow(1.0), elbow=slow(1.5)) for side in ("left", "right")),
    )


def _onset_s(style: Style) -> float:
    return style.between(*ONSET_S)


def merged(*parts: Channels) -> Channels:
    """Add channels of the same name, whereas the operator `|` would replace them."""
    total: dict[str, Curve] = {}
    for part in parts:
        for name, curve in part.items():
            total[name] = total[name] + curve if name in total else curve
    return total


def wave(style: Style) -> Movement:
    """Wave with the forearm, with a straight arm, with both arms, or back and forth."""
    raised = held_s(_onset_s(style), style.between(*END_S), rise_s=0.8, fall_s=0.8)
    rate_hz, size = style.between(0.7, 3.2), style.between(0.3, 1.4)
    beat = raised * shaking(style, size, 0.9 * rate_hz, 1.1 * rate_hz, lines=3)
    kind = _kind(style, 4)
    if kind == 0:
        lifted = arm(
            "right",
            flexion=50 * raised + 6 * beat,
            abduction=35 * raised + 16 * beat,
            elbow=80 * raised + 16 * beat,
            twist=-35 * raised + 22 * beat,
        )
    elif kind == 1:
        lifted = arm(
            "right",
            flexion=130 * raised + 8 * beat,
            abduction=10 * raised + 24 * beat,
            elbow=15 * raised,
        )
    elif kind == 2:
        lifted = arms(flexion=110 * raised, abduction=20 * raised + 22 * beat, elbow=30 * raised)
    else:
        lifted = arm("right", flexion=70 * raised + 10 * beat, elbow=60 * raised + 32 * beat)
    moved = trunk(twist=style.between(0.5, 6) * beat, bend=style.between(0, 4) * beat)
    return in_real_time(
        style, merged(lifted, moved, _unrest(style, raised, (0.5, 5.0)), _seated(style))
    )


def drink(style: Style) -> Movement:
    """Reach for a glass, lift the glass to the mouth, take one or two sips, and put it back."""
    begin_s = _onset_s(style)
    reach_s = begin_s + style.between(0.6, 1.2)
    lift_s = reach_s + style.between(0.1, 0.6)
    sip_s = lift_s + style.between(0.6, 1.1)
    down_s = sip_s + style.between(0.6, 2.2)
    back_s = down_s + style.between(0.6, 1.1)
    rest_s = min(back_s + style.between(0.8, 2.0), CYCLE_S - 0.5)
    far, lean = style.between(35, 75), style.between(8, 36)
    mouth = (sip_s, down_s)
    flexion = keys_s(
        (begin_s, 0),
        (reach_s, far),
        (lift_s, far),
        (mouth[0], 62),
        (mouth[1], 62),
        (back_s, far),
        (rest_s, 0),
    )
    elbow = keys_s(
        (begin_s, 0),
        (reach_s, 25),
        (lift_s, 30),
        (mouth[0], 112),
        (mouth[1], 112),
        (back_s, 30),
        (rest_s, 0),
    )
    turned = held_s(lift_s, back_s, 0.8, 0.8)
    leaning = keys_s(
        (begin_s, 0),
        (reach_s, lean),
        (lift_s, lean),
        (sip_s, -3),
        (down_s, -3),
        (back_s, lean),
        (rest_s, 0),
    )
    sips = jerks_s([sip_s - 0.2], [down_s - sip_s + 0.4], [-style.between(12, 26)])
    channels = arm("right", flexion=flexion, elbow=elbow, twist=26 * turned, abduction=12 * turned)
    busy = _unrest(style, held_s(begin_s, rest_s), (1.0, 5.0))
    return in_real_time(
        style, merged(channels, trunk(flexion=leaning), head(flexion=sips), busy, _seated(style))
    )


def cough(style: Style) -> Movement:
    """Cough in bouts of one to three thrusts, sometimes behind a hand."""
    start_s, end_s = _onset_s(style), style.between(*END_S) - 0.6
    times_s: list[float] = []
    while start_s < end_s:
        for _ in range(1 + _kind(style, 3)):
            times_s.append(start_s)
            start_s += style.between(0.4, 0.9)
        start_s += style.between(0.1, 0.9)
    lengths_s = [style.between(0.3, 0.7) for _ in times_s]
    strength = style.between(0.3, 1.2)
    heights = [strength * style.between(0.6, 1.3) for _ in times_s]
    thrust = jerks_s(times_s, lengths_s, heights)
    bent = held_s(times_s[0] - 0.4, min(end_s + 0.6, 9.9))
    covering = _kind(style, 4) == 0
    hand = arm("right", flexion=58 * bent + 2 * thrust, elbow=112 * bent, twist=24 * bent)
    channels = merged(
        trunk(flexion=4 * strength * bent + 5 * thrust),
        head(flexion=6 * bent + 7 * thrust),
        arms(flexion=2.5 * thrust, elbow=2 * thrust),
        hand if covering else {},
        _unrest(style, bent, (0.2, 2.0)),
        _seated(style),
    )
    return in_real_time(style, channels)


def convulsion(style: Style) -> Movement:
    """Shake the arms, trunk and head in a convulsion of several seconds, standing or sitting."""
    fit = held_s(_onset_s(style), style.between(*END_S), rise_s=0.4, fall_s=0.5)
    size, low_hz = style.between(0.1, 0.5), style.between(2.2, 6.0)
    band_hz, limb = (low_hz, low_hz + style.between(1.5, 4.5)), style.between(0.2, 1.0)

    def shake(degrees: float) -> Curve:
        return fit * shaking(style, degrees * size, *band_hz)

    limbs = [
        arm(
            side,
            flexion=8 * fit + shake(3 * limb),
            abduction=shake(2.5 * limb),
            elbow=style.between(0, 60) * fit + shake(5 * limb),
            wrist=20 * fit + shake(6 * limb),
        )
        for side in ("left", "right")
    ]
    body = trunk(flexion=3 * fit + shake(5.2), bend=shake(3.0), twist=shake(3.6))
    return in_real_time(
        style, merged(*limbs, body, head(flexion=shake(4), twist=shake(4)), _seated(style))
    )
