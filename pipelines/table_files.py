"""Read and write tables of text rows: CSV with a header line, JSON lines or Parquet."""

import contextlib
import csv
import io
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from radarsim.errors import InputError

SUFFIXES = (".csv", ".jsonl", ".parquet")
# Maximum size of an input file.
_MAX_BYTES = 1 << 30


def suffix_of(path: str | Path, kind: str) -> str:
    """Return the suffix of a file in lower case.

    Args:
        path: path of the file, which need not exist.
        kind: kind of file, used in messages.

    Raises:
        InputError: the suffix is not in `SUFFIXES`.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        problem = f"'{suffix or Path(path).name}' is not a type of {kind} file"
        raise InputError(path, "file", problem, f"give {' or '.join(SUFFIXES)}")
    return suffix


def read_bytes(path: Path) -> bytes:
    """Read all bytes of a file of at most 1 GiB.

    Raises:
        InputError: the file cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(path, "file", "has more than 1 GiB", "give the file as published")
        return path.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InputError(path, "file", problem, "check it") from None


def read_rows(
    path: str | Path, columns: Sequence[str], kind: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield (location, values) of each row; the location states the file and line for messages.

    Args:
        path: the file.
        columns: columns to read; for CSV and JSON lines, other columns may be returned as well.
        kind: kind of file, used in messages.

    Raises:
        InputError: the file is missing, its type is not supported, or the file or a row cannot be
            read.
    """
    path, suffix = Path(path), suffix_of(path, kind)
    data, hint = read_bytes(path), f"give the columns {', '.join(columns)}"
    if suffix == ".parquet":
        rows = _parquet_rows(path, data, columns)
    else:
        rows = (_csv_rows if suffix == ".csv" else _json_rows)(path, text_of(path, data), hint)
    return ((f"{path} {at}", row) for at, row in rows)


def write_rows(path: str | Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str]):
    """Write rows atomically as CSV or, if the suffix is not `.csv`, as JSON lines.

    Raises:
        InputError: the file cannot be written.
    """
    sink = io.StringIO()
    if Path(path).suffix.lower() == ".csv":
        writer = csv.DictWriter(sink, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        sink.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_whole(path, sink.getvalue().encode())


def write_whole(path: str | Path, data: bytes) -> None:
    """Write a temporary file and rename it to `path`, so that `path` is never a partial file.

    Raises:
        InputError: the file cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        os.replace(partial, path)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(path, "file", problem, "choose another path") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def text_of(path: str | Path, data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Raises:
        InputError: the bytes are not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "file", "is not UTF-8 text", "save it as UTF-8") from None


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
            raise InputError(f"{path} line {number}", "JSON", "is not an object", hint)
        yield f"line {number}", row


def _parquet_rows(path: Path, data: bytes, columns: Sequence[str]) -> Iterator[tuple[str, Mapping]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        present = [name for name in columns if name in file.schema_arrow.names]
        rows = file.read(columns=present).to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        problem, hint = "cannot be read, or is damaged", "write the file again"
        raise InputError(path, "Parquet", problem, hint) from None
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", row
