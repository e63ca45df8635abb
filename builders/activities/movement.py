"""The language: what each part of the body does, as curves over one cycle.

An activity is a `Movement`: a period and a table of channels, put together with `|`:

    down = during(0.05, 0.4, 0.55, 0.95)
    Movement(2.6, trunk(flexion=25 * down) | arms(flexion=80 * down) | root(sink=0.45 * down))

Parts that are not mentioned stand or hang as the subject's habit is; angles add to that habit.
Movements are written for a right-hander; `mirrored` gives the left-hander's. Signs: `anatomy`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from builders.activities.anatomy import MIDLINE, RANGE_DEG, SIGNED
from builders.activities.curves import Curve, as_curve, bump, during
from builders.activities.skeleton import SIDES

Channels = dict[str, Curve]

# Lengths [m] unless said otherwise; a foot's are counted from where it stands at home.
PLACE_CHANNELS = {
    "root.ahead": "centre of mass ahead of the middle of the feet",
    "root.left": "centre of mass left of it",
    "root.sink": "pelvis below standing height [leg lengths]",
    "root.hop": "pelvis above standing height [g times cycle length squared]",
    "root.turn": "way the body faces, to the left; the feet must step along [degrees]",
    "foot.ahead": "foot ahead of its home",
    "foot.out": "foot outward of its home",
    "foot.lift": "sole above the floor",
    "foot.pitch": "about the ball, heel up; negative: about the heel, toes up [degrees]",
    "foot.turn": "toes outward [degrees]",
    "foot.free": "0: the foot is where it is put; 1: where the leg's angles bring it",
    "foot.load": "share of its load that the foot gives up",
}


@dataclass(frozen=True, kw_only=True)
class Stance:
    """Where the feet stand when nothing moves them.

    Attributes:
        width: between the ankles, in units of the subject's own standing width.
        turnout_deg: toes outward, beyond the subject's own.
        left_ahead_m: left foot forward and right foot back by half of this.
        balance: 1 keeps the centre of mass above the feet, 0 the pelvis.
    """

    width: float = 1.0
    turnout_deg: float = 0.0
    left_ahead_m: float = 0.0
    balance: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Gait:
    """Feet that step along a path; a cycle is two steps, left heel first.

    Attributes:
        path: time [s] to positions [time, 2] in metres and heading [time] in radians.
        duty: share of the cycle that a foot stands; below 0.5 the body flies between steps.
        roll: how far the foot rolls from heel to toe, 1 as in walking, 0 stamped flat.
        lift_m: height added to the swinging foot.
        trail_m: how far it swings behind (negative: ahead) on its way.
        sink: pelvis below standing height [leg lengths].
        width: as in `Stance`.
        sway_m: sideways towards the standing foot.
        droop_deg: toes hanging in mid-swing, more than a walker's.
        heel_strike: 1 lands with the toes up, 0 flat.
        rests: where the path stands still, so do the feet; else they step on the spot.
    """

    path: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    duty: float = 0.56
    roll: float = 1.0
    lift_m: float = 0.045
    trail_m: float = 0.0
    sink: float = 0.0
    width: float = 0.8
    sway_m: float = 0.02
    droop_deg: float = 0.0
    heel_strike: float = 1.0
    rests: bool = False


@dataclass(frozen=True)
class Movement:
    """What a performer does, over and over.

    Attributes:
        period_s: length of one cycle at tempo 1.
        channels: curve of each channel that moves.
        base: how the feet meet the floor.
        start: phase at which a clip may start, (earliest, latest), in cycles.
        handed: a left-hander does it mirrored.
        cycles: that make a whole performance, where that is asked for.
    """

    period_s: float
    channels: Mapping[str, Curve]
    base: Stance | Gait = Stance()
    start: tuple[float, float] = (0.0, 1.0)
    handed: bool = True
    cycles: float = 1.0

    def __post_init__(self):
        unknown = sorted(set(self.channels) - set(all_channels()))
        if unknown:
            raise ValueError(f"no channel is called {unknown[0]!r}; see anatomy.py and movement.py")


def all_channels() -> list[str]:
    """Every channel there is, in a fixed order."""
    names = [*RANGE_DEG, *PLACE_CHANNELS]
    central = [n for n in names if n.startswith((*MIDLINE, "root"))]
    return central + [f"{side}.{n}" for side in SIDES for n in names if n not in central]


def trunk(flexion=0.0, bend=0.0, twist=0.0) -> Channels:
    """The spine, from pelvis to chest."""
    return _part("trunk", flexion=flexion, bend=bend, twist=twist)


def head(flexion=0.0, bend=0.0, twist=0.0) -> Channels:
    """Neck and head."""
    return _part("head", flexion=flexion, bend=bend, twist=twist)


def pelvis(tilt=0.0, lean=0.0, turn=0.0) -> Channels:
    """The pelvis over the legs: tilt is the hinge of a bow."""
    return _part("pelvis", tilt=tilt, lean=lean, turn=turn)


def arm(
    side, flexion=0.0, abduction=0.0, twist=0.0, elbow=0.0, pronation=0.0, wrist=0.0, deviation=0.0
) -> Channels:
    """One arm from shoulder to hand; `side` is "left" or "right"."""
    return (
        _part(f"{side}.shoulder", flexion=flexion, abduction=abduction, twist=twist)
        | _part(f"{side}.elbow", flexion=elbow)
        | _part(f"{side}.forearm", pronation=pronation)
        | _part(f"{side}.wrist", flexion=wrist, deviation=deviation)
    )


def arms(**angles) -> Channels:
    """Both arms alike; arguments as in `arm`."""
    return arm("left", **angles) | arm("right", **angles)


def leg(side, hip=0.0, out=0.0, twist=0.0, knee=0.0, ankle=0.0, free=1.0) -> Channels:
    """A leg led by its angles while `free` is 1; the other leg then carries the body."""
    return (
        _part(f"{side}.hip", flexion=hip, abduction=out, twist=twist)
        | _part(f"{side}.knee", flexion=knee)
        | _part(f"{side}.ankle", flexion=ankle)
        | _part(f"{side}.foot", free=free, load=free)
    )


def root(ahead=0.0, left=0.0, sink=0.0, hop=0.0, turn=0.0) -> Channels:
    """The weight over the feet, the height of the pelvis and the way the body faces."""
    return _part("root", ahead=ahead, left=left, sink=sink, hop=hop, turn=turn)


def foot(side, ahead=0.0, out=0.0, lift=0.0, pitch=0.0, turn=0.0, load=0.0) -> Channels:
    """A foot put somewhere; every foot is home at the cycle's start."""
    return _part(f"{side}.foot", ahead=ahead, out=out, lift=lift, pitch=pitch, turn=turn, load=load)


