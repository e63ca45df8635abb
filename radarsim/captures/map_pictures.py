"""Heatmaps from pictures: every pixel becomes the value of the nearest colour of a colour map.

Pictures need the extra `viz` (matplotlib for the colour maps, and Pillow).
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from radarsim.captures.array_description import ArrayDescription
from radarsim.captures.stored_arrays import StoredArray
from radarsim.errors import InputError

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
# Largest permitted mean distance of a pixel from the nearest colour of the map, with red, green and
# blue from 0 to 1. Measured: about 0.02 for a picture that was compressed as JPEG, and at least 0.1
# for a picture with other colours, with axes or with a frame.
MOST_DISTANCE = 0.06
_COLOURS = 256


def open_picture(path: Path, description: ArrayDescription) -> StoredArray:
    """Read a picture as an array of values [row, column].

    Args:
        path: the picture.
        description: colour map, size of the array before it was stretched to the picture, and
            values of the lowest and the highest colour (section `picture`).

    Raises:
        InputError: the picture is damaged, a setting is missing, or the colours of the picture are
            not those of the colour map.
    """
    pixels = _pixels(path)
    colours = _colours(description)
    rows, columns = (
        description.get("picture", name, length)
        for name, length in zip(("rows", "columns"), pixels.shape)
    )
    if rows > pixels.shape[0] or columns > pixels.shape[1]:
        problem = f"is {rows} x {columns}; the picture has {pixels.shape[0]} x {pixels.shape[1]}"
        hint = "state the size of the array that the picture shows"
        raise InputError(description.where, "picture.rows", problem, hint)
    at_row, at_column = (
        ((np.arange(count) + 0.5) * length / count).astype(int)
        for count, length in zip((rows, columns), pixels.shape)
    )
    first = description.get("picture", "first_column", 0)
    at_column = at_column[first :: description.get("picture", "column_step", 1)]
    index, distance = _nearest(pixels[at_row][:, at_column], colours)
    if distance > MOST_DISTANCE:
        problem = f"has colours {distance:.2f} from the map on average (limit {MOST_DISTANCE})"
        hint = "name the colour map of the picture, and cut off its axes and margins"
        raise InputError(path, "picture.colour_map", problem, hint)
    low, high = (
        description.get("picture", name, end) for name, end in (("low", 0.0), ("high", 1.0))
    )
    # A colour represents an interval of values; the middle of the interval is used.
    values = low + (high - low) * (index + 0.5) / _COLOURS
    return StoredArray(
        path=str(path),
        name="",
        shape=values.shape,
        is_complex=False,
        read=lambda part: values[part],
    )


def _pixels(path: Path) -> Float[np.ndarray, "row column 3"]:
    try:
        from PIL import Image
    except ImportError:
        hint = "pip install -c constraints.txt '.[viz]'"
        raise InputError(path, "Pillow", "is not installed", hint) from None
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"), np.float64) / 255
    except Exception as error:  # Pillow raises many kinds of exceptions for damaged files.
        problem = f"is truncated, damaged or not a picture ({str(error)[:100]})"
        raise InputError(path, "file", problem, "copy it again") from None


def _colours(description: ArrayDescription) -> Float[np.ndarray, "colour 3"]:
    name = description.get("picture", "colour_map")
    if name is None:
        hint = 'name one of matplotlib: [picture] colour_map = "viridis"'
        raise InputError(description.where, "picture.colour_map", "is not given", hint)
    import matplotlib

    if name not in matplotlib.colormaps:
        hint = "use a colour map of matplotlib, such as viridis, jet or gray"
        raise InputError(description.where, "picture.colour_map", f"{name!r} is unknown", hint)
    steps = np.arange(_COLOURS) / (_COLOURS - 1)
    # Rounded to bytes like the picture, because neighbouring colours differ by few steps.
    return matplotlib.colormaps[name](steps, bytes=True)[:, :3] / 255


def _nearest(pixels: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, float]:
    """Index of the nearest colour of every pixel, and the mean distance."""
    from scipy.spatial import cKDTree

    distance, index = cKDTree(colours).query(pixels.reshape(-1, 3))
    return index.reshape(pixels.shape[:2]), float(distance.mean())
