"""Further people in the clips of a store, who perform takes of their own next to the main person.

The labels of a clip are those of its main person. The further people matter for the comparison of
training and evaluation: their subjects and takes are part of the clip, and a window in which one of
them performs an unseen activity must not be used in training.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from mmclip.store import RadarStore
from mmclip.window_labels import Segment, joined, label_texts

# Number of hexadecimal digits of a take's digest: the digests of ten million takes are all
# different with a probability of 0.999997.
TAKE_DIGITS = 16


class Performer(NamedTuple):
    """A person in a clip.

    Attributes:
        subject: subject, prefixed by its source.
        take: take that the person performs.
        take_digest: first digits of the SHA-256 of the take's motion or capture; "" if unknown.
    """

    subject: str
    take: str
    take_digest: str


class FurtherPerson(NamedTuple):
    """A further person in a clip, and the segments of this person's take."""

    performer: Performer
    segments: list[Segment]


def performer_of(row: dict) -> Performer:
    """The person described by a row of the table `clips` or `people`."""
    digest = (row.get("take_sha256") or "")[:TAKE_DIGITS]
    return Performer(f"{row['source']}/{row['subject']}", row["take"], digest)


def read_further_people(store: RadarStore) -> dict[int, list[FurtherPerson]]:
    """Read the further people of each row; rows with a single person have no entry.

    Raises:
        MmclipError: a table cannot be read, or lacks a column.
    """
    segments, found = defaultdict(list), defaultdict(list)
    for row in store.read_table("people_segments"):
        segment = Segment(row["start_s"], row["end_s"], row["kind"], row["text"])
        segments[row["row"], row["person"]].append(segment)
    for row in sorted(store.read_table("people"), key=lambda row: (row["row"], row["person"])):
        own = segments.get((row["row"], row["person"]), [])
        found[row["row"]].append(FurtherPerson(performer_of(row), own))
    return dict(found)


def shown_labels(people: Sequence[FurtherPerson], start_s: float, end_s: float) -> frozenset[str]:
    """Labels and actions that further people perform in a window.

    Args:
        people: further people of the clip.
        start_s, end_s: times of the window's first and last column [s].

    Returns:
        The label of the window for each person, determined as for the main person, and the actions
        that a label joins.
    """
    found: set[str] = set()
    for person in people:
        texts = label_texts(person.segments, start_s, end_s)
        found |= {joined(texts), *texts} - {""}
    return frozenset(found)
