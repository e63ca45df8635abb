"""Decomposition of a bilinear model's confusions into contributions of the training labels.

A bilinear map has rank K, the number of labels of its fit. It maps the vector x of a window to

    m = sum over k of a_k(x) r_k,

where the response a_k(x) of label k is the product of the centred x and a column of the map's left
factor, and r_k is a row of the right factor. The similarity of a window and a candidate is the mean
over the attributes p of m_p t_p / |m_p|, where t_p is the candidate's sentence embedding, so the
difference between two candidates is exactly a sum over the labels k. A large contribution means
that the window is like the windows of label k, and that the text of label k is more similar to the
text of one candidate than to that of the other.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mmclip.bilinear_network import BILINEAR, LABELS, BilinearNetwork, features
from mmclip.confusions import Confusion, confused_windows
from mmclip.model_score import ModelScore
from mmclip.zero_shot_classifier import embed_corpus_windows

# Number of labels in the text of a confusion.
LISTED = 3


class Cause(NamedTuple):
    """Contribution of one training label to a confusion.

    Attributes:
        label: label of the bilinear map.
        share: fraction of the difference between the similarities of the predicted label and of the
            true label, averaged over the confused windows; the shares of all labels sum to 1, and
            labels with negative shares favour the true label.
    """

    label: str
    share: float


def find_causes(confusion: Confusion, scores: Sequence[ModelScore]) -> list[Cause]:
    """Decompose a confusion into contributions of the labels of bilinear models.

    The similarities are those without hub correction, which scales and shifts the similarity of
    each candidate.

    Args:
        confusion: the confusion.
        scores: predictions of all models; models without a bilinear map are ignored.

    Returns:
        Labels in descending order of the absolute share; an empty list without a bilinear model, or
        if the similarity of the predicted label does not exceed that of the true label.
    """
    pair, sums = (confusion.true, confusion.predicted), Counter()
    for score in scores:
        if score.scores is None or not _has_labels_of_map(score) or not {*pair} <= {*score.labels}:
            continue
        windows = confused_windows(score, *pair)
        if len(windows):
            added = _contributions(score, windows, *pair).sum(axis=0)
            sums.update(dict(zip(score.model.description[BILINEAR][LABELS], added.tolist())))
    if (total := sum(sums.values())) <= 0:
        return []
    found = [Cause(label, value / total) for label, value in sums.items()]
    return sorted(found, key=lambda cause: -abs(cause.share))


def describe_causes(causes: Sequence[Cause]) -> str:
    """Return text about the largest contributions, appended to that of a confusion, or ""."""
    listed = ", ".join(f"{cause.label!r} {cause.share:+.0%}" for cause in causes[:LISTED])
    return f"; contributions of training labels: {listed}" if listed else ""


def contributions(
    network: BilinearNetwork, vectors: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Contributions of the map's labels to the similarity to one text minus that to another text.

    Args:
        network: network with a bilinear map of rank K.
        vectors: concatenated attribute vectors of all members [window, width].
        first, second: unit sentence embeddings of two candidates [attribute, text width].

    Returns:
        Contributions [window, K], whose sum over K is the difference of the similarities.
    """
    bilinear, (count, width) = network.map, first.shape
    responses = (vectors - np.asarray(bilinear.centre[...])) @ np.asarray(bilinear.left[...])
    rows = np.asarray(bilinear.right[...]).reshape(-1, count, width)
    mapped = np.einsum("wk,kpd->wpd", responses, rows)
    lengths = np.linalg.norm(mapped, axis=-1)
    of_rows = np.einsum("kpd,pd->kp", rows, first - second)
    return responses * np.einsum("kp,wp->wk", of_rows, 1 / lengths) / count


def _contributions(score: ModelScore, windows: np.ndarray, true: str, predicted: str) -> np.ndarray:
    """Contributions [window, label of the map] to the predicted label minus the true label."""
    network, settings = score.model.network, score.model.settings.model
    chosen = score.index.select(windows)
    members = [
        embed_corpus_windows(member, settings, score.corpus, chosen).attributes
        for member in network.members
    ]
    first, second = (
        np.asarray(score.texts.attributes[score.labels.index(label)]) for label in (predicted, true)
    )
    return contributions(network, np.asarray(features(members)), first, second)


def _has_labels_of_map(score: ModelScore) -> bool:
    """Whether a model has a bilinear map whose labels are known."""
    return LABELS in score.model.description.get(BILINEAR, ())
