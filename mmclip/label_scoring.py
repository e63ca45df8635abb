"""Scores of labels for windows: cosine similarities by class vector, by attributes, or both.

Some labels are similar to almost every window (hubs). The hub correction standardises each label's
similarity by its mean and standard deviation over a query bank, which contains training windows of
seen labels; no window of an unseen label is needed.

Source:
    Bogolin et al., "Cross Modal Retrieval with Querybank Normalisation", CVPR 2022, introduces
    query banks to reduce hubs. The standardisation is the Z-norm of speaker verification.
"""

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
        bank: embeddings of the query bank for hub correction; None: no hub correction.
    """

    scoring: str = "class"
    bank: Embeddings | None = None

    def __call__(self, windows: Embeddings, labels: Embeddings) -> np.ndarray:
        """Score labels for windows.

        Corrected scores are multiplied by the mean standard deviation over the bank, so that
        corrected scores have the scale of similarities and can be used with the model's softmax
        temperature.

        Args:
            windows, labels: unit vectors.

        Returns:
            Scores [window, label]; the label with the highest score is the prediction.
        """
        names = SIMILARITIES[self.scoring]
        scores = [similarity(windows, labels, name) for name in names]
        if self.bank is None:
            return np.mean(scores, axis=0)
        in_bank = [similarity(self.bank, labels, name) for name in names]
        spreads = [np.maximum(each.std(axis=0), MIN_SPREAD) for each in in_bank]
        standardised = [
            (score - each.mean(axis=0)) / spread
            for score, each, spread in zip(scores, in_bank, spreads)
        ]
        return np.mean(standardised, axis=0) * np.mean(spreads)

    @property
    def description(self) -> dict:
        """Name of the scoring and use of hub correction, as JSON values."""
        return {"scoring": self.scoring, "hub_correction": self.bank is not None}


def similarity(windows: Embeddings, labels: Embeddings, name: str) -> np.ndarray:
    """Cosine similarity [window, label] of class vectors ("class"), or mean over attributes."""
    if name == "class":
        return windows.activity @ labels.activity.T
    num_parts = windows.attributes.shape[1]
    return np.einsum("wpd,lpd->wl", windows.attributes, labels.attributes) / num_parts
