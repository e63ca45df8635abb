"""Check for train/test leakage: no evaluated subject or unseen label may occur in training."""

from collections.abc import Sequence

from mmclip.errors import MmclipError


def check_leakage(
    where: str, description: dict, labels: Sequence[str], subjects: set[str], unseen: bool
) -> None:
    """Compare the labels and subjects of an evaluation with those of the training data.

    Args:
        where: folder of the model, for the error message.
        description: content of its model.json.
        labels: labels to evaluate.
        subjects: subjects of the evaluated windows.
        unseen: whether the labels must not occur in training.

    Raises:
        MmclipError: an evaluated label or subject occurs in training; the message names each one.
    """
    trained_labels = sorted(set(labels) & set(description["seen"]))
    if unseen and trained_labels:
        hint = "evaluate labels that --unseen excluded from training"
        raise MmclipError(where, "labels", _problem(trained_labels), hint)
    trained_subjects = sorted(subjects & set(description["subjects"]))
    if trained_subjects:
        hint = "evaluate a split with other subjects"
        raise MmclipError(where, "subjects", _problem(trained_subjects), hint)


def _problem(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{shown}{more} {'was' if len(names) == 1 else 'were'} used in training"
