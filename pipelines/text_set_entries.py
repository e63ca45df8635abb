"""What every text set needs: files opened, entries checked one by one, what is left out counted.

A file of another kind is refused as a whole. A damaged entry costs itself and is counted by cause.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pipelines.amass_names import motion_key
from pipelines.plan import Note
from pipelines.sources import Text
from radarsim.errors import InputError

NO_PATH = "whose motion's path is not recognised"
NO_WORDS = "without words"
NO_TIMES = "with impossible times"
OUTSIDE = "outside their motion"
UNREADABLE = "that cannot be read"
MIRRORED = "of mirrored motions, which are left out"

OFFICIAL_SPLITS = ("train", "val", "test")
_LONGEST_CAPTION = 2000  # characters; the longest published ones have 300
_LATEST_S = 1e5  # later than any motion lasts
_MAX_BYTES = 1 << 30


class TextSetEntries:
    """The texts of one source as they are read.

    Args:
        source: who wrote them.
        licence: under which terms.

    Attributes:
        texts: by motion key.
        splits: where the source puts a motion, by motion key; more than one where it is cut up.
        left_out: entries that were not taken, by cause.
    """

    def __init__(self, source: str, licence: str):
        self.source, self.licence = source, licence
        self.texts: dict[str, list[Text]] = {}
        self.splits: dict[str, set[str]] = {}
        self.left_out: Counter[str] = Counter()

    def key(self, path: object, num_texts: int = 1) -> str | None:
        """The motion that a path names; None, and its texts counted, where it names none."""
        key = motion_key(path)
        if key is None:
            self.leave_out(NO_PATH, num_texts)
        return key

    def put_in(self, key: str, split: str) -> None:
        """Note the official split of a motion, if there is one."""
        if split:
            self.splits.setdefault(key, set()).add(split)

    def add(
        self,
        key: str,
        caption: object,
        start_s: object,
        end_s: object,
        lasts_s: float | None = None,
        kind: str = "sentence",
    ) -> None:
        """Take a text, or count why not.

        Args:
            key: of the motion.
            caption: the words.
            start_s, end_s: the stretch [s]; end None: to the motion's end.
            lasts_s: how long the motion is, where the source says so [s].
            kind: see `sources.Text`.
        """
        words = cleaned(caption)
        stretch = _stretch(start_s, end_s)
        if words is None or stretch is None:
            return self.leave_out(NO_TIMES if words else _why(caption))
        if lasts_s is not None and stretch[0] >= lasts_s:
            return self.leave_out(OUTSIDE)
        text = Text(
            caption=words,
            source=self.source,
            licence=self.licence,
            start_s=stretch[0],
            end_s=stretch[1],
            kind=kind,
        )
        self.texts.setdefault(key, []).append(text)

    def leave_out(self, cause: str, count: int = 1) -> None:
        """Count entries that were not taken."""
        self.left_out[cause] += count

    def notes(self) -> list[Note]:
        """What was left out, for the closing summary."""
        return [self.note(cause, count) for cause, count in self.left_out.items() if count]

    def note(self, cause: str, count: int) -> Note:
        """A count of this source's texts."""
        return Note(cause=f"{self.source} texts {cause}", count=count)


def cleaned(caption: object) -> str | None:
    """The words with single blanks between them; None where there are none, or no plain text."""
    if not isinstance(caption, str) or len(caption) > _LONGEST_CAPTION:
        return None
    words = " ".join(caption.split())
    return words if words.isprintable() and any(map(str.isalnum, words)) else None


def number(value: object) -> float | None:
    """A finite number that is not too large to be meant, also where it is written in quotes."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < 1e9 else None


def entries_of(value: object) -> list:
    """A list as it is; anything else holds no entries."""
    return value if isinstance(value, list) else []


def find_files(path: str | Path, option: str, names: Iterable[str]) -> list[Path]:
    """A file that is given, or those of the published names that a folder holds.

    Args:
        path: the file or folder.
        option: that named it, for messages.
        names: as published, in the order wanted.

    Raises:
        InputError: nothing of the kind is there.
    """
    path, names = Path(path), tuple(names)
    try:
        found = [path] if path.is_file() else [path / name for name in names]
        found = [file for file in found if file.is_file()]
    except (OSError, ValueError):  # a name too long, or with a zero in it
        found = []
    if not found:
        problem = f"holds none of {', '.join(names)}" if path.is_dir() else "does not exist"
        raise InputError(path, option, problem, "give the folder as published")
    return found


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        InputError: it cannot be read, or is too large to be what it should.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(path, "file", "has more than 1 GiB", "give the file as published")
        return path.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InputError(path, "file", problem, "check it") from None


def read_table(path: Path, about: str) -> dict:
    """The object that a JSON file holds.

    Args:
        path: the file.
        about: what it should be, for messages.

    Raises:
        InputError: it holds no JSON, or something else than an object.
    """
    hint = f"give {about} as published"
    try:
        value = json.loads(read_bytes(path))
    except RecursionError:
        raise InputError(path, "JSON", "is nested too deeply", hint) from None
    except ValueError as error:  # not JSON, no text, or a number of thousands of digits
        raise InputError(path, "JSON", f"cannot be read ({_brief(error)})", hint) from None
    if not isinstance(value, dict):
        raise InputError(path, "JSON", f"is a {type(value).__name__}, not an object", hint)
    return value


def read_splits(folder: Path) -> dict[str, str]:
    """Ids by official split, from train.txt, val.txt and test.txt where they are."""
    splits = {}
    for split in OFFICIAL_SPLITS:
        path = folder / f"{split}.txt"
        if path.is_file():
            ids = read_bytes(path).decode(errors="replace").split()
            splits |= dict.fromkeys(ids, split)
    return splits


def _stretch(start_s: object, end_s: object) -> tuple[float, float | None] | None:
    start = number(start_s)
    end = None if end_s is None else number(end_s)
    if start is None or not 0 <= start < _LATEST_S or (end is None) != (end_s is None):
        return None
    return (start, end) if end is None or start < end < _LATEST_S else None


def _why(caption: object) -> str:
    return NO_WORDS if isinstance(caption, str) and not caption.strip() else UNREADABLE


def _brief(error: ValueError) -> str:
    """The reason alone: some of these errors carry the whole file along."""
    return str(error).splitlines()[0][:80] if not isinstance(error, UnicodeError) else "no text"