def step(side, go, back, ahead=0.0, out=0.0, lift=0.1, turn=0.0, pitch=0.0) -> Channels:
    """A step away during `go` = (start, end) and back home during `back`."""
    there = during(*go, *back)
    high = bump(go, back)
    return foot(side, ahead * there, out * there, lift * high, pitch, turn * there, load=high)


def mirrored(movement: Movement) -> Movement:
    """The same movement by a left-hander (paths keep their course)."""
    channels = {}
    for name, curve in movement.channels.items():
        if name.startswith(SIDES):
            side, rest = name.split(".", 1)
            channels[f"{'right' if side == 'left' else 'left'}.{rest}"] = curve
        else:
            turned = name.split(".")[1] in (*SIGNED, "left")
            channels[name] = -curve if turned else curve
    base = movement.base
    if isinstance(base, Gait):  # the left foot still lands first, and the arms go with the legs
        channels = {name: curve.later(0.5) for name, curve in channels.items()}
    else:
        base = replace(base, left_ahead_m=-base.left_ahead_m)
    return replace(movement, channels=channels, base=base)


def _part(part, **curves):
    """Named channels of one part; those that rest are left out."""
    return {
        f"{part}.{name}": as_curve(curve)
        for name, curve in curves.items()
        if isinstance(curve, Curve) or curve != 0
    }
