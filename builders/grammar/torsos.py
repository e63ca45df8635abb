"""What the torso and the head can do."""

from builders.activities.curves import during, ease, swing
from builders.activities.movement import head, pelvis, root, trunk
from builders.grammar.primitive import by_name
from builders.grammar.primitive import primitive as _primitive

GO = during(0.02, 0.42, 0.55, 0.98)  # there, a moment, and back
BOTH = ease((0.0, 0), (0.22, 1), (0.3, 1), (0.7, -1), (0.78, -1), (1.0, 0))


def torso(name, period_s, **words):
    """Lists the decorated movement as a primitive of the torso."""
    return _primitive(name, "torso", period_s, **words)


def _clear(side, angle):
    """The arm hangs away from a thigh that comes near."""
    return {f"{side}.shoulder.abduction": angle}


def _sign(side):
    return 1.0 if side == "left" else -1.0


TORSOS = by_name(
    torso(
        "still",
        3.0,
        quiet=True,
        says="",
        tells="the torso *stay upright|the trunk *remain still|the upper body hardly *move",
    ),
    torso(
        "lean_forward",
        2.6,
        counts=True,
        uses="hips",
        moves=lambda s, o: pelvis(tilt=16 * GO) | trunk(flexion=20 * GO),
        says="*lean forward|*tip the upper body to the front",
        tells="the torso *lean forward and *come back|the trunk *tip to the front and *rise again",
    ),
    torso(
        "lean_back",
        2.4,
        counts=True,
        moves=lambda s, o: trunk(flexion=-18 * GO) | pelvis(tilt=-6 * GO) | head(flexion=-8 * GO),
        says="*lean back|*tilt the upper body backward",
        tells="the torso *lean back a little and *straighten|"
        "the upper body *tilt backward and *return",
    ),
    torso(
        "bend_aside",
        2.4,
        counts=True,
        moves=lambda s, o: (
            trunk(bend=_sign(s) * 22 * GO) | head(bend=_sign(s) * 8 * GO) | _clear(s, 13 * GO)
        ),
        says="*bend to the {side}|*tilt the upper body to the {side}",
        tells="the torso *bend to the {side} and *come up|"
        "the trunk *tip over to the {side} and *straighten",
    ),
    torso(
        "lean_aside",
        3.0,
        holds=lambda s, o: trunk(bend=_sign(s) * 15) | pelvis(lean=_sign(s) * 3) | _clear(s, 10),
        says="*lean to the {side}|*keep the upper body slanted to the {side}",
        tells="the torso *stay tilted to the {side}|the trunk *lean to the {side} all the while",
    ),
    torso(
        "sway",
        1.8,
        moves=lambda s, o: (
            trunk(bend=swing(13, at=0.25))
            | pelvis(lean=swing(3, at=0.25))
            | _clear(s, 8)
            | _clear(o, 8)
        ),
        says="*sway from side to side|*rock the upper body left and right",
        tells="the torso *sway from side to side|the trunk *swing gently left and right",
    ),
    torso(
        "twist_aside",
        2.2,
        counts=True,
        moves=lambda s, o: trunk(twist=_sign(s) * 34 * GO) | head(twist=_sign(s) * 14 * GO),
        says="*twist to the {side}|*turn the shoulders to the {side}",
        tells="the torso *twist to the {side} and *return|"
        "the trunk *turn to the {side} and *face ahead again",
    ),
    torso(
        "keep_twisted",
        3.0,
        holds=lambda s, o: trunk(twist=_sign(s) * 28),
        says="*keep the chest turned to the {side}|*hold the upper body twisted to the {side}",
        tells="the torso *remain twisted to the {side}|"
        "the chest *point to the {side} the whole time",
    ),
    torso(
        "small_twists",
        1.1,
        moves=lambda s, o: trunk(twist=swing(14, at=0.25)),
        says="*twist the waist in short turns|*wiggle the shoulders",
        tells="the torso *make short quick twists|the trunk *jiggle about its axis",
    ),
    torso(
        "circle_chest",
        2.6,
        moves=lambda s, o: trunk(flexion=swing(13), bend=swing(13, at=0.25)),
        says="*circle the upper body|*move the chest round in circles",
        tells="the torso *move round in a circle|the chest *describe slow circles",
    ),
    torso(
        "rock",
        1.6,
        uses="hips",
        moves=lambda s, o: trunk(flexion=swing(9, at=0.25)) | pelvis(tilt=3 + swing(6, at=0.25)),
        says="*rock back and forth|*sway forward and back",
        tells="the torso *rock forward and back|the trunk *tip to and fro in an even rhythm",
    ),
    torso(
        "arch",
        2.8,
        counts=True,
        moves=lambda s, o: trunk(flexion=-16 * GO) | head(flexion=-26 * GO),
        says="*arch the back|*open the chest and *look up",
        tells="the back *arch and *relax|the chest *open upward and *settle again",
    ),
    torso(
        "hunch",
        3.0,
        holds=lambda s, o: trunk(flexion=26) | head(flexion=14),
        says="*hunch over|*keep the back rounded",
        tells="the torso *stay hunched|the back *remain rounded with the head low",
    ),
    torso(
        "stoop",
        3.0,
        uses="hips",
        holds=lambda s, o: pelvis(tilt=22) | trunk(flexion=16) | head(flexion=-14),
        says="*stoop|*keep the upper body bent forward",
        tells="the torso *stay inclined to the front|the trunk *keep a forward stoop",
    ),
    torso(
        "look_aside",
        2.2,
        counts=True,
        moves=lambda s, o: head(twist=_sign(s) * 52 * GO) | trunk(twist=_sign(s) * 5 * GO),
        says="*look to the {side}|*turn the head to the {side}",
        tells="only the head *turn to the {side} and back|"
        "the trunk *stay put while the head *look to the {side}",
    ),
    torso(
        "look_around",
        3.2,
        moves=lambda s, o: head(twist=50 * BOTH) | trunk(twist=8 * BOTH),
        says="*look around|*turn the head from one side to the other",
        tells="the head *turn left and right above a calm trunk|"
        "the torso barely *follow the searching head",
    ),
    torso(
        "look_up",
        2.4,
        counts=True,
        moves=lambda s, o: head(flexion=-34 * GO) | trunk(flexion=-4 * GO),
        says="*look up|*raise the eyes to the ceiling",
        tells="the head *tilt back and *come down|the trunk *stay quiet while the head *tip back",
    ),
    torso(
        "look_down",
        3.0,
        holds=lambda s, o: head(flexion=32) | trunk(flexion=4),
        says="*look down|*keep the head lowered",
        tells="the head *stay bowed above a straight back|"
        "the torso *keep still with the gaze on the floor",
    ),
    torso(
        "shake_head",
        0.8,
        moves=lambda s, o: head(twist=swing(22, at=0.25)),
        says="*shake the head|*say no with the head",
        tells="the head *shake from side to side|the trunk *keep calm while the head *shake",
    ),
    torso(
        "tilt_head",
        2.0,
        counts=True,
        moves=lambda s, o: head(bend=_sign(s) * 30 * GO),
        says="*tilt the head to the {side}|*lay the head on the {side} shoulder",
        tells="the head *tip toward the {side} shoulder and *rise|"
        "only the neck *bend to the {side}",
    ),
    torso(
        "big_nod",
        2.0,
        counts=True,
        moves=lambda s, o: head(flexion=30 * GO) | trunk(flexion=12 * GO),
        says="*nod deeply|*dip the head and the shoulders",
        tells="the head and the shoulders +dip and +come up|"
        "the upper back *nod along with the head",
    ),
    torso(
        "hip_sway",
        1.5,
        uses="hips balance",
        moves=lambda s, o: (
            root(left=swing(0.05, at=0.25))
            | pelvis(lean=swing(-6, at=0.25))
            | trunk(bend=swing(6, at=0.25))
        ),
        says="*sway the hips|*swing the hips from side to side",
        tells="the hips +swing left and right under a level chest|"
        "the waist *sway from side to side",
    ),
    torso(
        "hip_push",
        1.4,
        uses="hips balance",
        moves=lambda s, o: pelvis(tilt=swing(-9, at=0.25)) | trunk(flexion=swing(7, at=0.25)),
        says="*push the hips forward and back|*tip the pelvis to and fro",
        tells="the pelvis *tip forward and back|"
        "the lower trunk *swing to and fro while the head *stay level",
    ),
    torso(
        "breathe",
        3.4,
        moves=lambda s, o: (
            trunk(flexion=-6 * GO)
            | head(flexion=-5 * GO)
            | {f"{side}.collar.lift": 9 * GO for side in ("left", "right")}
        ),
        says="*breathe deeply|*take deep breaths",
        tells="the chest *rise and *sink with deep breaths|the torso *swell and *settle slowly",
    ),
    torso(
        "shoulder_dip",
        1.7,
        moves=lambda s, o: trunk(bend=_sign(s) * (5 + swing(9, at=0.25)), twist=swing(8)),
        says="*dip the {side} shoulder in a rhythm|*roll the upper body on the {side}",
        tells="the {side} side of the torso *dip again and again|"
        "the trunk *roll with the {side} shoulder going down",
    ),
    torso(
        "figure_eight",
        2.6,
        moves=lambda s, o: trunk(bend=swing(12, at=0.25), twist=swing(14, beats=2, at=0.25)),
        says="*wind the upper body in a figure of eight|*weave with the shoulders",
        tells="the torso *weave in a figure of eight|the shoulders +wind left and right in loops",
    ),
    torso(
        "flinch",
        1.8,
        counts=True,
        moves=lambda s, o: trunk(
            flexion=ease((0.02, 0), (0.2, -17), (0.34, -17), (0.8, 0)),
            twist=_sign(s) * ease((0.02, 0), (0.2, 10), (0.34, 10), (0.8, 0)),
        ),
        says="*flinch|*jerk the upper body back",
        tells="the torso *jerk back and slowly *return|the trunk *flinch away to the rear",
    ),
    torso(
        "duck",
        2.0,
        counts=True,
        uses="hips feet",
        moves=lambda s, o: (
            trunk(flexion=24 * GO)
            | head(flexion=16 * GO)
            | root(sink=0.12 * GO)
            | pelvis(tilt=10 * GO)
        ),
        says="*duck|*dip under something",
        tells="the torso *duck and *come up|the trunk *curl down and *straighten again",
    ),
)
