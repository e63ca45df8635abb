"""Draw the range-Doppler and the range-azimuth map of one frame.

The range-Doppler map has speed along x and range along y. The range-azimuth map is drawn as a plan
view, with the boresight upwards and the radar's left on the left.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from radarsim.plots.notebook_figure import NotebookFigure
from radarsim.plots.points import Extent, draw_range_rings, set_plan_view
from radarsim.plots.style import COLOURS, DPI, STYLE

# Dynamic range of the colours below the strongest cell [dB]: the side lobes of a tapered antenna
# row and of its Doppler spectrum stay dark.
SPAN_DB = {"speed_mps": 60.0, "angle_rad": 30.0}
_DB_STEP = 5.0
_SIGNAL_DB = 15.0  # cells above this level are not noise, so the range axis includes them
_LEAST_M = 4.0
_RAYS_DEG = (-60, -30, 30, 60)


def frame_map_page(
    map_db: Shaped[np.ndarray, "range bin"],
    axes: Mapping[str, Shaped[np.ndarray, " _"]],
    title: str,
) -> Figure:
    """Draw the map of one frame.

    Args:
        map_db: power [dB above noise].
        axes: `range_m` and either `speed_mps` or `angle_rad`.
        title: title of the page.

    Returns:
        The figure.
    """
    wide = "angle_rad" in axes
    with rc_context(STYLE):
        page = NotebookFigure(
            figsize=(8.4, 4.9) if wide else (6.6, 5.6), dpi=DPI, layout="constrained"
        )
        page.suptitle(title, fontsize=11, fontweight="bold", parse_math=False)
        panel = page.add_subplot()
        draw = draw_range_azimuth if wide else draw_range_doppler
        image = draw(panel, map_db, axes)
        shrink = 0.85 if wide else 1.0
        page.colorbar(image, ax=panel, label="dB above noise", pad=0.02, shrink=shrink)
    return page


def draw_range_doppler(
    panel: Axes,
    map_db: Shaped[np.ndarray, "range speed"],
    axes: Mapping[str, Shaped[np.ndarray, " _"]],
    far_m: float | None = None,
    highest_db: float | None = None,
) -> QuadMesh:
    """Draw a range-Doppler map: speed along x, receding to the right, and range along y.

    Args:
        panel: matplotlib axes to draw on.
        map_db: power [dB above noise].
        axes: `range_m` and `speed_mps` of the bins.
        far_m: largest range shown [m]; None to include all echoes.
        highest_db: upper end of the colour scale [dB]; None for the level of the strongest cell.
    """
    image = panel.pcolormesh(
        axes["speed_mps"], axes["range_m"], np.asarray(map_db, np.float32), shading="nearest",
        rasterized=True, **_colours(map_db, "speed_mps", highest_db),
    )  # fmt: skip
    panel.axvline(0, color="white", lw=0.5, alpha=0.35)
    panel.set_ylim(0, far_m or farthest_echo_m(map_db, axes["range_m"]))
    panel.set(xlabel="radial speed [m/s], receding positive", ylabel="range [m]")
    return image


def draw_range_azimuth(
    panel: Axes,
    map_db: Shaped[np.ndarray, "range angle"],
    axes: Mapping[str, Shaped[np.ndarray, " _"]],
    extent: Extent | None = None,
    highest_db: float | None = None,
) -> QuadMesh:
    """Draw a range-azimuth map as a plan view, with boresight upwards.

    Args:
        panel: matplotlib axes to draw on.
        map_db: power [dB above noise].
        axes: `range_m` and `angle_rad` (left positive) of the bins.
        extent: limits of the view; None to include all echoes.
        highest_db: upper end of the colour scale [dB]; None for the level of the strongest cell.
    """
    if extent is None:
        far_m = farthest_echo_m(map_db, axes["range_m"])
        extent = Extent(far_m, far_m)
    map_db = np.asarray(map_db, np.float32)
    near = np.asarray(axes["range_m"]) <= np.hypot(*extent)
    range_m = _edges(np.asarray(axes["range_m"])[near], 0.0, np.inf)[:, None]
    angle_rad = _edges(np.asarray(axes["angle_rad"]), -np.pi / 2, np.pi / 2)
    image = panel.pcolormesh(
        range_m * np.sin(angle_rad), range_m * np.cos(angle_rad), map_db[near], shading="flat",
        rasterized=True, **_colours(map_db, "angle_rad", highest_db),
    )  # fmt: skip
    _draw_polar_grid(panel, extent)
    set_plan_view(panel, extent)
    return image


def farthest_echo_m(
    maps_db: Shaped[np.ndarray, "*frame range bin"], range_m: Shaped[np.ndarray, " range"]
) -> float:
    """End of a range axis that includes all echoes, in whole metres: at least 4 m."""
    strongest_db = np.asarray(maps_db, np.float32).max(-1)
    found = (strongest_db > _SIGNAL_DB).reshape(-1, len(range_m)).any(0)
    farthest_m = np.asarray(range_m)[found].max(initial=0.0)
    limit_m = max(_LEAST_M, float(np.ceil(farthest_m + 0.3)))
    return min(limit_m, float(range_m[-1]))


def highest_level_db(maps_db: Shaped[np.ndarray, "*frame range bin"]) -> float:
    """Upper end of the colour scale: the strongest cell, rounded up to a multiple of 5 dB."""
    strongest_db = float(np.max(np.asarray(maps_db, np.float32), initial=-np.inf))
    return max(2 * _DB_STEP, float(np.ceil(strongest_db / _DB_STEP) * _DB_STEP))


def _colours(map_db, second: str, highest_db: float | None) -> dict:
    highest_db = highest_db or highest_level_db(map_db)
    lowest_db = max(0.0, highest_db - SPAN_DB[second])
    return {"cmap": COLOURS, "vmin": lowest_db, "vmax": highest_db}


def _edges(centres, lowest: float, highest: float) -> Float[np.ndarray, " edge"]:
    """Edges of bins, halfway between their centres, within the given limits."""
    centres = np.asarray(centres, np.float64)
    middle = (centres[:-1] + centres[1:]) / 2
    ends = (2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1])
    return np.clip([ends[0], *middle, ends[1]], lowest, highest)


def _draw_polar_grid(panel: Axes, extent: Extent) -> None:
    """Draw arcs of equal range and rays of equal azimuth, labelled in degrees."""
    panel.set_facecolor("black")
    draw_range_rings(panel, extent, "white", alpha=0.3, lw=0.5, zorder=2)
    for azimuth_deg in _RAYS_DEG:
        left, ahead = np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))
        length_m = min(extent.half_m / abs(left), extent.far_m / ahead)
        ray_m = length_m * np.array([left, ahead])
        panel.plot(*np.stack([[0, 0], ray_m]).T, color="white", lw=0.5, alpha=0.3, zorder=2)
        panel.text(
            *(0.88 * ray_m), f"{azimuth_deg:+d}°".replace("-", "\N{MINUS SIGN}"), color="white",
            fontsize=7, ha="center", va="center", zorder=4,
        )  # fmt: skip
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
