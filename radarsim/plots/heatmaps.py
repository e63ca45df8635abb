"""Draw heatmaps on physical axes together with the moving body; this module reads no files.

`clip_page` draws one clip; `sheet_page` draws the time-Doppler maps of many clips. Both functions
return a separate matplotlib Figure without pyplot or global state; `page.savefig(path)` writes the
figure to a file. Figures of a radar capture are drawn by `radarsim.validation.figures`; the command
`python -m radarsim.plots CAPTURE --radar FILE --out DIR` writes the capture's figures to files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from radarsim.plots.frames import FrameSeries, add_frame_column, mark_frame, with_points
from radarsim.plots.notebook_figure import NotebookFigure
from radarsim.plots.scene import (
    ScenePicture,
    draw_scene,
    draw_strip,
    draw_top_view,
    radial_trajectory,
)
from radarsim.plots.style import COLOURS, DPI, STYLE
from radarsim.plots.time_columns import drawn_columns, time_limits_s

# Level from which a cell counts as signal when axis limits are chosen; the noise level is 0 dB.
_SIGNAL_DB = 6.0
_DB_STEP = 5.0
_COLUMN_INCHES = 5.0  # Width of the column with the maps of one frame.
_STRIP_HEIGHT = 0.125  # Height of the strip of bodies as a fraction of the page height.


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Drawing settings of one heatmap type.

    Attributes:
        coordinate: key of the vertical coordinate in the result of `heatmap_axes`.
        label: label of the vertical axis, with its unit.
        per_si: number of printed units per SI unit.
        least: smallest upper axis limit in printed units.
        step: multiple to which the upper axis limit is rounded, in printed units.
        span_db: maximum dynamic range of the colour scale [dB].
    """

    coordinate: str
    label: str
    per_si: float = 1.0
    least: float = 0.0
    step: float = 1.0
    span_db: float = np.inf


PANELS = {
    "time_doppler": Panel(
        coordinate="speed_mps", label="radial speed [m/s]\nreceding positive", least=1.0, step=0.5
    ),
    "time_range": Panel(coordinate="range_m", label="range [m]", least=4.0),
    "time_angle": Panel(
        coordinate="angle_rad",
        label="azimuth [deg]\nleft positive",
        per_si=180 / np.pi,
        least=90.0,
        span_db=30.0,  # the sidelobes of an untapered antenna row are 13 dB down
    ),
}


def clip_page(
    maps: Mapping[str, Float[np.ndarray, "time _"]],
    axes: Mapping[str, Float[np.ndarray, " _"]],
    *,
    title: str,
    subtitle: str = "",
    scene: ScenePicture | None = None,
    note: str = "",
    trace: bool = False,
    frames: FrameSeries | None = None,
) -> Figure:
    """Draw one clip: the body in front of the radar and heatmaps on one time axis.

    Args:
        maps: heatmaps keyed like `PANELS` [dB above noise].
        axes: coordinates of the heatmaps, from `heatmap_axes`.
        title: first line of the page, such as the caption of the clip.
        subtitle: smaller text below the title, such as radar, placement and settings.
        scene: body and radar to draw; None to draw only the heatmaps.
        note: line of text at the bottom of the page, printed only if `scene` is None.
        trace: whether to draw range, radial speed and azimuth of the pelvis over the heatmaps.
        frames: points and maps of single frames; the points are drawn over the body, and the maps
            of one frame in a further column.

    Returns:
        The figure.
    """
    width = 15.0 if scene else 9.6
    column = _COLUMN_INCHES if frames is not None and frames.has_maps else 0.0
    part = width / (width + column)
    with rc_context(STYLE):
        page = NotebookFigure(figsize=(width + column, 8.6 if scene else 7.8), dpi=DPI)
        _add_text(page, 0.975, title, fontsize=13, fontweight="bold")
        _add_text(page, 0.945, subtitle, fontsize=9, color="0.35", linespacing=1.4)
        place = (0.435, 0.065, 0.775) if scene else (0.1, 0.1, 0.88)
        panels = add_heatmaps(page, maps, axes, part, *place)
        if column:
            _add_frames(page, panels, frames, (part + 0.03, place[1], 0.965, 0.88))
        if scene is None:
            _add_text(page, 0.035, note, fontsize=8, color="0.35")
            return page
        for name in panels if trace else ():
            _draw_trace(panels[name], name, scene)
        scene = scene if frames is None else with_points(scene, frames)
        _add_body(page, scene, next(iter(panels.values())), part)
    return page


