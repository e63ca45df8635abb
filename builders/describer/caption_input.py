"""Read the captions that need sentences, from a text file, a table or a store."""

from collections.abc import Iterator
from pathlib import Path

from pipelines.attribute_files import FALLBACK
from pipelines.caption_datasets.entries import normalised_text
from pipelines.table_files import SUFFIXES, read_bytes, read_rows, text_of
from radarsim.errors import InputError
from radarsim.paths import is_url

COLUMNS = ("caption", "label")  # column names as in the label table of `builders.recordings`
TEXT_SUFFIX = ".txt"
_HINT = "give a column caption, or label"


def read_captions(source: str, provenance: str) -> list[str]:
    """Read the distinct captions, in the order of first occurrence.

    Args:
        source: `.txt` with one caption per line, `.csv`, `.jsonl` or `.parquet` with a column
            caption or label, or a finished store.
        provenance: provenance of the sentences to be generated. Captions in a store are skipped if
            they already have sentences whose provenance is neither this value nor the fallback.

    Raises:
        InputError: the source type is unsupported, the source is empty, or a row has no text.
    """
    suffix = Path(source).suffix.lower()
    if is_url(source) or Path(source).is_dir():
        return _captions_to_describe(source, provenance)
    if suffix == TEXT_SUFFIX:
        found = list(_lines(Path(source)))
    elif suffix in SUFFIXES:
        found = list(_cells(source))
    else:
        problem = f"'{suffix or Path(source).name}' is not a supported caption file"
        hint = f"give {TEXT_SUFFIX}, {', '.join(SUFFIXES)} or a store"
        raise InputError(source, "captions", problem, hint)
    if not found:
        raise InputError(source, "captions", "the file contains none", "give one caption per line")
    return list(dict.fromkeys(found))


def _lines(path: Path) -> Iterator[str]:
    for number, line in enumerate(text_of(path, read_bytes(path)).splitlines(), start=1):
        if line.strip():
            yield _caption_text(line, f"{path} line {number}", "caption")


def _cells(path: str) -> Iterator[str]:
    for where, row in read_rows(path, COLUMNS, "caption"):
        given = [name for name in COLUMNS if row.get(name) not in (None, "")]
        if not given:
            raise InputError(where, "caption", "is missing", _HINT)
        for name in given:
            yield _caption_text(row[name], where, name)


def _caption_text(value: object, where: str, name: str) -> str:
    text = normalised_text(value)
    if text is None:
        raise InputError(where, name, "contains no words", "fill it in, or remove the row")
    return text


def _captions_to_describe(source: str, provenance: str) -> list[str]:
    """Captions in a store that need sentences.

    A caption needs sentences if all its sentences are fallback sentences or have `provenance`.
    """
    from pipelines.store_reader import Store  # imported late because it imports zarr

    store = Store(source)
    replaced = {provenance, FALLBACK}
    sentences = store.table("attributes")
    described = {row["caption"] for row in sentences if row["provenance"] not in replaced}
    rows = sorted(store.table("captions"), key=lambda row: row["text"])
    return list(dict.fromkeys(row["text"] for row in rows if row["id"] not in described))
