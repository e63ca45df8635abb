"""Leg movements of the grammar for a standing body."""

from builders.activities.curves import bump, during, ease, swing
from builders.activities.jumps import hops
from builders.activities.movement import foot, leg, pelvis, root
from builders.grammar.primitive import by_name, primitive

GO = during(0.06, 0.42, 0.56, 0.94)
UP = during(0.05, 0.18, 0.8, 0.95)  # curve that is 1 while the foot is off the floor


def _arm_away(side):
    """Move the hanging arm outward, away from the lifted thigh."""
    return {f"{side}.shoulder.abduction": 9 * UP}


def _tap(**displacement):
    """Move the foot on the phrase's side away and back, close to the floor."""
    return lambda s, o: foot(
        s,
        lift=0.05 * bump((0.05, 0.4), (0.55, 0.92)),
        load=bump((0.05, 0.4), (0.55, 0.92)),
        **{name: size * during(0.05, 0.4, 0.55, 0.92) for name, size in displacement.items()},
    )


LEGS = by_name(
    primitive(
        "stand",
        3.0,
        verb_phrases="",
        clauses="the legs +stand still|"
        "both feet +stay on the floor|"
        "the legs simply +carry the body",
    ),
    primitive(
        "soft_knees",
        1.0,
        uses="feet",
        moves=lambda s, o: root(sink=0.04 - swing(0.04)),
        verb_phrases="*bounce in the knees|*bob up and down",
        clauses="the knees +give and +stretch softly|both knees +bounce in an easy rhythm",
    ),
    primitive(
        "half_squat",
        3.0,
        uses="feet hips",
        holds=lambda s, o: root(sink=0.2) | pelvis(tilt=14),
        verb_phrases="*stand with bent knees|*stay in a half squat",
        clauses="both knees +stay half bent|the legs +remain bent as on an invisible stool",
    ),
    primitive(
        "dip",
        2.4,
        uses="feet hips",
        countable=True,
        moves=lambda s, o: root(sink=0.2 * GO) | pelvis(tilt=12 * GO),
        verb_phrases="*bend the knees|*sink a little in the knees",
        clauses="both knees +bend halfway and +straighten|the legs +sink and +stretch again",
    ),
    primitive(
        "heel_raise",
        2.0,
        uses="feet balance",
        countable=True,
        moves=lambda s, o: (
            foot(s, pitch=26 * GO) | foot(o, pitch=26 * GO) | root(ahead=0.06 * GO, sink=-0.05 * GO)
        ),
        verb_phrases="*rise on the toes|*lift both heels",
        clauses="both heels +rise from the floor and +sink|"
        "the legs +stretch up onto the toes and +come down",
    ),
    primitive(
        "shift_weight",
        2.2,
        uses="feet balance",
        moves=lambda s, o: root(left=swing(0.07, at=0.25)) | pelvis(lean=swing(2, at=0.25)),
        verb_phrases="*shift the weight from foot to foot|*rock from one leg to the other",
        clauses="the weight *go from one leg to the other|the legs +take the load in turn",
    ),
    primitive(
        "tap_front",
        1.5,
        uses="feet balance",
        countable=True,
        moves=_tap(ahead=0.24),
        verb_phrases="*tap the {side} foot to the front|*put the {side} foot forward and back",
        clauses="the {side} foot *tap the floor in front and *return|"
        "the {side} leg *reach forward for a tap",
    ),
    primitive(
        "tap_side",
        1.5,
        uses="feet balance",
        countable=True,
        moves=_tap(out=0.26),
        verb_phrases="*tap the {side} foot to the side|*put the {side} foot out and back",
        clauses="the {side} foot *tap the floor at the side and *return|"
        "the {side} leg *open sideways and *close",
    ),
    primitive(
        "tap_behind",
        1.6,
        uses="feet balance",
        countable=True,
        moves=_tap(ahead=-0.24),
        verb_phrases="*tap the {side} foot behind|*set the {side} foot back and *bring it home",
        clauses="the {side} foot *tap the floor behind and *return|"
        "the {side} leg *reach backward for a tap",
    ),
    primitive(
        "step_touch",
        2.2,
        uses="feet balance",
        moves=lambda s, o: (
            root(left=swing(0.06, at=0.25))
            | foot(s, lift=0.07 * bump((0.05, 0.45)), load=bump((0.05, 0.45)))
            | foot(o, lift=0.07 * bump((0.55, 0.95)), load=bump((0.55, 0.95)))
        ),
        verb_phrases="*lift the feet in turn|*pick up one foot and then the other",
        clauses="the feet +leave the floor in turn and +come back|"
        "one foot after the other *lift lightly",
    ),
    primitive(
        "knee_lift",
        2.2,
        uses="feet balance",
        countable=True,
        moves=lambda s, o: leg(s, hip=58 * GO, knee=16 + 62 * GO, free=UP) | _arm_away(s),
        verb_phrases="*draw up the {side} knee|*lift the {side} knee in front",
        clauses="the {side} knee *come up in front and *go down|"
        "the {side} leg *bend upward while the {other} one *stand",
    ),
    primitive(
        "curl_heel",
        1.8,
        uses="feet balance",
        countable=True,
        moves=lambda s, o: leg(s, hip=2 * GO, knee=16 + 74 * GO, free=UP) | _arm_away(s),
        verb_phrases="*curl the {side} heel up behind|*bring the {side} heel to the seat",
        clauses="the {side} heel *rise behind and *sink|"
        "the {side} shin *fold to the rear while the {other} leg *stand",
    ),
    primitive(
        "swing_leg",
        1.6,
        uses="feet balance",
        moves=lambda s, o: leg(
            s, hip=UP * (8 + swing(20, at=0.25)), out=6 * UP, knee=16 * UP, free=UP
        ),
        verb_phrases="*swing the {side} leg to and fro|*let the {side} leg dangle forward and back",
        clauses="the {side} leg *swing to and fro like a pendulum|"
        "the {side} foot *sweep forward and back above the floor",
    ),
    primitive(
        "circle_foot",
        2.2,
        uses="feet balance",
        moves=lambda s, o: leg(
            s, hip=UP * (20 + swing(13)), out=UP * (10 + swing(11, at=0.25)), knee=20 * UP, free=UP
        ),
        verb_phrases="*draw a ring with the {side} foot|*circle the {side} leg",
        clauses="the {side} leg *circle in front|the {side} foot *draw a ring above the floor",
    ),
    primitive(
        "stand_on_one",
        3.6,
        uses="feet balance",
        moves=lambda s, o: leg(s, hip=30 * UP, knee=16 + 44 * UP, free=UP) | _arm_away(s),
        verb_phrases="*balance on the {other} leg|*stand on the {other} foot",
        clauses="the {other} leg *carry everything while the {side} foot *hover|"
        "the {side} foot *stay off the floor",
    ),
    primitive(
        "stamp",
        1.2,
        uses="feet balance",
        countable=True,
        moves=lambda s, o: foot(
            s, lift=ease((0.05, 0), (0.45, 0.16), (0.68, 0)), load=bump((0.05, 0.68))
        ),
        verb_phrases="*stamp with the {side} foot|*stomp the {side} foot",
        clauses="the {side} foot *rise and *stamp on the floor|"
        "the {side} leg *stamp while the {other} one *stand firm",
    ),
    primitive(
        "cross_over",
        2.0,
        uses="feet balance",
        countable=True,
        moves=lambda s, o: foot(
            s,
            ahead=0.2 * GO,
            out=-0.26 * GO,
            lift=0.06 * bump((0.06, 0.42), (0.56, 0.94)),
            load=bump((0.06, 0.42), (0.56, 0.94)),
        ),
        verb_phrases="*cross the {side} foot over the {other} one|"
        "*put the {side} foot across in front",
        clauses="the {side} foot *cross over in front and *go home|"
        "the {side} leg *pass in front of the {other} one and *return",
    ),
    primitive(
        "turn_out",
        1.8,
        uses="feet",
        countable=True,
        moves=lambda s, o: foot(s, turn=32 * GO, pitch=-7 * GO),
        verb_phrases="*turn out the {side} toes|*pivot the {side} foot on its heel",
        clauses="the {side} foot *turn outward on its heel and back|"
        "the {side} toes +swing out and in",
    ),
    primitive(
        "wide_rock",
        2.6,
        uses="feet balance",
        moves=lambda s, o: root(left=swing(0.09, at=0.25), sink=0.05 - swing(0.05, beats=2)),
        verb_phrases="*rock low from leg to leg|*swing the weight over bending knees",
        clauses="the knees +bend in turn as the weight *swing across|"
        "one knee *give and then the other",
    ),
    primitive(
        "hop_lightly",
        1.1,
        uses="feet balance hips",
        moves=lambda s, o: hops((0.35,), 0.05, 1.1, dip_m=0.04, point_deg=18, rest=False),
        verb_phrases="*hop lightly|*hop with both feet",
        clauses="both feet +hop up and +land together|the legs +spring off the floor in small hops",
    ),
)
