"""Activities of the arms, standing."""

from builders.activities.catalogue import activity
from builders.activities.curves import during, swing
from builders.activities.movement import Movement, arm, trunk


@activity(
    10,
    "wave hand",
    captions=(
        "a person raises one hand and waves",
        "someone waves hello with an arm held high",
        "the person lifts a hand and moves it from side to side in greeting",
        "waving a hand to say goodbye",
    ),
    torso="The torso stays upright and almost still.",
    arms="One arm is raised beside the head and its forearm waves from side to side.",
    legs="The legs stand still.",
    location="The person stays in one place.",
    general="A person raises one hand and waves it.",
)
def wave_hand(style):
    up = during(0.0, 0.18, 0.84, 1.0)
    wave = during(0.1, 0.24, 0.76, 0.9)
    return Movement(
        3.6,
        arm(
            "right",
            abduction=78 * up + wave * swing(5, beats=7),
            flexion=12 * up,
            twist=-95 * up,
            elbow=68 * up + wave * swing(24, beats=7, at=0.2),
            pronation=-20 * up,
            deviation=wave * swing(10, beats=7, at=0.35),
        )
        | trunk(bend=3 * up),
    )
