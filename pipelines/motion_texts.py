"""BABEL, HumanML3D and KIT-ML texts, found by the motion that they are about.

Sentences hold for their stretch. BABEL's are actions: a window's label lists those under it,
joined by "and" (mmCLIP paper, section 4.2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pipelines import humanml3d
from pipelines.amass_names import motion_key
from pipelines.babel import read_babel
from pipelines.humanml3d import frame_scale, read_humanml3d
from pipelines.kitml import read_kitml
from pipelines.plan import Note
from pipelines.sources import Text
from pipelines.text_set_entries import TextSetEntries

NOT_THERE = "of motions that are not there"
SPLIT_UP = "motions that their text set puts into several official splits"
WITHOUT_TEXT = "motions without text"

# An action that a window shows for less than this, and less than half of it, is not its label.
LEAST_SHOWN_S = 0.2


@dataclass(frozen=True, kw_only=True)
class MotionText:
    """What is said about one motion.

    Attributes:
        texts: timed, in order of their start.
        official_split: where the first text set that splits its motions puts it, or "".
    """

    texts: tuple[Text, ...] = ()
    official_split: str = ""

    @property
    def captions(self) -> tuple[str, ...]:
        """Different words, in the order of their first mention."""
        return tuple(dict.fromkeys(text.caption for text in self.texts))


@dataclass(frozen=True, kw_only=True)
class TextSources:
    """Texts of any number of text sets.

    Attributes:
        texts: by motion key, see `amass_names.motion_key`.
        splits: official splits by motion key, the first set's that has some.
        left_out: what was not taken, counted by cause.
    """

    texts: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    splits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_out: tuple[Note, ...] = ()

    def for_motion(self, path: str, rate_hz: float | None = None) -> MotionText:
        """What is said about a motion.

        Args:
            path: of the motion, from its AMASS collection on; folders in front do no harm.
            rate_hz: poses per second of its file, by which HumanML3D's times are set right.

        Returns:
            Its texts; none where nobody said anything.
        """
        key = motion_key(path)
        splits = self.splits.get(key, ())
        return MotionText(
            texts=tuple(_at_rate(text, rate_hz) for text in self.texts.get(key, ())),
            official_split=next(iter(splits)) if len(splits) == 1 else "",
        )

    def counts_frames(self, path: str) -> bool:
        """Whether some of a motion's texts need its pose rate."""
        said = self.texts.get(motion_key(path), ())
        return any(text.source == humanml3d.SOURCE for text in said)

    @cached_property
    def num_texts(self) -> dict[str, int]:
        """Texts that can be joined, by source."""
        return _by_source(self.texts.values())

    def num_joined(self, paths: Iterable[str]) -> dict[str, int]:
        """Texts by source whose motion is among these."""
        keys = {motion_key(path) for path in paths}
        return _by_source(said for key, said in self.texts.items() if key in keys)

    def unjoined(self, paths: Iterable[str]) -> tuple[Note, ...]:
        """What finds no place among these motions, and why, counted by cause.

        Args:
            paths: of the motions that are there.

        Returns:
            Counts: texts not taken, texts whose motion is not there, motions without text.
        """
        keys = [motion_key(path) for path in paths]
        joined = self.num_joined(paths)
        notes = [
            Note(cause=f"{source} texts {NOT_THERE}", count=count - joined.get(source, 0))
            for source, count in self.num_texts.items()
        ]
        notes.append(Note(cause=WITHOUT_TEXT, count=sum(key not in self.texts for key in keys)))
        split_up = sum(len(self.splits.get(key, ())) > 1 for key in keys)
        notes.append(Note(cause=SPLIT_UP, count=split_up))
        return (*self.left_out, *(note for note in notes if note.count))


def load_texts(
    babel: str | Path | None = None,
    humanml3d: str | Path | None = None,
    kitml: str | Path | None = None,
) -> TextSources:
    """Read text sets in their published layouts.

    Args:
        babel: folder with `train.json` and the others.
        humanml3d: folder with `index.csv` and `texts/`.
        kitml: folder with `annotations.json`.

    Returns:
        The texts of all that were given.

    Raises:
        InputError: a set is not there, or is something else.
    """
    readers = ((read_babel, babel), (read_humanml3d, humanml3d), (read_kitml, kitml))
    return _merged([read(path) for read, path in readers if path is not None])


def window_label(texts: Iterable[Text], start_s: float, end_s: float) -> Text | None:
    """The one label of a window: its actions in order, joined by "and".

    Args:
        texts: of the motion; sentences are passed over.
        start_s, end_s: the window [s].

    Returns:
        A label of the whole window; None where it shows no action.
    """
    shown = [text for text in texts if text.kind == "action" and _is_shown(text, start_s, end_s)]
    captions = list(dict.fromkeys(text.caption for text in shown))
    if not captions:
        return None
    words = " and ".join(captions)
    return replace(shown[0], caption=words, start_s=start_s, end_s=end_s, kind="label")


def _is_shown(text: Text, start_s: float, end_s: float) -> bool:
    text_end_s = end_s if text.end_s is None else text.end_s
    shown_s = min(text_end_s, end_s) - max(text.start_s, start_s)
    return shown_s >= min(LEAST_SHOWN_S, (text_end_s - text.start_s) / 2) and shown_s > 0


def _at_rate(text: Text, rate_hz: float | None) -> Text:
    if rate_hz is None or text.source != humanml3d.SOURCE:
        return text
    scale = frame_scale(rate_hz)
    end_s = None if text.end_s is None else text.end_s * scale
    return replace(text, start_s=text.start_s * scale, end_s=end_s)


def _merged(sets: list[TextSetEntries]) -> TextSources:
    texts: dict[str, list[Text]] = {}
    splits: dict[str, frozenset[str]] = {}
    for entries in sets:
        for key, said in entries.texts.items():
            texts.setdefault(key, []).extend(said)
        for key, found in entries.splits.items():
            splits.setdefault(key, frozenset(found))
    return TextSources(
        texts={key: tuple(sorted(said, key=_order)) for key, said in texts.items()},
        splits=splits,
        left_out=tuple(note for entries in sets for note in entries.notes()),
    )


def _order(text: Text) -> tuple:
    return text.start_s, text.end_s is None, text.end_s or 0.0


def _by_source(said: Iterable[Iterable[Text]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for texts in said:
        for text in texts:
            counts[text.source] = counts.get(text.source, 0) + 1
    return counts
