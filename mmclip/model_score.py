"""Predictions of one model on labelled windows, and the measures derived from them."""

from dataclasses import dataclass

import numpy as np

from mmclip.evaluation_metrics import (
    auroc,
    is_in_top,
    mean_by_group,
    recall_by_class,
    recall_by_subject,
)
from mmclip.model import Embeddings
from mmclip.model_files import TrainedModel
from mmclip.window_corpus import StoredClip, WindowCorpus, WindowIndex


@dataclass(frozen=True, eq=False)
class ModelScore:
    """Predictions of a model.

    Attributes:
        model: the model.
        labels: candidate labels, which serve as classes.
        corpus, index: corpus, and index of the evaluated windows.
        windows, texts: embeddings of the windows and of the candidates.
        truth: index of each window's label among the candidates.
        scores: scores [window, candidate]; None in few-shot mode.
        counts: number of windows [true label, predicted label]; in few-shot mode, summed over all
            draws.
        others: highest score of each window whose label is not a candidate.
        method: scoring and hub correction, as JSON values.
    """

    model: TrainedModel
    labels: tuple[str, ...]
    corpus: WindowCorpus
    index: WindowIndex
    windows: Embeddings
    texts: Embeddings
    truth: np.ndarray
    scores: np.ndarray | None
    counts: np.ndarray
    others: np.ndarray
    method: dict

    @property
    def is_simulated(self) -> bool:
        """Whether the training or the evaluation used simulated data."""
        return self.corpus.is_simulated or self.model.description["simulated"]

    @property
    def accuracy(self) -> float:
        """Fraction of windows that are classified correctly."""
        return float(np.trace(self.counts) / self.counts.sum())

    @property
    def recalls(self) -> dict[str, float]:
        """Recall of each label that has windows."""
        recalls = zip(self.labels, recall_by_class(self.counts))
        return {label: float(recall) for label, recall in recalls if np.isfinite(recall)}

    def clip(self, window: int) -> StoredClip:
        """Return the clip that contains a window."""
        return self.corpus.clips[self.index.clip[window]]

    def to_dict(self) -> dict:
        """Results as JSON values."""
        return {
            "model": str(self.model.folder),
            "seed": self.model.settings.train.seed,
            "simulated": self.is_simulated,
            "accuracy": self.accuracy,
            "windows": len(self.truth),
            "labels": list(self.labels),
            "recalls": self.recalls,
            "confusion": self.counts.tolist(),
            **self.method,
            **({} if self.scores is None else self._values_of_scores()),
        }

    def _values_of_scores(self) -> dict:
        """Top-3 recalls, recalls by person, and rejection of windows with other labels."""
        in_top = mean_by_group(is_in_top(self.scores, self.truth, 3), self.truth)
        correct = is_in_top(self.scores, self.truth, 1)
        subjects = [self.clip(window).subject for window in range(len(self.truth))]
        return {
            "recalls_top3": {self.labels[index]: recall for index, recall in in_top.items()},
            "recalls_of_people": recall_by_subject(correct, self.truth, subjects),
            "auroc": auroc(self.scores.max(axis=1), self.others),
            "other_windows": len(self.others),
        }
