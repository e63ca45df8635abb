"""Closed form of the bilinear map between window vectors and label texts."""

import numpy as np

from mmclip.bilinear_network import BilinearMap


def fit_map(
    windows: np.ndarray,
    labels: np.ndarray,
    texts: np.ndarray,
    window_penalty: float,
    label_penalty: float,
) -> BilinearMap:
    """Fit the map V that minimises the squared error of x V s for all windows x and labels s.

    The target is 1 for the own label of a window and -1 / (labels - 1) for the others. With the
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
    x = windows.astype(np.float64)
    centre = x.mean(axis=0)
    x -= centre
    x /= np.sqrt(np.mean(np.square(x)))
    s = texts.reshape(len(texts), -1).astype(np.float64)
    s /= np.linalg.norm(s, axis=1, keepdims=True)
    left = _ridge(x, _targets(labels, len(texts)), window_penalty * len(x))
    right = np.linalg.solve(s @ s.T + label_penalty * np.eye(len(s)), s)
    # Mapped vectors are scaled to unit length, so any factor is allowed; this one avoids numbers
    # that half precision cannot hold.
    return BilinearMap(centre, left / np.sqrt(np.mean(np.square(left))), right)


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
