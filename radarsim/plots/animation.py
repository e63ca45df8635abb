"""Animate a clip: the body with its points, the per-frame maps and the time-Doppler map.

`moving_page` returns a figure and a function that draws one frame of the clip into this figure;
writing a video file is left to the caller.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radarsim.plots.frame_maps import highest_level_db
from radarsim.plots.frames import (
    FrameSeries,
    draw_azimuth_frame,
    draw_doppler_frame,
    draw_joints,
    with_points,
)
from radarsim.plots.heatmaps import draw_heatmap
from radarsim.plots.points import draw_plan_view
from radarsim.plots.scene import ScenePicture, draw_moment
from radarsim.plots.style import STYLE

DPI = 100
_SIZE_INCHES = (12.8, 7.2)  # 1280 x 720 pixels
# Left, bottom, width and height of each panel, as fractions of the page.
_BODY = (0.01, 0.37, 0.5, 0.57)
_PLAN = (0.06, 0.42, 0.42, 0.5)
_HEATMAP = (0.06, 0.08, 0.42, 0.25)
_MAPS = ((0.56, 0.575, 0.36, 0.36), (0.56, 0.08, 0.36, 0.4))


def moving_page(
    series: FrameSeries,
    doppler_db: Shaped[np.ndarray, "time speed"],
    axes: Mapping[str, Float[np.ndarray, " _"]],
    *,
    title: str,
    scene: ScenePicture | None = None,
) -> tuple[Figure, Callable[[int], None]]:
    """Prepare the figure of a moving clip.

    Args:
        series: points and maps of every frame.
        doppler_db: time-Doppler map of the clip [dB above noise].
        axes: coordinates of the time-Doppler map, from `heatmap_axes`.
        title: title of the page.
        scene: body at every frame of the series; None to draw the points from above instead.

    Returns:
        The figure, and a function that draws the frame with a given index into the figure.
    """
    with rc_context(STYLE):
        page = Figure(figsize=_SIZE_INCHES, dpi=DPI)
        page.text(0.02, 0.975, title, fontsize=12, fontweight="bold", va="top", parse_math=False)
        clock = page.text(0.98, 0.975, "", fontsize=12, va="top", ha="right")
        draw_body = _plan_drawing(page, series) if scene is None else _body(page, series, scene)
        draw_maps = [
            _map_drawing(page, draw, series, place) for draw, place in zip(series.drawings(), _MAPS)
        ]
        cursor = _add_heatmap(page, doppler_db, axes)

    def draw_frame(frame: int) -> None:
        time_s = series.times_s[frame]
        clock.set_text(f"{time_s:.2f} s")
        cursor.set_xdata([time_s, time_s])
        with rc_context(STYLE):
            for draw in (draw_body, *draw_maps):
                draw(frame)

    draw_frame(0)
    return page, draw_frame


def _body(page: Figure, series: FrameSeries, scene: ScenePicture) -> Callable[[int], None]:
    # Without the activity area, the view is limited to the path, so the body appears larger.
    panel, scene = page.add_axes(_BODY), replace(with_points(scene, series), area=None)
    return lambda frame: draw_moment(panel, scene, frame)


def _plan_drawing(page: Figure, series: FrameSeries) -> Callable[[int], None]:
    panel, view = page.add_axes(_PLAN), series.view()

    def draw(frame: int) -> None:
        panel.clear()
        draw_plan_view(panel, series.points_of(frame), view, highest_mps=series.highest_mps)
        if series.joints_m is not None:
            draw_joints(panel, series.joints_m[frame])

    return draw


def _map_drawing(page: Figure, draw, series: FrameSeries, place) -> Callable[[int], None]:
    panel = page.add_axes(place)
    maps_db = {
        draw_doppler_frame: series.range_doppler,
        draw_azimuth_frame: series.range_azimuth,
    }[draw]
    highest_db = highest_level_db(maps_db)
    image = draw(panel, series, 0, highest_db=highest_db)
    left, bottom, width, height = place
    bar = page.add_axes((left + width + 0.012, bottom, 0.009, height))
    page.colorbar(image, cax=bar, label="dB above noise")

    def redraw(frame: int) -> None:
        panel.clear()
        draw(panel, series, frame, highest_db=highest_db)

    return redraw


def _add_heatmap(page: Figure, doppler_db, axes):
    """Draw the time-Doppler map; return the line that marks the current time."""
    panel: Axes = page.add_axes(_HEATMAP)
    draw_heatmap(panel, "time_doppler", doppler_db, axes)
    panel.set_xlabel("time [s]")
    return panel.axvline(axes["time_s"][0], color="cyan", lw=1.2)
