"""Read files of 3-D joints and markers; the result is fitted by `scene.skeletons.fit`."""

import json
import tomllib
from pathlib import Path

import numpy as np

from radarsim.checks import check_path
from radarsim.errors import InputError
from radarsim.paths import existing_path, read_text
from radarsim.scene.skeletons.layouts import LAYOUTS, Layout, layout_from_table

SUFFIXES = (".npy", ".npz", ".csv", ".json", ".trc", ".c3d")
"""File types that `read_skeletons` reads."""

MAX_TEXT_BYTES = 1 << 30
_MAX_TOML_BYTES = 1 << 20


def read_layout(name_or_path: str | Path) -> Layout:
    """Return a known layout by name, or read one from a TOML file.

    Raises:
        InputError: there is no such layout or file, or the file does not contain a layout.
    """
    check_path("read_layout", "layout", name_or_path)
    if str(name_or_path) in LAYOUTS:
        return LAYOUTS[str(name_or_path)]
    if not str(name_or_path).endswith(".toml"):
        problem = f"is {str(name_or_path)!r}, which is unknown"
        hint = f"give one of {', '.join(LAYOUTS)}, or a .toml file"
        raise InputError("options", "--layout", problem, hint)
    path = existing_path(name_or_path, "--layout")
    try:
        table = tomllib.loads(read_text(path, _MAX_TOML_BYTES))
    except tomllib.TOMLDecodeError as error:
        raise InputError(path, "file", f"is not TOML ({error})", "correct this line") from None
    return layout_from_table(table, str(path))


def read_skeletons(
    path: str | Path,
    layout: str | Path | Layout,
    name: str | None = None,
    *,
    rate_hz: float | int | None = None,
    up: str = "auto",
    unit: str = "auto",
) -> list:
    """Read the joints or markers of all people in a file.

    Args:
        path: a `.npy`, `.npz`, `.csv`, `.json`, `.trc` or `.c3d` file; see docs/skeletons.md.
        layout: name of a layout (`layouts.LAYOUTS`), a TOML file, or a `Layout`.
        name: id of the motion; by default the file name without its suffix.
        rate_hz: poses per second; used if the file does not state the rate [Hz]. Times in a column
            must agree with this rate to 2 %.
        up: axis that points up, one of `choices.UP_AXES`, or "auto" to infer the axis.
        unit: "m", "cm", "mm", "dm", "in" or "ft", or "auto" for the unit that the file states, or
            else the unit that fits the size of a person.

    Returns:
        A `JointSequence` for each person, in a z-up world with the floor at zero, which is the same
        for all people. All sequences start at the same time. People who were hardly observed are
        skipped, and the notes of the others name them.

    Raises:
        InputError: the file cannot be read, does not fit the layout, or does not describe a person.
    """
    from radarsim.files import free_body
    from radarsim.scene.skeletons.recording import sequences_of

    path = existing_path(path)
    layout = layout if isinstance(layout, Layout) else read_layout(layout)
    name = path.stem if name is None else name
    tables = _tables(path, layout)
    return sequences_of(
        tables, layout, free_body(), where=str(path), name=name, rate_hz=rate_hz, up=up, unit=unit
    )


def _tables(path: Path, layout: Layout) -> list:
    from radarsim.scene.formats import c3d_points, npz, point_csv, point_json, point_tables, trc
    from radarsim.scene.skeletons.columns import people_by_prefix

    suffix, where = path.suffix.lower(), str(path)
    if suffix == ".npy":
        return point_tables.tables_from_array(_load_npy(path), where)
    if suffix == ".npz":
        arrays = npz.read_arrays(path, point_tables.KEYS)
        return point_tables.tables_from_arrays(arrays, where)
    if suffix == ".c3d":
        return people_by_prefix(c3d_points.table_from_c3d(path), layout)
    if suffix not in SUFFIXES:
        problem = f"'{suffix or path.name}' is not a supported format of joints"
        raise InputError(path, "file", problem, f"give {', '.join(SUFFIXES)}")
    text = read_text(path, MAX_TEXT_BYTES)
    if suffix == ".csv":
        return point_csv.tables_from_csv(text, where)
    if suffix == ".trc":
        return [trc.table_from_trc(text, where)]
    try:
        return point_json.tables_from_json(json.loads(text), where)
    except json.JSONDecodeError as error:
        raise InputError(path, "file", f"is not JSON ({error})", "export it again") from None


def _load_npy(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        problem = f"cannot be read: {str(error)[:100]}"
        raise InputError(path, "file", problem, "save a plain array with numpy.save") from None