def sheet_page(
    maps: Sequence[Float[np.ndarray, "time _"]],
    axes: Mapping[str, Float[np.ndarray, " _"]],
    captions: Sequence[str],
    *,
    title: str,
    name: str = "time_doppler",
    columns: int = 6,
) -> Figure:
    """Draw a sheet with one heatmap per clip, all with the same axes and colour scale.

    Args:
        maps: one heatmap per clip, without padded columns [dB above noise].
        axes: coordinates from `heatmap_axes` for the longest clip.
        captions: one caption per clip.
        title: title of the figure.
        name: heatmap type, a key of `PANELS`.
        columns: number of heatmaps side by side.

    Returns:
        The figure.
    """
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    highest_db = max(highest_level_db(map_db) for map_db in maps)
    low, high = _common_limits(name, maps, axes)
    with rc_context({**STYLE, "font.size": 7, "axes.labelsize": 7}):
        width, height = 2.3 * columns + 1.0, 1.65 * rows + 0.9
        page = NotebookFigure(figsize=(width, height), dpi=DPI)
        page.text(
            0.1 / width,
            1 - 0.12 / height,
            title,
            fontsize=11,
            fontweight="bold",
            va="top",
            parse_math=False,
        )
        grid = page.add_gridspec(
            rows, columns, left=0.55 / width, right=1 - 0.75 / width, top=1 - 0.65 / height,
            bottom=0.4 / height, hspace=0.3, wspace=0.08,
        )  # fmt: skip
        for index, (map_db, caption) in enumerate(zip(maps, captions)):
            row, column = divmod(index, columns)
            panel = page.add_subplot(grid[row, column])
            image = draw_heatmap(panel, name, map_db, axes, highest_db)
            panel.set(xlim=time_limits_s(axes["time_s"]), ylim=(low, high))
            panel.set_title(
                _shortened(caption, 44), fontsize=7, loc="left", pad=3, parse_math=False
            )
            last = index + columns >= len(maps)
            panel.tick_params(labelbottom=last, labelleft=column == 0, length=2)
            panel.set_ylabel(PANELS[name].label.split("\n")[0] if column == 0 else "")
            panel.set_xlabel("time [s]" if last else "")
        bar = page.add_axes(
            (1 - 0.6 / width, 0.4 / height, 0.1 / width, min(2.0, height - 1.05) / height)
        )
        page.colorbar(image, cax=bar, label="dB above noise")
    return page


def draw_heatmap(
    panel: Axes,
    name: str,
    map_db: Float[np.ndarray, "time bin"],
    axes: Mapping[str, Float[np.ndarray, " _"]],
    highest_db: float | None = None,
):
    """Draw one heatmap with time on the horizontal axis; the colours start at the noise floor.

    Args:
        panel: matplotlib axes to draw on.
        name: heatmap type, a key of `PANELS`.
        map_db: heatmap, possibly with fewer columns than the time axis [dB above noise].
        axes: coordinates from `heatmap_axes`.
        highest_db: upper end of the colour scale [dB]; if None, computed from the heatmap.

    Returns:
        The matplotlib image, from which a colour bar can be made.
    """
    map_db = np.asarray(map_db, np.float32)
    kind = PANELS[name]
    bins = np.asarray(axes[kind.coordinate]) * kind.per_si
    highest_db = highest_db or highest_level_db(map_db)
    times_s, columns_db = drawn_columns(axes["time_s"], map_db)
    image = panel.pcolormesh(
        times_s, bins, columns_db.T, shading="nearest", cmap=COLOURS,
        vmin=max(0.0, highest_db - kind.span_db), vmax=highest_db, rasterized=True,
    )  # fmt: skip
    panel.set(xlim=time_limits_s(axes["time_s"]), ylim=axis_limits(name, map_db, axes))
    panel.set_ylabel(kind.label)
    if name == "time_angle":
        panel.yaxis.set_major_locator(MultipleLocator(30))
    if name == "time_doppler":
        panel.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        panel.axhline(0, color="white", lw=0.5, alpha=0.35)
    return image


