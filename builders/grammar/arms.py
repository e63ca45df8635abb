"""Arm movements of the grammar; the arm postures are in `arm_postures.py`."""

from builders.activities.curves import during, ease, swing
from builders.activities.movement import arm, arms, trunk
from builders.grammar.arm_postures import POSTURES
from builders.grammar.primitive import by_name, one_arm, primitive, two_arms

GO = during(0.02, 0.4, 0.56, 0.98)
SNAP = ease((0.05, 0), (0.3, 1), (0.42, 1), (0.8, 0))


def _each_arm(one, other):
    """Move the arm on the phrase's side and the other arm with separate curves."""
    return lambda s, o: arm(s, **one) | arm(o, **other)


ARMS = by_name(
    *POSTURES,
    primitive(
        "both_front",
        2.4,
        countable=True,
        moves=two_arms(flexion=88 * GO, elbow=-8 * GO),
        verb_phrases="*raise both arms to the front|*lift the arms forward",
        clauses="both arms +rise to the front and +sink|"
        "the stretched arms +swing up before the chest and +come down",
    ),
    primitive(
        "both_sides",
        2.4,
        countable=True,
        moves=two_arms(abduction=80 * GO, elbow=-8 * GO),
        verb_phrases="*raise both arms sideways|*spread the arms like wings",
        clauses="both arms +rise out to the sides and +sink|"
        "the arms +open to shoulder height and +close",
    ),
    primitive(
        "both_overhead",
        2.8,
        countable=True,
        moves=two_arms(flexion=158 * GO, elbow=-4 * GO, abduction=6 * GO),
        verb_phrases="*reach up with both hands|*lift both arms overhead",
        clauses="both arms +go up overhead and +come down|"
        "the hands +travel to the ceiling and back",
    ),
    primitive(
        "one_diagonal",
        2.2,
        countable=True,
        moves=one_arm(flexion=128 * GO, abduction=38 * GO, elbow=-8 * GO),
        verb_phrases="*lift the {side} arm up and out|*stretch the {side} arm diagonally upward",
        clauses="the {side} arm *go up at a slant and *come down|"
        "the {side} hand *reach high to the {side} and *sink",
    ),
    primitive(
        "swing_in_turn",
        1.2,
        moves=_each_arm(dict(flexion=swing(34, at=0.25)), dict(flexion=swing(34, at=0.75))),
        holds=two_arms(abduction=5),
        verb_phrases="*swing the arms in turn|*let the arms swing past each other",
        clauses="the arms +swing forward and back in turn|"
        "one arm *swing ahead while the other *swing behind",
    ),
    primitive(
        "circle_forward",
        1.8,
        moves=lambda s, o: arms(flexion=swing(48, at=0.5), abduction=swing(36, at=0.25)),
        holds=two_arms(flexion=62, abduction=44),
        verb_phrases="*circle both arms|*draw circles with both hands",
        clauses="both arms +go round in circles|the hands +describe rings at the sides",
    ),
    primitive(
        "circle_low",
        1.3,
        moves=two_arms(flexion=swing(20, at=0.25), abduction=swing(14)),
        holds=two_arms(flexion=24, abduction=30, elbow=16),
        verb_phrases="*move both hands in small circles|*stir with both arms",
        clauses="both arms +stir in small low circles|the hands +circle in front of the hips",
    ),
    primitive(
        "windmill",
        2.0,
        moves=one_arm(flexion=swing(62, at=0.5), abduction=swing(26, at=0.25)),
        holds=one_arm(flexion=78, abduction=40),
        verb_phrases="*swing the {side} arm round|*circle the {side} arm",
        clauses="the {side} arm *go round in wide circles while the {other} one *hang|"
        "the {side} hand *sweep round and round",
    ),
    primitive(
        "wave_low",
        0.9,
        holds=one_arm(flexion=22, abduction=18, elbow=60, twist=-10),
        moves=one_arm(twist=swing(20, at=0.25), deviation=swing(8)),
        verb_phrases="*wiggle the {side} hand at hip height|*wave low with the {side} hand",
        clauses="the {side} forearm *wag at hip height|"
        "the {side} hand *wave low while the {other} arm *hang",
    ),
    primitive(
        "wave_both",
        1.0,
        holds=two_arms(flexion=146, abduction=16, elbow=10),
        moves=lambda s, o: (
            arm(s, abduction=swing(16, at=0.25)) | arm(o, abduction=swing(-16, at=0.25))
        ),
        verb_phrases="*wave both arms overhead|*swing both raised arms from side to side",
        clauses="both raised arms +wave from side to side|"
        "the hands +sway together high above the head",
    ),
    primitive(
        "flap",
        1.1,
        holds=two_arms(abduction=44, elbow=14),
        moves=two_arms(abduction=swing(28, at=0.25)),
        verb_phrases="*flap the arms|*beat the arms like a bird",
        clauses="both arms +flap up and down at the sides|the arms +beat like wings",
    ),
    primitive(
        "press_up",
        2.0,
        countable=True,
        holds=two_arms(flexion=24, abduction=26, elbow=104),
        moves=two_arms(flexion=124 * GO, abduction=-8 * GO, elbow=-104 * GO),
        verb_phrases="*press both hands up|*push something overhead with both hands",
        clauses="both hands +press from the shoulders to overhead|"
        "the arms +extend upward and +fold again",
    ),
    primitive(
        "row",
        1.8,
        countable=True,
        holds=two_arms(flexion=66, elbow=10),
        moves=two_arms(flexion=-80 * SNAP, elbow=88 * SNAP, abduction=8 * SNAP),
        verb_phrases="*pull both elbows back|*row with both arms",
        clauses="both arms +are drawn back from the front and +go out again|"
        "the elbows +row past the ribs",
    ),
    primitive(
        "curl",
        2.0,
        countable=True,
        moves=two_arms(elbow=112 * GO, flexion=8 * GO),
        holds=two_arms(pronation=-50),
        verb_phrases="*curl both forearms up|*bend both elbows as with weights",
        clauses="both forearms +fold up to the shoulders and +go down|"
        "the elbows +bend and +stretch at the sides",
    ),
    primitive(
        "curl_in_turn",
        1.8,
        holds=two_arms(pronation=-40, elbow=44),
        moves=_each_arm(dict(elbow=swing(44, at=0.25)), dict(elbow=swing(44, at=0.75))),
        verb_phrases="*curl the forearms in turn|*bend one elbow and then the other",
        clauses="the forearms +go up and down in turn|one elbow *bend while the other *stretch",
    ),
    primitive(
        "shrug",
        1.6,
        countable=True,
        moves=lambda s, o: (
            {f"{side}.collar.lift": 24 * GO for side in (s, o)}
            | arms(abduction=9 * GO, elbow=30 * GO)
        ),
        verb_phrases="*shrug|*pull up the shoulders",
        clauses="both shoulders +rise and +drop|the arms +are lifted in a shrug and let go",
    ),
    primitive(
        "chop",
        1.8,
        countable=True,
        moves=one_arm(
            flexion=ease((0.02, 0), (0.36, 148), (0.46, 146), (0.64, 36), (0.95, 0)),
            abduction=ease((0.02, 0), (0.36, 20), (0.46, 20), (0.64, -12), (0.95, 0)),
            elbow=ease((0.1, 0), (0.4, 34), (0.6, 0)),
        ),
        verb_phrases="*chop down with the {side} arm|*strike downward with the {side} hand",
        clauses="the {side} arm *go up and *chop down|"
        "the {side} hand *strike from above the head to the hip",
    ),
    primitive(
        "reach_across",
        2.0,
        countable=True,
        moves=one_arm(flexion=74 * GO, abduction=-38 * GO, elbow=-6 * GO),
        verb_phrases="*reach across the body with the {side} hand|"
        "*stretch the {side} arm over to the {other}",
        clauses="the {side} arm *reach across to the {other} and *return|"
        "the {side} hand *cross the chest and *come back",
    ),
    primitive(
        "beckon",
        1.0,
        holds=one_arm(flexion=58, abduction=6, elbow=28, pronation=-60),
        moves=one_arm(elbow=swing(24, at=0.25)),
        verb_phrases="*beckon with the {side} hand|*call someone over with the {side} arm",
        clauses="the {side} forearm *beckon before the body|"
        "the {side} arm *fold and *unfold in front",
    ),
    primitive(
        "shake_out",
        0.5,
        holds=two_arms(flexion=12, abduction=14, elbow=24),
        moves=two_arms(elbow=swing(12, at=0.25), wrist=swing(22), twist=swing(9)),
        verb_phrases="*shake out both hands|*shake the arms loose",
        clauses="both arms +shake quickly at the sides|the hands +are shaken loose",
    ),
    primitive(
        "open_close",
        2.2,
        holds=two_arms(flexion=80, elbow=4),
        moves=two_arms(abduction=ease((0.0, 0), (0.5, 58), (1.0, 0))),
        verb_phrases="*open and *close the arms at chest height|"
        "*swing the arms apart and together again",
        clauses="both arms +open wide at chest height and +close|"
        "the hands +part and +meet in front of the chest",
    ),
    primitive(
        "scissors",
        1.4,
        holds=two_arms(flexion=58, abduction=4),
        moves=lambda s, o: arm(s, flexion=swing(16, at=0.25)) | arm(o, flexion=swing(-16, at=0.25)),
        verb_phrases="*move the arms up and down like scissors|*saw the air with both arms",
        clauses="the stretched arms +pass each other up and down|"
        "the arms +cut up and down in front",
    ),
    primitive(
        "uppercut",
        1.5,
        holds=two_arms(flexion=10, elbow=72),
        moves=_each_arm(
            dict(flexion=58 * SNAP, elbow=26 * SNAP),
            dict(flexion=58 * SNAP.later(0.5), elbow=26 * SNAP.later(0.5)),
        ),
        verb_phrases="*swing the fists up in turn|*throw uppercuts",
        clauses="the fists +swing upward in turn|one bent arm after the other *scoop up in front",
    ),
    primitive(
        "drum",
        0.7,
        holds=two_arms(flexion=26, abduction=8, elbow=64),
        moves=_each_arm(dict(elbow=swing(20, at=0.25)), dict(elbow=swing(20, at=0.75))),
        verb_phrases="*drum in the air|*beat an invisible drum with both hands",
        clauses="both forearms +drum up and down in turn|the hands +beat the air quickly",
    ),
    primitive(
        "conduct",
        1.6,
        holds=two_arms(flexion=44, abduction=20, elbow=52),
        moves=two_arms(flexion=swing(14, at=0.25), abduction=swing(16, beats=2, at=0.25)),
        verb_phrases="*conduct with both hands|*beat time with both arms",
        clauses="both arms +beat time in front|the hands +rise, +part and +fall as a conductor's",
    ),
    primitive(
        "salute",
        2.4,
        countable=True,
        moves=one_arm(abduction=66 * GO, flexion=30 * GO, twist=-52 * GO, elbow=112 * GO),
        verb_phrases="*salute with the {side} hand|*bring the {side} hand to the brow",
        clauses="the {side} hand *go up to the brow and down|the {side} arm *salute and *drop",
    ),
    primitive(
        "point_down",
        2.0,
        countable=True,
        moves=lambda s, o: (
            arm(s, flexion=38 * GO, abduction=14 * GO, elbow=-10 * GO) | trunk(flexion=3 * GO)
        ),
        verb_phrases="*point to the floor with the {side} hand|"
        "*point down ahead with the {side} arm",
        clauses="the {side} arm *point to the floor ahead and *return|"
        "the {side} hand *show a place on the floor",
    ),
)
