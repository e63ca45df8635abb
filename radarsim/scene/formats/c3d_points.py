"""Read the points of `.c3d` files with the package ezc3d (extra `c3d`)."""

from pathlib import Path

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.point_tables import PointTable

# A prefix of fewer labels names an object, such as a ball or a stick, and not a person.
_MIN_LABELS = 6


def tables_from_c3d(path: Path) -> list[PointTable]:
    """Read the labelled points of all people in a file.

    Args:
        path: the file.

    Returns:
        A table for each person. Labels of several people have a prefix such as "Anna:" for each
        person, which is removed. Occluded points (residual below 0) are NaN.

    Raises:
        InputError: ezc3d is not installed, or the file cannot be read or contains no points.
    """
    try:
        import ezc3d
    except ImportError:
        hint = "pip install 'radarsim[c3d]', or export the markers as .trc or .csv"
        raise InputError(path, "file", "needs the package ezc3d, which is missing", hint) from None
    try:
        content = ezc3d.c3d(str(path))
        group = content["parameters"]["POINT"]
        labels = [str(label).strip() for label in group["LABELS"]["value"]]
        points = np.moveaxis(content["data"]["points"][:3], 0, -1).swapaxes(0, 1)
        residuals = content["data"]["meta_points"]["residuals"][0].T
        rate_hz, unit = float(group["RATE"]["value"][0]), str(group["UNITS"]["value"][0])
    except (KeyError, IndexError, OSError, RuntimeError, ValueError, TypeError) as error:
        problem = f"cannot be read: {str(error)[:120] or 'damaged'}"
        raise InputError(path, "file", problem, "export it again as C3D with points") from None
    count = min(len(labels), points.shape[1])
    if not count:
        raise InputError(path, "POINT", "the file contains no points", "export labelled markers")
    labels = labels[:count]
    points = np.where(residuals[:, :count, None] < 0, np.nan, points[:, :count])
    return [
        PointTable(points[:, places], None, names, rate_hz, unit, person)
        for person, places, names in _people(labels)
    ]


def _people(labels: list[str]) -> list[tuple[str, list[int], tuple[str, ...]]]:
    """Return the person, the columns and the labels without prefix of each person."""
    split = [label.rpartition(":") for label in labels]
    prefixes = [prefix for prefix, _, _ in split if prefix]
    people = [each for each in dict.fromkeys(prefixes) if prefixes.count(each) >= _MIN_LABELS]
    if len(people) < 2:
        return [("", list(range(len(labels))), tuple(name.strip() for _, _, name in split))]
    found = []
    for person in people:
        places = [place for place, (prefix, _, _) in enumerate(split) if prefix == person]
        found.append((person, places, tuple(split[place][2].strip() for place in places)))
    return found
