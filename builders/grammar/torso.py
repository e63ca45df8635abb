"""Torso and head movements of the grammar."""

from builders.activities.curves import during, ease, swing
from builders.activities.movement import head, pelvis, root, trunk
from builders.grammar.primitive import by_name, primitive

GO = during(0.02, 0.42, 0.55, 0.98)  # curve that moves out, pauses briefly, and moves back
BOTH = ease((0.0, 0), (0.22, 1), (0.3, 1), (0.7, -1), (0.78, -1), (1.0, 0))


def _arm_away(side, angle):
    """Move the hanging arm outward, away from the approaching thigh."""
    return {f"{side}.shoulder.abduction": angle}


def _sign(side):
    """Sign of a side: 1 for left, -1 for right."""
    return 1.0 if side == "left" else -1.0


TORSOS = by_name(
    primitive(
        "still",
        3.0,
        verb_phrases="",
        clauses="the torso *stay upright|the trunk *remain still|the upper body hardly *move",
    ),
    primitive(
        "lean_forward",
        2.6,
        countable=True,
        uses="hips",
        moves=lambda s, o: pelvis(tilt=16 * GO) | trunk(flexion=20 * GO),
        verb_phrases="*lean forward|*tip the upper body to the front",
        clauses="the torso *lean forward and *come back|"
        "the trunk *tip to the front and *rise again",
    ),
    primitive(
        "lean_back",
        2.4,
        countable=True,
        moves=lambda s, o: trunk(flexion=-18 * GO) | pelvis(tilt=-6 * GO) | head(flexion=-8 * GO),
        verb_phrases="*lean back|*tilt the upper body backward",
        clauses="the torso *lean back a little and *straighten|"
        "the upper body *tilt backward and *return",
    ),
    primitive(
        "bend_aside",
        2.4,
        countable=True,
        moves=lambda s, o: (
            trunk(bend=_sign(s) * 22 * GO) | head(bend=_sign(s) * 8 * GO) | _arm_away(s, 13 * GO)
        ),
        verb_phrases="*bend to the {side}|*tilt the upper body to the {side}",
        clauses="the torso *bend to the {side} and *come up|"
        "the trunk *tip over to the {side} and *straighten",
    ),
    primitive(
        "lean_aside",
        3.0,
        holds=lambda s, o: trunk(bend=_sign(s) * 15) | pelvis(lean=_sign(s) * 3) | _arm_away(s, 10),
        verb_phrases="*lean to the {side}|*keep the upper body slanted to the {side}",
        clauses="the torso *stay tilted to the {side}|the trunk *lean to the {side} all the while",
    ),
    primitive(
        "sway",
        1.8,
        moves=lambda s, o: (
            trunk(bend=swing(13, at=0.25))
            | pelvis(lean=swing(3, at=0.25))
            | _arm_away(s, 8)
            | _arm_away(o, 8)
        ),
        verb_phrases="*sway from side to side|*rock the upper body left and right",
        clauses="the torso *sway from side to side|the trunk *swing gently left and right",
    ),
    primitive(
        "twist_aside",
        2.2,
        countable=True,
        moves=lambda s, o: trunk(twist=_sign(s) * 34 * GO) | head(twist=_sign(s) * 14 * GO),
        verb_phrases="*twist to the {side}|*turn the shoulders to the {side}",
        clauses="the torso *twist to the {side} and *return|"
        "the trunk *turn to the {side} and *face ahead again",
    ),
    primitive(
        "keep_twisted",
        3.0,
        holds=lambda s, o: trunk(twist=_sign(s) * 28),
        verb_phrases="*keep the chest turned to the {side}|"
        "*hold the upper body twisted to the {side}",
        clauses="the torso *remain twisted to the {side}|"
        "the chest *point to the {side} the whole time",
    ),
    primitive(
        "small_twists",
        1.1,
        moves=lambda s, o: trunk(twist=swing(14, at=0.25)),
        verb_phrases="*twist the waist in short turns|*wiggle the shoulders",
        clauses="the torso *make short quick twists|the trunk *jiggle about its axis",
    ),
    primitive(
        "circle_chest",
        2.6,
        moves=lambda s, o: trunk(flexion=swing(13), bend=swing(13, at=0.25)),
        verb_phrases="*circle the upper body|*move the chest round in circles",
        clauses="the torso *move round in a circle|the chest *describe slow circles",
    ),
    primitive(
        "rock",
        1.6,
        uses="hips",
        moves=lambda s, o: trunk(flexion=swing(9, at=0.25)) | pelvis(tilt=3 + swing(6, at=0.25)),
        verb_phrases="*rock back and forth|*sway forward and back",
        clauses="the torso *rock forward and back|the trunk *tip to and fro in an even rhythm",
    ),
    primitive(
        "arch",
        2.8,
        countable=True,
        moves=lambda s, o: trunk(flexion=-16 * GO) | head(flexion=-26 * GO),
        verb_phrases="*arch the back|*open the chest and *look up",
        clauses="the back *arch and *relax|the chest *open upward and *settle again",
    ),
    primitive(
        "hunch",
        3.0,
        holds=lambda s, o: trunk(flexion=26) | head(flexion=14),
        verb_phrases="*hunch over|*keep the back rounded",
        clauses="the torso *stay hunched|the back *remain rounded with the head low",
    ),
    primitive(
        "stoop",
        3.0,
        uses="hips",
        holds=lambda s, o: pelvis(tilt=22) | trunk(flexion=16) | head(flexion=-14),
        verb_phrases="*stoop|*keep the upper body bent forward",
        clauses="the torso *stay inclined to the front|the trunk *keep a forward stoop",
    ),
    primitive(
        "look_aside",
        2.2,
        countable=True,
        moves=lambda s, o: head(twist=_sign(s) * 52 * GO) | trunk(twist=_sign(s) * 5 * GO),
        verb_phrases="*look to the {side}|*turn the head to the {side}",
        clauses="only the head *turn to the {side} and back|"
        "the trunk *stay put while the head *look to the {side}",
    ),
    primitive(
        "look_around",
        3.2,
        moves=lambda s, o: head(twist=50 * BOTH) | trunk(twist=8 * BOTH),
        verb_phrases="*look around|*turn the head from one side to the other",
        clauses="the head *turn left and right above a calm trunk|"
        "the torso barely *follow the searching head",
    ),
    primitive(
        "look_up",
        2.4,
        countable=True,
        moves=lambda s, o: head(flexion=-34 * GO) | trunk(flexion=-4 * GO),
        verb_phrases="*look up|*raise the eyes to the ceiling",
        clauses="the head *tilt back and *come down|the trunk *stay quiet while the head *tip back",
    ),
    primitive(
        "look_down",
        3.0,
        holds=lambda s, o: head(flexion=32) | trunk(flexion=4),
        verb_phrases="*look down|*keep the head lowered",
        clauses="the head *stay bowed above a straight back|"
        "the torso *keep still with the gaze on the floor",
    ),
    primitive(
        "shake_head",
        0.8,
        moves=lambda s, o: head(twist=swing(22, at=0.25)),
        verb_phrases="*shake the head|*say no with the head",
        clauses="the head *shake from side to side|the trunk *keep calm while the head *shake",
    ),
    primitive(
        "tilt_head",
        2.0,
        countable=True,
        moves=lambda s, o: head(bend=_sign(s) * 30 * GO),
        verb_phrases="*tilt the head to the {side}|*lay the head on the {side} shoulder",
        clauses="the head *tip toward the {side} shoulder and *rise|"
        "only the neck *bend to the {side}",
    ),
    primitive(
        "big_nod",
        2.0,
        countable=True,
        moves=lambda s, o: head(flexion=30 * GO) | trunk(flexion=12 * GO),
        verb_phrases="*nod deeply|*dip the head and the shoulders",
        clauses="the head and the shoulders +dip and +come up|"
        "the upper back *nod along with the head",
    ),
    primitive(
        "hip_sway",
        1.5,
        uses="hips balance",
        moves=lambda s, o: (
            root(left=swing(0.05, at=0.25))
            | pelvis(lean=swing(-6, at=0.25))
            | trunk(bend=swing(6, at=0.25))
        ),
        verb_phrases="*sway the hips|*swing the hips from side to side",
        clauses="the hips +swing left and right under a level chest|"
        "the waist *sway from side to side",
    ),
    primitive(
        "hip_push",
        1.4,
        uses="hips balance",
        moves=lambda s, o: pelvis(tilt=swing(-9, at=0.25)) | trunk(flexion=swing(7, at=0.25)),
        verb_phrases="*push the hips forward and back|*tip the pelvis to and fro",
        clauses="the pelvis *tip forward and back|"
        "the lower trunk *swing to and fro while the head *stay level",
    ),
    primitive(
        "breathe",
        3.4,
        moves=lambda s, o: (
            trunk(flexion=-6 * GO)
            | head(flexion=-5 * GO)
            | {f"{side}.collar.lift": 9 * GO for side in ("left", "right")}
        ),
        verb_phrases="*breathe deeply|*take deep breaths",
        clauses="the chest *rise and *sink with deep breaths|the torso *swell and *settle slowly",
    ),
    primitive(
        "shoulder_dip",
        1.7,
        moves=lambda s, o: trunk(bend=_sign(s) * (5 + swing(9, at=0.25)), twist=swing(8)),
        verb_phrases="*dip the {side} shoulder in a rhythm|*roll the upper body on the {side}",
        clauses="the {side} side of the torso *dip again and again|"
        "the trunk *roll with the {side} shoulder going down",
    ),
    primitive(
        "figure_eight",
        2.6,
        moves=lambda s, o: trunk(bend=swing(12, at=0.25), twist=swing(14, beats=2, at=0.25)),
        verb_phrases="*wind the upper body in a figure of eight|*weave with the shoulders",
        clauses="the torso *weave in a figure of eight|the shoulders +wind left and right in loops",
    ),
    primitive(
        "flinch",
        1.8,
        countable=True,
        moves=lambda s, o: trunk(
            flexion=ease((0.02, 0), (0.2, -17), (0.34, -17), (0.8, 0)),
            twist=_sign(s) * ease((0.02, 0), (0.2, 10), (0.34, 10), (0.8, 0)),
        ),
        verb_phrases="*flinch|*jerk the upper body back",
        clauses="the torso *jerk back and slowly *return|the trunk *flinch away to the rear",
    ),
    primitive(
        "duck",
        2.0,
        countable=True,
        uses="hips feet",
        moves=lambda s, o: (
            trunk(flexion=24 * GO)
            | head(flexion=16 * GO)
            | root(sink=0.12 * GO)
            | pelvis(tilt=10 * GO)
        ),
        verb_phrases="*duck|*dip under something",
        clauses="the torso *duck and *come up|the trunk *curl down and *straighten again",
    ),
)
