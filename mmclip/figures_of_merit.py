"""What is told of an evaluation: confusion, recall by class, and how sure the mean is."""

from collections.abc import Mapping, Sequence

import numpy as np

RESAMPLES = 10_000
# Two-sided 95 % quantiles of Student's t for 1 to 10 degrees of freedom; beyond, 2.1.
STUDENT_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)
TEXT_SHARE = 0.1


def confusion(truth: np.ndarray, found: np.ndarray, num_labels: int) -> np.ndarray:
    """Counts [true label, found label]."""
    counts = np.zeros((num_labels, num_labels), np.int64)
    np.add.at(counts, (truth, found), 1)
    return counts


def recalls(counts: np.ndarray) -> np.ndarray:
    """Share of each true label's windows that were found; nan where a label has none."""
    totals = counts.sum(axis=1)
    return np.where(totals > 0, np.diagonal(counts) / np.maximum(totals, 1), np.nan)


def mean_and_interval(by_class: Mapping[str, Sequence[float]], seed: int = 0) -> dict[str, float]:
    """Mean recall over classes, and its 95 % interval by a bootstrap over classes.

    Args:
        by_class: recalls of each class, one for each run that scored it.
        seed: of the bootstrap.

    Returns:
        mean, low, high.
    """
    values = np.array([np.mean(each) for each in by_class.values()])
    rng = np.random.default_rng(seed)
    drawn = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def interval_over_runs(values: Sequence[float]) -> dict[str, float] | None:
    """Mean of runs and its 95 % interval by Student's t; None for a single run."""
    if len(values) < 2:
        return None
    degrees = len(values) - 1
    quantile = STUDENT_T[degrees - 1] if degrees <= len(STUDENT_T) else 2.1
    half = quantile * float(np.std(values, ddof=1)) / np.sqrt(len(values))
    mean = float(np.mean(values))
    return {"mean": mean, "low": mean - half, "high": mean + half}


def few_shot_found(
    windows: np.ndarray,
    truth: np.ndarray,
    takes: Sequence[str],
    texts: np.ndarray,
    shots: int,
    scale: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Labels found with a few examples each, which come from other takes than what is scored.

    Probabilities are 0.1 of the texts' and 0.9 of the examples' mean vectors' (paper, 5.4).

    Args:
        windows: vectors [window, width].
        truth: number of each window's label.
        takes: of each window.
        texts: vectors of the labels [label, width].
        shots: examples per label.
        scale: one over the temperature.
        seed: of the choice of examples.

    Returns:
        Numbers of the scored windows, and the label found for each.
    """
    rng, centres, used = np.random.default_rng(seed), [], set()
    for label in range(len(texts)):
        order = rng.permutation(np.flatnonzero(truth == label))
        chosen = order[:shots]
        used |= {takes[window] for window in chosen}
        mean = windows[chosen].mean(axis=0)
        centres.append(mean / np.linalg.norm(mean))
    scored = np.array([n for n in range(len(windows)) if takes[n] not in used], np.int64)
    by_text = softmax(scale * windows[scored] @ texts.T)
    by_signal = softmax(scale * windows[scored] @ np.stack(centres).T)
    return scored, np.argmax(TEXT_SHARE * by_text + (1 - TEXT_SHARE) * by_signal, axis=1)


def softmax(x: np.ndarray) -> np.ndarray:
    """Of each row."""
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
