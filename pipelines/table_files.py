"""Tables of words as people hand them over: CSV with a head line, JSON lines or Parquet."""

import contextlib
import csv
import io
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.text_set_entries import read_bytes
from radarsim.errors import InputError

SUFFIXES = (".csv", ".jsonl", ".parquet")


def suffix_of(path: str | Path, kind: str) -> str:
    """The file's suffix, in small letters.

    Args:
        path: of the file, which need not exist.
        kind: of file, for messages.

    Raises:
        InputError: it is none of `SUFFIXES`.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        problem = f"'{suffix or Path(path).name}' is no kind of {kind} file"
        raise InputError(path, "file", problem, f"give {' or '.join(SUFFIXES)}")
    return suffix


def read_rows(
    path: str | Path, columns: Sequence[str], kind: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Where each row stands, and its values.

    Args:
        path: the file.
        columns: that are of use; CSV and JSON lines may bring others along.
        kind: of file, for messages.

    Raises:
        InputError: no such file, another kind of file, or one that cannot be read.
    """
    path, suffix = Path(path), suffix_of(path, kind)
    data, hint = read_bytes(path), f"give the columns {', '.join(columns)}"
    if suffix == ".parquet":
        rows = _parquet_rows(path, data, columns)
    else:
        rows = (_csv_rows if suffix == ".csv" else _json_rows)(path, text_of(path, data), hint)
    return ((f"{path} {at}", row) for at, row in rows)


def write_rows(path: str | Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str]):
    """Write a `.csv` or `.jsonl` file, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    sink = io.StringIO()
    if suffix_of(path, "attribute") == ".csv":
        writer = csv.DictWriter(sink, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        sink.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_whole(path, sink.getvalue().encode())


def write_whole(path: str | Path, data: bytes) -> None:
    """Write a file beside its place and rename it, so that nobody ever sees half of it.

    Raises:
        InputError: it cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        os.replace(partial, path)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(path, "file", problem, "choose another place") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def text_of(path: str | Path, data: bytes) -> str:
    """UTF-8, with or without its mark.

    Raises:
        InputError: it is something else.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "file", "is no UTF-8 text", "save it as UTF-8") from None


def _csv_rows(path: Path, text: str, hint: str) -> Iterator[tuple[str, Mapping]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield f"line {reader.line_num}", row
    except csv.Error as error:
        raise InputError(path, "CSV", str(error), hint) from None


def _json_rows(path: Path, text: str, hint: str) -> Iterator[tuple[str, Mapping]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{path} line {number}", "JSON", "is no object", hint)
        yield f"line {number}", row


def _parquet_rows(path: Path, data: bytes, columns: Sequence[str]) -> Iterator[tuple[str, Mapping]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        wanted = [name for name in columns if name in file.schema_arrow.names]
        rows = file.read(columns=wanted).to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        hint = "write it again"
        raise InputError(path, "Parquet", "cannot be read, or is damaged", hint) from None
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", row
