"""Label of a window, derived from the segments that overlap it.

If the clip has action segments, the label consists of the names of the actions, joined by "and";
otherwise, the label is the text of the label segment with the longest overlap.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from mmclip.store import RadarStore

# An action is part of a window's label if at least this duration of the action [s], or half of the
# action, lies in the window.
MIN_OVERLAP_S = 0.2


class Segment(NamedTuple):
    """A text that applies to part of a clip; `kind` is "action", "label" or "sentence"."""

    start_s: float
    end_s: float
    kind: str
    text: str


def read_segments(store: RadarStore, texts: dict[str, str]) -> dict[int, list[Segment]]:
    """Read the segments of the main person in each row.

    Args:
        store: opened store.
        texts: text of each caption, keyed by the caption's identifier.
    """
    segments = defaultdict(list)
    for row in store.read_table("segments"):
        text = texts[row["caption"]]
        segments[row["row"]].append(Segment(row["start_s"], row["end_s"], row["kind"], text))
    return segments


def joined(texts: tuple[str, ...]) -> str:
    """The label of a window with the given texts; "" without texts."""
    return " and ".join(texts)


def joined_actions(windows: Iterable[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Actions of each label that joins several actions in any window.

    Other windows may have the same label as a single text, or as another division into actions.

    Args:
        windows: texts that are joined to the label of each window.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for texts in dict.fromkeys(windows):
        if len(texts) > 1:
            found[joined(texts)] |= dict.fromkeys(texts)
    return {label: tuple(actions) for label, actions in found.items()}


def label_texts(segments: list[Segment], start_s: float, end_s: float) -> tuple[str, ...]:
    """The actions in a window or, in a clip without actions, its label; () if there is none.

    Args:
        segments: segments of one person in the clip.
        start_s, end_s: times of the window's first and last column [s].
    """

    def overlap_s(segment: Segment) -> float:
        return min(segment.end_s, end_s) - max(segment.start_s, start_s)

    actions = [segment for segment in segments if segment.kind == "action"]
    if actions:
        names = [
            each.text
            for each in sorted(actions)
            if overlap_s(each) >= min(MIN_OVERLAP_S, (each.end_s - each.start_s) / 2)
            and overlap_s(each) > 0
        ]
        return tuple(dict.fromkeys(names))
    # In a clip that has only sentences, the sentence with the longest overlap is the label.
    for kind in ("label", "sentence"):
        candidates = [each for each in segments if each.kind == kind and overlap_s(each) > 0]
        if candidates:
            return (max(candidates, key=overlap_s).text,)
    return ()
