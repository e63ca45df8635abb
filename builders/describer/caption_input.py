"""Captions to be described: from a text file, a table, or a store."""

from collections.abc import Iterator
from pathlib import Path

from pipelines.attribute_files import FALLBACK
from pipelines.table_files import SUFFIXES, read_bytes, read_rows, text_of
from pipelines.text_set_entries import normalised_text
from radarsim.errors import InputError

COLUMNS = ("caption", "label")  # as the tables of `builders.recordings` have them
TEXT_SUFFIX = ".txt"
_HINT = "give a column caption, or label"


def read_captions(source: str, provenance: str) -> list[str]:
    """Different captions, in the order of their first mention.

    Args:
        source: `.txt` with a caption per line, `.csv`, `.jsonl` or `.parquet` with a column caption
            or label, or a finished store.
        provenance: of the sentences that will be made. In a store, what is described by others
            is left out, and what has these sentences is not: they will be replaced.

    Raises:
        InputError: nothing of the kind, or a row without words.
    """
    suffix = Path(source).suffix.lower()
    if "://" in source or Path(source).is_dir():
        return _undescribed(source, provenance)
    if suffix == TEXT_SUFFIX:
        found = list(_lines(Path(source)))
    elif suffix in SUFFIXES:
        found = list(_cells(source))
    else:
        problem = f"'{suffix or Path(source).name}' is no kind of caption file"
        hint = f"give {TEXT_SUFFIX}, {', '.join(SUFFIXES)} or a store"
        raise InputError(source, "captions", problem, hint)
    if not found:
        raise InputError(source, "captions", "there are none", "give one per line")
    return list(dict.fromkeys(found))


def _lines(path: Path) -> Iterator[str]:
    for number, line in enumerate(text_of(path, read_bytes(path)).splitlines(), start=1):
        if line.strip():
            yield _words(line, f"{path} line {number}", "caption")


def _cells(path: str) -> Iterator[str]:
    for where, row in read_rows(path, COLUMNS, "caption"):
        given = [name for name in COLUMNS if row.get(name) not in (None, "")]
        if not given:
            raise InputError(where, "caption", "is missing", _HINT)
        for name in given:
            yield _words(row[name], where, name)


def _words(value: object, where: str, name: str) -> str:
    words = normalised_text(value)
    if words is None:
        raise InputError(where, name, "holds no words", "fill it in, or remove the row")
    return words


def _undescribed(source: str, provenance: str) -> list[str]:
    """Captions of a store without sentences; [] where all have some."""
    from pipelines.store_reader import Store  # late: it opens the store with zarr

    store = Store(source)
    passing = {provenance, FALLBACK}
    told = {row["caption"] for row in store.table("attributes") if row["provenance"] not in passing}
    rows = sorted(store.table("captions"), key=lambda row: row["text"])
    return list(dict.fromkeys(row["text"] for row in rows if row["id"] not in told))
