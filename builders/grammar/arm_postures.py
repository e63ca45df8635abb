"""Arm postures of the grammar; each is held for a whole phrase."""

from builders.activities.movement import arm
from builders.grammar.primitive import one_arm, primitive, two_arms

POSTURES = (
    primitive(
        "hang",
        3.0,
        verb_phrases="",
        clauses="both arms +hang at the sides|the arms +rest beside the body|"
        "the hands +stay down by the thighs",
    ),
    primitive(
        "hail",
        3.0,
        holds=one_arm(flexion=150, abduction=12),
        verb_phrases="*hold the {side} arm up|*keep the {side} hand high",
        clauses="the {side} arm *stay raised|"
        "the {side} hand *remain above the head while the other *hang",
    ),
    primitive(
        "front_hold",
        3.0,
        holds=two_arms(flexion=82, elbow=-8),
        verb_phrases="*hold both arms out in front|*keep the arms stretched ahead",
        clauses="both arms +stay stretched to the front|"
        "the hands +are kept at shoulder height before the body",
    ),
    primitive(
        "side_hold",
        3.0,
        holds=two_arms(abduction=72, elbow=-8),
        verb_phrases="*hold the arms out to the sides|*keep both arms spread",
        clauses="both arms +stay spread|the arms +are kept level at the sides",
    ),
    primitive(
        "on_hips",
        3.0,
        holds=two_arms(abduction=34, flexion=-18, twist=32, elbow=82, wrist=25),
        verb_phrases="*keep the hands on the hips|*hold the arms akimbo",
        clauses="both hands +rest on the hips|the arms +are akimbo and still",
    ),
    primitive(
        "folded",
        3.0,
        holds=lambda s, o: (
            arm(s, flexion=34, abduction=2, twist=40, elbow=86)
            | arm(o, flexion=24, abduction=4, twist=42, elbow=92)
        ),
        verb_phrases="*fold the arms|*keep the arms crossed before the chest",
        clauses="both arms +are folded before the chest|"
        "the forearms +lie crossed in front of the body",
    ),
    primitive(
        "behind_back",
        3.0,
        holds=two_arms(flexion=-26, abduction=10, twist=52, elbow=52),
        verb_phrases="*keep the hands behind the back|*hold the arms behind the body",
        clauses="both hands +are held behind the back|the arms +rest behind the waist",
    ),
    primitive(
        "behind_head",
        3.0,
        holds=two_arms(abduction=112, flexion=14, twist=-66, elbow=112),
        verb_phrases="*hold the hands behind the head|*keep both hands at the back of the head",
        clauses="both hands +stay behind the head with the elbows out|"
        "the elbows +point outward beside the ears",
    ),
    primitive(
        "carry",
        3.0,
        holds=two_arms(flexion=22, abduction=6, elbow=68, pronation=-50),
        verb_phrases="*hold both forearms out as if carrying a box|*carry something invisible",
        clauses="both forearms +are held level in front|the arms +carry something before the belly",
    ),
)
