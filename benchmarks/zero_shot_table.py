"""Tables that `benchmarks.zero_shot` prints."""

from collections.abc import Mapping

# Group of the protocol on which the settings were tuned.
TUNED_ON = "G1"
# Name of the results that are pooled over all groups except the tuning group.
NOT_TUNED_ON = "not tuned on"
# Name of the permutation controls.
CONTROL = "deranged"
HEAD = (
    f"{'':16s} {'mean':>6s}  {'95 % over classes':17s}  {'95 % over people':23s}  {'top 3':>6s}  "
    f"{'of all':>6s}  {'AUROC':>5s}  models"
)


def results_table(result: Mapping) -> str:
    """Table of the mean recalls, with a line that compares them with the permutation control.

    The columns are the mean recall with the excluded labels as candidates and its intervals, the
    top-3 recall, the mean recall with all labels as candidates, and the AUROC of rejecting windows
    of other labels.
    """
    kinds = {kind: each for kind, each in result.items() if _is_pooled(each)}
    lines = [HEAD]
    for kind, each in kinds.items():
        lines.append(_row(kind, each))
        lines += _labels_without_clips(kind, each)
    name = compared_kind(result)
    compared = kinds[name]
    corpus = "SIMULATED corpus, " if compared["simulated"] else ""
    lines.append(f"{corpus}unseen labels; chance level {compared['chance']:.1%}")
    if CONTROL in kinds:
        low, control = compared["over_classes"]["low"], kinds[CONTROL]["over_classes"]["mean"]
        relation = "above" if low > control else "NOT above"
        lines.append(
            f"{name}: the lower limit {low:.1%} is {relation} the permutation control, "
            f"{control:.1%}"
        )
    return "\n".join(lines)


def compared_kind(result: Mapping) -> str:
    """Name of the results that are compared with the permutation control.

    The settings may overfit the group on which they were tuned, so the results of the other groups
    are preferred.
    """
    return NOT_TUNED_ON if NOT_TUNED_ON in result else "all"


def class_lines(result: Mapping) -> str:
    """Table of the recall of each class, for the results that are compared with the control."""
    rows = result[compared_kind(result)]["class_table"]
    width = max(len(row["label"]) for row in rows)
    lines = [f"{'':{width}s} recall   top 3  windows  most often mistaken for"]
    for row in rows:
        wrong = f"{row['most_often_taken_for']} ({row['windows_taken_for_it']})"
        lines.append(
            f"{row['label']:{width}s} {row['recall']:6.1%}  {_percent(row['recall_top3'])}  "
            f"{row['windows']:7d}  {wrong if row['most_often_taken_for'] else '-'}"
        )
    return "\n".join(lines)


def _row(kind: str, pooled: Mapping) -> str:
    # Imported here, since this import takes a second and --help does not need it.
    from mmclip.evaluation_report import limits, limits_over_people

    means = (pooled.get("top3_over_classes"), (pooled.get("of_all") or {}).get("over_classes"))
    top3, of_all = (_percent(each and each["mean"]) for each in means)
    area = "-" if pooled.get("auroc") is None else f"{pooled['auroc']:.3f}"
    return (
        f"{kind:16s} {pooled['over_classes']['mean']:6.1%}  {limits(pooled['over_classes']):17s}  "
        f"{limits_over_people(pooled):23s}  {top3}  {of_all}  {area:>5s}  "
        f"{len(pooled['runs'])}"
    )


def _is_pooled(value) -> bool:
    return isinstance(value, Mapping) and "over_classes" in value


def _percent(value: float | None) -> str:
    return f"{'-':>6s}" if value is None else f"{value:6.1%}"


def _labels_without_clips(kind: str, pooled: Mapping) -> list[str]:
    missing = pooled["labels"] - pooled["labels_with_clips"]
    return (
        [f"  {kind}: {missing} of {pooled['labels']} labels have no clip here"] if missing else []
    )
