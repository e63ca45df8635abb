"""Figures of an evaluation: confusion matrix, 2-D map of the embeddings, heatmaps of two windows.

All figures need matplotlib.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np


def draw_confusion_matrix(
    path: Path, counts: np.ndarray, labels: Sequence[str], title: str
) -> None:
    """Draw the confusion matrix, in percent of the windows of each true label.

    Args:
        path: path of the image to write.
        counts: windows [true label, predicted label].
        labels: names of the rows and columns.
        title: title of the figure; if the data are simulated, the title must state this.
    """
    axes, figure = _figure(max(4.0, 0.35 * len(labels)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    for row, column in np.argwhere(shares >= 0.005):
        share = shares[row, column]
        colour = "white" if share > 0.5 else "black"
        text = f"{100 * share:.0f}"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"{title} (%)", fontsize=9)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def draw_embedding_map(
    path: Path, windows: np.ndarray, truth: np.ndarray, texts: np.ndarray, labels, title: str
) -> None:
    """Draw the first two principal components of window (dots) and label (crosses) embeddings.

    Args:
        path: path of the image to write.
        windows: embeddings [window, width].
        truth: index of each window's label.
        texts: embeddings of the labels [label, width].
        labels: names for the legend.
        title: title of the figure.
    """
    axes, figure = _figure(6.0)
    # Texts and signals occupy separate cones (the modality gap), so each set is centred separately.
    signals, centred_texts = windows - windows.mean(axis=0), texts - texts.mean(axis=0)
    _, _, directions = np.linalg.svd(np.concatenate([signals, centred_texts]), full_matrices=False)
    dots, crosses = signals @ directions[:2].T, centred_texts @ directions[:2].T
    for index, label in enumerate(labels):
        colour = f"C{index % 10}"
        axes.scatter(*dots[truth == index].T, s=8, color=colour, alpha=0.6, label=label)
        axes.scatter(*crosses[index], marker="x", s=60, color=colour)
    axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_title(title, fontsize=9)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def draw_heatmap_pairs(
    path: Path,
    left: Mapping[str, np.ndarray],
    right: Mapping[str, np.ndarray],
    bins: Mapping[str, tuple],
    durations_s: tuple[float, float],
    titles: tuple[str, str],
) -> None:
    """Draw the heatmaps of two windows side by side, with one colour scale for each heatmap.

    Args:
        path: path of the image to write.
        left, right: heatmaps [column, bin] of each window by name [dB].
        bins: for each name, the first and the last coordinate of the bins, and their unit.
        durations_s, titles: durations [s] and titles of both windows.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 2.2 * len(left)), layout="constrained")
    grid = figure.subplots(len(left), 2, squeeze=False, sharex="col")
    for row, (name, (first, last, unit)) in enumerate(bins.items()):
        low, high = np.percentile(np.stack([left[name], right[name]]), [1, 99.8])
        for axes, maps, duration_s in zip(grid[row], (left, right), durations_s):
            where = (0, duration_s, first, last)
            values = np.asarray(maps[name], np.float32).T
            image = axes.imshow(
                values, vmin=low, vmax=high, extent=where, origin="lower", aspect="auto"
            )
        figure.colorbar(image, ax=grid[row], pad=0.01).set_label("level [dB]", fontsize=8)
        grid[row, 0].set_ylabel(f"{name.replace('_', '-')} [{unit}]", fontsize=8)
    for axes, title in zip(grid[0], titles):
        axes.set_title(title, fontsize=8)
    for axes in grid[-1]:
        axes.set_xlabel("time [s]", fontsize=8)
    figure.savefig(path, dpi=120)


def _figure(size: float):
    """Create axes and figure without pyplot, which has global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size, size))
    return figure.add_subplot(), figure
