"""Read files of 3-D joints and markers; the result is fitted by `scene.skeletons.fit`."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from radarsim.checks import check_path
from radarsim.errors import InputError
from radarsim.paths import existing_path, read_text
from radarsim.scene.skeletons.landmarks import MARKERS
from radarsim.scene.skeletons.layouts import LAYOUTS, Layout, layout_from_table

SUFFIXES = (".npy", ".npz", ".csv", ".json", ".trc", ".c3d")
"""File types that `read_skeletons` reads."""

MAX_TEXT_BYTES = 1 << 30
_MAX_TOML_BYTES = 1 << 20
# Minimum number of landmarks of a person among the names of columns.
_MIN_NAMES = 6


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
        rate_hz: poses per second; used if the file does not state the rate [Hz].
        up: axis that points up, one of `choices.UP_AXES`, or "auto" to infer the axis.
        unit: "m", "cm", "mm", "dm", "in" or "ft", or "auto" for the unit that the file states, or
            else the unit that fits the size of a person.

    Returns:
        A `JointSequence` for each person, in a z-up world with the floor at zero.

    Raises:
        InputError: the file cannot be read, does not fit the layout, or does not describe a person.
    """
    path = existing_path(path)
    layout = layout if isinstance(layout, Layout) else read_layout(layout)
    name = path.stem if name is None else name
    tables = _tables(path, layout)
    return [_sequence(table, layout, str(path), name, (rate_hz, up, unit)) for table in tables]


def _tables(path: Path, layout: Layout) -> list:
    from radarsim.scene.formats import c3d_points, npz, point_tables, trc

    suffix, where = path.suffix.lower(), str(path)
    if suffix == ".npy":
        return point_tables.tables_from_array(_load_npy(path), where)
    if suffix == ".npz":
        arrays = npz.read_arrays(path, point_tables.KEYS)
        return point_tables.tables_from_arrays(arrays, where)
    if suffix == ".c3d":
        return _people(c3d_points.table_from_c3d(path), layout)
    if suffix not in SUFFIXES:
        problem = f"'{suffix or path.name}' is not a supported format of joints"
        raise InputError(path, "file", problem, f"give {', '.join(SUFFIXES)}")
    text = read_text(path, MAX_TEXT_BYTES)
    if suffix == ".csv":
        return point_tables.tables_from_csv(text, where)
    if suffix == ".trc":
        return [trc.table_from_trc(text, where)]
    try:
        return point_tables.tables_from_json(json.loads(text), where)
    except json.JSONDecodeError as error:
        raise InputError(path, "file", f"is not JSON ({error})", "export it again") from None


