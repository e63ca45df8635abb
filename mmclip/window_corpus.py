"""Labelled windows, their texts and their splits, read from the tables of one or several stores.

The label of a window is that of the clip's main person (`mmclip.window_labels`). A window without
any segment has no label and is not sampled.

A clip that is shorter than a window is left out or, if it has enough columns, becomes a single
window that the reader stretches along time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mmclip.errors import MmclipError
from mmclip.further_people import (
    FurtherPerson,
    Performer,
    performer_of,
    read_further_people,
    shown_labels,
)
from mmclip.sentences import Descriptions, read_sentences
from mmclip.store import RadarStore
from mmclip.window_labels import Segment, joined, joined_actions, label_texts, read_segments

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class WindowIndex:
    """Windows of a corpus; the arrays have one element per window.

    Attributes:
        clip: index into `WindowCorpus.clips`.
        start: first column of the window in its clip.
        label: index into `WindowCorpus.labels`.
    """

    clip: np.ndarray
    start: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.clip)

    def select(self, windows: np.ndarray) -> "WindowIndex":
        """Select windows by their indices or by a mask."""
        return WindowIndex(self.clip[windows], self.start[windows], self.label[windows])


@dataclass(frozen=True)
class StoredClip:
    """One row of one store, with its labelled windows.

    Attributes:
        store: index of the store.
        row: row of the clip in the arrays of the store.
        subject, split, take: entries in the store; the subject is prefixed by its source.
        columns: number of columns that a window covers; less than `WindowCorpus.columns` in a clip
            that is stretched.
        starts: first column of each window.
        labels: label index of each window.
        captions: sentences that describe the clip.
        take_digest: first digits of the SHA-256 of the take's motion or capture; "" if unknown.
        others: further people in the clip, to whom the labels do not apply.
        other_labels: labels and actions of the further people in each window; () without them.
    """

    store: int
    row: int
    subject: str
    split: str
    take: str
    columns: int
    starts: np.ndarray
    labels: np.ndarray
    captions: tuple[str, ...] = ()
    take_digest: str = ""
    others: tuple[Performer, ...] = ()
    other_labels: tuple[frozenset[str], ...] = ()

    @property
    def performers(self) -> tuple[Performer, ...]:
        """All people in the clip, the main person first."""
        return (Performer(self.subject, self.take, self.take_digest), *self.others)


@dataclass(frozen=True)
class WindowCorpus:
    """Labelled windows of several stores.

    Attributes:
        stores: stores in the given order.
        columns: number of columns of a window.
        labels: labels in alphabetical order; windows refer to them by index.
        clips: clips with at least one labelled window.
        sentences: sentence variants, keyed by caption or label.
        excluded: number of excluded clips, keyed by reason.
        actions: the actions of each label that joins several; other labels have no entry.
        further: labels and actions of further people in alphabetical order.
        left_out: number of windows that training does not use because of a further person.
    """

    stores: tuple[RadarStore, ...]
    columns: int
    labels: tuple[str, ...]
    clips: tuple[StoredClip, ...]
    sentences: Descriptions
    excluded: Counter
    actions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    further: tuple[str, ...] = ()
    left_out: int = 0

    def actions_of(self, labels: Iterable[str]) -> set[str]:
        """All actions of those labels that join several actions."""
        return {action for label in labels for action in self.actions.get(label, ())}

    def windows(self, splits: tuple[str, ...], labels: set[str]) -> WindowIndex:
        """Select the windows of the given splits and labels, ordered by clip and start."""
        wanted = np.array([label in labels for label in self.labels], bool)
        arrays = [np.zeros((3, 0), np.int64)]
        for index, clip in enumerate(self.clips):
            if clip.split in splits:
                kept = wanted[clip.labels]
                starts, of_label = clip.starts[kept], clip.labels[kept]
                arrays.append(np.stack([np.full_like(starts, index), starts, of_label]))
        return WindowIndex(*np.concatenate(arrays, axis=1))

    def subjects(self, splits: tuple[str, ...]) -> set[str]:
        """All subjects of the given splits, including further people."""
        clips = [clip for clip in self.clips if clip.split in splits]
        return {person.subject for clip in clips for person in clip.performers}

    def take_digests(self, splits: tuple[str, ...], labels: set[str]) -> set[str]:
        """Known digests of all takes in the clips with a window of the given splits and labels."""
        clips = [self.clips[index] for index in set(self.windows(splits, labels).clip.tolist())]
        return {person.take_digest for clip in clips for person in clip.performers} - {""}

    @property
    def is_simulated(self) -> bool:
        """Whether any store of the corpus contains simulated clips."""
        return any(store.is_simulated for store in self.stores)


class _Draft(NamedTuple):
    """A clip before its labels are replaced by indices; `texts` are joined to the labels."""

    store: int
    row: dict
    segments: list[Segment]
    columns: int
    starts: np.ndarray
    texts: list[tuple[str, ...]]
    others: list[FurtherPerson]
    other_labels: list[frozenset[str]]


def read_corpus(
    stores: list[RadarStore],
    columns: int,
    crop_step: int = 4,
    need_labels: bool = True,
    shortest: int | None = None,
    most_actions: int = 0,
) -> WindowCorpus:
    """Read the tables of the stores and label every window.

    Args:
        stores: opened stores.
        columns: number of columns of a window.
        crop_step: number of columns between the starts of consecutive windows.
        need_labels: whether to exclude windows without a label; otherwise their label is "".
        shortest: minimum number of measured columns for which a clip shorter than a window is
            stretched; default: `columns`, so that no clip is stretched.
        most_actions: maximum number of successive actions in a clip; if labels are needed, clips
            with more actions are excluded; 0 keeps all clips.

    Returns:
        The corpus.

    Raises:
        MmclipError: there is no window.
    """
    shortest = columns if shortest is None else shortest
    rules = _Rules(columns, crop_step, need_labels, shortest, most_actions if need_labels else 0)
    drafts, excluded, sentences = [], Counter(), {}
    for index, store in enumerate(stores):
        texts = {row["id"]: row["text"] for row in store.read_table("captions")}
        for text, variants in read_sentences(store, texts).items():
            sentences.setdefault(text, variants)
        for found in _drafts_of(index, store, texts, rules):
            if isinstance(found, str):
                excluded[found] += 1
            else:
                drafts.append(found)
    if not drafts:
        reasons = "; ".join(f"{n} {reason}" for reason, n in excluded.items()) or "no clips"
        hint = f"give labelled clips of at least {shortest} columns, or change model.size"
        problem = f"there is no window to train on or to score: {reasons}"
        raise MmclipError(stores[0].path, "clips", problem, hint)
    return _corpus_of(stores, columns, drafts, sentences, excluded)


class _Rules(NamedTuple):
    """Which clips and windows are used; the fields are arguments of `read_corpus`."""

    columns: int
    crop_step: int
    need_labels: bool
    shortest: int
    most_actions: int


def _drafts_of(
    index: int, store: RadarStore, texts: dict[str, str], rules: _Rules
) -> Iterator[_Draft | str]:
    """Yield each clip of a store, or the reason why the clip is excluded."""
    segments, people = read_segments(store, texts), read_further_people(store)
    for row in store.read_table("clips"):
        own = segments[row["row"]]
        length = min(int(store.measured_columns[row["row"]]), rules.columns)
        reason = _too_short(length, rules.shortest) or _too_many(own, rules.most_actions)
        labelled = rules.crop_step, rules.need_labels
        found = reason or _label_windows(store, row["row"], own, length, *labelled)
        if isinstance(found, str):
            yield found
        else:
            others = people.get(row["row"], [])
            shown = _shown_labels(store, others, length, found[0])
            yield _Draft(index, row, own, length, *found, others, shown)


def _corpus_of(stores, columns: int, drafts: list[_Draft], sentences, excluded) -> WindowCorpus:
    """Return the corpus of labelled clips, with indices instead of labels."""
    labels = tuple(sorted({joined(texts) for draft in drafts for texts in draft.texts}))
    index_of = {label: index for index, label in enumerate(labels)}
    clips = tuple(_stored_clip(draft, index_of) for draft in drafts)
    further = {label for clip in clips for shown in clip.other_labels for label in shown}
    return WindowCorpus(
        stores=tuple(stores),
        columns=columns,
        labels=labels,
        clips=clips,
        sentences=sentences,
        excluded=excluded,
        actions=joined_actions(texts for draft in drafts for texts in draft.texts),
        further=tuple(sorted(further)),
    )


def _too_short(measured: int, shortest: int) -> str:
    """Reason why a clip with the given number of measured columns has no windows, or ""."""
    if not measured:
        return "failed when the store was built"
    return f"with fewer than {shortest} measured columns" if measured < shortest else ""


def _too_many(segments: list[Segment], most_actions: int) -> str:
    """Reason why a clip with the given action segments is left out, or "".

    Successive segments of the same action count once.
    """
    actions = [each.text for each in sorted(segments) if each.kind == "action"]
    changes = sum(one != other for one, other in pairwise(actions))
    too_many = most_actions and len(actions) > 0 and changes + 1 > most_actions
    return f"with more than {most_actions} actions" if too_many else ""


def _label_windows(
    store: RadarStore, row: int, segments: list[Segment], columns: int, step: int, need: bool
) -> tuple[np.ndarray, list[tuple[str, ...]]] | str:
    """Starts of a clip's windows and texts of their labels, or the reason why it has none."""
    measured = int(store.measured_columns[row])
    starts, found = [], []
    for start in range(0, measured - columns + 1, step):
        texts = label_texts(segments, *_span_s(store, start, columns))
        if texts or not need:
            starts.append(start)
            found.append(texts)
    return (np.array(starts, np.int64), found) if starts else "without a label"


def _shown_labels(
    store: RadarStore, others: list[FurtherPerson], columns: int, starts: np.ndarray
) -> list[frozenset[str]]:
    """Labels of the further people in each window; an empty list without further people."""
    if not others:
        return []
    return [shown_labels(others, *_span_s(store, start, columns)) for start in starts]


def _span_s(store: RadarStore, start: int, columns: int) -> tuple[float, float]:
    """Times of the first and of the last column of a window [s]."""
    time_s = store.axes["column_time"]
    return float(time_s[start]), float(time_s[start + columns - 1])


def _stored_clip(draft: _Draft, index_of: dict[str, int]) -> StoredClip:
    row, main = draft.row, performer_of(draft.row)
    captions = dict.fromkeys(each.text for each in draft.segments if each.kind == "sentence")
    return StoredClip(
        store=draft.store,
        row=row["row"],
        subject=main.subject,
        split=row["split"],
        take=main.take,
        columns=draft.columns,
        starts=draft.starts,
        labels=np.array([index_of[joined(texts)] for texts in draft.texts], np.int64),
        captions=tuple(captions),
        take_digest=main.take_digest,
        others=tuple(person.performer for person in draft.others),
        other_labels=tuple(draft.other_labels),
    )
