"""Built-in human motion: activities of the mmCLIP protocol, performed by made-up subjects.

    from builders.activities import ACTIVITIES, perform
    motion = perform("squat", subject=0)

Read `movement.py` for the language, `library/` for the activities, `perform.py` for how a movement
becomes poses.
"""

from builders.activities import library as _library  # noqa: F401  (its modules enlist themselves)
from builders.activities.catalogue import ATTRIBUTES, Activity, listed
from builders.activities.perform import Performance, rehearse
from builders.activities.style import Subject, subject
from radarsim.scene.motion import Motion

ACTIVITIES: dict[str, Activity] = listed()
SUBJECTS: tuple[Subject, ...] = tuple(subject(number) for number in range(8))

__all__ = ["ACTIVITIES", "ATTRIBUTES", "SUBJECTS", "Activity", "Performance", "Subject"]
__all__ += ["find_activity", "perform", "perform_and_tell", "subject"]


def find_activity(activity: str | Activity) -> Activity:
    """The activity of that name; ValueError with the list when there is none."""
    if isinstance(activity, Activity):
        return activity
    if activity not in ACTIVITIES:
        raise ValueError(f"no activity is called {activity!r}; there are {', '.join(ACTIVITIES)}")
    return ACTIVITIES[activity]


def perform(
    activity: str | Activity,
    subject: int | Subject = 0,
    repeat: int = 0,
    seed: int = 0,
    duration_s: float = 5.0,
    rate_hz: float = 120.0,
) -> Motion:
    """One take of an activity: the same ids give the same bytes, another repeat another take.

    Args:
        activity: one of `ACTIVITIES`, or its name.
        subject: who performs, or the subject's number.
        repeat: which take.
        seed: of the whole corpus.
        duration_s: length [s].
        rate_hz: poses per second.

    Returns:
        The motion: 24 SMPL joints, the free body's shape space, world z-up with the floor at
        zero, starting above the origin and facing +x.
    """
    return perform_and_tell(activity, subject, repeat, seed, duration_s, rate_hz).motion


def perform_and_tell(
    activity: str | Activity,
    subject: int | Subject = 0,
    repeat: int = 0,
    seed: int = 0,
    duration_s: float = 5.0,
    rate_hz: float = 120.0,
) -> Performance:
    """As `perform`, with which foot stands when and where in its cycle the movement is."""
    found = find_activity(activity)
    return rehearse(found.name, found.build, subject, repeat, seed, duration_s, rate_hz)
