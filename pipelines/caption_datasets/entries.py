"""Code shared by the caption dataset readers: find files, check entries, count skipped entries.

A file with an unexpected format is rejected as a whole. A damaged entry is skipped, and skipped
entries are counted by cause.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pipelines.caption_datasets.amass_names import motion_key
from pipelines.plan import Note
from pipelines.sources import Text
from pipelines.table_files import read_bytes
from radarsim.errors import InputError

NO_PATH = "whose motion's path is not recognised"
EMPTY = "that are empty"
NO_TIMES = "with impossible times"
OUTSIDE = "outside their motion"
UNREADABLE = "that cannot be read"
MIRRORED = "of mirrored motions, which are left out"

OFFICIAL_SPLITS = ("train", "val", "test")
_LONGEST_CAPTION = 2000  # the longest published captions have 300 characters
_LATEST_S = 1e5  # later than the end of any motion


class TextSetEntries:
    """Texts of one caption dataset, collected while the files of the dataset are read.

    Args:
        source: name of the caption dataset.
        licence: licence of the caption dataset.

    Attributes:
        texts: texts, keyed by motion key.
        splits: official splits, keyed by motion key; a motion has several splits if its parts are
            in different splits.
        left_out: counts of skipped entries by cause.
    """

    def __init__(self, source: str, licence: str):
        self.source, self.licence = source, licence
        self.texts: dict[str, list[Text]] = {}
        self.splits: dict[str, set[str]] = {}
        self.left_out: Counter[str] = Counter()

    def key(self, path: object, num_texts: int = 1) -> str | None:
        """Return the motion key of a path; for a path without a key, count its texts as skipped."""
        key = motion_key(path)
        if key is None:
            self.leave_out(NO_PATH, num_texts)
        return key

    def add_split(self, key: str, split: str) -> None:
        """Record the official split of a motion, unless the name of the split is empty."""
        if split:
            self.splits.setdefault(key, set()).add(split)

    def add(
        self,
        key: str,
        caption: object,
        start_s: object,
        end_s: object,
        duration_s: float | None = None,
        kind: str = "sentence",
    ) -> None:
        """Add a text if it is valid; otherwise count it as skipped, with the cause.

        Args:
            key: key of the motion.
            caption: the text.
            start_s, end_s: time span of the text [s]; None as `end_s` means the end of the motion.
            duration_s: duration of the motion [s]; None if the dataset does not state the duration.
            kind: kind of the text, as in `sources.Text`.
        """
        text, span_s = normalised_text(caption), _span(start_s, end_s)
        if text is None or span_s is None:
            return self.leave_out(NO_TIMES if text else _cause(caption))
        start_s, end_s = span_s
        if duration_s is not None and start_s >= duration_s:
            return self.leave_out(OUTSIDE)
        entry = Text(
            caption=text,
            source=self.source,
            licence=self.licence,
            start_s=start_s,
            end_s=end_s,
            kind=kind,
        )
        self.texts.setdefault(key, []).append(entry)

    def leave_out(self, cause: str, count: int = 1) -> None:
        """Count entries that are skipped for a given cause."""
        self.left_out[cause] += count

    def notes(self) -> list[Note]:
        """Counts of skipped texts, for the closing summary."""
        return [
            Note(cause=f"{self.source} texts {cause}", count=count)
            for cause, count in self.left_out.items()
            if count
        ]


def normalised_text(caption: object) -> str | None:
    """Return a text with single spaces between words; None for empty, long or non-text values."""
    if not isinstance(caption, str) or len(caption) > _LONGEST_CAPTION:
        return None
    text = " ".join(caption.split())
    return text if text.isprintable() and any(map(str.isalnum, text)) else None


def as_number(value: object) -> float | None:
    """Convert a value, possibly text, to a number of magnitude below 1e9; None if impossible."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < 1e9 else None


def as_list(value: object) -> list:
    """Return a list unchanged, and an empty list for any other value."""
    return value if isinstance(value, list) else []


def find_files(path: str | Path, option: str, names: Iterable[str]) -> list[Path]:
    """Return the given file, or the files with published names in the given folder.

    Args:
        path: the file or folder.
        option: command-line option for the path, for messages.
        names: published file names, in reading order.

    Raises:
        InputError: neither the given file nor any file with a published name exists.
    """
    path, names = Path(path), tuple(names)
    try:
        found = [path] if path.is_file() else [path / name for name in names]
        found = [file for file in found if file.is_file()]
    except (OSError, ValueError):  # the path is too long or contains a null byte
        found = []
    if not found:
        problem = f"holds none of {', '.join(names)}" if path.is_dir() else "does not exist"
        raise InputError(path, option, problem, "give the folder as published")
    return found


def read_json_object(path: Path, expected: str) -> dict:
    """Read a JSON file that contains a single object.

    Args:
        path: the file.
        expected: name of the published file, for messages.

    Raises:
        InputError: the file is not JSON, or its top level is not an object.
    """
    hint = f"give {expected} as published"
    try:
        value = json.loads(read_bytes(path))
    except RecursionError:
        raise InputError(path, "JSON", "is nested too deeply", hint) from None
    except ValueError as error:
        # The file is not JSON, is not text, or contains a number with thousands of digits.
        raise InputError(path, "JSON", f"cannot be read ({_brief(error)})", hint) from None
    if not isinstance(value, dict):
        raise InputError(path, "JSON", f"is a {type(value).__name__}, not an object", hint)
    return value


def read_splits(folder: Path) -> dict[str, str]:
    """Return the official split of each id; train.txt, val.txt and test.txt are optional."""
    splits = {}
    for split in OFFICIAL_SPLITS:
        path = folder / f"{split}.txt"
        if path.is_file():
            ids = read_bytes(path).decode(errors="replace").split()
            splits |= dict.fromkeys(ids, split)
    return splits


def _span(start_s: object, end_s: object) -> tuple[float, float | None] | None:
    """Return (start, end) as numbers; None if the values are not a valid time span."""
    start = as_number(start_s)
    end = None if end_s is None else as_number(end_s)
    if start is None or not 0 <= start < _LATEST_S or (end is None) != (end_s is None):
        return None
    return (start, end) if end is None or start < end < _LATEST_S else None


def _cause(caption: object) -> str:
    """Reason why a caption is skipped: either the caption is empty or it is unreadable."""
    return EMPTY if isinstance(caption, str) and not caption.strip() else UNREADABLE


def _brief(error: ValueError) -> str:
    """First line of an error message, because some messages contain the whole file."""
    return str(error).splitlines()[0][:80] if not isinstance(error, UnicodeError) else "no text"
