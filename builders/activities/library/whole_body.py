"""Activities of trunk and legs together."""

from builders.activities.catalogue import activity
from builders.activities.curves import during
from builders.activities.movement import Movement, Stance, arms, head, pelvis, root, trunk


@activity(
    19,
    "squat",
    captions=(
        "a person squats down and stands back up",
        "someone does squats with the arms held out in front",
        "the person bends the knees deeply and rises again, over and over",
        "doing bodyweight squats on the spot",
    ),
    torso="The torso leans forward a little on the way down and straightens on the way up.",
    arms="Both arms rise to the front for balance and come down again.",
    legs="Both knees bend deeply until the thighs are level, then the legs straighten.",
    location="The person stays in one place; the hips go straight down and up.",
    general="A person squats down and stands back up repeatedly.",
)
def squat(style):
    down = during(0.04, 0.44, 0.52, 0.94)
    return Movement(
        2.5,
        pelvis(tilt=26 * down)
        | trunk(flexion=10 * down)
        | head(flexion=-20 * down)
        | arms(flexion=112 * down, elbow=-8 * down, pronation=50 * down)
        | root(sink=0.42 * down),
        Stance(width=1.6, turnout_deg=14),
    )
