"""Export the point clouds of a store: one CSV or PCD file per clip, and a table of the files.

    clips.csv    000000_walk@0.00s.0.csv    000001_sit@0.00s.0.csv ...

A CSV file has one line per point: `time_s` since the start of the clip, `frame`, and the values of
`POINT_VALUES`; an angle that the antennas cannot measure is `nan`. A PCD file (version 0.7, binary)
has the same values as fields of an unorganised cloud. The first fields are named x, y and z, as
viewers expect.
"""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.export import Report, Target
from pipelines.plan import Clip
from pipelines.store_reader import Store
from radarsim.detection.point_cloud import POINT_VALUES
from radarsim.errors import InputError

CLIP_COLUMNS = ("file", "row", "id", "subject", "split", "num_frames", "num_points")
COLUMNS = ("time_s", "frame", *POINT_VALUES)
_COORDINATES = {"x_m": "x", "y_m": "y", "z_m": "z"}
# Maps each field of a PCD file to a column.
PCD_FIELDS = {
    **{field: column for column, field in _COORDINATES.items()},
    **{column: column for column in POINT_VALUES if column not in _COORDINATES},
    "time_s": "time_s",
    "frame": "frame",
}
_ROW = np.dtype([(name, "<u4" if name == "frame" else "<f4") for name in COLUMNS])
_PCD_ROW = np.dtype([(name, "<u4" if name == "frame" else "<f4") for name in PCD_FIELDS])


def to_point_files(
    store: Store, path: str | Path, kind: str = "csv", report: Report = lambda name: None
) -> int:
    """Write a folder with one point file per clip, and `clips.csv` with the names of the files.

    Args:
        store: an open store that keeps points.
        path: path of the new folder.
        kind: "csv" or "pcd".
        report: called with the name of each file before it is written.

    Returns:
        Number of points written and compared.

    Raises:
        InputError: the store has no points, the folder exists or cannot be written, or a file
            differs when it is read back.
    """
    if not store.has("points"):
        hint = "build it with --keep points"
        raise InputError(store.path, "points", "are not in this store", hint)
    encode, decode = _CODECS[kind]
    total, rows = 0, []
    with Target(path, "--points") as partial:
        partial.mkdir()
        for clip in store.clips.values():
            points = clip_points(store, clip.row)
            name = file_name(clip, kind)
            report(name)
            _write(partial / name, encode(points), points, decode, path)
            rows.append(_index_row(clip, name, len(points)))
            total += len(points)
        with open(partial / "clips.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([CLIP_COLUMNS, *rows])
    return total


def clip_points(store: Store, row: int) -> np.ndarray:
    """The points of a clip, ordered by frame, as records with the fields `COLUMNS`."""
    counts, values = store.array("num_points", row), store.array("points", row)
    frame, slot = np.nonzero(np.arange(values.shape[1]) < counts[:, None])
    points = np.zeros(len(frame), _ROW)
    points["frame"], points["time_s"] = frame, store.group["frame_time"][:][frame]
    for index, name in enumerate(POINT_VALUES):
        points[name] = values[frame, slot, index]
    return points


def file_name(clip: Clip, kind: str) -> str:
    """File name of a clip: row and id, without characters that are reserved by file systems."""
    return f"{clip.row:06d}_{re.sub(r'[^A-Za-z0-9@._-]+', '_', clip.id)[-80:]}.{kind}"


def _index_row(clip: Clip, name: str, num_points: int) -> tuple:
    return name, clip.row, clip.id, clip.subject, clip.split, clip.num_frames, num_points


def _write(file: Path, data: bytes, points: np.ndarray, decode: Callable, path: object) -> None:
    file.write_bytes(data)
    again = decode(file.read_bytes())
    for name in COLUMNS:
        if not np.array_equal(again[name], points[name], equal_nan=True):
            raise InputError(path, file.name, "reads back different values", "check the disk")


def _to_csv(points: np.ndarray) -> bytes:
    """Format numbers with as many digits as are needed to read a float32 back unchanged."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([str(value) for value in point] for point in points)
    return text.getvalue().encode()


def _from_csv(data: bytes) -> np.ndarray:
    rows = list(csv.reader(io.StringIO(data.decode())))[1:]
    return np.array([tuple(row) for row in rows], _ROW)


def _to_pcd(points: np.ndarray) -> bytes:
    rows = np.zeros(len(points), _PCD_ROW)
    for field, column in PCD_FIELDS.items():
        rows[field] = points[column]
    kinds = ["U" if field == "frame" else "F" for field in PCD_FIELDS]
    header = {
        "VERSION": "0.7",
        "FIELDS": " ".join(PCD_FIELDS),
        "SIZE": " ".join("4" for _ in PCD_FIELDS),
        "TYPE": " ".join(kinds),
        "COUNT": " ".join("1" for _ in PCD_FIELDS),
        "WIDTH": len(rows),
        "HEIGHT": 1,
        "VIEWPOINT": "0 0 0 1 0 0 0",
        "POINTS": len(rows),
        "DATA": "binary",
    }
    lines = ["# .PCD v0.7 - Point Cloud Data file format"]
    lines += [f"{key} {value}" for key, value in header.items()]
    return "\n".join(lines).encode() + b"\n" + rows.tobytes()


def _from_pcd(data: bytes) -> np.ndarray:
    rows = np.frombuffer(data.split(b"DATA binary\n", 1)[1], _PCD_ROW)
    points = np.zeros(len(rows), _ROW)
    for field, column in PCD_FIELDS.items():
        points[column] = rows[field]
    return points


_CODECS = {"csv": (_to_csv, _from_csv), "pcd": (_to_pcd, _from_pcd)}
