"""An evaluation as pictures: confusion matrix, and a map of the vectors (needs matplotlib)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np


def draw_confusion(path: Path, counts: np.ndarray, labels: Sequence[str], title: str) -> None:
    """Shares of each true label's windows, [true, found].

    Args:
        path: of the picture.
        counts: [true label, found label].
        labels: words.
        title: what it shows; simulated data must say so.
    """
    axes, figure = _figure(max(4.0, 0.35 * len(labels)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    for true, row in enumerate(shares):
        for found, share in enumerate(row):
            if share >= 0.005:
                colour = "white" if share > 0.5 else "black"
                text = f"{100 * share:.0f}"
                axes.text(found, true, text, ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xlabel("found")
    axes.set_ylabel("true")
    axes.set_title(f"{title} (%)", fontsize=9)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def draw_map(
    path: Path, windows: np.ndarray, truth: np.ndarray, texts: np.ndarray, labels, title: str
) -> None:
    """Vectors of windows (dots) and of labels (crosses) on their two main axes.

    Args:
        path: of the picture.
        windows: vectors [window, width].
        truth: number of each window's label.
        texts: vectors of the labels [label, width].
        labels: words.
        title: what it shows.
    """
    axes, figure = _figure(6.0)
    # Texts and signals lie in cones of their own: each cloud is centred before both are drawn.
    signals, told = windows - windows.mean(axis=0), texts - texts.mean(axis=0)
    _, _, directions = np.linalg.svd(np.concatenate([signals, told]), full_matrices=False)
    flat, crosses = signals @ directions[:2].T, told @ directions[:2].T
    for number, label in enumerate(labels):
        mine = truth == number
        colour = f"C{number % 10}"
        axes.scatter(*flat[mine].T, s=8, color=colour, alpha=0.6, label=label)
        axes.scatter(*crosses[number], marker="x", s=60, color=colour)
    axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_title(title, fontsize=9)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def _figure(size: float):
    """Axes and figure without a window or a global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size, size))
    return figure.add_subplot(), figure
