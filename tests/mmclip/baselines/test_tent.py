"""Tests of the Tent baseline: loss against hand calculations, accuracy, and resumed training."""

import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.baselines.tent import cross_entropy, train_tent
from mmclip.baselines.tent_model import TentSettings
from tests.helpers.labelled_stores import build_labelled_store
from tests.helpers.tiny_training import UNSEEN, tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")
TINY = TentSettings(
    width=16, depth=1, heads=2, mlp_ratio=2, prompt_length=2, prompt_every=4, scale=10.0
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("tent") / "s.zarr")


def train(store, folder, steps, validate_every=20):
    schedule = (f"steps={steps}", f"validate_every={validate_every}")
    settings = tiny_settings(f"unseen={','.join(UNSEEN)}", *schedule)
    return train_tent([store], folder, settings, TINY, "hash", report=lambda line: None)


def test_the_loss_is_the_cross_entropy_of_scaled_similarities():
    """With similarities of 1 and 0 and scale 2, a correct label has the loss log(1 + exp(-2))."""
    eye = jnp.eye(2)
    right = cross_entropy(eye, eye, jnp.array([0, 1]), 2.0)
    wrong = cross_entropy(eye, eye, jnp.array([1, 0]), 2.0)
    np.testing.assert_allclose(right, np.log1p(np.exp(-2)), rtol=1e-6)
    np.testing.assert_allclose(wrong - right, 2.0, rtol=1e-5)


def test_a_resumed_training_gives_the_weights_of_an_uninterrupted_one(store, tmp_path):
    """Two steps at once, and one step before and one after an interruption, give equal weights."""
    whole = train(store, tmp_path / "whole", 2, validate_every=1)
    first = train(store, tmp_path / "parts", 1, validate_every=1)
    resumed = train(store, tmp_path / "parts", 2, validate_every=1)
    np.testing.assert_array_equal(resumed.weights["prompt"], whole.weights["prompt"])
    for name, value in whole.weights["network"].items():
        assert np.isfinite(value).all()
        np.testing.assert_array_equal(resumed.weights["network"][name], value)
    # Without a change by the second step, the comparison would say nothing about it.
    assert any(
        (first.weights["network"][name] != value).any()
        for name, value in whole.weights["network"].items()
    )


@pytest.mark.slow
def test_seen_labels_of_other_people_are_recognised_and_training_resumes(store, tmp_path):
    """Accuracy on test people exceeds 80 % (chance: 25 %); resumed training gives equal weights."""
    whole = train(store, tmp_path / "whole", 40)
    windows = whole.data.windows("test", whole.data.seen)
    scores = whole.scores(whole.data, windows, whole.data.seen)
    truth = whole.data.truth(windows, whole.data.seen)
    assert np.mean(scores.argmax(axis=1) == truth) > 0.8
    assert np.abs(whole.weights["prompt"]).max() > 0.01
    train(store, tmp_path / "parts", 20)
    resumed = train(store, tmp_path / "parts", 40)
    for name, value in whole.weights["network"].items():
        np.testing.assert_array_equal(value, resumed.weights["network"][name])


def test_unseen_labels_have_scores_of_their_own(store, tmp_path):
    """Two labels excluded from training have different scores, which are cosine similarities."""
    model = train(store, tmp_path / "t", 1)
    assert model.data.unseen == UNSEEN
    windows = model.data.windows("test", UNSEEN)
    scores = model.scores(model.data, windows, UNSEEN)
    assert scores.shape == (len(windows), 2)
    assert np.abs(scores).max() <= 1 + 1e-5
    assert np.abs(scores[:, 0] - scores[:, 1]).max() > 0
