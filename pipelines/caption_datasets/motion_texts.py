"""Texts of BABEL, HumanML3D and KIT-ML, looked up by motion.

A sentence describes a time span. BABEL's texts are actions: the label of a window lists the actions
in the window, joined by "and" (mmCLIP paper, section 4.2).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pipelines.caption_datasets import humanml3d
from pipelines.caption_datasets.amass_names import motion_key
from pipelines.caption_datasets.babel import read_babel
from pipelines.caption_datasets.entries import TextSetEntries
from pipelines.caption_datasets.humanml3d import frame_scale, read_humanml3d
from pipelines.caption_datasets.kitml import read_kitml
from pipelines.plan import Note
from pipelines.sources import Text

MOTION_MISSING = "of missing motions"
SEVERAL_SPLITS = "motions that their text set puts into several official splits"
WITHOUT_TEXT = "motions without text"

# An action is part of a window's label if the window shows at least this duration of the action
# [s], or half of the action if half is shorter.
LEAST_SHOWN_S = 0.2
# Text between the actions in a label.
JOIN = " and "


@dataclass(frozen=True, kw_only=True)
class MotionText:
    """Texts of one motion.

    Attributes:
        texts: timed texts, ordered by start.
        official_split: official split in the first caption dataset with splits; "" if there is
            none.
    """

    texts: tuple[Text, ...] = ()
    official_split: str = ""

    @property
    def captions(self) -> tuple[str, ...]:
        """Distinct captions, in order of first occurrence."""
        return tuple(dict.fromkeys(text.caption for text in self.texts))


@dataclass(frozen=True, kw_only=True)
class TextSources:
    """Texts of all caption datasets that were loaded.

    Attributes:
        texts: texts keyed by the result of `amass_names.motion_key`.
        splits: official splits, keyed by motion key, from the first caption dataset with splits.
        left_out: counts of skipped texts by cause.
    """

    texts: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    splits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_out: tuple[Note, ...] = ()

    def for_motion(self, path: str, rate_hz: float | None = None) -> MotionText:
        """Return the texts of a motion.

        Args:
            path: path of the motion, starting with its AMASS collection; leading folders are
                ignored.
            rate_hz: pose rate of the motion's file, used to correct the times of HumanML3D.

        Returns:
            The texts of the motion; empty if the motion has no text.
        """
        key = motion_key(path)
        splits = self.splits.get(key, ())
        return MotionText(
            texts=tuple(_at_rate(text, rate_hz) for text in self.texts.get(key, ())),
            official_split=next(iter(splits)) if len(splits) == 1 else "",
        )

    def counts_frames(self, path: str) -> bool:
        """Whether a motion has texts whose times depend on its pose rate."""
        texts = self.texts.get(motion_key(path), ())
        return any(text.source == humanml3d.SOURCE for text in texts)

    @cached_property
    def num_texts(self) -> dict[str, int]:
        """Number of loaded texts by source."""
        return _by_source(self.texts.values())

    def num_joined(self, paths: Iterable[str]) -> dict[str, int]:
        """Number of texts by source, counting only texts whose motion is among the given paths."""
        keys = {motion_key(path) for path in paths}
        return _by_source(texts for key, texts in self.texts.items() if key in keys)

    def unjoined(self, paths: Iterable[str]) -> tuple[Note, ...]:
        """Counts of texts without a motion and motions without a text, by cause.

        Args:
            paths: paths of the available motions.

        Returns:
            Counts of skipped texts, texts of missing motions, and motions without text.
        """
        keys = [motion_key(path) for path in paths]
        joined = self.num_joined(paths)
        notes = [
            Note(
                cause=f"{source} texts {MOTION_MISSING}",
                count=count - joined.get(source, 0),
                remedy="give the folder that contains these motions with --amass",
            )
            for source, count in self.num_texts.items()
        ]
        notes.append(
            Note(
                cause=WITHOUT_TEXT,
                count=sum(key not in self.texts for key in keys),
                remedy="add further sets with --babel, --humanml3d or --kitml",
            )
        )
        several = sum(len(self.splits.get(key, ())) > 1 for key in keys)
        notes.append(Note(cause=SEVERAL_SPLITS, count=several))
        return (*self.left_out, *(note for note in notes if note.count))


def load_texts(
    babel: str | Path | None = None,
    humanml3d: str | Path | None = None,
    kitml: str | Path | None = None,
) -> TextSources:
    """Read caption datasets in their published layouts.

    Args:
        babel: folder with `train.json` and the other files of BABEL.
        humanml3d: folder with `index.csv` and `texts/`.
        kitml: folder with `annotations.json`.

    Returns:
        The texts of all datasets for which a folder is given.

    Raises:
        InputError: a caption dataset is missing or has a different format.
    """
    readers = ((read_babel, babel), (read_humanml3d, humanml3d), (read_kitml, kitml))
    return _merged([read(path) for read, path in readers if path is not None])


def window_label(texts: Iterable[Text], start_s: float, end_s: float) -> Text | None:
    """Return the label of a window: the actions in the window in order, joined by "and".

    Args:
        texts: texts of the motion; only actions are used.
        start_s, end_s: start and end of the window [s].

    Returns:
        The label of the whole window; None if the window shows no action.
    """
    shown = [text for text in texts if text.kind == "action" and _is_shown(text, start_s, end_s)]
    captions = list(dict.fromkeys(text.caption for text in shown))
    if not captions:
        return None
    label = JOIN.join(captions)
    return replace(shown[0], caption=label, start_s=start_s, end_s=end_s, kind="label")


def joins_actions(label: str, actions: Collection[str]) -> bool:
    """Whether a text can be the label of a window: action names joined by "and".

    Args:
        label: the text.
        actions: names of the actions, which may themselves contain "and".
    """
    words = label.split(JOIN)
    # A place between two words is reached if the words before it form names of actions.
    reached = [True, *[False] * len(words)]
    for end in range(1, len(words) + 1):
        reached[end] = any(
            reached[start] and JOIN.join(words[start:end]) in actions for start in range(end)
        )
    return reached[-1]


def _is_shown(text: Text, start_s: float, end_s: float) -> bool:
    text_end_s = end_s if text.end_s is None else text.end_s
    shown_s = min(text_end_s, end_s) - max(text.start_s, start_s)
    return shown_s >= min(LEAST_SHOWN_S, (text_end_s - text.start_s) / 2) and shown_s > 0


def _at_rate(text: Text, rate_hz: float | None) -> Text:
    """Correct the times of a HumanML3D text if the pose rate is known; keep other texts as is."""
    if rate_hz is None or text.source != humanml3d.SOURCE:
        return text
    scale = frame_scale(rate_hz)
    end_s = None if text.end_s is None else text.end_s * scale
    return replace(text, start_s=text.start_s * scale, end_s=end_s)


def _merged(sets: list[TextSetEntries]) -> TextSources:
    texts: dict[str, list[Text]] = {}
    splits: dict[str, frozenset[str]] = {}
    for entries in sets:
        for key, found in entries.texts.items():
            texts.setdefault(key, []).extend(found)
        for key, found in entries.splits.items():
            splits.setdefault(key, frozenset(found))
    return TextSources(
        texts={key: tuple(sorted(found, key=_by_time)) for key, found in texts.items()},
        splits=splits,
        left_out=tuple(note for entries in sets for note in entries.notes()),
    )


def _by_time(text: Text) -> tuple:
    return text.start_s, text.end_s is None, text.end_s or 0.0


def _by_source(groups: Iterable[Iterable[Text]]) -> dict[str, int]:
    return dict(Counter(text.source for texts in groups for text in texts))
