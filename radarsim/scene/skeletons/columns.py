"""Match the columns of a table of points to the landmarks of a layout."""

import re
from collections.abc import Sequence
from dataclasses import replace

from radarsim.errors import InputError
from radarsim.scene.skeletons.landmarks import MARKERS
from radarsim.scene.skeletons.layouts import LAYOUTS, Layout

# Minimum number of landmarks of a person among the names of columns.
_MIN_NAMES = 6


def people_by_prefix(table, layout: Layout) -> list:
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


def matched_columns(table, layout: Layout, where: str) -> tuple[list[int], tuple[str, ...]]:
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
