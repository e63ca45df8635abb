"""Zero-shot recognition by the grammar phrases whose sentences resemble the activity texts."""

import numpy as np

from benchmarks.activity_features import LogisticRegression
from benchmarks.activity_pictures import LABELS

# Number of phrases per text, and regularisation penalty, both chosen on people A to E.
NUM_NEAREST, PENALTY = 30, 100.0


def nearest_phrases(similarity: np.ndarray, count: int = NUM_NEAREST) -> list[np.ndarray]:
    """Indices of the phrases that are most similar to each text.

    Args:
        similarity: similarity of each phrase to each text [phrase, text]; the similarities to each
            text are standardised, so that no text is close to all phrases.
        count: number of phrases per text.
    """
    standard = (similarity - similarity.mean(axis=0)) / similarity.std(axis=0)
    return [np.argsort(-column, kind="stable")[:count] for column in standard.T]


def predict_by_phrases(
    phrases: tuple[np.ndarray, np.ndarray], similarity: np.ndarray, tested: np.ndarray
) -> np.ndarray:
    """Predict activities by a model that is trained on the phrases nearest to each activity text.

    Args:
        phrases: features and index of the phrase of each simulated picture.
        similarity: similarity of each phrase to the text of each activity [phrase, text].
        tested: features of the test pictures.
    """
    features, index = phrases
    rows, labels = [], []
    for label, nearest in zip(LABELS, nearest_phrases(similarity)):
        found = np.flatnonzero(np.isin(index, nearest))
        rows.append(found)
        labels += [label] * len(found)
    model = LogisticRegression(PENALTY).fit(features[np.concatenate(rows)], np.array(labels))
    return model.predict(tested)


def shuffled(similarity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Similarities for a permutation control: every phrase gets the sentence of another phrase."""
    order = rng.permutation(len(similarity))
    # Shifting by one along a random cycle leaves no phrase with its own sentence.
    result = np.empty_like(similarity)
    result[order] = similarity[np.roll(order, 1)]
    return result
