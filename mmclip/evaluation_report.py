"""Results of an evaluation: pooled over models, and formatted as lines of text or as tables."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmclip.evaluation_metrics import interval_over_runs, mean_and_interval, too_few_people


def pool_runs(runs: Sequence[dict]) -> dict:
    """Pool the results of models that were evaluated in the same way.

    Args:
        runs: results of `ModelScore.to_dict`.

    Returns:
        Values for JSON. The mean recalls, with intervals over classes and over people, include only
        labels that have windows. The entry auroc is the mean over all models that have an AUROC.
    """
    areas = [run["auroc"] for run in runs if run.get("auroc") is not None]
    return {
        "labels": len({label for run in runs for label in run["labels"]}),
        "labels_with_clips": len(_by_group(runs, "recalls")),
        "people": len(_by_group(runs, "recalls_of_people")),
        "simulated": any(run["simulated"] for run in runs),
        # A window can be assigned to any candidate, including labels without clips.
        "chance": float(np.mean([1 / len(run["labels"]) for run in runs])),
        "over_classes": mean_and_interval(_by_group(runs, "recalls")),
        "top3_over_classes": _mean_or_none(_by_group(runs, "recalls_top3")),
        "over_people": _mean_or_none(_by_group(runs, "recalls_of_people")),
        "over_runs": interval_over_runs([run["accuracy"] for run in runs]),
        "auroc": float(np.mean(areas)) if areas else None,
        "classes": {row["label"]: row["recall"] for row in class_table(runs)},
        "class_table": class_table(runs),
    }


def class_table(runs: Sequence[dict]) -> list[dict]:
    """One row per label with windows: recalls, window count, and most frequent wrong prediction.

    The recalls are means over models; the window counts are sums over models.
    """
    top3, taken_for = _by_group(runs, "recalls_top3"), defaultdict(lambda: defaultdict(int))
    for run in runs:
        for row, column in np.argwhere(np.array(run["confusion"]) > 0):
            count = int(run["confusion"][row][column])
            taken_for[run["labels"][row]][run["labels"][column]] += count
    rows = []
    for label, recalls in sorted(_by_group(runs, "recalls").items()):
        found = taken_for[label]
        wrong = {other: count for other, count in sorted(found.items()) if other != label}
        most = max(wrong, key=wrong.get) if wrong else ""
        rows.append(
            {
                "label": label,
                "recall": float(np.mean(recalls)),
                "recall_top3": float(np.mean(top3[label])) if label in top3 else None,
                "windows": sum(found.values()),
                "runs": len(recalls),
                "most_often_taken_for": most,
                "windows_taken_for_it": wrong.get(most, 0),
            }
        )
    return rows


def write_classes(path: Path, rows: Sequence[dict]) -> None:
    """Write the table of classes as CSV."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for row in rows:
            shares = {k: f"{v:.4f}" for k, v in row.items() if isinstance(v, float)}
            writer.writerow(row | shares)


def result_lines(result: dict) -> list[str]:
    """Lines that describe a result of `pool_runs` with the keys mode and candidates."""
    kind = "SIMULATED corpus: " if result["simulated"] else ""
    models, classes = count_of(len(result["runs"]), "model"), len(result["classes"])
    among = " among all labels" if result["candidates"] == "all" else ""
    head = f"{kind}{result['mode']}{among}, {models}, {classes} classes: "
    lines = [
        f"{head}mean recall {mean_with_interval(result['over_classes'])} over classes; "
        f"chance level {result['chance']:.1%}"
    ]
    if result["over_people"]:
        lines.append(
            f"mean recall {_mean_over_people(result)}; "
            f"top 3: {mean_with_interval(result['top3_over_classes'])} over classes"
        )
    if result["auroc"] is not None:
        lines.append(f"rejection of windows of other labels: AUROC {result['auroc']:.3f}")
    if result["over_runs"]:
        lines.append(f"mean accuracy {mean_with_interval(result['over_runs'])} over models")
    return lines


def retrieval_lines(run: dict) -> list[str]:
    """Lines that describe a result of `score_retrieval`."""
    kind = "SIMULATED corpus: " if run["simulated"] else ""
    lines = []
    for name, found in (
        ("texts of windows", run["texts_of_windows"]),
        ("windows of texts", run["windows_of_texts"]),
    ):
        lines.append(
            f"{kind}{run['model']}: {name}: R@1 {found['r_at_1']:.1%}, R@5 {found['r_at_5']:.1%}, "
            f"median rank {found['median_rank']:g} of {found['items']} "
            f"({found['queries']} queries)"
        )
    return lines


def mean_with_interval(values: Mapping[str, float]) -> str:
    """Format a mean and its 95 % interval in percent."""
    return f"{values['mean']:.1%}, 95 % interval {values['low']:.1%} to {values['high']:.1%}"


def limits(interval: Mapping[str, float] | None) -> str:
    """Format the limits of an interval in percent; a missing interval gives a dash."""
    return f"{interval['low']:.1%} to {interval['high']:.1%}" if interval else "-"


def limits_over_people(pooled: Mapping) -> str:
    """Format the limits of the interval over people; too few people give a dash with the reason.

    Args:
        pooled: result of `pool_runs`; results of earlier versions do not state the number of
            people, and their intervals are always formatted.
    """
    found, reason = pooled.get("over_people"), too_few_people(pooled.get("people"))
    return f"- ({reason})" if found and reason else limits(found)


def count_of(number: int, noun: str) -> str:
    """Format a count and its noun, which takes a plural s unless the count is 1."""
    return f"{number} {noun}{'s' * (number != 1)}"


def _mean_over_people(result: Mapping) -> str:
    """Format the mean over people, with its interval or the reason why there is none."""
    values, reason = result["over_people"], too_few_people(result.get("people"))
    if reason:
        return f"{values['mean']:.1%} over people (no 95 % interval: {reason})"
    return f"{mean_with_interval(values)} over people"


def _by_group(runs: Sequence[dict], key: str) -> dict[str, list[float]]:
    """Collect the values of each label or person from all runs."""
    found: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        for group, value in run.get(key, {}).items():
            found[group].append(value)
    return dict(found)


def _mean_or_none(by_group: dict[str, list[float]]) -> dict[str, float] | None:
    return mean_and_interval(by_group) if by_group else None
