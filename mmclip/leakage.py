"""Check for train/test leakage: no evaluated subject, take or unseen label may occur in training.

A label also occurs in training if it is an action of a label that joins several actions, or if a
further person performs it in a training window. The check compares subject names and take digests
of all people in the clips, across all stores.
"""

from collections.abc import Sequence

from mmclip.errors import MmclipError

# Entry of model.json with the actions of the seen labels that join several actions.
ACTIONS = "seen_actions"
# Entry of model.json with the labels that only further people perform in the training data.
FURTHER = "seen_of_further_people"


def check_leakage(
    where: str, description: dict, labels: Sequence[str], clips: Sequence, unseen: bool
) -> None:
    """Compare the labels, subjects and takes of an evaluation with those of the training data.

    Args:
        where: folder of the model, for the error message.
        description: content of the model's model.json.
        labels: labels to evaluate.
        clips: `StoredClip` of the evaluated windows.
        unseen: whether the labels must be absent from the training data.

    Raises:
        MmclipError: an evaluated label, subject or take occurs in training; the message names the
            first of them.
    """
    trained = trained_labels(description) | {*description.get(ACTIONS, ())}
    known = sorted(set(labels) & trained)
    if unseen and known:
        hint = "evaluate labels that --unseen excluded from training"
        raise MmclipError(where, "labels", _problem(known), hint)
    subjects, takes = set(description["subjects"]), set(description.get("takes", ()))
    people = {person for clip in clips for person in clip.performers}
    trained_subjects = sorted({person.subject for person in people} & subjects)
    if trained_subjects:
        hint = "evaluate a split with other subjects"
        raise MmclipError(where, "subjects", _problem(trained_subjects), hint)
    trained_takes = sorted({person.take for person in people if person.take_digest in takes})
    if trained_takes:
        hint = "evaluate other takes"
        raise MmclipError(where, "takes", _problem(trained_takes), hint)


def trained_labels(description: dict) -> set[str]:
    """Labels that the main person or a further person performs in the training data.

    Models of earlier versions do not list the labels of further people.

    Args:
        description: content of the model's model.json.
    """
    return {*description["seen"], *description.get(FURTHER, ())}


def _problem(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{shown}{more} {'was' if len(names) == 1 else 'were'} used in training"
