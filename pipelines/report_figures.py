"""Figures of the HTML report, each a separate matplotlib Figure."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipelines.plan import DRAWN, SPLITS, Clip
from pipelines.report_sample import LEVEL_EDGES_DB, Sample
from pipelines.store_reader import Store
from pipelines.store_statistics import StoreStatistics
from radarsim.plots.heatmaps import PANELS, draw_heatmap

_STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 110}
_BLUE, _COLOURS = "#33658a", {"train": "#33658a", "val": "#f6ae2d", "test": "#c1440e"}
# Maximum number of labels in a chart, and maximum length of a label.
MOST_LABELS, _LONGEST_LABEL = 40, 48
# Maps a column of the clips table to (axis label, displayed units per SI unit).
_VARIED = {
    "distance_m": ("distance [m]", 1.0),
    "lateral_m": ("to the left [m]", 1.0),
    "heading_rad": ("heading [deg]", 180 / math.pi),
    "radar_height_m": ("radar height [m]", 1.0),
    "radar_tilt_rad": ("radar tilt [deg]", 180 / math.pi),
    "sigma_rad": ("sigma [rad]", 1.0),
    "extra_noise_db": ("extra noise [dB]", 1.0),
}
assert set(DRAWN) <= set(_VARIED)


def labels_figure(labels: Mapping[str, int]) -> Figure:
    """Bar chart of the number of clips with each of the most frequent labels."""
    shown = sorted(labels.items(), key=lambda item: (-item[1], item[0]))[:MOST_LABELS]
    with rc_context(_STYLE):
        page = Figure(figsize=(9, 0.6 + 0.19 * len(shown)), layout="constrained")
        panel = page.add_subplot()
        names = [_shortened(label) for label, _ in shown]
        panel.barh(range(len(shown)), [count for _, count in shown], color=_BLUE)
        panel.set_yticks(range(len(shown)), names, fontsize=8, parse_math=False)
        panel.invert_yaxis()
        panel.set_xlabel("clips")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.margins(y=0.01)
    return page


def people_figure(clips: Sequence[Clip]) -> Figure:
    """Bar chart of the number of clips of each subject, stacked by split."""
    counts: dict[str, dict[str, int]] = {}
    for clip in clips:
        splits = counts.setdefault(clip.subject, {})
        splits[clip.split] = splits.get(clip.split, 0) + 1
    order = sorted(counts, key=lambda name: (-sum(counts[name].values()), name))
    with rc_context(_STYLE):
        page = Figure(figsize=(9, 2.4), layout="constrained")
        panel, bottom = page.add_subplot(), np.zeros(len(order))
        for split in SPLITS:
            heights = np.array([counts[name].get(split, 0) for name in order])
            panel.bar(range(len(order)), heights, 1.0, bottom, label=split, color=_COLOURS[split])
            bottom += heights
        panel.set(xlabel=f"{len(order)} subjects, by number of clips", ylabel="clips")
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
        page.legend(loc="outside right upper", frameon=False)
        panel.margins(x=0.01)
    return page


def texts_figure(
    statistics: StoreStatistics, caption_words: Sequence[int], texts_per_clip: Sequence[int]
) -> Figure:
    """Histograms of frames per clip, words per caption and texts per clip."""
    frames = np.repeat(list(statistics.frames), list(statistics.frames.values()))
    return _histograms(
        {
            "frames per clip": frames,
            "words per caption": np.array(caption_words),
            "texts per clip": np.array(texts_per_clip),
        },
        whole=True,
    )


def placements_figure(clips: Sequence[Clip]) -> Figure | None:
    """Histograms of the parameters that vary from clip to clip; None if no parameter varies."""
    values = {
        title: np.array([getattr(clip, name) for clip in clips]) * per_si
        for name, (title, per_si) in _VARIED.items()
        if hasattr(clips[0], name)
    }
    varied = {title: each for title, each in values.items() if np.ptp(each) > 0}
    return _histograms(varied) if varied else None


def levels_figure(sample: Sample) -> Figure:
    """Histogram of heatmap levels, and the strongest cell of each clip versus distance."""
    centres = (LEVEL_EDGES_DB[:-1] + LEVEL_EDGES_DB[1:]) / 2
    with rc_context(_STYLE):
        page = Figure(figsize=(9, 2.6), layout="constrained")
        left, right = page.subplots(1, 2)
        for name in sample.levels:
            shares = sample.levels[name]
            left.semilogy(centres, np.where(shares > 0, shares, np.nan), label=name)
        left.set(xlabel="level [dB above noise]", ylabel="share of the cells")
        left.legend(frameon=False)
        right.plot(sample.distances_m, sample.peaks_db, ".", ms=3, color=_BLUE)
        right.set(xlabel="distance at the start [m]", ylabel="strongest cell [dB]")
    return page


def shares_figure(store: Store, sample: Sample) -> Figure:
    """Distribution of the echo power over speed, range and azimuth."""
    axes = store.axes()
    with rc_context(_STYLE):
        page = Figure(figsize=(9, 2.4), layout="constrained")
        for panel, name in zip(
            page.subplots(1, len(sample.shares), squeeze=False)[0], sample.shares
        ):
            kind = PANELS[name]
            bins = axes[kind.coordinate] * kind.per_si
            share = np.maximum(sample.shares[name], 1e-7)
            panel.fill_between(bins, 1e-7, share, color=_BLUE, lw=0)
            panel.set(yscale="log", ylim=(1e-6, 1), xlabel=kind.label.split("\n")[0])
        page.axes[0].set_ylabel("share of the power")
    return page


def clips_figure(store: Store, rows: Sequence[int]) -> Figure:
    """The heatmaps of some clips, one clip per row."""
    axes = store.axes()
    with rc_context({**_STYLE, "font.size": 7}):
        page = Figure(figsize=(11, 1.75 * len(rows)), layout="constrained")
        grid = page.subplots(len(rows), len(store.heatmaps), squeeze=False)
        for panels, row in zip(grid, rows):
            for panel, (name, map_db) in zip(panels, store.maps(row).items()):
                draw_heatmap(panel, name, map_db, axes)
                panel.tick_params(labelbottom=row == rows[-1], length=2)
                panel.set_xlabel("time [s]" if row == rows[-1] else "")
            clip, caption = store.clips[row], store.caption(row)
            title = f"{row}  {caption or clip.id}   {clip.subject}, {clip.split}"
            panels[0].set_title(_shortened(title, 150), loc="left", fontsize=8, parse_math=False)
    return page


def _histograms(values: Mapping[str, np.ndarray], whole: bool = False) -> Figure:
    columns = min(len(values), 4)
    rows = -(-len(values) // columns)
    with rc_context(_STYLE):
        page = Figure(figsize=(9, 2.1 * rows), layout="constrained")
        for number, (title, found) in enumerate(values.items()):
            panel = page.add_subplot(rows, columns, number + 1)
            panel.hist(found, _edges(found) if whole else 30, color=_BLUE)
            panel.set_xlabel(title)
            panel.set_ylabel("" if number % columns else "count")
    return page


def _edges(counts: np.ndarray) -> np.ndarray:
    """Edges of at most about fifty histogram bins, halfway between whole numbers."""
    high = int(counts.max()) if counts.size else 1
    step = max(1, math.ceil((high + 1) / 50))
    return np.arange(0, high + step + 1, step) - 0.5


def _shortened(text: str, longest: int = _LONGEST_LABEL) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
