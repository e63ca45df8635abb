"""Attribute sentences from CSV, JSON lines or Parquet files, checked row by row.

    caption,variant,part,sentence,provenance
    walk forward,0,legs,The legs step one after the other.,written by hand

`caption` is the text of the caption or its id in a store. `variant` distinguishes several wordings
of one caption; the column may be omitted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.caption_datasets.entries import normalised_text
from pipelines.schema import ATTRIBUTE_PARTS
from pipelines.table_files import read_rows, suffix_of, write_rows, write_whole
from radarsim.errors import InputError

COLUMNS = ("caption", "variant", "part", "sentence", "provenance")
FALLBACK = "plain fallback without a model"
_HINT = f"give the columns {', '.join(COLUMNS)}"
# Exclusive upper limit of the variant number, which distinguishes the wordings of one caption.
_MOST_VARIANTS = 10_000


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence about one part of a movement, in one wording; `schema.TABLES` lists the fields."""

    caption: str
    variant: int
    part: str
    sentence: str
    provenance: str


def read_sentences(path: str | Path) -> list[Sentence]:
    """Read and check attribute sentences from a file.

    Args:
        path: `.csv` with a header line, `.jsonl` with one object per line, or `.parquet`.

    Returns:
        Sentences in file order.

    Raises:
        InputError: the file is missing or has no rows, its type is not supported, or a row is
            invalid.
    """
    sentences = [_checked(row, where) for where, row in read_rows(path, COLUMNS, "attribute")]
    if not sentences:
        raise InputError(path, "rows", "none found", _HINT)
    return sentences


def write_sentences(path: str | Path, sentences: Iterable[Sentence]) -> None:
    """Write a file that `read_sentences` can read, atomically, so that no partial file can appear.

    Args:
        path: `.csv`, `.jsonl` or `.parquet`.
        sentences: sentences in row order.

    Raises:
        InputError: the file type is not supported, or the file cannot be written.
    """
    rows = [asdict(sentence) for sentence in sentences]
    if suffix_of(path, "attribute") != ".parquet":
        return write_rows(path, rows, COLUMNS)
    # Imported late because `store_tables` imports pyarrow.
    from pipelines.store_tables import parquet_bytes

    write_whole(path, parquet_bytes("attributes", rows))


def _checked(row: Mapping, where: str) -> Sentence:
    missing = next((name for name in COLUMNS if name != "variant" and name not in row), None)
    if missing:
        raise InputError(where, missing, "is missing", _HINT)
    texts = {name: normalised_text(row[name]) for name in ("caption", "sentence", "provenance")}
    for name, value in texts.items():
        if value is None:
            raise InputError(where, name, "holds no text", "fill it in, or remove the row")
    if row["part"] not in ATTRIBUTE_PARTS:
        problem = f"is {str(row['part'])[:40]!r}"
        raise InputError(where, "part", problem, f"use {', '.join(ATTRIBUTE_PARTS)}")
    return Sentence(part=row["part"], variant=_variant(row.get("variant"), where), **texts)


def _variant(value: object, where: str) -> int:
    try:
        plain = isinstance(value, (int, str, type(None))) and not isinstance(value, bool)
        number = int(value or 0) if plain else -1
    except ValueError:
        number = -1
    if not 0 <= number < _MOST_VARIANTS:
        problem = f"is {str(value)[:40]!r}"
        raise InputError(where, "variant", problem, "number the wordings of a caption from 0")
    return number
