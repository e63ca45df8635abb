"""Movements: curves over one cycle for a performer's joint angles, feet and root.

An activity is a `Movement`: a period and a dictionary of channels, combined with `|`:

    down = during(0.05, 0.4, 0.55, 0.95)
    Movement(2.6, trunk(flexion=25 * down) | arms(flexion=80 * down) | root(sink=0.45 * down))

Omitted channels keep the performer's habitual posture; specified angles are added to this posture.
Movements are written for a right-handed performer; `mirrored` gives the left-handed version. The
sign conventions are in `joint_angles.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from builders.activities.curves import Curve, as_curve, bump, during
from builders.activities.joint_angles import MIDLINE, RANGE_DEG, SIGNED
from builders.activities.skeleton import SIDES

Channels = dict[str, Curve]

# Lengths are in metres unless stated otherwise; foot positions are relative to the home position.
PLACE_CHANNELS = {
    "root.ahead": "centre of mass ahead of the middle of the feet",
    "root.left": "centre of mass left of the middle of the feet",
    "root.sink": "pelvis below standing height [leg lengths]",
    "root.hop": "pelvis above standing height [g times cycle length squared]",
    "root.turn": "direction the body faces, to the left; the feet must step along [degrees]",
    "foot.ahead": "foot ahead of its home position",
    "foot.out": "foot outward of its home position",
    "foot.lift": "sole above the floor",
    "foot.pitch": "about the ball, heel up; negative: about the heel, toes up [degrees]",
    "foot.turn": "toes outward [degrees]",
    "foot.free": "0: the foot position is given; 1: it follows from the joint angles of the leg",
    "foot.load": "share of the load taken off the foot",
}
# Arm angles for hands on the hips, as arguments of `arms`.
HANDS_ON_HIPS = dict(abduction=34, flexion=-18, twist=32, elbow=82, wrist=25)


@dataclass(frozen=True, kw_only=True)
class Stance:
    """Home position of standing feet.

    Attributes:
        width: distance between the ankles, relative to the performer's standing width.
        turnout_deg: angle added to the performer's toe-out angle.
        left_ahead_m: forward distance from the right to the left foot; each foot moves by half.
        balance: 1 to keep the centre of mass above the feet, 0 to keep the pelvis above the feet.
    """

    width: float = 1.0
    turnout_deg: float = 0.0
    left_ahead_m: float = 0.0
    balance: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Gait:
    """Gait along a path; a cycle consists of two steps and starts with the left heel strike.

    Attributes:
        path: function from times [s] to positions [time, 2] [m] and headings [time] [rad].
        duty: fraction of the cycle during which a foot is on the floor; below 0.5, the gait
            has flight phases.
        roll: amount of heel-to-toe roll: 1 for normal walking, 0 for a flat foot.
        lift_m: additional height of the swinging foot.
        trail_m: backward displacement of the swinging foot (negative: forward).
        sink: lowering of the pelvis below standing height [leg lengths].
        width: distance between the ankles, relative to the performer's standing width.
        sway_m: sideways motion of the pelvis towards the standing foot.
        droop_deg: additional plantar flexion in mid-swing.
        heel_strike: 1 to land with the toes up, 0 to land with a flat foot.
        rests: whether the feet rest while the path position is constant; if False, the feet step
            on the spot.
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
    """A periodic movement of the whole body.

    Attributes:
        period_s: length of one cycle at tempo 1.
        channels: curve of each moving channel.
        base: `Stance` for standing feet or `Gait` for stepping feet.
        start: range of phases at which a clip may start, (earliest, latest), in cycles.
        handed: whether a left-handed performer mirrors the movement.
        cycles: number of cycles in one complete performance.
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
            raise ValueError(
                f"unknown channel {unknown[0]!r}; see joint_angles.py and movement.py for the names"
            )


def all_channels() -> list[str]:
    """Names of all channels, in a fixed order."""
    names = [*RANGE_DEG, *PLACE_CHANNELS]
    central = [n for n in names if n.startswith((*MIDLINE, "root"))]
    return central + [f"{side}.{n}" for side in SIDES for n in names if n not in central]


def trunk(flexion=0.0, bend=0.0, twist=0.0) -> Channels:
    """Channels of the spine, from pelvis to chest."""
    return _part("trunk", flexion=flexion, bend=bend, twist=twist)


def head(flexion=0.0, bend=0.0, twist=0.0) -> Channels:
    """Channels of neck and head."""
    return _part("head", flexion=flexion, bend=bend, twist=twist)


def pelvis(tilt=0.0, lean=0.0, turn=0.0) -> Channels:
    """Channels of the pelvis relative to the legs; tilt bends the body at the hips."""
    return _part("pelvis", tilt=tilt, lean=lean, turn=turn)


def arm(
    side, flexion=0.0, abduction=0.0, twist=0.0, elbow=0.0, pronation=0.0, wrist=0.0, deviation=0.0
) -> Channels:
    """Channels of one arm from shoulder to hand; `side` is "left" or "right"."""
    return (
        _part(f"{side}.shoulder", flexion=flexion, abduction=abduction, twist=twist)
        | _part(f"{side}.elbow", flexion=elbow)
        | _part(f"{side}.forearm", pronation=pronation)
        | _part(f"{side}.wrist", flexion=wrist, deviation=deviation)
    )


def arms(**angles) -> Channels:
    """Channels of both arms, which follow the same curves; the arguments are those of `arm`."""
    return arm("left", **angles) | arm("right", **angles)


def leg(side, hip=0.0, out=0.0, twist=0.0, knee=0.0, ankle=0.0, free=1.0) -> Channels:
    """Channels of a leg; while `free` is 1, the leg follows its joint angles and is unloaded."""
    return (
        _part(f"{side}.hip", flexion=hip, abduction=out, twist=twist)
        | _part(f"{side}.knee", flexion=knee)
        | _part(f"{side}.ankle", flexion=ankle)
        | _part(f"{side}.foot", free=free, load=free)
    )


def root(ahead=0.0, left=0.0, sink=0.0, hop=0.0, turn=0.0) -> Channels:
    """Channels of the body relative to the feet: centre of mass, pelvis height and direction."""
    return _part("root", ahead=ahead, left=left, sink=sink, hop=hop, turn=turn)


def foot(side, ahead=0.0, out=0.0, lift=0.0, pitch=0.0, turn=0.0, load=0.0) -> Channels:
    """Channels of a placed foot, which is in its home position at the start of each cycle."""
    return _part(f"{side}.foot", ahead=ahead, out=out, lift=lift, pitch=pitch, turn=turn, load=load)


def step(side, go, back, ahead=0.0, out=0.0, lift=0.1, turn=0.0, pitch=0.0) -> Channels:
    """Channels of a step away from home during `go` = (start, end), and back during `back`."""
    away = during(*go, *back)
    raised = bump(go, back)
    return foot(side, ahead * away, out * away, lift * raised, pitch, turn * away, load=raised)


def mirrored(movement: Movement) -> Movement:
    """Mirror a movement left to right, except for the walking path."""
    channels = {}
    for name, curve in movement.channels.items():
        if name.startswith(SIDES):
            side, rest = name.split(".", 1)
            channels[f"{'right' if side == 'left' else 'left'}.{rest}"] = curve
        else:
            flips = name.split(".")[1] in (*SIGNED, "left")
            channels[name] = -curve if flips else curve
    base = movement.base
    if isinstance(base, Gait):  # shift by half a cycle: the left foot still lands first
        channels = {name: curve.later(0.5) for name, curve in channels.items()}
    else:
        base = replace(base, left_ahead_m=-base.left_ahead_m)
    return replace(movement, channels=channels, base=base)


def _part(part, **curves):
    """Named channels of one body part, omitting zero channels."""
    return {
        f"{part}.{name}": as_curve(curve)
        for name, curve in curves.items()
        if isinstance(curve, Curve) or curve != 0
    }
