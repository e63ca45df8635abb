"""Built-in human motion: the activities of the mmCLIP protocol, performed by synthetic people.

    from builders.activities import ACTIVITIES, perform
    motion = perform("squat", 0)

`movement.py` defines the notation for activities, `library/` contains the activities, and
`synthesis.py` converts a movement to poses.
"""

from builders.activities import library as _library  # noqa: F401  (registers the activities)
from builders.activities.performers import Performer, make_performer
from builders.activities.registry import ATTRIBUTES, Activity, registered_activities
from builders.activities.synthesis import Performance, synthesize
from radarsim.scene.motion import Motion

ACTIVITIES: dict[str, Activity] = registered_activities()
PERFORMERS: tuple[Performer, ...] = tuple(make_performer(number) for number in range(8))

__all__ = ["ACTIVITIES", "ATTRIBUTES", "PERFORMERS", "Activity", "Performance", "Performer"]
__all__ += ["find_activity", "make_performer", "perform", "perform_annotated"]


def find_activity(activity: str | Activity) -> Activity:
    """Find an activity by name; for an unknown name, raise a ValueError that lists all names."""
    if isinstance(activity, Activity):
        return activity
    if activity not in ACTIVITIES:
        raise ValueError(f"unknown activity {activity!r}; give one of {', '.join(ACTIVITIES)}")
    return ACTIVITIES[activity]


def perform(
    activity: str | Activity,
    performer: int | Performer = 0,
    repeat: int = 0,
    seed: int = 0,
    duration_s: float = 5.0,
    rate_hz: float = 120.0,
) -> Motion:
    """Perform one take of an activity; equal arguments give bit-identical motions.

    Args:
        activity: one of `ACTIVITIES`, or the name of an activity.
        performer: the person, or the person's number.
        repeat: number of the take; each number gives a different take.
        seed: seed of the whole corpus.
        duration_s: duration of the take [s].
        rate_hz: poses per second.

    Returns:
        The motion, with 24 SMPL joints and a body shape in the free body's shape space. The world
        is z-up with the floor at z = 0; the person starts above the origin and faces +x.
    """
    return perform_annotated(activity, performer, repeat, seed, duration_s, rate_hz).motion


def perform_annotated(
    activity: str | Activity,
    performer: int | Performer = 0,
    repeat: int = 0,
    seed: int = 0,
    duration_s: float = 5.0,
    rate_hz: float = 120.0,
) -> Performance:
    """Perform a take like `perform`, with the foot contacts and the cycle phase of every pose."""
    found = find_activity(activity)
    return synthesize(found.name, found.build, performer, repeat, seed, duration_s, rate_hz)
