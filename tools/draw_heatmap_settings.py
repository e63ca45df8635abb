"""Draw docs/heatmaps.png, which shows the effects of Doppler window, clutter removal and taper.

python tools/draw_heatmap_settings.py
"""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
from matplotlib.figure import Figure

import radarsim as rs
from builders.activities import perform
from radarsim.heatmaps.settings import PAPER_MAPS
from radarsim.plots.heatmaps import draw_heatmap

OUT = Path(__file__).parents[1] / "docs" / "heatmaps.png"
# Duration of the simulated activities.
SECONDS = 5.0
# Title and heatmap settings of each column, for the time-Doppler and time-range rows.
COLUMNS = {
    "window paper, clutter clip": PAPER_MAPS,
    "window burst, clutter clip": replace(PAPER_MAPS, window="burst"),
    "window burst, clutter median (default)": replace(rs.HeatmapSettings(), angle_window="uniform"),
}


def main() -> None:
    """Simulate two activities and draw them with each setting."""
    radar = rs.load_radar("AWR1843BOOST")
    still = cube_of(radar, "stand_still")
    walk = cube_of(radar, "walk_forward_and_turn_around")
    page = Figure(figsize=(13, 11), layout="constrained")
    panels = page.subplots(4, len(COLUMNS))
    for column, (title, settings) in enumerate(COLUMNS.items()):
        rows = ((still, "time_doppler"), (walk, "time_doppler"), (walk, "time_range"))
        for row, (cube_v, name) in enumerate(rows):
            draw(panels[row, column], rs.heatmaps(radar, cube_v, settings), name)
        panels[0, column].set_title(f"{title}\nstanding still", fontsize=9)
        panels[1, column].set_title("walking", fontsize=9)
    for column, taper in enumerate(("uniform", "taylor")):
        settings = rs.HeatmapSettings(angle_window=taper)
        draw(panels[3, column], rs.heatmaps(radar, walk, settings), "time_angle")
        panels[3, column].set_title(f"walking, angle window {taper}", fontsize=9)
    panels[3, 2].axis("off")
    for panel in (*panels[3, :2], panels[2, 2]):
        panel.set_xlabel("time [s]")
    page.savefig(OUT, dpi=72)
    print(OUT)


def cube_of(radar, activity: str):
    """Simulate the IF cube of a built-in activity, three metres in front of the radar."""
    motion = perform(activity, duration_s=SECONDS + 0.5)
    scene = rs.Scene([rs.Subject(motion, rs.free_body(), rs.Placement(distance_m=3.0))])
    frames = int(SECONDS / radar.frame.period_s)
    return rs.simulate(radar, scene, jax.random.key(0), num_frames=frames)


def draw(panel, maps, name: str) -> None:
    """Draw one heatmap on one panel."""
    image = draw_heatmap(panel, name, np.asarray(getattr(maps, name)), maps.axes)
    panel.figure.colorbar(image, ax=panel, label="dB above noise")


if __name__ == "__main__":
    main()
