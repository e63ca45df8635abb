"""The table `skeletons.csv` of the motion files that `builders.skeletons` wrote to a folder."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from radarsim.errors import InputError

TABLE = "skeletons.csv"
COLUMNS = (
    *("file", "source", "person", "start_s", "duration_s", "stature_m"),
    *("residual_cm", "noise_cm", "confidence", "notes"),
)


def check_earlier(folder: Path, inputs: Sequence[tuple[Path, Path]]) -> None:
    """Raise InputError if the results of other files with the same names are in the folder.

    Sources with relative paths, in tables of earlier versions, are unknown and not checked.

    Args:
        folder: output folder.
        inputs: path of each file, and the folder of its results relative to the output folder.
    """
    for row in _old_rows(folder / TABLE):
        source, result = Path(row["source"]), Path(row["file"])
        if not source.is_absolute() or not (folder / result).is_file():
            continue
        for path, place in inputs:
            same_names = (place, path.stem) == (result.parent, source.stem)
            if same_names and path.resolve() != source:
                problem = f"would overwrite {folder / result}, the result of {source}"
                raise InputError(path, "inputs", problem, "use another --out, or remove this file")


def update_table(folder: Path, rows: list[dict], complete: Sequence[Path]) -> None:
    """Add rows to the table, and remove files that earlier runs made of the same sources.

    An earlier run may have written other parts or people of a recording. Such files would be
    simulated together with the new files. Only files that the table lists are removed; those of
    sources with relative paths, which earlier versions wrote, are kept.

    Args:
        folder: output folder.
        rows: one row for each new file; `file` is relative to the folder, `source` is absolute.
        complete: sources of which all files were written.

    Raises:
        InputError: the table cannot be written.
    """
    from pipelines.table_files import write_whole

    if not rows:
        return
    new, sources = {row["file"] for row in rows}, {str(path.resolve()) for path in complete}
    old = [row for row in _old_rows(folder / TABLE) if row["file"] not in new]
    kept = [row for row in old if row["source"] not in sources]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    for row in kept + rows:
        writer.writerow({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()})
    # If the table cannot be written, the old one still lists files that exist.
    write_whole(folder / TABLE, text.getvalue().encode())
    used = new | {row["file"] for row in kept}
    for name in sorted({row["file"] for row in old} - used):
        _remove(folder, name)


def _remove(folder: Path, name: str) -> None:
    """Remove a motion file, unless the table was edited to name a file outside the folder."""
    path = (folder / name).resolve()
    if path.is_relative_to(folder.resolve()) and path.suffix == ".npz" and path.is_file():
        path.unlink()
        print(f"removed {name}: an earlier result of the same source")


def _old_rows(path: Path) -> list[dict]:
    """Rows of the table that earlier runs wrote to the same folder."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader) if tuple(reader.fieldnames or ()) == COLUMNS else []
