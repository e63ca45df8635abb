"""What `builders.motions` makes: a plan of takes, and each take as motion and texts."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from builders.activities.texts import ATTRIBUTES
from radarsim.scene.motion import Motion

SOURCES = ("activities", "grammar")
MEAN_SCORE_S = 8.9  # of a score of the grammar; how many fill an hour
NUM_CAPTIONS = 3
PROVENANCE = "written for this project"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for; with it every byte is settled.

    Attributes:
        source: "activities" or "grammar".
        num_subjects: who perform.
        num_repeats: takes of each activity by each subject.
        hours: of motion; 0 for as many as subjects and repeats make.
        take_s: length of an activity's take.
        seed: of everything.
        domain: a name in `activities.domains`.
        alive: chests breathe and hearts beat.
    """

    source: str = "activities"
    num_subjects: int = 8
    num_repeats: int = 2
    hours: float = 0.0
    take_s: float = 10.0
    seed: int = 0
    domain: str = "home"
    alive: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One motion to be made."""

    number: int
    subject_number: int
    name: str  # file name without `_poses.npz`
    activity: str  # "" for a score of the grammar
    repeat: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """A stretch of a motion and what is said about it.

    Attributes:
        start_s, end_s: of the stretch.
        label: a few words.
        captions: whole sentences.
        attributes: sentences by part, told for every one of `labels` and `captions`.
        provenance: who wrote them.
    """

    start_s: float
    end_s: float
    label: str
    captions: tuple[str, ...]
    attributes: tuple[dict[str, str], ...]
    provenance: str


def plan(order: Order) -> list[Job]:
    """All takes, subject by subject in turn; an order of more hours begins with the same takes."""
    if order.source == "grammar":
        num = _num_takes(order, MEAN_SCORE_S, order.num_subjects * order.num_repeats)
        return [
            Job(number=i, subject_number=i % order.num_subjects, name=f"score_{i:06d}",
                activity="", repeat=i)
            for i in range(num)
        ]  # fmt: skip
    from builders.activities import ACTIVITIES

    names, jobs = list(ACTIVITIES), []
    num = _num_takes(order, order.take_s, len(names) * order.num_subjects * order.num_repeats)
    for i in range(num):
        turn, activity = divmod(i, len(names))
        repeat, who = divmod(turn, order.num_subjects)
        jobs.append(
            Job(number=i, subject_number=who, name=f"{names[activity]}_{repeat:03d}",
                activity=names[activity], repeat=repeat)
        )  # fmt: skip
    return jobs


def _num_takes(order, length_s, default):
    return max(1, round(order.hours * 3600 / length_s)) if order.hours else default


def subject_name(order: Order, number: int) -> str:
    """The folder of a person; a domain's people carry its name."""
    home = order.domain == "home"
    return f"subject{number:02d}" if home else f"{order.domain}-subject{number:02d}"


def perform(order: Order, job: Job) -> tuple[Motion, list[Piece]]:
    """One take as its domain captures it, and what is said about it.

    Args:
        order: the corpus.
        job: which of its takes.
    """
    from builders.activities.domains import DOMAINS, captured

    who = _person(order, job.subject_number)
    make = _perform_score if job.activity == "" else _perform_activity
    performance, pieces = make(order, job, who)
    motion = replace(
        performance.motion, name=f"{subject_name(order, job.subject_number)}/{job.name}"
    )
    if order.alive:
        from builders.activities.breath import alive

        motion = alive(motion, order.seed)
    return captured(motion, DOMAINS[order.domain], order.seed), pieces


@cache
def _person(order, number):
    from builders.activities.domains import DOMAINS, domain_subject

    return domain_subject(DOMAINS[order.domain], number, order.seed)


def _perform_activity(order, job, who):
    from builders.activities import ACTIVITIES, perform_and_tell

    activity = ACTIVITIES[job.activity]
    performance = perform_and_tell(activity, who, job.repeat, order.seed, order.take_s)
    first = job.repeat * order.num_subjects + job.subject_number
    captions = [
        activity.captions[(first + k) % len(activity.captions)] for k in range(NUM_CAPTIONS)
    ]
    piece = Piece(
        start_s=0.0,
        end_s=performance.motion.duration_s,
        label=activity.label,
        captions=tuple(captions),
        attributes=activity.variants,
        provenance=activity.text_source,
    )
    return performance, [piece]


def _perform_score(order, job, who):
    from builders.activities.style import generator
    from builders.grammar import compose, score, tell

    rng = generator("score", order.seed, order.domain, job.number)
    drawn = score.draw_score(rng)
    performance = compose.perform_score(drawn, job.name, who, order.seed)
    times_s = np.arange(performance.motion.num_poses) / performance.motion.rate_hz
    phase = performance.phase / max(1.0, round(performance.phase[-1]))
    edges_s = np.interp(compose.bounds(drawn), phase, times_s)
    edges_s[0], edges_s[-1] = 0.0, times_s[-1]
    pieces = [
        Piece(
            start_s=float(start),
            end_s=float(end),
            label=tell.label(phrase),
            captions=tell.phrase_captions(phrase, rng, NUM_CAPTIONS),
            attributes=(tell.attributes(score.Score(phrases=(phrase,)), rng),),
            provenance=tell.PROVENANCE,
        )
        for phrase, start, end in zip(drawn.phrases, edges_s, edges_s[1:])
    ]
    if len(drawn.phrases) > 1:
        whole = Piece(
            start_s=0.0, end_s=float(times_s[-1]), label="",
            captions=tell.captions(drawn, rng, NUM_CAPTIONS),
            attributes=(tell.attributes(drawn, rng),), provenance=tell.PROVENANCE,
        )  # fmt: skip
        pieces.append(whole)
    return performance, pieces


__all__ = ["ATTRIBUTES", "Job", "Order", "Piece", "perform", "plan", "subject_name"]
