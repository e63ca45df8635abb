"""Section of the HTML report on the points, frame maps and joints of a store."""

from collections.abc import Iterable

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipelines.frame_series import has_frames, stored_frames
from pipelines.report_sample import evenly
from pipelines.store_reader import Store
from radarsim.plots.frames import FrameSeries, add_frame_column, draw_joints
from radarsim.plots.points import draw_plan_view, draw_side_view
from radarsim.plots.style import STYLE

_BLUE = "#33658a"
_NUM_BODIES = 4  # number of frames whose joints are drawn
_THIN = {"lw": 0.9, "ms": 1.8, "zorder": 2.5}  # joints are drawn below the points


def frame_figures(store: Store, rows: Iterable[int]) -> Iterable[tuple[str, Figure]]:
    """Figures of the points, frame maps and joints in a store, each with a caption.

    Args:
        store: open store.
        rows: rows of a sample of clips; the histogram covers all of them, and the clip in the
            middle is drawn.

    Yields:
        Caption and figure; nothing if the store keeps neither points, frame maps nor joints.
    """
    rows = list(rows)
    if not has_frames(store) or not rows:
        return
    if store.has("points"):
        counts = np.concatenate([_counts(store, row) for row in rows])
        text = f"Points per frame, {len(counts)} frames of {len(rows)} clips"
        yield f"{text}: {counts.mean():.1f} on average.", counts_figure(counts)
    row = rows[len(rows) // 2]
    series = stored_frames(store, row)
    name = store.caption(row) or store.clips[row].id
    if series.points is not None or series.joints_m is not None:
        yield f"Clip {row}, {name}: {_shown(series)}.", path_figure(series)
    if series.has_maps:
        frame = series.fullest_frame()
        text = f"Clip {row}: frame maps at {series.times_s[frame]:.2f} s, points as rings."
        yield text, maps_figure(series, frame)


def counts_figure(counts: np.ndarray) -> Figure:
    """Histogram of the number of points per frame."""
    step = max(1, -(-(int(counts.max(initial=0)) + 1) // 50))
    edges = np.arange(0, counts.max(initial=0) + step + 1, step) - 0.5
    with rc_context(STYLE):
        page = Figure(figsize=(9, 2.2), dpi=110, layout="constrained")
        panel = page.add_subplot()
        panel.hist(counts, edges, color=_BLUE)
        panel.set(xlabel="points per frame", ylabel="frames", xlim=(edges[0], edges[-1]))
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
    return page


def path_figure(series: FrameSeries) -> Figure:
    """Points of a clip, and the joints in some frames, from above and from the side."""
    with rc_context(STYLE):
        page = Figure(figsize=(9, 3.7), dpi=110, layout="constrained")
        plan, side = page.subplots(1, 2, width_ratios=(1, 1.5))
        spots = draw_plan_view(plan, series.all_points, series.view())
        draw_side_view(side, series.all_points, series.view().far_m)
        if series.points is not None:
            label = "radial speed [m/s], receding positive"
            page.colorbar(spots, ax=[plan, side], label=label, shrink=0.85, aspect=30)
        if series.joints_m is not None:
            _draw_bodies(plan, side, series.joints_m)
    return page


def maps_figure(series: FrameSeries, frame: int) -> Figure:
    """The maps of one frame, one above the other."""
    with rc_context(STYLE):
        page = Figure(figsize=(5.4, 7.6), dpi=110)
        add_frame_column(page, series, frame, (0.12, 0.08, 0.86, 0.93))
    return page


def _draw_bodies(plan, side, joints_m: np.ndarray) -> None:
    """Draw the path of the first joint, and all joints of a few frames."""
    known = np.flatnonzero(np.isfinite(joints_m[:, 0]).all(axis=1))
    path_m = joints_m[known, 0]
    plan.plot(path_m[:, 1], path_m[:, 0], color="black", lw=1.2, zorder=4)
    for frame in evenly(list(known), _NUM_BODIES):
        at_m = np.asarray(joints_m[frame], np.float64)
        draw_joints(plan, at_m, **_THIN)
        floor_m = np.column_stack([np.hypot(at_m[:, 0], at_m[:, 1]), at_m[:, 2]])
        draw_joints(side, floor_m, 0, 1, **_THIN)


def _counts(store: Store, row: int) -> np.ndarray:
    return store.array("num_points", row)[: int(store.array("num_frames", row))]


def _shown(series: FrameSeries) -> str:
    parts = ["points of all frames"] if series.points is not None else []
    if series.joints_m is not None:
        parts.append(f"path of the pelvis, and joints of {_NUM_BODIES} frames")
    return "; ".join(parts)
