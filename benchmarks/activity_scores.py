"""Scores of predicted activities: mean recall, interval over people, confusions, control."""

from collections.abc import Callable

import numpy as np

from benchmarks.activity_features import LogisticRegression
from benchmarks.activity_pictures import LABELS

NUM_BOOTSTRAP = 10_000
# Penalties with simulated pictures and with a few recordings alone, chosen on people A to E.
SIMULATED_PENALTY, FEW_PENALTY = 30.0, 3.0


def confusion(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Number of pictures [label, prediction]."""
    return np.array([[np.sum((labels == a) & (predicted == b)) for b in LABELS] for a in LABELS])


def mean_recall(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Mean over the labels of the share of their pictures that is predicted correctly."""
    found = [np.mean(predicted[labels == each] == each) for each in LABELS if each in labels]
    return float(np.mean(found))


def interval_over_people(labels, predicted, people, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the mean over people of their mean recall."""
    per_person = np.array(
        [mean_recall(labels[people == who], predicted[people == who]) for who in np.unique(people)]
    )
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(per_person), size=(NUM_BOOTSTRAP, len(per_person)))
    return tuple(np.quantile(per_person[draws].mean(axis=1), [0.025, 0.975]).tolist())


def permutation_control(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    num_controls: int,
    seed: int = 0,
) -> dict[str, float]:
    """Mean recall of models whose training labels are exchanged between the activities.

    Args:
        train, test: features and labels.
        num_controls: number of models.
        seed: seed of the derangements.
    """
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < num_controls:
        order = rng.permutation(len(LABELS))
        if np.any(order == np.arange(len(LABELS))):
            continue
        exchanged = dict(zip(LABELS, np.array(LABELS)[order]))
        labels = np.array([exchanged[each] for each in train[1]])
        model = LogisticRegression(SIMULATED_PENALTY).fit(train[0], labels)
        found.append(mean_recall(test[1], model.predict(test[0])))
    low, high = np.quantile(found, [0.025, 0.975])
    return {"mean": float(np.mean(found)), "low": float(low), "high": float(high)}


def few_shot(
    simulated: tuple[np.ndarray, np.ndarray] | None,
    recorded: tuple[np.ndarray, np.ndarray, np.ndarray],
    num_each: int,
    tested: np.ndarray,
    seed: int = 0,
) -> np.ndarray:
    """Predictions for every picture by models that saw a few recordings of other people.

    Args:
        simulated: features and labels of simulated pictures; None to train from scratch.
        recorded: features, labels and people.
        num_each: number of recordings per activity.
        tested: people for whom predictions are made.
        seed: seed of the choice of recordings.

    Returns:
        Predicted labels of the pictures of the tested people, in their order.
    """
    features, labels, people = recorded
    predicted = np.full(len(labels), "", dtype=object)
    for who in tested:
        chosen = _few(labels, people != who, num_each, np.random.default_rng((seed, ord(who))))
        inputs, targets, weights = features[chosen], labels[chosen], np.ones(len(chosen))
        if simulated is not None:
            # All recordings together count as much as all simulated pictures.
            weights = np.full(len(chosen), len(simulated[1]) / len(chosen))
            weights = np.concatenate([np.ones(len(simulated[1])), weights])
            inputs = np.concatenate([simulated[0], inputs])
            targets = np.concatenate([simulated[1], targets])
        penalty = FEW_PENALTY if simulated is None else SIMULATED_PENALTY
        model = LogisticRegression(penalty).fit(inputs, targets, weights)
        predicted[people == who] = model.predict(features[people == who])
    return predicted[np.isin(people, tested)].astype(str)


def mean_over_seeds(score: Callable[[int], float], num_seeds: int) -> float:
    """Mean of a score over the seeds 0, 1, ..."""
    return float(np.mean([score(seed) for seed in range(num_seeds)]))


def _few(labels, allowed, num_each, rng) -> np.ndarray:
    chosen = []
    for each in LABELS:
        found = np.flatnonzero(allowed & (labels == each))
        chosen.append(rng.choice(found, min(num_each, len(found)), replace=False))
    return np.concatenate(chosen)
