"""Scores of predicted activities: mean recall, interval over people, confusions and control."""

from collections.abc import Callable

import numpy as np

from benchmarks.activity_features import LogisticRegression
from benchmarks.activity_pictures import LABELS, Pictures

NUM_BOOTSTRAP = 10_000
# Regularisation penalties for training with simulated pictures alone and for training with a few
# recordings, both chosen on people A to E.
SIMULATED_PENALTY, FEW_PENALTY = 30.0, 3.0
# Number of recordings per activity with the same total weight as all simulated pictures, chosen
# on people A to E: the more recordings there are, the less the simulated pictures count.
SIMULATION_WORTH = 3.0


def confusion(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Confusion matrix: number of pictures [label, prediction]."""
    return np.array([[np.sum((labels == a) & (predicted == b)) for b in LABELS] for a in LABELS])


def mean_recall(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Mean recall: the share of correct predictions for each label, averaged over the labels."""
    found = [np.mean(predicted[labels == each] == each) for each in LABELS if each in labels]
    return float(np.mean(found))


def recall_by_activity(labels: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Recall of each activity."""
    return {each: float(np.mean(predicted[labels == each] == each)) for each in LABELS}


def scores_of(recorded: Pictures, predicted: np.ndarray, name: str) -> dict:
    """Mean recall, under the given name, with interval, recalls and confusions, for JSON."""
    labels = recorded.labels
    return {
        name: mean_recall(labels, predicted),
        "interval over people": interval_over_people(labels, predicted, recorded.people),
        "recall": recall_by_activity(labels, predicted),
        "confusions": confusion(labels, predicted).tolist(),
        "recordings": len(labels),
    }


def interval_over_people(labels, predicted, people, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap percentile interval of the mean recall per person, averaged over people.

    The interval of few people is too narrow; see `mmclip.evaluation_metrics.mean_and_interval`.
    """
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
    """Mean recall of models trained with activity labels that are permuted by a derangement.

    Args:
        train, test: features and labels of the training data and of the test data.
        num_controls: number of models, each trained with a different derangement.
        seed: random seed of the derangements.
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
    """Predict the activity in every picture with models trained on a few recordings of other
    people.

    Args:
        simulated: features and labels of simulated pictures; None: train on the recordings alone.
        recorded: features, labels and people of the recorded pictures.
        num_each: number of training recordings per activity.
        tested: people for whom predictions are made.
        seed: random seed for the choice of the training recordings.

    Returns:
        Predicted labels of the test people's pictures, in the order of the pictures.
    """
    features, labels, people = recorded
    predicted = np.full(len(labels), "", dtype=object)
    for who in tested:
        chosen = _few(labels, people != who, num_each, np.random.default_rng((seed, ord(who))))
        inputs, targets, weights = features[chosen], labels[chosen], np.ones(len(chosen))
        if simulated is not None:
            number = len(simulated[1])
            each = SIMULATION_WORTH * len(LABELS) / number
            weights = np.concatenate([np.full(number, each), weights])
            inputs = np.concatenate([simulated[0], inputs])
            targets = np.concatenate([simulated[1], targets])
        model = LogisticRegression(FEW_PENALTY).fit(inputs, targets, weights)
        predicted[people == who] = model.predict(features[people == who])
    return predicted[np.isin(people, tested)].astype(str)


def mean_over_seeds(score: Callable[[int], float], num_seeds: int) -> float:
    """Mean of a score over the seeds from 0 to `num_seeds` - 1."""
    return float(np.mean([score(seed) for seed in range(num_seeds)]))


def _few(labels, allowed, num_each, rng) -> np.ndarray:
    chosen = []
    for each in LABELS:
        found = np.flatnonzero(allowed & (labels == each))
        chosen.append(rng.choice(found, min(num_each, len(found)), replace=False))
    return np.concatenate(chosen)
