"""Activities of the torso while both feet stay in place."""

from builders.activities.curves import during, ease, swing
from builders.activities.movement import (
    HANDS_ON_HIPS,
    Movement,
    Stance,
    arm,
    arms,
    head,
    pelvis,
    root,
    trunk,
)
from builders.activities.registry import HANDS_AT_HIPS, HANDS_ON_THIGHS, activity


@activity(5, "bow")
def bow(style):
    """The trunk leans forward with hanging arms and comes back up."""
    down = during(0.1, 0.42, 0.56, 0.9)
    return Movement(
        3.0,
        pelvis(tilt=38 * down)
        | trunk(flexion=20 * down)
        | head(flexion=14 * down)
        | arms(flexion=42 * down, elbow=-8, abduction=-3),
        Stance(width=0.75),
    )


@activity(6, "standing forward bend")
def standing_forward_bend(style):
    """The trunk folds down until the hands are near the feet."""
    down = during(0.06, 0.4, 0.6, 0.94)
    return Movement(
        4.2,
        pelvis(tilt=62 * down)
        | trunk(flexion=58 * down)
        | head(flexion=22 * down)
        | arms(flexion=116 * down, abduction=-6 * down, elbow=-12 * down),
    )


@activity(34, "torso rotation")
def torso_rotation(style):
    """The trunk rotates left and right with the arms held out."""
    return Movement(
        2.2,
        trunk(twist=swing(38))
        | pelvis(turn=swing(13, at=0.03))
        | head(twist=swing(8))
        | arms(abduction=66, flexion=6, twist=2, elbow=98, pronation=20),
        Stance(width=1.6, turnout_deg=6),
        start=(0.17, 0.33),  # the trunk faces forward
    )


@activity(61, "bend torso to side", touches=HANDS_ON_THIGHS)
def bend_torso_to_side(style):
    """The trunk bends to the left and the right alternately, with one arm overhead."""
    left = during(0.02, 0.2, 0.28, 0.47)
    right = left.later(0.5)
    lean = left - right
    return Movement(
        4.4,
        trunk(bend=30 * lean)
        | pelvis(lean=7 * lean)
        | head(bend=10 * lean)
        | arm("right", abduction=5 + 143 * left + 8 * right, elbow=18 * left)
        | arm("left", abduction=5 + 143 * right + 8 * left, elbow=18 * right),
        Stance(width=1.7, turnout_deg=6),
    )


@activity(15, "stand still")
def stand_still(style):
    """The performer stands still, with only natural postural sway."""
    return Movement(4.0, {})


@activity(52, "nodding head")
def nodding_head(style):
    """The head nods while the body stays still."""
    nod = during(0.05, 0.15, 0.75, 0.9)
    return Movement(
        3.4,
        head(flexion=nod * (8 + swing(17, beats=5, at=0.5)))
        | trunk(flexion=ease((0.1, 0), (0.2, 1.5), (0.7, 1.5), (0.9, 0))),
    )


@activity(21, "hip rotation", touches=HANDS_AT_HIPS)
def hip_rotation(style):
    """The hips circle while the hands rest on them."""
    return Movement(
        2.6, circling_hips(0.11, 9) | arms(**HANDS_ON_HIPS), Stance(width=1.7, balance=0)
    )


@activity(22, "hula-hooping")
def hula_hooping(style):
    """The hips circle fast while the arms are raised."""
    lifted = dict(abduction=58, elbow=70, twist=-6, pronation=30)
    return Movement(
        0.82,
        circling_hips(0.065, 6)
        | pelvis(turn=swing(6))
        | arm("left", flexion=20 + swing(4), **lifted)
        | arm("right", flexion=20 + swing(4, at=0.5), **lifted),
        Stance(width=1.25, left_ahead_m=0.16, balance=0),
    )


def circling_hips(radius_m, tip_deg):
    """Channels of a circling pelvis below a stationary chest."""
    ahead, left = swing(1.0), swing(1.0, at=0.25)
    return (
        root(ahead=radius_m * ahead, left=radius_m * left, sink=0.03)
        | {"pelvis.tilt": -tip_deg * ahead, "pelvis.lean": -tip_deg * left}
        | trunk(flexion=-0.6 * tip_deg * ahead, bend=-0.6 * tip_deg * left)
        | head(flexion=1.2 * tip_deg * ahead, bend=1.2 * tip_deg * left)
    )
