"""Activities that step: walking, marching, jogging."""

from builders.activities.catalogue import activity
from builders.activities.curves import swing
from builders.activities.movement import Gait, Movement, arm, pelvis, trunk
from builders.activities.paths import there_and_back


def arm_swing(forward, elbow, elbow_more):
    """Arms opposite to the legs; each elbow bends more as its arm comes forward."""
    return arm(
        "left", flexion=swing(forward, at=0.5), elbow=elbow + swing(elbow_more, at=0.55)
    ) | arm("right", flexion=swing(forward), elbow=elbow + swing(elbow_more, at=0.05))


@activity(
    29,
    "walk forward and turn around",
    captions=(
        "a person walks forward, turns around and walks back",
        "someone walks a few steps ahead, turns round and returns",
        "the person walks in a line, makes a half turn and walks the other way",
        "walking ahead at an easy pace, then turning around to walk back",
    ),
    torso="The torso stays upright and turns around with the body at the end of the walk.",
    arms="The arms hang and swing gently, each opposite to the leg on its side.",
    legs="The legs step in turn with a regular stride and take small steps during the turn.",
    location="The person moves several metres forward, turns around and comes back.",
    general="A person walks forward, turns around and walks back.",
)
def walk_forward_and_turn_around(style):
    speed_mps = 1.22 * style.tempo * style.stride
    length_m = 2.5
    return Movement(
        1.08,
        arm_swing(forward=20, elbow=4, elbow_more=10)
        | trunk(flexion=2, twist=swing(7))
        | pelvis(turn=swing(-5), lean=swing(2, at=0.06)),
        Gait(path=there_and_back(speed_mps, length_m, style.between(0.5, 1.5))),
    )
