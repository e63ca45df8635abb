"""Draw the points that a radar detects: from above, from the side, and over time.

The plan view looks down on the radar as a radar engineer expects: ahead (+x) is up, and the left of
the radar (+y) is on the left.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from radarsim.plots.notebook_figure import NotebookFigure
from radarsim.plots.style import DPI, SPEED_COLOURS, STYLE

# Position of each value of a point on the last axis, as in `PointCloud.values`.
RANGE, AZIMUTH, ELEVATION, SPEED, SNR, X, Y, Z = range(8)
RADAR_COLOUR = (0.78, 0.13, 0.16)
SNR_COLOURS = "viridis"
_BACKGROUND = "0.80"  # Dark enough to show the light grey of zero speed.
# Axis limits exclude at most this fraction of the points, so that a distant false alarm does not
# compress the rest of the plot.
_OUTSIDE = 0.05
_FEW = 20


class Extent(NamedTuple):
    """Far end and half width of a plan view, in whole metres."""

    far_m: float
    half_m: float


def points_page(
    values: Float[np.ndarray, "frame point value"],
    times_s: Float[np.ndarray, " frame"],
    title: str,
) -> Figure:
    """Draw the points of one clip.

    Args:
        values: range, azimuth, elevation, radial speed, SNR, x, y and z of each point in SI units;
            NaN in empty slots.
        times_s: time of each frame [s].
        title: title of the page.

    Returns:
        The figure: plan view and, if elevation is measured, side view, coloured by radial speed;
        range and radial speed over time, coloured by SNR.
    """
    points, at_s = found_points(values), times_of_points(values, times_s)
    tall = bool(np.isfinite(points[:, ELEVATION]).any())
    with rc_context(STYLE):
        page = NotebookFigure(figsize=(12, 7), dpi=DPI, layout="constrained")
        page.suptitle(_titled(title, values), fontsize=12, fontweight="bold", parse_math=False)
        grid = page.add_gridspec(2, 2, width_ratios=(1, 1.1), height_ratios=(1, 1))
        left = grid[:, 0].subgridspec(2 if tall else 1, 1, height_ratios=(2.4, 1)[: 1 + tall])
        plan = page.add_subplot(left[0])
        spots = draw_plan_view(plan, points, extent_of(points))
        panels = [plan]
        if tall:
            panels.append(page.add_subplot(left[1]))
            draw_side_view(panels[1], points, extent_of(points).far_m)
        page.colorbar(spots, ax=panels, label="radial speed [m/s], receding positive", shrink=0.8)
        _add_over_time(page, grid, points, at_s, times_s)
    return page


def found_points(values: Shaped[np.ndarray, "*frame point value"]) -> Shaped[np.ndarray, "_ value"]:
    """The points of all frames, frame by frame, without empty slots."""
    values = np.asarray(values, np.float64)
    return values[np.isfinite(values[..., RANGE])]


def times_of_points(
    values: Shaped[np.ndarray, "frame point value"], times_s: Shaped[np.ndarray, " frame"]
) -> Float[np.ndarray, " _"]:
    """Time of every point that `found_points` returns [s]."""
    found = np.isfinite(np.asarray(values)[..., RANGE])
    return np.repeat(np.asarray(times_s, np.float64), found.sum(axis=1))


def extent_of(points: Float[np.ndarray, "_ value"]) -> Extent:
    """Extent of a plan view that contains nearly all points."""
    if not len(points):
        return Extent(4.0, 2.0)
    far_m, half_m = _reach(points[:, X]), _reach(points[:, Y])
    return Extent(max(2.0, float(np.ceil(far_m + 0.2))), max(1.0, float(np.ceil(half_m + 0.2))))


def draw_plan_view(
    panel: Axes,
    points: Float[np.ndarray, "_ value"],
    extent: Extent,
    highest_mps: float | None = None,
) -> PathCollection:
    """Draw points as a plan view, coloured by radial speed, with boresight upwards.

    Args:
        panel: matplotlib axes to draw on.
        points: points without empty slots.
        extent: limits of the view.
        highest_mps: upper end of the colour scale [m/s]; if None, computed from the points.

    Returns:
        The drawn points, from which a colour bar can be made.
    """
    set_plan_view(panel, extent)
    panel.set_facecolor(_BACKGROUND)
    draw_range_rings(panel, extent, "white")
    return _speed_dots(panel, points[:, Y], points[:, X], points, highest_mps)


def draw_side_view(
    panel: Axes, points: Float[np.ndarray, "_ value"], far_m: float
) -> PathCollection:
    """Draw height over horizontal distance, both relative to the radar, coloured by speed.

    Args:
        panel: matplotlib axes to draw on.
        points: points without empty slots.
        far_m: largest distance shown [m].
    """
    panel.set_facecolor(_BACKGROUND)
    panel.axhline(0, color="white", lw=0.8, zorder=1)
    distance_m = np.hypot(points[:, X], points[:, Y])
    spots = _speed_dots(panel, distance_m, points[:, Z], points)
    panel.plot(0, 0, marker=">", ms=9, color=RADAR_COLOUR, clip_on=False, zorder=5)
    reach_m = float(np.ceil(2 * _reach(points[:, Z]) + 0.2)) / 2
    reach_m = min(max(1.0, reach_m), max(1.0, far_m / 2))
    panel.set(xlim=(0, far_m), ylim=(-reach_m, reach_m), aspect="equal")
    panel.set(xlabel="distance over the floor [m]", ylabel="height above\nthe radar [m]")
    return spots


def set_plan_view(panel: Axes, extent: Extent) -> None:
    """Set the limits and labels of a plan view and mark the radar at its origin."""
    panel.set(xlim=(extent.half_m, -extent.half_m), ylim=(0, extent.far_m), aspect="equal")
    panel.set(xlabel="to the left of the radar [m]", ylabel="ahead of the radar [m]")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(MultipleLocator(1 if extent.far_m <= 8 else 2))
    panel.plot(0, 0, marker="^", ms=10, color=RADAR_COLOUR, clip_on=False, zorder=6)


def draw_range_rings(panel: Axes, extent: Extent, colour: str, **style) -> None:
    """Draw arcs of equal range, 1 m apart, or 2 m if the view is deeper than 8 m."""
    bearing = np.linspace(-np.pi / 2, np.pi / 2, 91)
    step_m = 1 if extent.far_m <= 8 else 2
    for radius_m in np.arange(step_m, np.hypot(*extent) + 1e-9, step_m):
        arc = radius_m * np.stack([np.sin(bearing), np.cos(bearing)])
        panel.plot(*arc, **{"color": colour, "lw": 0.6, "zorder": 1, **style})


def highest_speed_mps(points: Float[np.ndarray, "_ value"]) -> float:
    """Upper end of the speed colour scale: close to the highest speed, but at least 0.5 m/s."""
    return max(0.5, float(np.ceil(2 * _reach(points[:, SPEED])) / 2))


def _reach(values: Float[np.ndarray, " _"]) -> float:
    """Limit that nearly all absolute values do not exceed, or all of them if there are few."""
    values = np.abs(values)
    if len(values) < _FEW:
        return float(values.max(initial=0.0))
    return float(np.quantile(values, 1 - _OUTSIDE, method="lower"))


def _speed_dots(panel: Axes, across_m, up_m, points, highest_mps=None) -> PathCollection:
    highest_mps = highest_mps or highest_speed_mps(points)
    colours = {"cmap": SPEED_COLOURS, "vmin": -highest_mps, "vmax": highest_mps}
    dots = {"s": 16, "lw": 0.3, "edgecolor": "0.25", "zorder": 3}
    return panel.scatter(across_m, up_m, c=points[:, SPEED], **colours, **dots)


def _add_over_time(page: Figure, grid, points, at_s, times_s) -> None:
    upper = page.add_subplot(grid[0, 1])
    lower = page.add_subplot(grid[1, 1], sharex=upper)
    for panel, value, label in (
        (upper, RANGE, "range [m]"),
        (lower, SPEED, "radial speed [m/s]\nreceding positive"),
    ):
        spots = draw_over_time(panel, at_s, points, value)
        panel.set_ylabel(label)
    if len(points):
        upper.set_ylim(0, np.ceil(_reach(points[:, RANGE]) + 0.2))
        half_s = np.diff(times_s).min() / 2 if len(times_s) > 1 else 0.5
        upper.set_xlim(times_s[0] - half_s, times_s[-1] + half_s)
    lower.axhline(0, color="0.7", lw=0.6, zorder=0)
    lower.set_xlabel("time [s]")
    upper.tick_params(labelbottom=False)
    page.colorbar(spots, ax=[upper, lower], label="SNR [dB]", shrink=0.8)


def draw_over_time(
    panel: Axes,
    at_s: Float[np.ndarray, " _"],
    points: Float[np.ndarray, "_ value"],
    value: int,
    **style,
) -> PathCollection:
    """Draw one value of every point over time, coloured by SNR, the strongest on top.

    Args:
        panel: matplotlib axes to draw on.
        at_s: time of each point [s].
        points: points without empty slots.
        value: index of the value to draw, such as `RANGE`.
        style: further arguments of `Axes.scatter`.
    """
    order = np.argsort(points[:, SNR])
    dots = {"s": 9, "lw": 0, "cmap": SNR_COLOURS} | style
    return panel.scatter(at_s[order], points[order, value], c=points[order, SNR], **dots)


def _titled(title: str, values) -> str:
    counts = np.isfinite(np.asarray(values)[..., RANGE]).sum(axis=1)
    mean = counts.mean() if len(counts) else 0.0
    return f"{title}:  {counts.sum()} points in {len(counts)} frames, {mean:.1f} per frame"
