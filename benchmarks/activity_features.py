"""Features of a spectrogram picture, and a multinomial logistic regression on them.

The features are the levels in speed bands over the active columns, the level differences between
approaching and receding motion, the modulation of the levels over time, and the order of
approaching and receding motion. None of the features depends on the time at which an activity
begins.
"""

from itertools import pairwise

import numpy as np
from scipy.optimize import minimize

from benchmarks.activity_pictures import COLUMN_S, LABELS, NUM_BINS, level_db

# Edges of the bands of |frequency| [bins of 7.8 Hz, 1.9 cm/s].
BANDS = (2, 4, 7, 12, 20, 32, 63)
# Edges of the bands of the modulation over time [Hz]; columns are 0.128 s apart.
MODULATIONS_HZ = (0.15, 0.5, 1.0, 1.6, 2.4, 3.9)
# Minimum level of an active column above the level of the quiet columns [dB].
_ACTIVE_DB = 3.0


def picture_features(values: np.ndarray) -> np.ndarray:
    """Features of pictures [picture, feature] from relative values [picture, bin, column]."""
    return np.array([_features(each) for each in level_db(values)])


def _features(level) -> np.ndarray:
    middle = NUM_BINS // 2
    bands = []
    for low, high in pairwise(BANDS):
        approach, recede = (
            level[middle + low : middle + high],
            level[middle - high + 1 : middle - low + 1],
        )
        bands.append([approach.mean(axis=0), recede.mean(axis=0)])
    bands = np.array(bands)  # [band, side, column]
    strength = bands.mean(axis=(0, 1))
    quiet = np.quantile(strength, 0.15)
    active = strength > quiet + _ACTIVE_DB
    active = active if active.sum() >= 3 else strength >= np.quantile(strength, 0.8)
    inside = bands[..., active]
    both = inside.mean(axis=1)
    difference = inside[:, 0] - inside[:, 1]
    columns = np.flatnonzero(active)
    return np.concatenate(
        [
            both.mean(axis=1),
            both.std(axis=1),
            np.quantile(both, 0.95, axis=1),
            difference.mean(axis=1),
            difference.std(axis=1),
            _thirds(bands, columns),
            _modulation(strength, columns),
            _modulation(bands[2:, 0].mean(0) - bands[2:, 1].mean(0), columns),
            [
                len(columns) * COLUMN_S,
                np.ptp(columns) * COLUMN_S,
                strength[columns].mean() - quiet,
                strength[-8:].mean() - quiet,
                columns[-1] * COLUMN_S,
                _gradient(strength, columns),
            ],
        ]
    )


def _thirds(bands, columns) -> np.ndarray:
    """Approaching minus receding level, and fast and slow levels, in each third of an activity."""
    edges = np.linspace(columns[0], columns[-1] + 1, 4).astype(int)
    found = []
    for start, end in pairwise(edges):
        part = bands[..., start : max(end, start + 1)]
        found += [(part[1:, 0] - part[1:, 1]).mean(), part[3:].mean(), part[:2].mean()]
    return np.array(found)


def _modulation(series, columns) -> np.ndarray:
    """Modulation power in each band, relative to the total power of all bands [dB]."""
    part = series[columns[0] : columns[-1] + 1]
    part = (part - part.mean()) * np.hanning(len(part) + 2)[1:-1]
    power = np.abs(np.fft.rfft(part, 256)) ** 2
    at_hz = np.fft.rfftfreq(256, COLUMN_S)
    shares = [
        power[(at_hz >= low) & (at_hz < high)].sum() for low, high in pairwise(MODULATIONS_HZ)
    ]
    return 10 * np.log10((np.array(shares) + 1e-9) / (np.sum(shares) + 1e-6))


def _gradient(strength, columns) -> float:
    """Temporal centroid of an activity's level: -1 at the beginning, 1 at the end."""
    weight = strength[columns[0] : columns[-1] + 1] - strength.min() + 1e-6
    place = np.linspace(-1, 1, len(weight)) if len(weight) > 1 else np.zeros(1)
    return float((weight * place).sum() / weight.sum())


class LogisticRegression:
    """Multinomial logistic regression with a quadratic penalty, on standardised features."""

    def __init__(self, penalty: float):
        self.penalty = penalty

    def fit(self, features: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None):
        """Fit the model to labelled features; `weights` has one weight per example."""
        self._mean, self._scale = features.mean(0), features.std(0) + 1e-3
        inputs = self._inputs(features)
        target = (labels[:, None] == np.array(LABELS)).astype(float)
        weights = np.ones(len(labels)) if weights is None else weights
        shape = (inputs.shape[1], len(LABELS))

        def loss(flat):
            matrix = flat.reshape(shape)
            scores = inputs @ matrix
            top = scores.max(1, keepdims=True)
            norm = top + np.log(np.exp(scores - top).sum(1, keepdims=True))
            error = weights[:, None] * (np.exp(scores - norm) - target)
            value = (weights[:, None] * target * (norm - scores)).sum()
            value += 0.5 * self.penalty * (matrix[:-1] ** 2).sum()
            slope = inputs.T @ error
            slope[:-1] += self.penalty * matrix[:-1]
            return value, slope.ravel()

        flat = minimize(loss, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B").x
        self._matrix = flat.reshape(shape)
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the most likely label of each picture."""
        return np.array(LABELS)[np.argmax(self._inputs(features) @ self._matrix, axis=1)]

    def _inputs(self, features):
        scaled = np.clip((features - self._mean) / self._scale, -4, 4)
        return np.concatenate([scaled, np.ones((len(features), 1))], axis=1)
