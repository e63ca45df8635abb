"""The closed form of the bilinear map, against its formula and on labels of two properties."""

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.bilinear_fit import choose_scale, fit_map
from mmclip.bilinear_network import BilinearMap, make_bilinear
from mmclip.confusion_causes import contributions
from tests.helpers.tiny_training import tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")

COMBINATIONS = [(speed, width) for speed in range(4) for width in range(4)]
UNSEEN = [(0, 0), (1, 1), (2, 2), (3, 3)]


def one_hot(pairs):
    """Texts of two attributes, of which each is the unit vector of one property."""
    return np.array([[np.eye(4)[speed], np.eye(4)[width]] for speed, width in pairs])


def test_the_map_is_the_regularised_least_squares_solution():
    """V equals (X^T X + a N I)^-1 X^T Y S (S^T S + b I)^-1 up to a factor, computed directly.

    The map is stored in float32, whose relative rounding is 6e-8; 1e-4 leaves room for the two
    solutions of 12 and 7 equations.
    """
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(20, 12)), np.arange(20) % 3
    texts = rng.normal(size=(3, 2, 5))
    texts /= np.linalg.norm(texts, axis=-1, keepdims=True)
    found = fit_map(x, labels, texts, 0.5, 0.2)
    centred = (x - x.mean(0)) / np.sqrt(np.mean((x - x.mean(0)) ** 2))
    y = np.where(np.arange(3) == labels[:, None], 1.0, -0.5)
    s = texts.reshape(3, -1) / np.sqrt(2)
    windows = np.linalg.inv(centred.T @ centred + 0.5 * 20 * np.eye(12))
    expected = windows @ centred.T @ y @ s @ np.linalg.inv(s.T @ s + 0.2 * np.eye(10))
    matrix = np.asarray(found.left[...] @ found.right[...])
    factor = np.sum(matrix * expected) / np.sum(expected**2)
    np.testing.assert_allclose(matrix, factor * expected, atol=1e-4 * np.abs(matrix).max())
    np.testing.assert_allclose(found.centre[...], x.mean(0), atol=1e-6)


def test_unseen_combinations_of_seen_properties_are_recognised():
    """Windows are sums of two property vectors, so the map recognises combinations that do not
    occur in training.

    A map that had learned only the twelve seen combinations could not rank the four unseen
    combinations.
    """
    rng = np.random.default_rng(0)
    speeds, widths = rng.normal(size=(2, 4, 64))
    draw = lambda pairs: np.array([speeds[s] + widths[w] for s, w in pairs])  # noqa: E731
    seen = [pair for pair in COMBINATIONS if pair not in UNSEEN]
    labels = np.repeat(np.arange(len(seen)), 5)
    x = draw([seen[label] for label in labels]) + 0.1 * rng.normal(size=(len(labels), 64))
    found = fit_map(x, labels, one_hot(seen), 1.0, 0.1)
    mapped = np.asarray(found(draw(UNSEEN)))
    scores = mapped @ one_hot(UNSEEN).reshape(4, -1).T
    assert scores.argmax(1).tolist() == [0, 1, 2, 3]


def test_the_scale_gives_the_right_label_the_probability_of_its_frequency():
    """If 3 of 4 windows are correct by a margin of 0.1, a correct label has the probability 3/4.

    The logistic function of 0.1 times the scale is 3/4 at the scale 10 ln 3. Neighbouring scales
    differ by 12 %, and the nearest one by at most 6 %.
    """
    texts = one_hot([(0, 0), (1, 1)])
    windows, labels = 0.1 * texts[[0, 1, 0, 1]], np.array([0, 1, 0, 0])
    scale, correct = choose_scale(windows, labels, texts)
    assert scale == pytest.approx(10 * np.log(3), rel=0.06)
    assert correct == 0.75


def test_the_initial_network_has_the_shapes_of_the_fitted_one():
    """Stored weights of two members with vectors of 2 x 8 and rank 3 fit into the network."""
    network = make_bilinear(tiny_settings("aggregator=none").model, 8, 2, 3)
    shapes = [each[...].shape for each in (network.map.centre, network.map.left, network.map.right)]
    assert shapes == [(32,), (32, 3), (3, 16)]


def test_contributions_of_labels_sum_to_the_difference_of_similarities():
    """Random vectors and a random map: the sum over the labels is the difference between the
    similarities of the network, except for float32 rounding (6e-8, in sums of 32 products)."""
    rng = np.random.default_rng(0)
    network = make_bilinear(tiny_settings("aggregator=none").model, 8, 2, 3)
    network.map = BilinearMap(*(rng.normal(size=each) for each in ((32,), (32, 3), (3, 16))))
    vectors = rng.normal(size=(5, 32))
    texts = rng.normal(size=(2, 2, 8))
    texts /= np.linalg.norm(texts, axis=-1, keepdims=True)
    mapped = np.array(network.map(vectors)).reshape(5, 2, 8)
    mapped /= np.linalg.norm(mapped, axis=-1, keepdims=True)
    similar = np.einsum("wpd,lpd->wl", mapped, texts) / 2
    found = contributions(network, vectors, *texts)
    assert found.shape == (5, 3)
    np.testing.assert_allclose(found.sum(axis=1), similar[:, 0] - similar[:, 1], atol=1e-5)


def test_a_label_that_responds_alone_contributes_the_similarity_of_its_own_text():
    """If only the first of three labels responds, and its row is 3 times the first axis in both
    attributes, the similarities to the first and second axis are 1 and 0. The first label therefore
    contributes 1, and the other two contribute 0."""
    network = make_bilinear(tiny_settings("aggregator=none").model, 8, 1, 3)
    axes = np.eye(8)
    rows = np.array([np.tile(each, 2) for each in (3 * axes[0], 5 * axes[1], axes[0] + axes[1])])
    network.map = BilinearMap(np.zeros(16), np.eye(16)[:, :3], rows)
    first, second = np.tile(axes[0], (2, 1)), np.tile(axes[1], (2, 1))
    found = contributions(network, 0.7 * np.eye(16)[:1], first, second)
    np.testing.assert_allclose(found, [[1, 0, 0]], atol=1e-6)
