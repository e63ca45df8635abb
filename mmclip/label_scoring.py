"""Scores of labels for windows: cosine similarities by class vector, by attributes, or both.

Some labels are similar to almost every window (hubs). The hub correction standardises each label's
similarity by its mean and standard deviation over a query bank, which contains training windows of
seen labels; no window of an unseen label is needed.

Labels that were used in training are more similar to almost every window than other labels. If both
kinds are candidates, a constant can be subtracted from the scores of the labels used in training.

Sources:
    Bogolin et al., "Cross Modal Retrieval with Querybank Normalisation", CVPR 2022, introduces
    query banks to reduce hubs. The standardisation is the Z-norm of speaker verification.
    Chao et al., "An Empirical Study and Analysis of Generalized Zero-Shot Learning for Object
    Recognition in the Wild", ECCV 2016, subtracts a constant from the scores of seen labels
    (calibrated stacking).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmclip.model import Embeddings

# Similarities that each scoring averages, keyed by scoring.
SIMILARITIES = {"class": ("class",), "parts": ("parts",), "both": ("class", "parts")}
# Smallest standard deviation, for labels that are equally similar to all windows of the bank.
MIN_SPREAD = 1e-6


@dataclass(frozen=True)
class LabelScorer:
    """A method of scoring labels for windows.

    Attributes:
        scoring: "class", "parts" or "both".
        bank: embeddings of the query bank; None: neither hub correction nor penalty of seen labels.
        hub_correction: whether similarities are standardised by the query bank, if there is one.
        seen: labels that were used in training.
        seen_penalty: penalty of seen labels, as a multiple of the mean standard deviation of the
            labels' similarities over the query bank.
    """

    scoring: str = "class"
    bank: Embeddings | None = None
    hub_correction: bool = True
    seen: frozenset[str] = frozenset()
    seen_penalty: float = 0.0

    def __call__(
        self, windows: Embeddings, labels: Embeddings, names: Sequence[str] = ()
    ) -> np.ndarray:
        """Score labels for windows.

        Corrected scores are multiplied by the mean standard deviation over the bank, so that
        corrected scores have the scale of similarities and can be used with the model's softmax
        temperature.

        Args:
            windows, labels: unit vectors.
            names: the labels' names, for the penalty of seen labels; without names, no label is
                penalised.

        Returns:
            Scores [window, label]; the label with the highest score is the prediction.
        """
        kinds = SIMILARITIES[self.scoring]
        scores = [similarity(windows, labels, kind) for kind in kinds]
        if self.bank is None:
            return np.mean(scores, axis=0)
        in_bank = [similarity(self.bank, labels, kind) for kind in kinds]
        spreads = [np.maximum(each.std(axis=0), MIN_SPREAD) for each in in_bank]
        scale = np.mean(spreads)
        if self.hub_correction:
            standardised = [
                (score - each.mean(axis=0)) / spread
                for score, each, spread in zip(scores, in_bank, spreads)
            ]
            scores = [scale * each for each in standardised]
        return np.mean(scores, axis=0) - scale * self._penalties(names)

    def _penalties(self, names: Sequence[str]) -> np.ndarray | float:
        """Penalty of each label; 0 if the candidates are not both seen and unseen labels."""
        is_seen = np.array([name in self.seen for name in names], bool)
        return self.seen_penalty * is_seen if len(set(is_seen.tolist())) == 2 else 0.0

    @property
    def description(self) -> dict:
        """Name of the scoring, use of hub correction and penalty, as JSON values."""
        has_bank = self.bank is not None
        return {
            "scoring": self.scoring,
            "hub_correction": has_bank and self.hub_correction,
            "seen_penalty": self.seen_penalty if has_bank else 0.0,
        }


def similarity(windows: Embeddings, labels: Embeddings, name: str) -> np.ndarray:
    """Cosine similarity [window, label] of class vectors ("class"), or mean over attributes."""
    if name == "class":
        return windows.activity @ labels.activity.T
    num_parts = windows.attributes.shape[1]
    return np.einsum("wpd,lpd->wl", windows.attributes, labels.attributes) / num_parts
