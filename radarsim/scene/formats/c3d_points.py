"""Read the points of `.c3d` files with the package ezc3d (extra `c3d`)."""

from pathlib import Path

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.point_tables import PointTable


def table_from_c3d(path: Path) -> PointTable:
    """Read the labelled points of a file.

    Args:
        path: the file.

    Returns:
        One table of all points, with the labels as in the file: the labels of a person or an object
        can have a prefix such as "Anna:". Occluded points (residual below 0) are NaN.

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
    points = np.where(residuals[:, :count, None] < 0, np.nan, points[:, :count])
    return PointTable(points, None, tuple(labels[:count]), rate_hz, unit)
