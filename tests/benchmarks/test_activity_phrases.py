"""Tests of recognition by texts: nearest phrases, permutation control and withheld phrases."""

import numpy as np

from benchmarks.activity_grammar import Phrase
from benchmarks.activity_phrases import nearest_phrases, predict_by_phrases, shuffled
from benchmarks.activity_pictures import LABELS
from benchmarks.activity_zero_shot import TEXTS, _orders, is_withheld


def _similarity():
    """Similarity of 50 phrases to five texts: ten phrases belong to each text."""
    return np.repeat(np.eye(5), 10, axis=0) + 0.01 * np.random.default_rng(0).normal(size=(50, 5))


def test_a_text_that_resembles_all_phrases_gets_its_own_phrases():
    """Adding a constant to a text's similarities, or scaling them, leaves its phrases unchanged."""
    changed = _similarity() * [1, 1, 3, 1, 1] + [0, 5, 0, 0, 0]
    for number, found in enumerate(nearest_phrases(changed, count=10)):
        assert set(found) == set(range(10 * number, 10 * number + 10))


def test_activities_are_recognised_by_the_phrases_of_their_texts():
    """Pictures that resemble a text's ten phrases are predicted as the activity of the text."""
    rng = np.random.default_rng(1)
    features = np.repeat(np.eye(5), 10, axis=0) + 0.1 * rng.normal(size=(50, 5))
    # Each text has thirty phrases, as many as the model uses.
    phrases = (np.repeat(features, 3, axis=0), np.arange(150))
    similarity = np.repeat(_similarity(), 3, axis=0)
    predicted = predict_by_phrases(phrases, similarity, np.eye(5))
    assert predicted.tolist() == list(LABELS)


def test_a_control_gives_every_phrase_the_sentence_of_another_phrase():
    """The rows are permuted, and no row stays in its place."""
    similarity = np.arange(20.0)[:, None] * np.ones(5)
    found = shuffled(similarity, np.random.default_rng(2))
    assert sorted(found[:, 0]) == sorted(similarity[:, 0])
    assert np.all(found[:, 0] != similarity[:, 0])


def test_phrases_of_waving_are_withheld():
    """A phrase is withheld if its label or a sentence mentions waving, but not for other words."""

    def phrase(label, sentence):
        sentences = {"general": sentence}
        return Phrase(label=label, sentences=sentences, person=0, echo=np.zeros(1))

    assert is_withheld(phrase("wave both arms overhead", "A person moves."))
    assert is_withheld(phrase("move the arms", "A person is waving both arms."))
    assert not is_withheld(phrase("weave with the shoulders", "A person weaves."))
    assert set(TEXTS) == set(LABELS)


def test_every_exchange_gives_each_activity_the_text_of_another():
    """There are 44 derangements of five texts, and none keeps a text in its place."""
    orders = _orders()
    assert len(set(orders)) == 44
    assert not any(np.any(np.array(each) == np.arange(5)) for each in orders)
