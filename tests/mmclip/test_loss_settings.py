"""Tests of every loss setting against a closed form, and of the defaults, which change nothing."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.errors import MmclipError
from mmclip.losses import (
    contrastive_loss,
    cosine,
    cross_entropy,
    kl_loss,
    mean_square,
    part_score_loss,
    total_loss,
    window_pair_loss,
)
from mmclip.model import Embeddings
from mmclip.presets import load_preset
from mmclip.settings import OptimizationSettings
from mmclip.targets import Targets, attribute_targets, text_similarities

pytestmark = pytest.mark.usefixtures("fast_compilation")

X, Y = [1.0, 0.0], [0.0, 1.0]
BOTH = jnp.array([X, Y])
# A text x, a second text at a cosine of 0.9 to x, and a third at 0 to x and -0.44 to the second.
NEAR = jnp.array([X, [0.9, math.sqrt(0.19)], [0.0, -1.0]])
ROUNDING = 1e-5  # float32 rounding of sums of a few terms
LABELS = jnp.array([0, 0, 1, 2])
# Windows 0 and 2 share the first sentence, windows 1 and 3 share the second.
SENTENCES = jnp.array([[7, 0], [1, 9], [7, 2], [4, 9]])
NONE_SHARED = jnp.arange(8).reshape(4, 2)


def embeddings(seed, parts=2, batch=4):
    keys = jax.random.split(jax.random.key(seed))
    found = (jax.random.normal(k, s) for k, s in zip(keys, ((batch, parts, 8), (batch, 8))))
    return Embeddings(*(each / jnp.linalg.norm(each, axis=-1, keepdims=True) for each in found))


def loss_of(sentences=NONE_SHARED, labels=LABELS, scale=5.0, **settings):
    settings = OptimizationSettings(**settings)
    return total_loss(embeddings(0), embeddings(1), labels, sentences, scale, settings)


def test_cross_entropy_in_both_directions_is_the_mean_of_rows_and_columns():
    """For the texts x, x and the signals x, y, the logits are [[s, s], [0, 0]].

    The loss of each row is log 2. The loss of a column is log(1 + e^-s) if its own signal is x, and
    greater by s if its own signal is y.
    """
    s, texts = 3.0, jnp.array([X, X])
    rows, columns = math.log(2), math.log(1 + math.exp(-s)) + s / 2
    assert math.isclose(cross_entropy(BOTH, texts, s), rows, abs_tol=ROUNDING)
    both = float(cross_entropy(BOTH, texts, s, "both"))
    assert math.isclose(both, (rows + columns) / 2, abs_tol=ROUNDING)
    settings = OptimizationSettings(loss="cross_entropy", cross_entropy_direction="both")
    targets = Targets(jnp.eye(2, dtype=bool))
    assert float(contrastive_loss(BOTH, texts, targets, s, settings)) == both


def test_kl_in_one_direction_is_that_of_the_rows():
    """For equal texts, each row is uniform, so the loss is log 2 minus the entropy of the target.

    The columns are not uniform, so the mean over both directions has a different value.
    """
    texts, targets = jnp.array([X, X]), Targets(jnp.eye(2, dtype=bool))
    p = 1 / (1 + math.exp(-10))
    expected = p * math.log(2 * p) + (1 - p) * math.log(2 * (1 - p))
    one = OptimizationSettings(kl_direction="signal")
    found = contrastive_loss(BOTH, texts, targets, 3.0, one)
    assert math.isclose(found, expected, abs_tol=ROUNDING)
    both = contrastive_loss(BOTH, texts, targets, 3.0, OptimizationSettings())
    assert float(both) == float(kl_loss(BOTH, texts, targets.target, 3.0))
    assert abs(float(both - found)) > 0.1


def test_the_mse_of_unit_vectors_is_the_cosine_loss_but_that_of_other_vectors_is_not():
    """For unit vectors, |a - b|^2 = 2 - 2 cos, but 2x and x have cosine 1 and distance 1."""
    signal, text = embeddings(0).activity, embeddings(1).activity
    expected = cosine(signal, text) * 2 / signal.shape[1]
    np.testing.assert_allclose(mean_square(signal, text), expected, rtol=ROUNDING)
    settings = OptimizationSettings(loss="mse_unnormalised")
    targets = Targets(jnp.eye(2, dtype=bool))
    assert float(contrastive_loss(2 * BOTH, BOTH, targets, 1.0, settings)) == 0.5


def test_the_sum_over_attributes_is_their_number_times_the_mean():
    mean, summed = loss_of()[1], loss_of(attribute_reduction="sum")[1]
    np.testing.assert_allclose(summed["attribute_loss"], 2 * mean["attribute_loss"], rtol=ROUNDING)
    assert float(summed["class_loss"]) == float(mean["class_loss"])


def test_with_first_sentence_targets_all_terms_have_the_same_positive_pairs():
    """The only positive pair is windows 0 and 2, which have the same first sentence.

    Windows 0 and 1, which have the same label, are a negative pair.
    """
    found = loss_of(SENTENCES, attribute_target="first_sentence", class_target="first_sentence")[1]
    positive = jnp.eye(4, dtype=bool).at[0, 2].set(True).at[2, 0].set(True)
    signal, text = embeddings(0), embeddings(1)
    of_class = kl_loss(signal.activity, text.activity, positive, 5.0)
    np.testing.assert_allclose(found["class_loss"], of_class, rtol=ROUNDING)
    of_parts = [
        kl_loss(signal.attributes[:, i], text.attributes[:, i], positive, 5.0) for i in (0, 1)
    ]
    np.testing.assert_allclose(found["attribute_loss"], np.mean(of_parts), rtol=ROUNDING)
    by_label = loss_of(SENTENCES, attribute_target="first_sentence")[1]
    assert abs(float(by_label["class_loss"] - found["class_loss"])) > 1e-3


def graded(texts, labels, **settings):
    """Compute the targets of one attribute with graded similarities, and the settings."""
    settings = OptimizationSettings(graded_targets=True, **settings)
    similar = text_similarities(texts[:, None], settings)
    sentences = jnp.arange(len(texts))[:, None]
    return attribute_targets(0, jnp.asarray(labels), sentences, similar, settings), settings


def test_graded_targets_are_the_cosines_of_the_texts_and_1_for_the_same_label():
    targets, _ = graded(NEAR, [0, 1, 2])
    expected = [[1, 0.9, 0], [0.9, 1, -math.sqrt(0.19)], [0, -math.sqrt(0.19), 1]]
    np.testing.assert_allclose(targets.target, expected, atol=ROUNDING)
    np.testing.assert_allclose(graded(NEAR, [0, 1, 0])[0].target[0], [1, 0.9, 1], atol=ROUNDING)


def test_graded_targets_are_met_by_signals_that_equal_their_texts():
    """If scale and sharpness are equal, logits equal target logits, so the loss is 0.

    With ungraded targets, where similar texts are negative pairs, the loss of these signals is
    above 0.
    """
    targets, settings = graded(NEAR, [0, 1, 2], target_sharpness=20.0)
    assert abs(float(contrastive_loss(NEAR, NEAR, targets, 20.0, settings))) < ROUNDING
    hard = Targets(jnp.eye(3, dtype=bool))
    assert float(contrastive_loss(NEAR, NEAR, hard, 20.0, settings)) > 0.05


def test_orthogonal_texts_have_the_same_loss_with_and_without_graded_targets():
    targets, settings = graded(BOTH, [0, 1])
    swapped = BOTH[::-1]
    found = contrastive_loss(swapped, BOTH, targets, 3.0, settings)
    expected = kl_loss(swapped, BOTH, jnp.eye(2, dtype=bool), 3.0)
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


@pytest.mark.parametrize("loss", ["kl", "cross_entropy"])
def test_near_duplicate_negatives_are_left_out_of_the_softmax(loss):
    """Texts 0 and 1 have a cosine of 0.9, so their pair is omitted from the softmax.

    The expected loss is computed by NumPy without the omitted pairs.
    """
    settings = OptimizationSettings(
        loss=loss, drop_negatives_above=0.8, kl_direction="signal", target_sharpness=4.0
    )
    similar = text_similarities(NEAR[:, None], settings)
    targets = attribute_targets(0, jnp.arange(3), jnp.arange(3)[:, None], similar, settings)
    found = float(contrastive_loss(NEAR, NEAR, targets, 3.0, settings))
    logits, terms = 3.0 * np.asarray(NEAR @ NEAR.T, float), []
    for row, columns in enumerate(([0, 2], [1, 2], [0, 1, 2])):
        q = np.exp(logits[row, columns]) / np.exp(logits[row, columns]).sum()
        own = np.array(columns) == row
        p = np.exp(4.0 * own) / np.exp(4.0 * own).sum()
        terms.append(-np.log(q[own][0]) if loss == "cross_entropy" else (p * np.log(p / q)).sum())
    np.testing.assert_allclose(found, np.mean(terms), rtol=ROUNDING)


def test_pairs_with_the_same_label_are_never_left_out():
    settings = OptimizationSettings(drop_negatives_above=0.8)
    similar = text_similarities(NEAR[:, None], settings)
    targets = attribute_targets(0, jnp.zeros(3), jnp.arange(3)[:, None], similar, settings)
    assert bool(targets.kept.all())


def test_left_out_pairs_have_no_gradient_and_the_others_have_a_finite_one():
    settings = OptimizationSettings(drop_negatives_above=0.8)
    targets = Targets(jnp.eye(2, dtype=bool), jnp.eye(2, dtype=bool))

    def loss(signal):
        return contrastive_loss(signal, BOTH, targets, 3.0, settings)

    # If only a signal's own text is left, its probability is 1 for any signal.
    np.testing.assert_array_equal(jax.grad(loss)(BOTH[::-1]), 0)
    all_pairs = loss_of(drop_negatives_above=0.8)[0]
    assert np.isfinite(float(all_pairs))


def test_the_loss_of_window_pairs_is_0_1_or_2_for_equal_orthogonal_or_opposite_embeddings():
    """Window i is paired with window i + batch / 2; the length of the vectors has no effect."""
    for other, expected in ((3 * BOTH, 0), (BOTH[::-1], 1), (-BOTH, 2)):
        assert abs(float(window_pair_loss(jnp.concatenate([BOTH, other]))) - expected) < ROUNDING


def test_the_part_score_has_the_mean_similarity_over_the_attributes_as_logit():
    signal, text = embeddings(0).attributes, embeddings(1).attributes
    similar = jnp.einsum("iaw,jaw->ij", signal, text) / signal.shape[1]
    settings = OptimizationSettings(loss="cross_entropy")
    targets = Targets(jnp.eye(4, dtype=bool))
    found = part_score_loss(signal, text, targets, 5.0, settings)
    expected = -jnp.mean(jnp.diagonal(jax.nn.log_softmax(5.0 * similar, axis=1)))
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


@pytest.mark.parametrize("name", ["window_pair", "part_score"])
def test_an_optional_term_is_added_with_its_weight_and_is_absent_by_default(name):
    plain, terms = loss_of()
    assert set(terms) == {"attribute_loss", "class_loss"}
    total, terms = loss_of(**{f"{name}_weight": 0.25})
    np.testing.assert_allclose(total, plain + 0.25 * terms[f"{name}_loss"], rtol=ROUNDING)
    assert float(terms[f"{name}_loss"]) > 0


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["graded_targets=true", "loss=mse"], "false unless train.loss is kl"),
        (["drop_negatives_above=0"], "above 0 and at most 1"),
        (["drop_negatives_above=0.8", "loss=cosine"], "1 unless train.loss is kl or cross_entropy"),
        (["window_pair_weight=1", "batch=15"], "batch: is 15; it must be even"),
        (["part_score_weight=-1"], "at least 0"),
        (["class_target=sentence"], "one of label, first_sentence"),
        (["shortest=1"], "at least 2"),
    ],
)
def test_settings_that_cannot_be_combined_are_an_error(overrides, message):
    with pytest.raises(MmclipError, match=message):
        load_preset("paper", overrides)