def axis_limits(
    name: str, map_db: Float[np.ndarray, "time bin"], axes: Mapping[str, np.ndarray]
) -> tuple[float, float]:
    """Choose limits of the vertical axis that include all signal, symmetric for a signed axis.

    Returns:
        Lower and upper limit in printed units: multiples of the panel's step, clipped to the axis.
    """
    kind = PANELS[name]
    bins = np.asarray(axes[kind.coordinate]) * kind.per_si
    signal = np.asarray(map_db, np.float32) >= _SIGNAL_DB
    # A single cell may be noise, so a bin counts as signal only if it exceeds the signal threshold
    # in at least two columns (if the map has two).
    lasting = signal.sum(axis=0) >= min(2, len(signal))
    reach = np.abs(bins[lasting]).max() if lasting.any() else 0.0
    reach = max(kind.least, np.ceil(1.05 * reach / kind.step) * kind.step)
    return max(-reach, bins.min()), min(reach, bins.max())


def highest_level_db(map_db: Float[np.ndarray, "time bin"]) -> float:
    """Upper end of the colour scale: the 99.9th percentile, rounded up to a multiple of 5 dB."""
    level_db = np.percentile(np.asarray(map_db, np.float32), 99.9)
    return float(max(2 * _DB_STEP, np.ceil(level_db / _DB_STEP) * _DB_STEP))


def _common_limits(name, maps, axes) -> tuple[float, float]:
    lows, highs = zip(*(axis_limits(name, map_db, axes) for map_db in maps))
    return min(lows), max(highs)


def add_heatmaps(
    page: Figure,
    maps: Mapping[str, Float[np.ndarray, "time _"]],
    axes: Mapping[str, Float[np.ndarray, " _"]],
    part: float,
    left: float,
    bottom: float,
    top: float,
) -> dict[str, Axes]:
    """Draw the heatmaps in a column with a shared time axis; return their axes by name.

    Args:
        page: figure to draw on.
        maps, axes: heatmaps [dB above noise] and their coordinates, as in `clip_page`.
        part: part of the page's width that is used; the heatmaps end at 94.5 % of this part.
        left, bottom, top: edges as fractions of this part, and of the page's height.
    """
    names = [name for name in PANELS if name in maps]
    grid = page.add_gridspec(
        len(names), 2, left=left * part, right=0.945 * part, top=top, bottom=bottom, hspace=0.1,
        wspace=0.02, height_ratios=(1.35, 1, 1)[: len(names)], width_ratios=(1, 0.018),
    )  # fmt: skip
    panels: dict[str, Axes] = {}
    for row, name in enumerate(names):
        panel = page.add_subplot(grid[row, 0], sharex=panels.get(names[0]))
        image = draw_heatmap(panel, name, maps[name], axes)
        page.colorbar(image, cax=page.add_subplot(grid[row, 1]), label="dB above noise")
        panel.tick_params(labelbottom=row == len(names) - 1)
        panels[name] = panel
    panel.set_xlabel("time [s]")
    return panels


def _add_text(page: Figure, height: float, text: str, **style) -> None:
    # Captions are free text, in which a dollar sign must not start a formula.
    page.text(0.3 / page.get_size_inches()[0], height, text, va="top", parse_math=False, **style)


def _add_frames(page: Figure, panels, frames: FrameSeries, box) -> None:
    """Draw the maps of the frame with the most points, and mark its time on the heatmaps."""
    frame = frames.fullest_frame()
    add_frame_column(page, frames, frame, box)
    for panel in panels.values():
        mark_frame(panel, frames.times_s[frame])


def _add_body(page: Figure, scene: ScenePicture, first: Axes, part: float) -> None:
    """Draw the strip of bodies above the first heatmap, and the two scene views on the left."""
    place, (width, height) = first.get_position(), page.get_size_inches()
    strip = page.add_axes((place.x0, place.y1 + 0.012, place.width, _STRIP_HEIGHT), sharex=first)
    low_m, high_m = -0.1, max(1.95, scene.vertices_m[..., 2].max() + 0.1)
    metres_per_inch = (high_m - low_m) / (_STRIP_HEIGHT * height)
    seconds_per_inch = np.diff(first.get_xlim())[0] / (place.width * width)
    draw_strip(strip, scene, seconds_per_inch / metres_per_inch)
    strip.set(ylim=(low_m, high_m))
    strip.set_axis_off()
    draw_scene(page.add_axes((0.012 * part, 0.505, 0.375 * part, 0.4)), scene)
    draw_top_view(page.add_axes((0.05 * part, 0.065, 0.3 * part, 0.42)), scene)


def _draw_trace(panel: Axes, name: str, scene: ScenePicture) -> None:
    kind = PANELS[name]
    trace = radial_trajectory(scene)[kind.coordinate] * kind.per_si
    panel.plot(scene.pelvis_times_s, trace, color="white", lw=0.9, ls=(0, (5, 3)), alpha=0.9)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
