"""What can be drawn from one or several stores: places of windows, their labels and their texts.

A window's label comes from the segments under it: the actions it shows joined by "and" where a
store tells actions, else the label that covers most of it. A window under no segment has none and
is never drawn.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from mmclip.errors import MmclipError
from mmclip.store import RadarStore

# An action that a window shows for less than this, and less than half of it, is not its label.
LEAST_SHOWN_S = 0.2
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Clip:
    """One row of one store.

    Attributes:
        store: number of the store.
        row: in its arrays.
        subject, split, take: as the store says; subjects are of their collection.
        starts: first columns of its windows.
        labels: number of the label of each window.
        captions: other words said about it.
    """

    store: int
    row: int
    subject: str
    split: str
    take: str
    starts: np.ndarray
    labels: np.ndarray
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Corpus:
    """Windows of several stores.

    Attributes:
        stores: in the order given.
        columns: of a window.
        labels: words, by number, in alphabetical order.
        clips: those with at least one labelled window.
        sentences: by caption or label: variants, each one sentence by part.
        left_out: clips by cause.
    """

    stores: tuple[RadarStore, ...]
    columns: int
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    sentences: dict[str, tuple[dict[str, str], ...]]
    left_out: Counter

    def places(self, splits: tuple[str, ...], labels: set[str]) -> np.ndarray:
        """Windows of these splits and labels.

        Args:
            splits: of "train", "val", "test".
            labels: words.

        Returns:
            (clip, first column, label) of each [place, 3].
        """
        wanted = np.array([label in labels for label in self.labels], bool)
        found = []
        for number, clip in enumerate(self.clips):
            if clip.split in splits:
                chosen = wanted[clip.labels]
                starts, of = clip.starts[chosen], clip.labels[chosen]
                found.append(np.stack([np.full_like(starts, number), starts, of], axis=1))
        return np.concatenate(found) if found else np.zeros((0, 3), np.int64)

    def subjects(self, splits: tuple[str, ...]) -> set[str]:
        """Who is in these splits."""
        return {clip.subject for clip in self.clips if clip.split in splits}

    @property
    def is_simulated(self) -> bool:
        """Whether any of it is."""
        return any(store.is_simulated for store in self.stores)


def read_corpus(
    stores: list[RadarStore], columns: int, crop_step: int = 4, need_labels: bool = True
) -> Corpus:
    """Read the tables of the stores and label every window.

    Args:
        stores: opened.
        columns: of a window.
        crop_step: columns from one start to the next.
        need_labels: whether to leave out windows without a label; else theirs is "".

    Returns:
        The corpus.

    Raises:
        MmclipError: no window can be drawn.
    """
    drafts, left_out, sentences = [], Counter(), {}
    for number, store in enumerate(stores):
        words = {row["id"]: row["text"] for row in store.table("captions")}
        for text, variants in _sentences(store, words).items():
            sentences.setdefault(text, variants)
        said = defaultdict(list)
        for row in store.table("segments"):
            said[row["row"]].append(
                (row["start_s"], row["end_s"], row["kind"], words[row["caption"]])
            )
        for row in store.table("clips"):
            draft = _windows(store, row, said[row["row"]], columns, crop_step, need_labels)
            if isinstance(draft, str):
                left_out[draft] += 1
            else:
                drafts.append((number, row, said[row["row"]], *draft))
    if not drafts:
        causes = "; ".join(f"{count} {cause}" for cause, count in left_out.items()) or "no clips"
        hint = f"give clips of at least {columns} columns with labels, or another model.size"
        raise MmclipError(stores[0].path, "clips", f"no window can be drawn: {causes}", hint)
    labels = sorted({label for draft in drafts for label in draft[4]})
    index = {label: number for number, label in enumerate(labels)}
    clips = tuple(_clip(draft, index) for draft in drafts)
    return Corpus(tuple(stores), columns, tuple(labels), clips, sentences, left_out)


def _clip(draft, index: dict[str, int]) -> Clip:
    store, row, said, starts, labels = draft
    return Clip(
        store=store,
        row=row["row"],
        subject=f"{row['source']}/{row['subject']}",
        split=row["split"],
        take=row["take"],
        starts=starts,
        labels=np.array([index[label] for label in labels], np.int64),
        captions=tuple(dict.fromkeys(text for *_, kind, text in said if kind == "sentence")),
    )


def _windows(store: RadarStore, row: dict, said: list, columns: int, step: int, need: bool):
    """Starts and labels of a clip's windows, or why it has none."""
    measured = int(store.columns_measured[row["row"]])
    if not measured:
        return "failed when the store was built"
    if measured < columns:
        return f"with fewer than {columns} measured columns"
    time_s = store.axes["column_time"]
    starts, labels = [], []
    for start in range(0, measured - columns + 1, step):
        label = window_label(said, float(time_s[start]), float(time_s[start + columns - 1]))
        if label is not None or not need:
            starts.append(start)
            labels.append(label or "")
    if not starts:
        return "without a label"
    return np.array(starts, np.int64), labels


def window_label(said: list[tuple[float, float, str, str]], start_s: float, end_s: float):
    """The label of a window.

    Args:
        said: (start [s], end [s], kind, words) of the clip's segments.
        start_s, end_s: the window's first and last column [s].

    Returns:
        Words, or None.
    """

    def shown_s(segment) -> float:
        return min(segment[1], end_s) - max(segment[0], start_s)

    actions = [each for each in said if each[2] == "action"]
    if actions:
        shown = [
            text
            for begin_s, stop_s, kind, text in sorted(actions)
            if shown_s((begin_s, stop_s)) >= min(LEAST_SHOWN_S, (stop_s - begin_s) / 2)
            and shown_s((begin_s, stop_s)) > 0
        ]
        return " and ".join(dict.fromkeys(shown)) or None
    labels = [each for each in said if each[2] == "label" and shown_s(each) > 0]
    # A clip of sentences alone is called by its first.
    labels = labels or [each for each in said if each[2] == "sentence" and shown_s(each) > 0]
    return max(labels, key=shown_s)[3] if labels else None


def _sentences(store: RadarStore, words: dict[str, str]) -> dict[str, tuple[dict[str, str], ...]]:
    """Variants by the caption's words."""
    found: dict[str, dict] = defaultdict(dict)
    for row in store.table("attributes"):
        key = (row["provenance"], row["variant"])
        found[words.get(row["caption"], row["caption"])].setdefault(key, {})[row["part"]] = row[
            "sentence"
        ]
    return {
        text: tuple(variants[key] for key in sorted(variants)) for text, variants in found.items()
    }
