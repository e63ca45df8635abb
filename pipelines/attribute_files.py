"""Attribute sentences from CSV, JSON lines or Parquet files, checked row by row.

    caption,variant,part,sentence,provenance
    walk forward,0,legs,The legs step one after the other.,written by hand

`caption` is the caption's words, or its id in a store. `variant` counts wordings of one caption
and may be left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.schema import ATTRIBUTE_PARTS
from pipelines.table_files import read_rows, suffix_of, write_rows, write_whole
from pipelines.text_set_entries import cleaned
from radarsim.errors import InputError

COLUMNS = ("caption", "variant", "part", "sentence", "provenance")
FALLBACK = "plain fallback without a model"
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
    found = [_checked(row, where) for where, row in read_rows(path, COLUMNS, "attribute")]
    if not found:
        raise InputError(path, "rows", "there are none", _HINT)
    return found


def write_sentences(path: str | Path, sentences: Iterable[Sentence]) -> None:
    """Write a file that `read_sentences` reads, whole or not at all.

    Args:
        path: `.csv`, `.jsonl` or `.parquet`.
        sentences: in the order wanted.

    Raises:
        InputError: another kind of file, or it cannot be written.
    """
    rows = [asdict(sentence) for sentence in sentences]
    if suffix_of(path, "attribute") != ".parquet":
        return write_rows(path, rows, COLUMNS)
    from pipelines.store_tables import parquet_bytes  # late: it brings pyarrow along

    write_whole(path, parquet_bytes("attributes", rows))


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
