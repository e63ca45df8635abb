"""Labels of recordings: a CSV table to takes.

    file,label,caption,start_s,end_s,subject
    day1/walk.bin,walking,a person walks to the door,0,5,anna

`file` is looked for below the folder of captures. `label` names what is done, `caption` says it in
a sentence; one of them is enough. Empty times mean from the start and to the end. Optional columns:
radar (a board or a configuration, below the same folder), split, licence.
"""

import csv
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipelines.recordings import RecordedTake
from pipelines.sources import Text
from radarsim.errors import InputError
from radarsim.files import setup_beside
from radarsim.radar.boards import BOARDS

NEEDED = ("file", "subject")
KNOWN = (*NEEDED, "label", "caption", "start_s", "end_s", "radar", "split", "licence")
MAX_BYTES = 1 << 28


def read_labels(
    labels: str, captures: str, radar: str | None, iq_order: str = "auto"
) -> list[RecordedTake]:
    """One take per capture and subject, its rows as texts, in the order of the table.

    Args:
        labels: the CSV file.
        captures: folder that its files lie in.
        radar: of all captures whose row names none.
        iq_order: as for `files.open_capture`.

    Returns:
        The takes.

    Raises:
        InputError: naming the row.
    """
    takes: dict[tuple[str, str], RecordedTake] = {}
    for where, row in _rows(labels):
        file, subject = row["file"], row["subject"]
        path = Path(captures, file)
        if not path.is_file():
            raise InputError(where, "file", f"{path} does not exist", "correct it or --captures")
        take = RecordedTake(
            path=str(path),
            setup=_setup(where, row.get("radar") or radar, path, captures),
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
            raise InputError(where, "row", problem, "make them alike")
        takes[file, subject] = replace(known, texts=(*known.texts, *_texts(where, row)))
    return list(takes.values())


def _rows(labels: str):
    """(file and line, row) of every row that is not empty."""
    try:
        with open(labels, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            _check_columns(labels, reader.fieldnames or ())
            for row in reader:
                where = f"{labels}, line {reader.line_num}"
                if "" in row:
                    hint = 'put a value with commas in "quotes"'
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
            hint = f"begin the table with a line of names: {', '.join(KNOWN)}"
            raise InputError(labels, name, "no such column", hint)
    for name in names:
        if name not in KNOWN:
            hint = f"remove it, or use {', '.join(KNOWN)}"
            raise InputError(labels, name or "column", "is no known column", hint)


def _check_row(where: str, row: Mapping[str, str]) -> None:
    for name in NEEDED:
        if not row[name]:
            raise InputError(where, name, "is empty", "fill it in")
    if not (row.get("label") or row.get("caption")):
        raise InputError(where, "label", "is empty, and so is caption", "fill in one of them")
    if Path(row["file"]).is_absolute() or ".." in Path(row["file"]).parts:
        hint = "give its path below --captures"
        raise InputError(where, "file", f"is {row['file']}", hint)


def _texts(where: str, row: Mapping[str, str]) -> list[Text]:
    start_s = _seconds(where, row, "start_s") or 0.0
    end_s = _seconds(where, row, "end_s")
    if end_s is not None and end_s <= start_s:
        problem = f"is {end_s:g} s, not after start_s of {start_s:g} s"
        raise InputError(where, "end_s", problem, "correct the row")
    kinds = (("label", row.get("label")), ("sentence", row.get("caption")))
    return [
        Text(caption=words, source="labels", kind=kind, start_s=start_s, end_s=end_s)
        for kind, words in kinds
        if words
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
        raise InputError(where, name, f"is {text!r}", "give seconds since the capture began")
    return value


def _setup(where: str, named: str | None, path: Path, captures: str) -> str:
    """The row's radar, the one for all, or the configuration that lies beside the capture."""
    if named:
        below = Path(captures, named)
        return str(below) if named not in BOARDS and below.is_file() else named
    beside = setup_beside(path)
    if beside is None:
        hint = f"give --radar, a column radar, or a configuration such as {path.stem}.toml beside"
        raise InputError(where, "radar", f"of {path.name} is not known", hint)
    return str(beside)
