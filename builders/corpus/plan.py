"""Plan of a synthetic motion corpus: specification and list of takes."""

from dataclasses import dataclass

SOURCES = ("activities", "grammar", "five-activities")
MEAN_SEQUENCE_S = 8.9  # mean duration of a phrase sequence; gives the number of takes per hour


@dataclass(frozen=True, kw_only=True)
class CorpusSpec:
    """Specification of a corpus, which determines every byte of its files.

    `about.json` stores the attributes under their names.

    Attributes:
        source: "activities", "grammar" or "five-activities".
        num_subjects: number of people.
        num_repeats: takes of each activity by each person.
        hours: duration of the corpus [h]; if 0, subjects and repeats set the number of takes.
        take_s: duration of each take of an activity [s].
        seed: random seed of the whole corpus.
        domain: name of the domain, a key of `activities.domain_shift.DOMAINS`.
        alive: whether to add breathing and heartbeat.
        cameras: layout of the joints that cameras observe; the takes are then fitted to these
            joints. "" for the motion itself.
        camera_noise_m: standard deviation of the noise of these joints per axis [m].
    """

    source: str = "activities"
    num_subjects: int = 8
    num_repeats: int = 2
    hours: float = 0.0
    take_s: float = 10.0
    seed: int = 0
    domain: str = "home"
    alive: bool = False
    cameras: str = ""
    camera_noise_m: float = 0.02


@dataclass(frozen=True, kw_only=True)
class PlannedTake:
    """A motion of the corpus that is to be synthesized.

    Attributes:
        number: position in the plan.
        subject_number: number of the performer.
        name: file name without `_poses.npz`.
        activity: name of the activity; "" for a phrase sequence of the grammar.
        repeat: number that distinguishes the takes of one activity by one person.
    """

    number: int
    subject_number: int
    name: str
    activity: str
    repeat: int


def plan_takes(spec: CorpusSpec) -> list[PlannedTake]:
    """Plan all takes of a corpus; a longer corpus starts with the same takes as a shorter corpus.

    Consecutive takes from the grammar are performed by different people. In a corpus of activities,
    each person performs all activities before the next person starts.
    """
    return _plan_sequences(spec) if spec.source == "grammar" else _plan_activities(spec)


def _plan_sequences(spec):
    num = _num_takes(spec, MEAN_SEQUENCE_S, spec.num_subjects * spec.num_repeats)
    return [
        PlannedTake(
            number=number,
            subject_number=number % spec.num_subjects,
            name=f"score_{number:06d}",
            activity="",
            repeat=number,
        )
        for number in range(num)
    ]


def _plan_activities(spec):
    names, takes = activity_names(spec.source), []
    num = _num_takes(spec, spec.take_s, len(names) * spec.num_subjects * spec.num_repeats)
    for number in range(num):
        cycle, activity = divmod(number, len(names))
        repeat, subject_number = divmod(cycle, spec.num_subjects)
        takes.append(
            PlannedTake(
                number=number,
                subject_number=subject_number,
                name=f"{names[activity]}_{repeat:03d}",
                activity=names[activity],
                repeat=repeat,
            )
        )
    return takes


def activity_names(source: str) -> list[str]:
    """Names of the activities of a source in their order; empty for the grammar."""
    if source == "grammar":
        return []
    if source == "five-activities":
        from builders.five_activities import FIVE_ACTIVITIES

        return list(FIVE_ACTIVITIES)
    from builders.activities import ACTIVITIES

    return list(ACTIVITIES)


def _num_takes(spec, length_s, default):
    return max(1, round(spec.hours * 3600 / length_s)) if spec.hours else default


def subject_name(number: int, seed: int = 0, domain: str = "home") -> str:
    """Name of a person, such as `subject07`, `seed2-subject07` or `twin-b-subject07`.

    Corpora of different seeds have different people, so the name includes every seed other than 0
    and every domain other than the home domain.
    """
    prefix = ([] if domain == "home" else [domain]) + ([f"seed{seed}"] if seed else [])
    return "-".join([*prefix, f"subject{number:02d}"])
