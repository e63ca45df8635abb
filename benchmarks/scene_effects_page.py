"""The pages of heatmaps that `benchmarks.scene_effects` and `scene_effects_receiver` draw."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from radarsim.plots.heatmaps import draw_heatmap, highest_level_db
from radarsim.plots.style import STYLE

DPI = 90
# Limits of the vertical axes in the units of the labels: ranges beyond the room, and speeds beyond
# those of a walking person, are not drawn.
LIMITS = {"time_range": (0, 7), "time_doppler": (-4, 4), "time_angle": (-75, 75)}
TITLES = {
    "time_range": "time-range, nothing removed",
    "time_doppler": "time-Doppler, median removed",
    "time_angle": "time-angle, median removed",
}
# Upper end of the colour scale of a map, relative to the highest level of the first row [dB].
HEADROOM_DB = {"time_range": 10.0, "time_doppler": 5.0, "time_angle": 5.0}
# Colours of differences: red is more power than in the reference row, blue is less. An odd number
# of steps makes small differences white, and few colours make a small file.
MOST_DIFFERENCE_DB = 10.5
DIFFERENCE_COLOURS = colormaps["RdBu_r"].resampled(21)


class PageRow(NamedTuple):
    """One row of a page.

    Attributes:
        title: title of the row.
        maps: heatmaps keyed by name, [time, bin] in dB above noise.
        reference: heatmaps of the reference row, from which the differences of this row are drawn;
            None to draw the heatmaps themselves.
    """

    title: str
    maps: Mapping[str, np.ndarray]
    reference: Mapping[str, np.ndarray] | None = None


def draw_page(rows: Sequence[PageRow], axes: Mapping[str, np.ndarray], path: Path) -> None:
    """Draw the heatmaps or differences of all rows, with one colour scale for all differences.

    Args:
        rows: rows from top to bottom.
        axes: coordinates of the heatmaps, from `heatmap_axes`.
        path: image file to write.
    """
    with rc_context({**STYLE, "font.size": 9, "axes.labelsize": 9}):
        page = Figure(figsize=(12, 1.6 * len(rows) + 0.5), dpi=DPI, layout="constrained")
        grid = page.subplots(len(rows), len(LIMITS), squeeze=False, sharex=True)
        for panels, row in zip(grid, rows, strict=True):
            _draw_row(page, panels, row, axes)
            panels[0].set_title(row.title, loc="left", fontsize=10, fontweight="bold")
        for panel, name in zip(grid[0], LIMITS, strict=True):
            place = {"xycoords": "axes fraction", "ha": "center", "fontsize": 10}
            panel.annotate(TITLES[name], (0.5, 1.25), **place)
        for panel in grid[-1]:
            panel.set_xlabel("time [s]")
        _save_small(page, path)


def _save_small(page: Figure, path: Path) -> None:
    """Write a page as PNG with 256 colours, which takes a third of the bytes of all colours."""
    canvas = FigureCanvasAgg(page)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    palette = image.quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(path, optimize=True)


def difference_db(map_db: np.ndarray, reference_db: np.ndarray) -> np.ndarray:
    """Return the change of a heatmap, with values below the noise set to the noise (0 dB)."""
    return np.maximum(map_db, 0.0) - np.maximum(reference_db, 0.0)


def _draw_row(
    page: Figure, panels: np.ndarray, row: PageRow, axes: Mapping[str, np.ndarray]
) -> None:
    """Draw the three heatmaps, or differences, of one row with their colour bars."""
    for panel, (name, limits) in zip(panels, LIMITS.items(), strict=True):
        if row.reference is None:
            highest_db = highest_level_db(row.maps[name]) + HEADROOM_DB[name]
            image = draw_heatmap(panel, name, row.maps[name], axes, highest_db)
        else:
            change_db = difference_db(row.maps[name], row.reference[name])
            image = _draw_difference(panel, name, change_db, axes)
        panel.set_ylim(limits)
        label = "dB" if row.reference is None else "change [dB]"
        page.colorbar(image, ax=panel, label=label, pad=0.01)


def _draw_difference(panel: Axes, name: str, change_db, axes: Mapping[str, np.ndarray]):
    """Draw a difference in diverging colours around white, and return the image."""
    image = draw_heatmap(panel, name, change_db, axes)
    image.set_cmap(DIFFERENCE_COLOURS)
    image.set_clim(-MOST_DIFFERENCE_DB, MOST_DIFFERENCE_DB)
    return image
