"""Overlap of a store with a model's training data: people, takes and labels.

All people in a clip are compared: by source and name, and their takes by the digest of motion or
capture. Models of earlier versions do not list these digests.
"""

from collections.abc import Sequence

from mmclip.leakage import trained_labels
from mmclip.window_corpus import StoredClip, WindowCorpus

# Maximum number of people listed by name in a line of the report.
SHOWN = 3


def overlap(description: dict, clip: StoredClip, label: str) -> tuple[str, ...]:
    """Which of "person", "take" and "label" of a window occur in the training data.

    Args:
        description: content of model.json.
        clip: clip of the window.
        label: label of the window; "" for a window without a label.
    """
    subjects, takes = description["subjects"], description.get("takes", ())
    digests = [person.take_digest for person in clip.performers if person.take_digest]
    found = {
        "person": any(person.subject in subjects for person in clip.performers),
        "take": any(digest in takes for digest in digests),
        "label": label in trained_labels(description),
    }
    return tuple(name for name, occurs in found.items() if occurs)


def overlap_lines(description: dict, corpus: WindowCorpus, labels: Sequence[str]) -> list[str]:
    """Lines that state which clips and which requested labels occur in the training data.

    Args:
        description: content of model.json.
        corpus: corpus of the store.
        labels: requested labels.
    """
    kinds = {"person": [], "take": [], "label": []}
    for clip in corpus.clips:
        own = {corpus.labels[label] for label in clip.labels.tolist()}
        for kind in {kind for label in own for kind in overlap(description, clip, label)}:
            kinds[kind].append(clip)
    total = len(corpus.clips)
    subjects = {person.subject for clip in kinds["person"] for person in clip.performers}
    people, trained = sorted(subjects & {*description["subjects"]}), trained_labels(description)
    takes = f"{_share(kinds['take'], total)} of takes in it"
    if "takes" not in description:
        takes = "an unknown number of takes in it (the model does not list them)"
    lines = [
        f"trained on: {_share(kinds['person'], total)} are of people in the training data"
        f"{_names(people)}, {takes}, and {_share(kinds['label'], total)} have a label in it"
    ]
    new = [label for label in labels if label not in trained]
    known = [label for label in labels if label in trained]
    lines.append(
        f"labels in the training data: {', '.join(known) or 'none'}; "
        f"not in the training data: {', '.join(new) or 'none'}"
    )
    return lines


def hit_lines(rows: Sequence[dict], labels: Sequence[str]) -> list[str]:
    """Lines that state how many windows with a requested label are classified correctly.

    Args:
        rows: result of `mmclip.predict.predict`.
        labels: requested labels.

    Returns:
        The lines; an empty list if the store has none of the labels.
    """
    known = [row for row in rows if row["store_label"] in labels]
    if not known:
        return []
    of_kind = {
        "labels in the training data": [row for row in known if "label" in row["trained_on"]],
        "labels not in the training data": [
            row for row in known if "label" not in row["trained_on"]
        ],
        "people and takes not in the training data": [
            row for row in known if not {"person", "take"} & set(row["trained_on"])
        ],
    }
    parts = [f"{name}: {_hits(each)}" for name, each in of_kind.items()]
    return [f"correct: {_hits(known)} windows with one of these labels ({'; '.join(parts)})"]


def best_label(row: dict) -> str:
    """The label with the highest probability in a row of `mmclip.predict.predict`."""
    return max(row["scores"], key=row["scores"].get)


def _hits(rows: Sequence[dict]) -> str:
    right = sum(best_label(row) == row["store_label"] for row in rows)
    return f"{right} of {len(rows)}" + (f", {right / len(rows):.0%}" if rows else "")


def _share(clips: Sequence, total: int) -> str:
    return f"{len(clips) or 'none'} of {total} clips"


def _names(people: Sequence[str]) -> str:
    if not people:
        return ""
    more = f" and {len(people) - SHOWN} more" if len(people) > SHOWN else ""
    return f" ({', '.join(people[:SHOWN])}{more})"
