"""Tests of paired differences and verdicts against hand calculations."""

import numpy as np
import pytest
from scipy import stats

from mmclip.study.verdicts import (
    DOES_NOT,
    HOLDS,
    NOT_RESOLVED,
    Difference,
    Run,
    paired_difference,
    summary,
    verdict,
)


def run(group, seed, *recalls):
    labels = dict(zip("abcd", recalls))
    return Run(
        group,
        seed,
        {
            "accuracy": float(np.mean(recalls)),
            "recalls": labels,
            "recalls_of_people": {"anna": recalls[0]},
            "windows": 8,
            "candidates": len(recalls),
        },
    )


def test_differences_are_paired_by_class_and_run_and_the_wider_interval_is_used():
    """The interval is computed over classes, whose differences vary more than those of the runs.

    Both runs differ by 0.2, and the classes by 0.1 and 0.3, with a standard error of 0.1."""
    better = [run("G1", 0, 0.5, 0.9), run("G1", 1, 0.4, 0.8)]
    worse = [run("G1", 0, 0.4, 0.6), run("G1", 1, 0.3, 0.5), run("G1", 2, 0.0, 0.0)]
    found = paired_difference(better, worse)
    assert (found.unit, found.n) == ("classes", 2)
    half = stats.t.ppf(0.975, 1) * 0.1
    np.testing.assert_allclose([found.mean, found.low, found.high], [0.2, 0.2 - half, 0.2 + half])
    np.testing.assert_allclose(found.smallest, half + stats.t.ppf(0.8, 1) * 0.1)


def test_runs_that_vary_more_than_classes_give_the_interval():
    better = [run("G1", seed, 0.5 + 0.2 * seed, 0.5 + 0.2 * seed) for seed in range(3)]
    worse = [run("G1", seed, 0.5, 0.5) for seed in range(3)]
    found = paired_difference(better, worse)
    assert (found.unit, found.n) == ("runs", 3)
    np.testing.assert_allclose(found.mean, 0.2)


def test_a_single_run_resolves_nothing():
    """A single run gives no verdict, because the variation between runs is unknown."""
    found = paired_difference([run("G1", 0, 1.0, 1.0)], [run("G1", 0, 0.0, 0.0)])
    assert found is None
    assert verdict(found, "greater") == NOT_RESOLVED


@pytest.mark.parametrize(
    ("low", "high", "kind", "expected"),
    [
        (0.01, 0.2, "greater", HOLDS),
        (-0.2, -0.01, "greater", DOES_NOT),
        (-0.01, 0.2, "greater", NOT_RESOLVED),
        (-0.04, 0.04, "similar", HOLDS),
        (0.06, 0.2, "similar", DOES_NOT),
        (0.01, 0.2, "similar", NOT_RESOLVED),
        (-0.04, 0.2, "not much less", HOLDS),
        (-0.2, -0.06, "not much less", DOES_NOT),
        (-0.06, 0.2, "not much less", NOT_RESOLVED),
    ],
)
def test_a_verdict_follows_from_the_limits_of_the_interval(low, high, kind, expected):
    """The verdict depends on the interval and on a similarity margin of five percentage points."""
    assert verdict(Difference(0, low, high, 0, "runs", 3), kind) == expected


def test_the_summary_counts_windows_of_a_group_once_and_classes_of_all_groups():
    found = summary([run("G1", 0, 0.2, 0.6), run("G1", 1, 0.4, 0.8), run("G2", 0, 1.0, 0.0)])
    np.testing.assert_allclose(found["mean"], (0.3 + 0.7 + 1.0 + 0.0) / 4)
    assert (found["classes"], found["windows"], found["runs"], found["seeds"]) == (4, 16, 3, 2)
    assert found["chance"] == 0.5
