"""Tests of the study's few-shot probabilities and measures against hand calculations."""

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.study.few_shot import example_scores
from mmclip.study.scoring import measures

ALONG, UP = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def test_examples_have_nine_times_the_weight_of_texts():
    """A few-shot score is 0.9 times the softmax over examples plus 0.1 times that over texts."""
    examples = np.array([[ALONG, ALONG], [UP, UP]])
    scores = example_scores(ALONG[None], examples, np.stack([UP, ALONG]), scale=2.0)
    high = np.exp(2) / (1 + np.exp(2))
    expected = [0.9 * high + 0.1 * (1 - high), 0.9 * (1 - high) + 0.1 * high]
    np.testing.assert_allclose(scores, [expected])


def test_the_centre_of_examples_has_unit_length():
    """The normalised mean of examples along both axes has a similarity of 0.707 to each axis."""
    examples = np.array([[ALONG, UP], [-UP, -UP]])
    texts = np.stack([ALONG, ALONG])
    scores = example_scores(ALONG[None], examples, texts, scale=1.0)
    low = 1 / (1 + np.exp(np.sqrt(0.5)))
    np.testing.assert_allclose(scores[0, 1], 0.05 + 0.9 * low, rtol=1e-6)


def test_labels_without_windows_have_no_recall():
    """Label c, which has no window, has no recall but still counts as a candidate."""
    scores = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])
    found = measures(scores, np.array([0, 0, 1]), ["a", "b", "c"], np.array(["x", "y", "y"]))
    assert found["recalls"] == {"a": 0.5, "b": 1.0}
    assert found["accuracy"] == 0.75
    assert (found["windows"], found["candidates"]) == (3, 3)
    assert found["recalls_of_people"] == {"x": 1.0, "y": 0.5}
