"""Read recording labels from a CSV table into one take per capture and subject.

    file,label,caption,start_s,end_s,subject
    day1/walk.bin,walking,a person walks to the door,0,5,anna

`file` is a path relative to the folder of captures. `label` is the activity class, and `caption` is
a sentence that describes the activity; a row needs a label or a caption. Empty times mean the start
and the end of the capture. Optional columns are radar (a board, or a configuration file in the same
folder), split and licence.
"""

import csv
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipelines.recordings import RecordedTake
from pipelines.sources import Text
from radarsim.captures.array_files import is_array_file
from radarsim.errors import InputError
from radarsim.files import load_description, radar_of, setup_beside
from radarsim.paths import local_path
from radarsim.radar.boards import BOARDS

NEEDED = ("file", "subject")
KNOWN = (*NEEDED, "label", "caption", "start_s", "end_s", "radar", "split", "licence")
# Maximum size of a label table.
MAX_BYTES = 1 << 28


def read_labels(
    labels: str,
    captures: str,
    radar: str | None,
    iq_order: str = "auto",
    described: Mapping[str, object] = {},
) -> list[RecordedTake]:
    """Read one take per capture and subject; each row of the table becomes a text of a take.

    Args:
        labels: path of the CSV file.
        captures: folder to which the paths in the column `file` are relative.
        radar: radar of all captures whose row does not name one.
        iq_order: order of I and Q, passed to `files.open_capture`.
        described: arguments of `files.load_description` for recorded arrays.

    Returns:
        The takes, in the order of the table.

    Raises:
        InputError: the table cannot be read, a column is missing or unknown, or a row is invalid;
            the message names the line of the row.
    """
    takes: dict[tuple[str, str], RecordedTake] = {}
    named_by: dict[str, RecordedTake] = {}  # first take of each id
    for where, row in _rows(labels):
        # "walk.bin" and "./walk.bin" are the same file.
        file, subject = Path(row["file"]).as_posix(), row["subject"]
        path = Path(captures, file)
        if not path.is_file():
            raise InputError(
                where, "file", f"{path} does not exist", "correct the path, or --captures"
            )
        description = load_description(path, **described) if is_array_file(path) else None
        named = row.get("radar") or radar or (radar_of(description) if description else None)
        take = RecordedTake(
            path=str(path),
            setup=_setup(where, named, path, captures),
            description=description.dump() if description else "",
            id=f"recordings/{Path(file).with_suffix('').as_posix()}/{subject}",
            subject=subject,
            texts=(),
            iq_order=iq_order,
            licence=row.get("licence", ""),
            official_split=row.get("split", ""),
        )
        known = takes.setdefault((file, subject), take)
        if replace(known, texts=()) != take:
            problem = "differs in radar, split or licence from an earlier row of the same file"
            raise InputError(where, "row", problem, "use the same values in both rows")
        takes[file, subject] = replace(known, texts=(*known.texts, *_texts(where, row)))
        _check_id(where, take, named_by.setdefault(take.id, take))
    return list(takes.values())


def _check_id(where: str, take: RecordedTake, first: RecordedTake) -> None:
    """Check that no other file has the id of a take, which omits the suffix of the file."""
    if take.path != first.path:
        problem = f"{take.path} and {first.path} would have the same name {take.id}"
        raise InputError(where, "file", problem, "rename one of them")


def _rows(labels: str):
    """Yield (file and line, row) for every non-empty row."""
    try:
        with open(labels, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            _check_columns(labels, reader.fieldnames or ())
            for row in reader:
                where = f"{labels}, line {reader.line_num}"
                if "" in row:
                    hint = 'put values that contain commas in "quotes"'
                    raise InputError(where, "row", "has more values than columns", hint)
                row = {key: value.strip() for key, value in row.items()}
                if any(row.values()):
                    _check_row(where, row)
                    yield where, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problem = f"cannot be read ({str(error).splitlines()[0]})"
        raise InputError(labels, "labels", problem, "give a CSV table in UTF-8") from None


def _check_columns(labels: str, names) -> None:
    for name in NEEDED:
        if name not in names:
            hint = f"start the table with a header line of: {', '.join(KNOWN)}"
            raise InputError(labels, name, "column is missing", hint)
    for name in names:
        if name not in KNOWN:
            hint = f"remove it, or use {', '.join(KNOWN)}"
            raise InputError(labels, name or "column", "is not a known column", hint)


def _check_row(where: str, row: Mapping[str, str]) -> None:
    for name in NEEDED:
        if not row[name]:
            raise InputError(where, name, "is empty", "fill it in")
    if not (row.get("label") or row.get("caption")):
        raise InputError(where, "label", "is empty, and so is caption", "fill in one of them")
    if Path(row["file"]).is_absolute() or ".." in Path(row["file"]).parts:
        hint = "give a path relative to --captures"
        raise InputError(where, "file", f"is {row['file']}", hint)


def _texts(where: str, row: Mapping[str, str]) -> list[Text]:
    start_s = _seconds(where, row, "start_s") or 0.0
    end_s = _seconds(where, row, "end_s")
    if end_s is not None and end_s <= start_s:
        problem = f"is {end_s:g} s, not later than start_s = {start_s:g} s"
        raise InputError(where, "end_s", problem, "correct the row")
    kinds = (("label", row.get("label")), ("sentence", row.get("caption")))
    return [
        Text(caption=text, source="labels", kind=kind, start_s=start_s, end_s=end_s)
        for kind, text in kinds
        if text
    ]


def _seconds(where: str, row: Mapping[str, str], name: str) -> float | None:
    text = row.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e9:
        raise InputError(where, name, f"is {text!r}", "give seconds from the start of the capture")
    return value


def _setup(where: str, named: str | None, path: Path, captures: str) -> str:
    """Radar named in the row or by the flag; otherwise the radar file next to the capture."""
    if named:
        file = Path(captures, local_path(named))
        return str(file) if named not in BOARDS and file.is_file() else named
    beside = setup_beside(path)
    if beside is None:
        hint = f"give --radar or a column radar, or put {path.stem}.toml next to the capture"
        raise InputError(where, "radar", f"of {path.name} is unknown", hint)
    return str(beside)
