"""The page of heatmaps that `python -m benchmarks.scene_effects` draws."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from radarsim.plots.heatmaps import draw_heatmap, highest_level_db
from radarsim.plots.style import STYLE

DPI = 70
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


def draw_page(titles: Mapping[str, str], rows: Mapping, path: Path) -> None:
    """Draw the heatmaps of all rows; the first row determines the colour scales.

    Args:
        titles: title of each row.
        rows: simulated rows (`scene_effects.Row`) with the same keys.
        path: image file to write.
    """
    first = next(iter(rows.values()))
    highest_db = {
        name: highest_level_db(first.maps[name]) + headroom_db
        for name, headroom_db in HEADROOM_DB.items()
    }
    with rc_context({**STYLE, "font.size": 8, "axes.labelsize": 8}):
        page = Figure(figsize=(12, 1.55 * len(rows) + 0.5), dpi=DPI, layout="constrained")
        grid = page.subplots(len(rows), len(LIMITS), squeeze=False, sharex=True)
        for panels, (key, row) in zip(grid, rows.items(), strict=True):
            _draw_row(page, panels, row, highest_db)
            panels[0].set_title(titles[key], loc="left", fontsize=9, fontweight="bold")
        for panel, name in zip(grid[0], LIMITS, strict=True):
            place = {"xycoords": "axes fraction", "ha": "center", "fontsize": 9}
            panel.annotate(TITLES[name], (0.5, 1.25), **place)
        for panel in grid[-1]:
            panel.set_xlabel("time [s]")
        page.savefig(path)


def _draw_row(page: Figure, panels: np.ndarray, row, highest_db: Mapping[str, float]) -> None:
    """Draw the three heatmaps of one row with their colour bars."""
    for panel, (name, limits) in zip(panels, LIMITS.items(), strict=True):
        image = draw_heatmap(panel, name, row.maps[name], row.axes, highest_db[name])
        panel.set_ylim(limits)
        panel.set_ylabel(panel.get_ylabel().split("\n")[0])
        page.colorbar(image, ax=panel, label="dB", pad=0.01)
