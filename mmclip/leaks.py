"""The check that runs before anything is scored: nothing scored may have been trained on."""

from collections.abc import Sequence

from mmclip.errors import MmclipError


def check_leaks(
    where: str, about: dict, labels: Sequence[str], subjects: set[str], unseen: bool
) -> None:
    """Compare what will be scored with what model.json says of the training.

    Args:
        where: the model's folder.
        about: its model.json.
        labels: to be scored.
        subjects: whose windows are scored.
        unseen: whether the labels must be ones that training never saw.

    Raises:
        MmclipError: naming what leaks.
    """
    known = sorted(set(labels) & set(about["seen"]))
    if unseen and known:
        problem = f"{_some(known)} {'was' if len(known) == 1 else 'were'} trained on"
        raise MmclipError(where, "labels", problem, "score labels that were kept out: --unseen")
    people = sorted(subjects & set(about["subjects"]))
    if people:
        problem = f"{_some(people)} {'was' if len(people) == 1 else 'were'} trained on, too"
        raise MmclipError(where, "subjects", problem, "score a split of other people")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
