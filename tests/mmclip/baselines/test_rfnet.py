"""Tests of RF-Net: relation, spectrum and LSTM against hand calculations, episodes, accuracy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from flax import nnx

from mmclip.baselines.episodes import draw_episode, draw_support
from mmclip.baselines.fitting import on_plateau, start_fit
from mmclip.baselines.rfnet import read_inputs, train_rfnet
from mmclip.baselines.rfnet_model import (
    Features,
    Lstm,
    RfNetSettings,
    relation_scores,
    similarities,
    spectrum,
)
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import UNSEEN, tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")
TINY = RfNetSettings(
    hidden=32,
    pool=1,
    channels=(8, 16),
    attention=8,
    ways=3,
    shots=2,
    rate=1e-2,
    tune_steps=30,
    tune_rate=3e-3,
)


def test_the_relation_is_linear_in_three_cosines_and_averaged_over_the_examples_of_a_label():
    """Both labels must have a score of 5, computed by hand from the cosines to three examples.

    The cosines of the fused features are 1, -1 and 0; the other two cosines are 1 and 0.6. With
    the weights 1, 2 and 5, the relations to the three examples are 1 + 2 + 3, -1 + 2 + 3 and
    0 + 2 + 3. The first two examples belong to label 0, whose mean relation is 5.
    """
    fused = jnp.array([[2.0, 0], [-3, 0], [0, 1]])
    ones, slanted = jnp.ones((3, 1)), jnp.tile(jnp.array([[0.6, 0.8]]), (3, 1))
    examples = Features(ones, slanted, fused)
    query = Features(jnp.ones((1, 1)), jnp.array([[1.0, 0]]), jnp.array([[7.0, 0]]))
    found = similarities(query, examples)
    np.testing.assert_allclose(found[0], [[1, 1, 0.6], [-1, 1, 0.6], [0, 1, 0.6]], atol=1e-6)
    relation = nnx.Linear(3, 2, rngs=nnx.Rngs(0))
    relation.kernel[...] = jnp.array([[1.0, 0], [2, 0], [0, 5]])
    relation.bias[...] = jnp.zeros(2)
    scores = relation_scores(relation, found, jnp.array([0, 0, 1]), 2)
    np.testing.assert_allclose(scores, [[5.0, 5.0]], atol=1e-5)


def test_the_spectrum_of_an_oscillation_has_its_energy_at_its_frequency():
    """A cosine with 3 cycles in 16 columns has two spectral lines of sqrt(16) / 2 = 2."""
    column = np.cos(2 * np.pi * 3 * np.arange(16) / 16)
    found = np.asarray(spectrum(jnp.asarray(column)[None, :, None]))[0, :, 0]
    expected = np.zeros(16)
    expected[[3, 13]] = 2
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_lstm_equals_its_equations():
    """Two steps with all weights 0.5 and no bias equal the values computed from the gates."""
    lstm = Lstm(1, 1, rngs=nnx.Rngs(0))
    for each in (lstm.input.kernel, lstm.recurrent.kernel):
        each[...] = jnp.full(each.shape, 0.5)
    found = lstm(jnp.array([[[1.0], [2.0]]]))[0, :, 0]

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    cell = hidden = 0.0
    for value, result in zip((1.0, 2.0), found):
        gate = 0.5 * value + 0.5 * hidden
        cell = sigmoid(gate) * cell + sigmoid(gate) * np.tanh(gate)
        hidden = sigmoid(gate) * np.tanh(cell)
        np.testing.assert_allclose(result, hidden, rtol=1e-5)


def test_no_clip_of_an_episode_is_both_example_and_query():
    """Examples and queries share no clip and are ordered by label; label 2 has only one clip."""
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2])
    clips = np.array([0, 1, 1, 2, 3, 4, 4, 5, 5])
    for step in range(20):
        episode = draw_episode(labels, clips, 3, 2, 1, (0, step))
        assert set(episode.labels) == {0, 1}
        np.testing.assert_array_equal(labels[episode.support], np.repeat(episode.labels, 2))
        np.testing.assert_array_equal(labels[episode.queries], episode.labels)
        assert not set(clips[episode.support]) & set(clips[episode.queries])
    again = draw_episode(labels, clips, 3, 2, 1, (0, 19))
    np.testing.assert_array_equal(again.support, episode.support)


def test_fewer_examples_are_the_first_of_more_examples():
    labels = np.array([0] * 9 + [1] * 9)
    many, few = (draw_support(labels, 2, shots, seed=3).reshape(2, shots) for shots in (7, 2))
    np.testing.assert_array_equal(labels[many], [[0] * 7, [1] * 7])
    np.testing.assert_array_equal(many[:, :2], few)
    assert len(set(many.ravel())) == 14


def test_the_learning_rate_is_divided_by_ten_after_eleven_validations_without_improvement():
    state = start_fit({"a": jnp.zeros(1)}, {}, 1e-3)
    for _ in range(10):
        state = state._replace(plateau=on_plateau(state, improved=False))
    assert float(state.plateau[0]) == pytest.approx(1e-3)
    state = state._replace(plateau=on_plateau(state, improved=False))
    assert float(state.plateau[0]) == pytest.approx(1e-4)


def test_a_resumed_training_gives_the_weights_of_an_uninterrupted_one(tmp_path):
    """Two steps at once, and one step before and one after an interruption, give equal weights."""
    store = build_labelled_store(tmp_path / "s.zarr")

    def train(folder, steps):
        schedule = (f"steps={steps}", "validate_every=1")
        settings = tiny_settings(f"unseen={','.join(UNSEEN)}", *schedule)
        return train_rfnet([store], tmp_path / folder, settings, TINY, report=lambda line: None)

    whole, first, resumed = train("whole", 2), train("parts", 1), train("parts", 2)
    for name, value in whole.weights.items():
        assert np.isfinite(value).all()
        np.testing.assert_array_equal(resumed.weights[name], value)
    # Without a change by the second step, the comparison would say nothing about it.
    assert any((first.weights[name] != value).any() for name, value in whole.weights.items())


@pytest.mark.slow
def test_seen_labels_and_few_shot_labels_of_other_people_are_recognised(tmp_path):
    """The accuracy must exceed 80 % for seen labels and for few-shot classification.

    Chance is 25 % for the seen labels. Few-shot classification has two unseen labels with two
    examples each, which are windows of the training people, who are not in the test split.
    """
    store = build_labelled_store(tmp_path / "s.zarr", repeats=3)
    settings = tiny_settings(f"unseen={','.join(UNSEEN)}", "steps=40", "validate_every=20")
    model = train_rfnet([store], tmp_path / "run", settings, TINY, report=lambda line: None)
    data = model.data
    windows = data.windows("test", data.seen)
    truth = data.truth(windows, data.seen)
    assert np.mean(model.classify(windows).argmax(axis=1) == truth) > 0.8
    known, asked = data.windows("train", UNSEEN), data.windows("test", UNSEEN)
    queries = np.asarray(next(read_inputs(data, asked, [np.arange(len(asked))], settings)))
    order = draw_support(data.truth(known, UNSEEN), 2, 2, seed=0)
    support = np.asarray(next(read_inputs(data, known, [order], settings)))
    scores = model.few_shot_scores(support, queries, 2, seed=0)
    assert np.mean(scores.argmax(axis=1) == data.truth(asked, UNSEEN)) > 0.8
    assert jax.tree.all(jax.tree.map(lambda x: bool(jnp.isfinite(x).all()), model.weights))
