"""Zero-shot scorings of mmCLIP and of Tent, on held-out people and on training people.

In the paper, training and test windows come from the same people. Here, the main result is measured
on held-out people, and the result on training people is reported in addition.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmclip.evaluation_metrics import confusion_matrix, recall_by_class, recall_by_subject
from mmclip.study.node_runs import baseline_model, run_of, store_of
from mmclip.study.nodes import Node
from mmclip.study.windows import ScoredModel, people_of

# Splits that are evaluated, keyed by the kind of people: "same" people also occur in training.
PEOPLE = {"held out": "test", "same": "train"}


class Scores(NamedTuple):
    """Scores of a model for windows and labels.

    Attributes:
        scores: score of each window and candidate label [window, label].
        truth, subjects: index of the true label, and subject of each window.
        without_sentences: labels whose names are their only texts, although the model uses
            sentences.
    """

    scores: np.ndarray
    truth: np.ndarray
    subjects: np.ndarray
    without_sentences: tuple[str, ...]


def score(node: Node, root: Path) -> dict:
    """Score a model on the windows of unseen labels.

    Args:
        node: node with the settings labels, people, subsets, scoring and hub_correction, which
            needs a model and a store.
        root: output folder of the study.

    Returns:
        entries: measures keyed by a kind of people, or by the number of labels in a subset;
        labels_without_sentences: labels whose names are their only texts, if there are any.
    """
    values, model = node.values, node.need("model")[0]
    store = store_of(root, node.need("store")[0])
    labels, entries, missing = tuple(values["labels"]), {}, ()
    for people in values["people"]:
        scorer = _tent_scores if model.kind == "tent" else _mmclip_scores
        scored = scorer(root, model, store, labels, people, values)
        scores, truth, subjects, missing = scored
        entries[people] = measures(scores, truth, labels, subjects)
        for size in values["subsets"] if people == "held out" else ():
            entries[str(size)] = _subset(scores, truth, labels, subjects, size)
    return {"entries": entries} | ({"labels_without_sentences": missing} if missing else {})


def measures(
    scores: np.ndarray, truth: np.ndarray, labels: Sequence[str], subjects: np.ndarray
) -> dict:
    """Compute the recalls of labels and of people, and the mean recall over labels.

    Args:
        scores: score of each window and candidate label [window, label].
        truth: index of the true label of each window.
        labels: candidate labels.
        subjects: subject of each window.
    """
    predicted = scores.argmax(axis=1)
    counts = confusion_matrix(truth, predicted, len(labels))
    recalls = recall_by_class(counts)
    known = {name: float(x) for name, x in zip(labels, recalls) if np.isfinite(x)}
    return {
        "accuracy": float(np.mean(list(known.values()))),
        "recalls": known,
        "recalls_of_people": recall_by_subject(predicted == truth, truth, subjects),
        "windows": len(truth),
        "candidates": len(labels),
    }


def _subset(scores, truth, labels, subjects, size: int) -> dict:
    """Measures on the first `size` labels, which are the only candidates, and on their windows."""
    kept = truth < size
    return measures(scores[kept][:, :size], truth[kept], labels[:size], subjects[kept])


def _mmclip_scores(root, model: Node, store: str, labels, people: str, values: dict) -> Scores:
    from mmclip.scoring import choose_scorer

    scored = ScoredModel(run_of(root, model), store)
    windows = scored.windows(
        labels,
        PEOPLE[people],
        same_people=people == "same",
        known_labels=values.get("known_labels", False),
    )
    options = argparse.Namespace(
        scoring=values["scoring"], hub_correction=values["hub_correction"], seen_penalty=0.0
    )
    scorer = choose_scorer(scored.model, options, lambda line: None)
    scores = scorer(scored.embed_windows(windows), scored.embed_labels(labels))
    truth, subjects = scored.data.truth(windows, labels), people_of(scored.data, windows)
    return Scores(scores, truth, subjects, scored.without_sentences(labels))


def _tent_scores(root, model: Node, store: str, labels, people: str, values: dict) -> Scores:
    from mmclip.baselines.tent import first_sentence
    from mmclip.baselines.window_data import open_data
    from mmclip.study.leaks import check_baseline

    tent = baseline_model(model, root)
    data = open_data([store], tent.settings, lambda line: None)
    windows = data.windows(PEOPLE[people], labels)
    check_baseline(run_of(root, model), tent.data, data, windows, labels, people == "same")
    scores, known = tent.scores(data, windows, labels), tent.sentences(data)
    missing = tuple(label for label in labels if not first_sentence(known, label))
    return Scores(scores, data.truth(windows, labels), people_of(data, windows), missing)
