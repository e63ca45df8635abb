"""Evaluation metrics: recall, top-k, rejection, confidence intervals, few-shot classification."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import softmax

from mmclip.errors import MmclipError

# Number of bootstrap samples of a confidence interval.
RESAMPLES = 10_000
# Smallest number of people for which an interval over people is printed; see `mean_and_interval`.
MIN_PEOPLE = 5
# Weight of a label's text in few-shot classification; the examples have the remaining weight.
TEXT_WEIGHT = 0.1


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, num_labels: int) -> np.ndarray:
    """Count the windows for each pair [true label, predicted label]."""
    counts = np.zeros((num_labels, num_labels), np.int64)
    np.add.at(counts, (truth, predicted), 1)
    return counts


def recall_by_class(counts: np.ndarray) -> np.ndarray:
    """Recall of each label; nan for a label without windows."""
    totals = counts.sum(axis=1)
    return np.where(totals > 0, np.diagonal(counts) / np.maximum(totals, 1), np.nan)


def is_in_top(scores: np.ndarray, truth: np.ndarray, k: int) -> np.ndarray:
    """Whether the true label is among the k labels with the highest scores.

    Among labels with equal scores, the label with the lower index ranks higher, as in argmax.

    Args:
        scores: scores [window, label].
        truth: index of each window's true label [window].
        k: number of labels.

    Returns:
        Boolean values [window].
    """
    return np.any(np.argsort(-scores, axis=1, kind="stable")[:, :k] == truth[:, None], axis=1)


def mean_by_group(values: np.ndarray, groups: Sequence) -> dict:
    """Mean of the values of each group, keyed by group in sorted order."""
    groups = np.asarray(groups)
    return {group.item(): float(np.mean(values[groups == group])) for group in np.unique(groups)}


def recall_by_subject(
    correct: np.ndarray, truth: np.ndarray, subjects: Sequence[str]
) -> dict[str, float]:
    """Mean recall over the classes of each subject's windows.

    Args:
        correct: whether each window is classified correctly.
        truth: index of each window's true label.
        subjects: subject of each window.
    """
    subjects = np.asarray(subjects)
    found = {}
    for subject in np.unique(subjects):
        own = subjects == subject
        found[str(subject)] = float(np.mean([*mean_by_group(correct[own], truth[own]).values()]))
    return found


def auroc(positive: np.ndarray, negative: np.ndarray) -> float | None:
    """Area under the ROC curve, the probability that a positive exceeds a negative value.

    The area is the normalised Mann-Whitney U statistic, (R - n (n + 1) / 2) / (n m), with R the sum
    of the ranks of the n positive values and m the number of negative values. Equal values have the
    mean of their ranks.

    Args:
        positive, negative: scores of the positive and of the negative class.

    Returns:
        Area from 0 to 1, 0.5 if the values contain no information; None if a class is empty.
    """
    n, m = len(positive), len(negative)
    if not n or not m:
        return None
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def mean_and_interval(by_group: Mapping[str, Sequence[float]], seed: int = 0) -> dict[str, float]:
    """Mean over groups (classes or people), with a 95 % bootstrap interval.

    The groups are resampled with replacement, and the interval is given by the percentiles of the
    means. The interval of few groups is too narrow: it contains the true mean in 50 % of the cases
    for two groups, 75 % for three, 80 % for four, 84 % for five, 86 % for six, 90 % for ten and
    93 % for twenty (20,000 samples of normally distributed values; exact for two and three groups).

    Args:
        by_group: values of each group, one per run in which the group was evaluated.
        seed: random seed of the bootstrap.

    Returns:
        Dictionary with the keys mean, low and high.
    """
    values = np.array([np.mean(each) for each in by_group.values()])
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def too_few_people(people: int | None) -> str:
    """Reason why an interval over people is not printed; "" if it is printed.

    Args:
        people: number of people; None for a result that does not state the number.
    """
    if people is None or people >= MIN_PEOPLE:
        return ""
    return f"fewer than {MIN_PEOPLE} people"


def interval_over_runs(values: Sequence[float]) -> dict[str, float] | None:
    """Mean over runs with a 95 % interval from Student's t distribution; None for a single run."""
    if len(values) < 2:
        return None
    mean = float(np.mean(values))
    # stats.t.interval is not used, because it returns nan if all values are equal (zero scale).
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return {"mean": mean, "low": mean - half, "high": mean + half}


class FewShotPredictions(NamedTuple):
    """Indices of the evaluated windows, and the predicted label of each."""

    windows: np.ndarray
    labels: np.ndarray


def few_shot_predictions(
    windows: np.ndarray,
    truth: np.ndarray,
    takes: Sequence[str],
    texts: np.ndarray,
    *,
    labels: Sequence[str],
    shots: int,
    scale: float,
    seed: int,
) -> FewShotPredictions:
    """Classify windows with a few examples per label; takes that provide examples are excluded.

    The probability of a label is 0.1 times the probability from its text plus 0.9 times the
    probability from the mean embedding of its examples (section 5.4 of the paper).

    Args:
        windows: embeddings [window, width].
        truth: index of each window's label.
        takes: take of each window.
        texts: embeddings of the labels [label, width].
        labels: names of the labels.
        shots: number of examples per label, at least 1; a label with fewer windows has fewer
            examples.
        scale: inverse of the softmax temperature.
        seed: random seed for choosing the examples.

    Returns:
        The evaluated windows and their predicted labels.

    Raises:
        MmclipError: a label has no window, so that it has no example.
    """
    rng, centres, used_takes = np.random.default_rng(seed), [], set()
    for label, name in enumerate(labels):
        examples = rng.permutation(np.flatnonzero(truth == label))[:shots]
        if not len(examples):
            hint = "leave the label out, or use another split or store"
            raise MmclipError("few-shot", "labels", f"no window for an example of {name!r}", hint)
        used_takes |= {takes[window] for window in examples}
        mean = windows[examples].mean(axis=0)
        centres.append(mean / np.linalg.norm(mean))
    scored = np.array([i for i in range(len(windows)) if takes[i] not in used_takes], np.int64)
    by_text = softmax(scale * windows[scored] @ texts.T, axis=1)
    by_example = softmax(scale * windows[scored] @ np.stack(centres).T, axis=1)
    probabilities = TEXT_WEIGHT * by_text + (1 - TEXT_WEIGHT) * by_example
    return FewShotPredictions(scored, np.argmax(probabilities, axis=1))
