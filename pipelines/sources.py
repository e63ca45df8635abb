"""Input of the pipeline: takes (continuous motions, each of one subject) and their texts.

Builders create takes from files or built-in activities; the pipeline handles all takes in the same
way. A take is pickled and sent to the workers, so it holds a path or a name, not the poses.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipelines.plan import Clip
from radarsim.errors import InputError
from radarsim.scene.motion import Motion


class TakeChanged(InputError):
    """A take has changed since planning; its shards stay unfinished until the take is restored."""


@contextlib.contextmanager
def unchanged(take: "Take", sha256: str) -> Iterator[None]:
    """Check a take's checksum, and treat read errors inside this context as a change of the take.

    Raises:
        TakeChanged: the take has changed since the plan was made, or can no longer be read.
    """
    try:
        if take.sha256() != sha256:
            hint = "restore the old file, or build a new store"
            raise InputError(take.id, "file", "changed since the plan was made", hint)
        yield
    except InputError as error:
        raise TakeChanged(error.where, error.field, error.problem, error.hint) from None


@dataclass(frozen=True, kw_only=True)
class Text:
    """Text about a time span of a take.

    Attributes:
        caption: the text.
        source: origin of the text ("built-in", "BABEL", "HumanML3D", ...).
        licence: licence of the text; "" if the text has the licence of the motion.
        start_s, end_s: time span, relative to the start of the take [s]; None as `end_s` means the
            end of the take.
        sentences: (part, sentence) pairs that describe the caption, with parts from
            `schema.ATTRIBUTE_PARTS`; empty if there are none.
        variants: other wordings of the sentences, each in the same form as `sentences`.
        provenance: author of the sentences: a person, a program or a language model.
        kind: "label": class name of the time span; "action": one of the actions listed in the label
            of a window (see `motion_texts.window_label`); "sentence": any other description.
    """

    caption: str
    source: str
    licence: str = ""
    start_s: float = 0.0
    end_s: float | None = None
    sentences: tuple[tuple[str, str], ...] = ()
    variants: tuple[tuple[tuple[str, str], ...], ...] = ()
    provenance: str = ""
    kind: str = "sentence"

    @property
    def caption_id(self) -> str:
        """Hash of a caption, so that equal captions have equal ids in all shards of a store."""
        return hashlib.sha256(self.caption.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class GroupTake:
    """The takes of all people of a clip, with the interface of the main person's take.

    Attributes:
        main: take of the main person.
        others: takes of the further people, in the order of `Clip.others`.
    """

    main: "Take"
    others: tuple["Take", ...]

    def __getattr__(self, name: str):
        if name in ("main", "others"):  # unpickling accesses attributes before they exist
            raise AttributeError(name)
        return getattr(self.main, name)


def take_of_clip(clip: Clip, takes: Mapping[str, "Take"]) -> "Take | GroupTake":
    """The take of a clip, together with the takes of the further people in the clip.

    Args:
        clip: clip of a plan.
        takes: takes of all people, keyed by id.
    """
    main, *others = (takes[name] for name in clip.takes)
    return GroupTake(main, tuple(others)) if others else main


def takes_of_clips(clips: Iterable[Clip], takes: Mapping[str, "Take"]) -> dict[str, "Take"]:
    """The takes of all people of some clips, keyed by id.

    Args:
        clips: clips of a plan.
        takes: takes of all people, keyed by id.
    """
    return {name: takes[name] for clip in clips for name in clip.takes}


class Take(Protocol):
    """One continuous motion of one subject.

    Attributes:
        id: name of the take, which is the same on every machine.
        subject: the person who moves; each subject is in only one split.
        source: collection that the motion comes from.
        licence: licence of the motion.
        official_split: split assigned by the publishers; "" if they assigned none.
        split_group: name that takes of different subjects share if these subjects must be in one
            split, because they were recorded together; "" if only the subject matters.
        texts: timed captions, labels and actions.
    """

    id: str
    subject: str
    source: str
    licence: str
    official_split: str
    split_group: str
    texts: tuple[Text, ...]

    def load(self) -> Motion:
        """Read the motion; raise InputError if the motion cannot be read."""
        ...

    def sha256(self) -> str:
        """SHA-256 of the motion file, or of the parameters that generate the motion."""
        ...
