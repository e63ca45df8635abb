"""Attribute sentences from CSV, JSON lines or Parquet files, checked row by row.

    caption,variant,part,sentence,provenance
    walk forward,0,legs,The legs step one after the other.,written by hand

`caption` is the caption's words, or its id in a store. `variant` counts wordings of one caption
and may be left out.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.schema import ATTRIBUTE_PARTS
from pipelines.text_entries import cleaned, read_bytes
from radarsim.errors import InputError

SUFFIXES = (".csv", ".jsonl", ".parquet")
COLUMNS = ("caption", "variant", "part", "sentence", "provenance")
_HINT = f"give the columns {', '.join(COLUMNS)}"
_MOST_VARIANTS = 10_000


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What one wording says of one part of the movement; fields as in `schema.TABLES`."""

    caption: str
    variant: int
    part: str
    sentence: str
    provenance: str


def read_sentences(path: str | Path) -> list[Sentence]:
    """The sentences of a file.

    Args:
        path: `.csv` with a head line, `.jsonl` with an object per line, or `.parquet`.

    Returns:
        Sentences in the file's order.

    Raises:
        InputError: no such file, another kind of file, or a row that cannot be used.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        problem = f"'{suffix or path.name}' is no kind of attribute file"
        raise InputError(path, "file", problem, f"give {' or '.join(SUFFIXES)}")
    readers = {".csv": _csv_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}
    found = [_checked(row, f"{path} {at}") for at, row in readers[suffix](path, read_bytes(path))]
    if not found:
        raise InputError(path, "rows", "there are none", _HINT)
    return found


def _csv_rows(path: Path, data: bytes) -> Iterator[tuple[str, Mapping]]:
    reader = csv.DictReader(io.StringIO(_text(path, data), newline=""))
    try:
        for row in reader:
            yield f"line {reader.line_num}", row
    except csv.Error as error:
        raise InputError(path, "CSV", str(error), _HINT) from None


def _json_rows(path: Path, data: bytes) -> Iterator[tuple[str, Mapping]]:
    for number, line in enumerate(_text(path, data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{path} line {number}", "JSON", "is no object", _HINT)
        yield f"line {number}", row


def _parquet_rows(path: Path, data: bytes) -> Iterator[tuple[str, Mapping]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        wanted = [name for name in COLUMNS if name in file.schema_arrow.names]
        rows = file.read(columns=wanted).to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        hint = "write it again"
        raise InputError(path, "Parquet", "cannot be read, or is damaged", hint) from None
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", row


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "file", "is no UTF-8 text", "save it as UTF-8") from None


def _checked(row: Mapping, where: str) -> Sentence:
    missing = next((name for name in COLUMNS if name != "variant" and name not in row), None)
    if missing:
        raise InputError(where, missing, "is missing", _HINT)
    words = {name: cleaned(row[name]) for name in ("caption", "sentence", "provenance")}
    for name, value in words.items():
        if value is None:
            raise InputError(where, name, "holds no words", "fill it in, or remove the row")
    if row["part"] not in ATTRIBUTE_PARTS:
        problem = f"is {str(row['part'])[:40]!r}"
        raise InputError(where, "part", problem, f"use {', '.join(ATTRIBUTE_PARTS)}")
    return Sentence(part=row["part"], variant=_variant(row.get("variant"), where), **words)


def _variant(value: object, where: str) -> int:
    try:
        plain = isinstance(value, (int, str, type(None))) and not isinstance(value, bool)
        number = int(value or 0) if plain else -1
    except ValueError:
        number = -1
    if not 0 <= number < _MOST_VARIANTS:
        problem = f"is {str(value)[:40]!r}"
        raise InputError(where, "variant", problem, "count wordings of a caption from 0")
    return number
