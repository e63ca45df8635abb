"""What the legs can do where the body stands."""

from builders.activities.curves import bump, during, ease, swing
from builders.activities.jumps import hops
from builders.activities.movement import foot, leg, pelvis, root
from builders.grammar.primitive import by_name
from builders.grammar.primitive import primitive as _primitive

GO = during(0.06, 0.42, 0.56, 0.94)
UP = during(0.05, 0.18, 0.8, 0.95)  # the foot is off the floor


def _clear(side):
    """The arm hangs away from a thigh that is lifted."""
    return {f"{side}.shoulder.abduction": 9 * UP}


def legs(name, period_s, uses="feet", **words):
    """Lists the decorated movement as a primitive of the legs."""
    return _primitive(name, "legs", period_s, uses=uses, **words)


def _tap(**way):
    """The foot goes somewhere, low, and comes back."""
    return lambda s, o: foot(
        s,
        lift=0.05 * bump((0.05, 0.4), (0.55, 0.92)),
        load=bump((0.05, 0.4), (0.55, 0.92)),
        **{name: size * during(0.05, 0.4, 0.55, 0.92) for name, size in way.items()},
    )


LEGS = by_name(
    legs(
        "stand",
        3.0,
        uses="",
        quiet=True,
        says="",
        tells="the legs +stand still|both feet +stay on the floor|the legs simply +carry the body",
    ),
    legs(
        "soft_knees",
        1.0,
        moves=lambda s, o: root(sink=0.04 - swing(0.04)),
        says="*bounce in the knees|*bob up and down",
        tells="the knees +give and +stretch softly|both knees +bounce in an easy rhythm",
    ),
    legs(
        "half_squat",
        3.0,
        uses="feet hips",
        holds=lambda s, o: root(sink=0.2) | pelvis(tilt=14),
        says="*stand with bent knees|*stay in a half squat",
        tells="both knees +stay half bent|the legs +remain bent as on an invisible stool",
    ),
    legs(
        "dip",
        2.4,
        uses="feet hips",
        counts=True,
        moves=lambda s, o: root(sink=0.2 * GO) | pelvis(tilt=12 * GO),
        says="*bend the knees|*sink a little in the knees",
        tells="both knees +bend halfway and +straighten|the legs +sink and +stretch again",
    ),
    legs(
        "heel_raise",
        2.0,
        uses="feet balance",
        counts=True,
        moves=lambda s, o: (
            foot(s, pitch=26 * GO) | foot(o, pitch=26 * GO) | root(ahead=0.06 * GO, sink=-0.05 * GO)
        ),
        says="*rise on the toes|*lift both heels",
        tells="both heels +rise from the floor and +sink|"
        "the legs +stretch up onto the toes and +come down",
    ),
    legs(
        "shift_weight",
        2.2,
        uses="feet balance",
        moves=lambda s, o: root(left=swing(0.07, at=0.25)) | pelvis(lean=swing(2, at=0.25)),
        says="*shift the weight from foot to foot|*rock from one leg to the other",
        tells="the weight *go from one leg to the other|the legs +take the load in turn",
    ),
    legs(
        "tap_front",
        1.5,
        uses="feet balance",
        counts=True,
        moves=_tap(ahead=0.24),
        says="*tap the {side} foot to the front|*put the {side} foot forward and back",
        tells="the {side} foot *tap the floor in front and *return|"
        "the {side} leg *reach forward for a tap",
    ),
    legs(
        "tap_side",
        1.5,
        uses="feet balance",
        counts=True,
        moves=_tap(out=0.26),
        says="*tap the {side} foot to the side|*put the {side} foot out and back",
        tells="the {side} foot *tap the floor at the side and *return|"
        "the {side} leg *open sideways and *close",
    ),
    legs(
        "tap_behind",
        1.6,
        uses="feet balance",
        counts=True,
        moves=_tap(ahead=-0.24),
        says="*tap the {side} foot behind|*set the {side} foot back and *bring it home",
        tells="the {side} foot *tap the floor behind and *return|"
        "the {side} leg *reach backward for a tap",
    ),
    legs(
        "step_touch",
        2.2,
        uses="feet balance",
        moves=lambda s, o: (
            root(left=swing(0.06, at=0.25))
            | foot(s, lift=0.07 * bump((0.05, 0.45)), load=bump((0.05, 0.45)))
            | foot(o, lift=0.07 * bump((0.55, 0.95)), load=bump((0.55, 0.95)))
        ),
        says="*lift the feet in turn|*pick up one foot and then the other",
        tells="the feet +leave the floor in turn and +come back|"
        "one foot after the other *lift lightly",
    ),
    legs(
        "knee_lift",
        2.2,
        uses="feet balance",
        counts=True,
        moves=lambda s, o: leg(s, hip=58 * GO, knee=16 + 62 * GO, free=UP) | _clear(s),
        says="*draw up the {side} knee|*lift the {side} knee in front",
        tells="the {side} knee *come up in front and *go down|"
        "the {side} leg *bend upward while the {other} one *stand",
    ),
    legs(
        "curl_heel",
        1.8,
        uses="feet balance",
        counts=True,
        moves=lambda s, o: leg(s, hip=2 * GO, knee=16 + 74 * GO, free=UP) | _clear(s),
        says="*curl the {side} heel up behind|*bring the {side} heel to the seat",
        tells="the {side} heel *rise behind and *sink|"
        "the {side} shin *fold to the rear while the {other} leg *stand",
    ),
    legs(
        "swing_leg",
        1.6,
        uses="feet balance",
        moves=lambda s, o: leg(
            s, hip=UP * (8 + swing(20, at=0.25)), out=6 * UP, knee=16 * UP, free=UP
        ),
        says="*swing the {side} leg to and fro|*let the {side} leg dangle forward and back",
        tells="the {side} leg *swing to and fro like a pendulum|"
        "the {side} foot *sweep forward and back above the floor",
    ),
    legs(
        "circle_foot",
        2.2,
        uses="feet balance",
        moves=lambda s, o: leg(
            s, hip=UP * (20 + swing(13)), out=UP * (10 + swing(11, at=0.25)), knee=20 * UP, free=UP
        ),
        says="*draw a ring with the {side} foot|*circle the {side} leg",
        tells="the {side} leg *circle in front|the {side} foot *draw a ring above the floor",
    ),
    legs(
        "stand_on_one",
        3.6,
        uses="feet balance",
        moves=lambda s, o: (
            leg(s, hip=30 * UP, knee=16 + 44 * UP, free=UP) | _clear(s) | _clear(s) | _clear(s)
        ),
        says="*balance on the {other} leg|*stand on the {other} foot",
        tells="the {other} leg *carry everything while the {side} foot *hover|"
        "the {side} foot *stay off the floor",
    ),
    legs(
        "stamp",
        1.2,
        uses="feet balance",
        counts=True,
        moves=lambda s, o: foot(
            s, lift=ease((0.05, 0), (0.45, 0.16), (0.68, 0)), load=bump((0.05, 0.68))
        ),
        says="*stamp with the {side} foot|*stomp the {side} foot",
        tells="the {side} foot *rise and *stamp on the floor|"
        "the {side} leg *stamp while the {other} one *stand firm",
    ),
    legs(
        "cross_over",
        2.0,
        uses="feet balance",
        counts=True,
        moves=lambda s, o: foot(
            s,
            ahead=0.2 * GO,
            out=-0.26 * GO,
            lift=0.06 * bump((0.06, 0.42), (0.56, 0.94)),
            load=bump((0.06, 0.42), (0.56, 0.94)),
        ),
        says="*cross the {side} foot over the {other} one|*put the {side} foot across in front",
        tells="the {side} foot *cross over in front and *go home|"
        "the {side} leg *pass in front of the {other} one and *return",
    ),
    legs(
        "turn_out",
        1.8,
        uses="feet",
        counts=True,
        moves=lambda s, o: foot(s, turn=32 * GO, pitch=-7 * GO),
        says="*turn out the {side} toes|*pivot the {side} foot on its heel",
        tells="the {side} foot *turn outward on its heel and back|"
        "the {side} toes +swing out and in",
    ),
    legs(
        "wide_rock",
        2.6,
        uses="feet balance",
        moves=lambda s, o: root(left=swing(0.09, at=0.25), sink=0.05 - swing(0.05, beats=2)),
        says="*rock low from leg to leg|*swing the weight over bending knees",
        tells="the knees +bend in turn as the weight *swing across|"
        "one knee *give and then the other",
    ),
    legs(
        "hop_lightly",
        1.1,
        uses="feet balance hips",
        moves=lambda s, o: hops((0.35,), 0.05, 1.1, dip_m=0.04, point_deg=18, rest=False),
        says="*hop lightly|*hop with both feet",
        tells="both feet +hop up and +land together|the legs +spring off the floor in small hops",
    ),
)
