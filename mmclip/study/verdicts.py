"""Means with confidence intervals, and verdicts on orderings from paired differences.

Results vary over two units: classes (labels) and training runs (group and seed). Every interval is
computed once over classes and once over runs, and a verdict uses the wider interval of the paired
difference.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from mmclip.evaluation_metrics import interval_over_runs, mean_and_interval

# Largest difference that counts as similar; the authors' code varies by 3 to 5 points between runs.
MARGIN = 0.05
POWER = 0.8
HOLDS, DOES_NOT, NOT_RESOLVED = "holds", "does not hold", "not resolved"


class Run(NamedTuple):
    """Result of the scoring of one training run.

    Attributes:
        group, seed: group of unseen labels, and random seed of the training run.
        measures: measures of `scoring.measures`.
    """

    group: str
    seed: int
    measures: Mapping


class Difference(NamedTuple):
    """Paired difference between two bars.

    Attributes:
        mean, low, high: mean of the difference, and limits of the 95 % interval.
        smallest: smallest true difference that is resolved with a power of 80 %.
        unit, n: unit over which the interval is computed, and number of units.
    """

    mean: float
    low: float
    high: float
    smallest: float
    unit: str
    n: int


def summary(runs: Sequence[Run]) -> dict:
    """Mean recall over classes, with intervals and sample sizes, as JSON values."""
    by_class, by_person = defaultdict(list), defaultdict(list)
    for run in runs:
        for label, recall in run.measures["recalls"].items():
            by_class[f"{run.group}/{label}"].append(recall)
        for person, recall in run.measures["recalls_of_people"].items():
            by_person[person].append(recall)
    found = mean_and_interval(by_class)
    first = {run.group: run.measures["windows"] for run in runs}
    return {
        **found,
        "over_people": mean_and_interval(by_person),
        "over_runs": interval_over_runs([run.measures["accuracy"] for run in runs]),
        "classes": len(by_class),
        "people": len(by_person),
        "windows": sum(first.values()),
        "runs": len(runs),
        "seeds": len({run.seed for run in runs}),
        "groups": sorted(first),
        "chance": float(np.mean([1 / run.measures["candidates"] for run in runs])),
        "by_run": [run.measures["accuracy"] for run in runs],
    }


def paired_difference(better: Sequence[Run], worse: Sequence[Run]) -> Difference | None:
    """Difference of two bars, paired by class and by run; None if a unit has fewer than two pairs.

    Args:
        better, worse: runs of the two bars; only pairs with equal group and seed are used.
    """
    others = {(run.group, run.seed): run for run in worse}
    of_classes, of_runs = defaultdict(list), []
    for run in better:
        other = others.get((run.group, run.seed))
        if other is None:
            continue
        of_runs.append(run.measures["accuracy"] - other.measures["accuracy"])
        for label, recall in run.measures["recalls"].items():
            if label in other.measures["recalls"]:
                difference = recall - other.measures["recalls"][label]
                of_classes[f"{run.group}/{label}"].append(difference)
    samples = {"classes": [np.mean(each) for each in of_classes.values()], "runs": of_runs}
    found = [_interval(values, unit) for unit, values in samples.items() if len(values) > 1]
    if len(of_runs) < 2 or not found:
        return None
    return max(found, key=lambda each: each.high - each.low)


def verdict(difference: Difference | None, kind: str) -> str:
    """Return the verdict on an ordering.

    Args:
        difference: paired difference between the two bars.
        kind: kind of the ordering, as in `figure.Ordering`.
    """
    if difference is None:
        return NOT_RESOLVED
    low, high = difference.low, difference.high
    if kind == "similar":
        if low > -MARGIN and high < MARGIN:
            return HOLDS
        return DOES_NOT if low > MARGIN or high < -MARGIN else NOT_RESOLVED
    limit = -MARGIN if kind == "not much less" else 0.0
    if low > limit:
        return HOLDS
    return DOES_NOT if high < limit else NOT_RESOLVED


def _interval(values: Sequence[float], unit: str) -> Difference:
    """Mean with a Student's t confidence interval, and the smallest difference that is resolved."""
    mean, error, freedom = float(np.mean(values)), float(stats.sem(values)), len(values) - 1
    half = float(stats.t.ppf(0.975, freedom)) * error
    smallest = half + float(stats.t.ppf(POWER, freedom)) * error
    return Difference(mean, mean - half, mean + half, smallest, unit, len(values))
