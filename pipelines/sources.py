"""What hands motion to the pipeline: a take, whoever recorded or made it.

Builders make takes and the pipeline reads them; it never asks where they come from. A take is
small and travels to the workers as a pickle: it carries a path or a name, not the poses.
"""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from radarsim.errors import InputError
from radarsim.scene.motion import Motion


class TakeChanged(InputError):
    """A take is not what it was when the plan was made: its shards wait until it is."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """What is said about a stretch of a take.

    Attributes:
        caption: the words.
        source: who wrote them ("built-in", "BABEL", "HumanML3D", ...).
        licence: of the words; "" where it is that of the motion.
        start_s, end_s: the stretch, since the start of the take; end None: to its end.
        sentences: (part, sentence) pairs describing the caption, parts of
            `schema.ATTRIBUTE_PARTS`; empty where none are known.
        variants: the same in other words, each like `sentences`.
        provenance: who wrote the sentences.
        kind: "label", what the stretch is called; "action", one of the actions that a window's
            label lists (see `captions.window_label`); "sentence", any other words about it.
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
        """Follows from the words, so that every part of a store names them alike."""
        return hashlib.sha256(self.caption.encode()).hexdigest()[:16]


class Take(Protocol):
    """One continuous motion of one subject.

    Attributes:
        id: stable name, with no part that depends on this machine.
        subject: who moves; subjects never cross splits.
        source: the collection it belongs to.
        licence: of the motion.
        official_split: where its publishers put it, or "".
        texts: what is said about it.
    """

    id: str
    subject: str
    source: str
    licence: str
    official_split: str
    texts: tuple[Text, ...]

    def load(self) -> Motion:
        """The motion; InputError where it cannot be used."""
        ...

    def sha256(self) -> str:
        """Of the file, or of what the motion is made from."""
        ...
