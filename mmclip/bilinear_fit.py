"""Closed form of the bilinear map between window vectors and label texts, and its temperature."""

import numpy as np
from scipy.special import log_softmax

from mmclip.bilinear_network import BilinearMap
from mmclip.zero_shot_classifier import accuracy

# Factors of the cosine similarities from which the softmax temperature is chosen.
SCALES = np.geomspace(1, 1000, 61)


def fit_map(
    windows: np.ndarray,
    labels: np.ndarray,
    texts: np.ndarray,
    window_penalty: float,
    label_penalty: float,
) -> BilinearMap:
    """Fit the map V that minimises the squared error of x V s for all windows x and labels s.

    The target is 1 for the label of a window and -1 / (labels - 1) for all other labels. With the
    centred windows as rows of X, divided by their root mean square, and the labels' texts as rows
    of S,

        V = (X^T X + a N I)^-1 X^T Y S (S^T S + b I)^-1,

    where N is the number of windows. V is computed as the product of a factor [width, label] and a
    factor [label, text width].

    Args:
        windows: attribute vectors of the windows [window, width].
        labels: index of each window's label [window].
        texts: unit sentence embeddings of the labels [label, attribute, text width].
        window_penalty: regularisation a of the windows.
        label_penalty: regularisation b of the labels.

    Returns:
        The map V up to a constant factor; it centres its input.

    Source:
        Romera-Paredes and Torr, ICML 2015, equation 9.
    """
    x = np.array(windows, np.float64)
    centre = x.mean(axis=0)
    x -= centre
    x /= np.sqrt(np.mean(np.square(x)))
    s = np.asarray(texts, np.float64).reshape(len(texts), -1)
    s = s / np.linalg.norm(s, axis=1, keepdims=True)
    left = _ridge(x, _targets(labels, len(texts)), window_penalty * len(x))
    right = np.linalg.solve(s @ s.T + label_penalty * np.eye(len(s)), s)
    # Mapped vectors are scaled to unit length, so any factor is allowed; this one avoids numbers
    # that half precision cannot hold.
    return BilinearMap(centre, left / np.sqrt(np.mean(np.square(left))), right)


def choose_scale(windows: np.ndarray, labels: np.ndarray, texts: np.ndarray) -> tuple[float, float]:
    """Choose the factor of the similarities that maximises the likelihood of the labels.

    Args:
        windows: mapped unit vectors [window, attribute, text width].
        labels: index of each window's label [window].
        texts: unit sentence embeddings of the labels [label, attribute, text width].

    Returns:
        The factor, one of `SCALES`, and the accuracy of the windows.
    """
    similar = np.einsum("wpd,lpd->wl", windows, texts) / texts.shape[1]
    own = np.arange(len(labels)), labels
    likelihood = [log_softmax(scale * similar, axis=1)[own].mean() for scale in SCALES]
    return float(SCALES[np.argmax(likelihood)]), accuracy(similar, labels)


def _ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Solve (X^T X + penalty I) W = X^T Y, in the space of the rows if X has more columns."""
    if len(x) > x.shape[1]:
        return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return x.T @ np.linalg.solve(x @ x.T + penalty * np.eye(len(x)), y)


def _targets(labels: np.ndarray, count: int) -> np.ndarray:
    """Targets [window, label], whose sum over the labels is 0."""
    targets = np.full((len(labels), count), -1.0 / (count - 1))
    targets[np.arange(len(labels)), labels] = 1.0
    return targets