def _load_npy(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        problem = f"cannot be read: {str(error)[:100]}"
        raise InputError(path, "file", problem, "save a plain array with numpy.save") from None


def _people(table, layout: Layout) -> list:
    """Separate the people in a table by the prefixes of the labels, such as "Anna:LASI".

    Labels with the same prefix are a group, and so are the labels without prefix. A group is a
    person if it contains enough landmarks of the layout; other groups are ignored. If no group is a
    person, all labels are those of one person.
    """
    names = [label.rpartition(":")[2].strip() for label in table.names]
    groups, least = _by_prefix(table.names), _least_names(layout)
    people = [
        prefix
        for prefix, places in groups.items()
        if len(set(_landmarks([names[place] for place in places], layout).values())) >= least
    ]
    if not people:
        return [replace(table, names=tuple(names))]
    others = [
        f"{len(places)} {f'of {prefix}' if prefix else 'without prefix'}"
        for prefix, places in groups.items()
        if prefix not in people
    ]
    note = f"points ignored, fewer than {least} landmarks of {layout.name}: {', '.join(others)}"
    return [
        replace(
            table,
            points=table.points[:, groups[prefix]],
            names=tuple(names[place] for place in groups[prefix]),
            person=prefix if len(people) > 1 else "",
            notes=(note,) if others else (),
        )
        for prefix in people
    ]


def _by_prefix(labels: Sequence[str]) -> dict[str, list[int]]:
    """Indices of the labels with each prefix; "" for labels without prefix."""
    groups: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        groups.setdefault(label.rpartition(":")[0].strip(), []).append(place)
    return groups


def _sequence(table, layout: Layout, where: str, name: str, options):
    """Match the columns of a table, and convert it to metres in a z-up world."""
    from radarsim.files import free_body
    from radarsim.scene.skeletons.coordinates import rig_of, to_metres, to_z_up
    from radarsim.scene.skeletons.sequence import JointSequence

    rate_hz, up, unit = options
    places, names = _matched(table, layout, where)
    points = np.where(np.isfinite(table.points), table.points, np.nan)[:, places]
    # Trackers write zeros for a point that they did not find.
    points[(points == 0).all(axis=-1)] = np.nan
    if not np.isfinite(points).all(axis=-1).any():
        raise InputError(where, "points", "none was observed: all are 0 or NaN", "check the file")
    notes = list(table.notes)
    unit = table.unit if unit == "auto" and table.unit in ("m", "cm", "mm") else unit
    points, note = to_metres(points, rig_of(free_body(), names), names, unit, where)
    points, origin_m, up_notes = to_z_up(points, names, up, where)
    rate_hz = table.rate_hz if table.rate_hz else rate_hz
    if not rate_hz:
        hint = "give it: rate_hz= of read_skeletons, or --source-rate-hz"
        raise InputError(where, "rate", "the file states no pose rate", hint)
    confidence = None if table.confidence is None else np.asarray(table.confidence)[:, places]
    notes += filter(None, [note, *up_notes])
    return JointSequence(
        points_m=points,
        landmarks=names,
        rate_hz=rate_hz,
        confidence=confidence,
        name=name,
        person=table.person,
        layout=layout.name,
        origin_height_m=origin_m,
        notes=tuple(notes),
    )


def _matched(table, layout: Layout, where: str) -> tuple[list[int], tuple[str, ...]]:
    """Columns of the table that are landmarks, and the names of the landmarks."""
    if not table.names:
        if table.points.shape[1] != layout.num_points:
            same = [
                each.name for each in LAYOUTS.values() if each.num_points == table.points.shape[1]
            ]
            problem = f"{table.points.shape[1]} points, but {layout.name} has {layout.num_points}"
            hint = f"give --layout {' or '.join(same)}" if same else "give a TOML file as --layout"
            raise InputError(where, "points", problem, hint)
        found = dict(enumerate(layout.landmarks))
    else:
        found = _landmarks(table.names, layout)
    found = {place: name for place, name in found.items() if name}
    if len(set(found.values())) < _least_names(layout):
        named = ", ".join(table.names[:8])
        problem = f"{len(found)} names of {layout.name} found among {named}"
        hint = f"names such as {', '.join(layout.columns[:4])} are needed; or give a TOML file"
        raise InputError(where, "names", problem, hint)
    first: dict[str, int] = {}
    for place, name in found.items():
        first.setdefault(name, place)
    return list(first.values()), tuple(first)


def _least_names(layout: Layout) -> int:
    """Number of different landmarks that the names of a person must contain."""
    return min(_MIN_NAMES, layout.num_points)


def _landmarks(names: Sequence[str], layout: Layout) -> dict[int, str]:
    """Landmarks of the names that are known, keyed by the index of the name."""
    known = _spellings(layout)
    found = {place: known.get(_plain(name), "") for place, name in enumerate(names)}
    return {place: landmark for place, landmark in found.items() if landmark}


def _spellings(layout: Layout) -> dict[str, str]:
    """Landmarks, keyed by all accepted spellings of their column names."""
    known: dict[str, str] = {}
    if layout.is_markers:  # other spellings of the same markers
        known |= {_plain(name): name for name in MARKERS}
    for column, landmark in zip(layout.columns, layout.landmarks, strict=True):
        known |= {_plain(landmark): landmark, _plain(column): landmark}
    return known


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
