"""Losses compared with values derived by hand and with NumPy in float64."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.losses import cosine, cross_entropy, kl_loss, mean_square, total_loss
from mmclip.model import Embeddings
from mmclip.settings import OptimizationSettings

pytestmark = pytest.mark.usefixtures("fast_compilation")

# Embeddings of two signals or two texts: the unit vectors along the axes of a plane.
X, Y = [1.0, 0.0], [0.0, 1.0]
BOTH = jnp.array([X, Y])
ROUNDING = 1e-6  # float32 rounding


def test_cross_entropy_equals_the_closed_form():
    """For the logits [[2, 0], [0, 2]], the loss of each row is -log(e^2 / (e^2 + 1))."""
    assert math.isclose(cross_entropy(BOTH, BOTH, 2.0), math.log(1 + math.exp(-2)), abs_tol=1e-6)
    swapped = cross_entropy(BOTH, BOTH[::-1], 2.0)
    assert math.isclose(swapped, 2 + math.log(1 + math.exp(-2)), abs_tol=1e-6)


def test_the_kl_loss_equals_the_closed_form():
    """In rows and columns, the target is softmax([10, 0]) and the prediction is softmax([s, 0])."""
    p, s = 1 / (1 + math.exp(-10)), 3.0
    q = 1 / (1 + math.exp(-s))
    expected = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    found = kl_loss(BOTH, BOTH, jnp.eye(2, dtype=bool), s)
    assert math.isclose(found, expected, rel_tol=1e-5)


def test_the_kl_loss_is_zero_if_the_logits_equal_the_target_with_repeated_labels():
    """For the labels a, a, b and unit vectors, a scale equal to the sharpness gives a loss of 0."""
    vectors = jnp.array([X, X, Y])
    positive = jnp.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    assert abs(float(kl_loss(vectors, vectors, positive, 10.0))) < ROUNDING
    # The loss is larger if pairs with the repeated label are treated as negative pairs.
    assert float(kl_loss(vectors, vectors, jnp.eye(3, dtype=bool), 10.0)) > 0.3


def test_the_kl_loss_of_a_random_batch_equals_float64_numpy():
    rng = np.random.default_rng(0)
    signal, text = rng.normal(size=(2, 6, 8))
    labels = np.array([0, 1, 0, 2, 2, 2])
    positive = labels[:, None] == labels
    logits, target = 7.0 * signal @ text.T, 10.0 * positive

    def kl(target, logits):
        p = np.exp(target) / np.exp(target).sum(axis=1, keepdims=True)
        q = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return np.mean(np.sum(p * (np.log(p) - np.log(q)), axis=1))

    found = kl_loss(jnp.asarray(signal), jnp.asarray(text), jnp.asarray(positive), 7.0)
    np.testing.assert_allclose(found, (kl(target, logits) + kl(target.T, logits.T)) / 2, rtol=1e-5)


def test_cosine_and_mean_square_losses_equal_values_by_hand():
    assert float(cosine(BOTH, BOTH)) == 0
    assert float(cosine(BOTH, BOTH[::-1])) == 1
    assert float(cosine(BOTH, -BOTH)) == 2
    # The difference (1, 0) - (0, 1) has the squared elements 1 and 1.
    assert float(mean_square(BOTH, BOTH[::-1])) == 1


def random_embeddings(seed):
    attributes, activity = jax.random.split(jax.random.key(seed))
    return Embeddings(jax.random.normal(attributes, (4, 3, 8)), jax.random.normal(activity, (4, 8)))


def test_the_total_is_the_weighted_sum_of_mean_attribute_loss_and_class_loss():
    labels, sentences = jnp.array([0, 0, 1, 2]), jnp.arange(12).reshape(4, 3)
    settings = OptimizationSettings(attribute_weight=0.5, class_weight=2.0)
    signal, text = random_embeddings(0), random_embeddings(1)
    total, terms = total_loss(signal, text, labels, sentences, 5.0, settings)
    expected = 0.5 * terms["attribute_loss"] + 2 * terms["class_loss"]
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    positive = labels[:, None] == labels
    by_attribute = [
        kl_loss(signal.attributes[:, i], text.attributes[:, i], positive, 5.0) for i in range(3)
    ]
    np.testing.assert_allclose(terms["attribute_loss"], np.mean(by_attribute), rtol=1e-6)


def test_with_sentence_targets_two_activities_with_a_common_sentence_are_a_positive_pair():
    labels = jnp.array([0, 1, 2, 3])
    shared = jnp.array([[9, 0], [9, 1], [3, 2], [4, 5]])
    signal, text = (
        Embeddings(each.attributes[:, :2], each.activity)
        for each in (random_embeddings(0), random_embeddings(1))
    )

    def attribute_loss(target):
        settings = OptimizationSettings(attribute_target=target)
        return total_loss(signal, text, labels, shared, 5.0, settings)[1]["attribute_loss"]

    by_sentence = kl_loss(
        signal.attributes[:, 0], text.attributes[:, 0], shared[:, 0, None] == shared[:, 0], 5.0
    )
    own = kl_loss(signal.attributes[:, 1], text.attributes[:, 1], jnp.eye(4, dtype=bool), 5.0)
    np.testing.assert_allclose(attribute_loss("sentence"), (by_sentence + own) / 2, rtol=1e-6)
    assert abs(float(attribute_loss("label") - attribute_loss("sentence"))) > 1e-3
