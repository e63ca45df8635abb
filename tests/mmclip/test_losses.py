"""Losses equal what a hand or ten plain lines of float64 compute."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.config import Train
from mmclip.losses import cosine, cross_entropy, mean_square, symmetric_kl, total_loss
from mmclip.model import Embeddings

# Two signals and two texts on the axes of a plane.
X, Y = [1.0, 0.0], [0.0, 1.0]
BOTH = jnp.array([X, Y])
ROUNDING = 1e-6  # float32


def test_cross_entropy_by_hand():
    """Logits [[2, 0], [0, 2]]: minus log of e^2 / (e^2 + 1) in each row."""
    assert math.isclose(cross_entropy(BOTH, BOTH, 2.0), math.log(1 + math.exp(-2)), abs_tol=1e-6)
    swapped = cross_entropy(BOTH, BOTH[::-1], 2.0)
    assert math.isclose(swapped, 2 + math.log(1 + math.exp(-2)), abs_tol=1e-6)


def test_kl_by_hand():
    """Target softmax of [10, 0], found softmax of [s, 0], the same in rows and columns."""
    p, s = 1 / (1 + math.exp(-10)), 3.0
    q = 1 / (1 + math.exp(-s))
    wanted = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    found = symmetric_kl(BOTH, BOTH, jnp.eye(2, dtype=bool), s)
    assert math.isclose(found, wanted, rel_tol=1e-5)


def test_kl_is_zero_where_logits_are_the_target_repeats_included():
    """Labels a, a, b: signals and texts on axes, scale 10 as the target's sharpness."""
    vectors = jnp.array([X, X, Y])
    same = jnp.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    assert abs(float(symmetric_kl(vectors, vectors, same, 10.0))) < ROUNDING
    # Taken for different activities, the repeated label is punished.
    assert float(symmetric_kl(vectors, vectors, jnp.eye(3, dtype=bool), 10.0)) > 0.3


def test_kl_of_any_batch_equals_plain_float64():
    rng = np.random.default_rng(0)
    signal, text = rng.normal(size=(2, 6, 8))
    labels = np.array([0, 1, 0, 2, 2, 2])
    same = labels[:, None] == labels
    logits, target = 7.0 * signal @ text.T, 10.0 * same

    def kl(target, logits):
        p = np.exp(target) / np.exp(target).sum(axis=1, keepdims=True)
        q = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return np.mean(np.sum(p * (np.log(p) - np.log(q)), axis=1))

    found = symmetric_kl(jnp.asarray(signal), jnp.asarray(text), jnp.asarray(same), 7.0)
    np.testing.assert_allclose(found, (kl(target, logits) + kl(target.T, logits.T)) / 2, rtol=1e-5)


def test_baselines_by_hand():
    assert float(cosine(BOTH, BOTH)) == 0
    assert float(cosine(BOTH, BOTH[::-1])) == 1
    assert float(cosine(BOTH, -BOTH)) == 2
    # (1, 0) - (0, 1): squares 1 and 1.
    assert float(mean_square(BOTH, BOTH[::-1])) == 1


def embedded(seed):
    parts, whole = jax.random.split(jax.random.key(seed))
    return Embeddings(jax.random.normal(parts, (4, 3, 8)), jax.random.normal(whole, (4, 8)))


def test_the_sum_weighs_the_parts_mean_and_the_class():
    labels, sentences = jnp.array([0, 0, 1, 2]), jnp.arange(12).reshape(4, 3)
    settings = Train(attribute_weight=0.5, class_weight=2.0)
    total, terms = total_loss(embedded(0), embedded(1), labels, sentences, 5.0, settings)
    wanted = 0.5 * terms["attribute_loss"] + 2 * terms["class_loss"]
    np.testing.assert_allclose(total, wanted, rtol=1e-6)
    same = labels[:, None] == labels
    by_part = [
        symmetric_kl(embedded(0).parts[:, part], embedded(1).parts[:, part], same, 5.0)
        for part in range(3)
    ]
    np.testing.assert_allclose(terms["attribute_loss"], np.mean(by_part), rtol=1e-6)


def test_by_sentence_two_activities_that_share_one_are_the_same_in_that_part():
    labels = jnp.array([0, 1, 2, 3])
    shared = jnp.array([[9, 0], [9, 1], [3, 2], [4, 5]])
    signal, text = (Embeddings(e.parts[:, :2], e.whole) for e in (embedded(0), embedded(1)))

    def attribute_loss(target):
        settings = Train(attribute_target=target)
        return total_loss(signal, text, labels, shared, 5.0, settings)[1]["attribute_loss"]

    by_sentence = symmetric_kl(
        signal.parts[:, 0], text.parts[:, 0], shared[:, 0, None] == shared[:, 0], 5.0
    )
    own = symmetric_kl(signal.parts[:, 1], text.parts[:, 1], jnp.eye(4, dtype=bool), 5.0)
    np.testing.assert_allclose(attribute_loss("sentence"), (by_sentence + own) / 2, rtol=1e-6)
    assert abs(float(attribute_loss("label") - attribute_loss("sentence"))) > 1e-3
