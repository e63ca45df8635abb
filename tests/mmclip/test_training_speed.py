"""The fast implementations in a training step give the results of the plain implementations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import preprocessing, random_draws, training_step, transformer
from mmclip.model import make_model
from mmclip.model_variables import split_model
from mmclip.store import FLOOR_DB
from tests.helpers.tiny_training import tiny_settings

KEY = jax.random.key(5)
SHAPE = (3, 7, 50)
STEPS = 50


def test_random_bits_and_choices_are_those_of_jax():
    """The random words and the random choices must equal those of JAX in every bit."""
    np.testing.assert_array_equal(
        random_draws.random_bits(KEY, SHAPE), jax.random.bits(KEY, SHAPE, jnp.uint32)
    )
    np.testing.assert_array_equal(
        random_draws.bernoulli(KEY, 0.9, SHAPE), jax.random.bernoulli(KEY, 0.9, SHAPE)
    )


def test_normal_draws_are_those_of_jax():
    """The tolerance is the float32 rounding near 4, the largest of about a thousand draws."""
    found, expected = random_draws.normal(KEY, SHAPE), jax.random.normal(KEY, SHAPE)
    np.testing.assert_allclose(found, expected, atol=5e-7)


def test_a_key_of_another_generator_is_passed_on_to_jax():
    key = jax.random.key(5, impl="rbg")
    np.testing.assert_array_equal(
        random_draws.random_bits(key, SHAPE), jax.random.bits(key, SHAPE, jnp.uint32)
    )


@pytest.mark.parametrize("bins", [20, 32, 100])
def test_resizing_by_few_weights_is_that_of_jax(bins):
    """Resizing 20, 32 or 100 bins to 32 bins agrees with JAX up to float32 rounding."""
    maps = np.random.default_rng(0).normal(0, 9, (2, 5, bins)).astype(np.float32)
    expected = jax.image.resize(jnp.asarray(maps), (2, 5, 32), "linear", antialias=True)
    np.testing.assert_allclose(preprocessing._resize(jnp.asarray(maps), 32), expected, atol=1e-5)


def test_a_blanked_heatmap_is_constant_after_resizing_from_256_to_224_bins():
    """Scaling must not amplify rounding errors of 2e-6 dB to the range from -1 to 1."""
    blank = {"time_range": jnp.full((1, 4, 256), FLOOR_DB)}
    np.testing.assert_array_equal(preprocessing.network_input(blank, 224), -1)


@pytest.mark.slow
def test_fifty_steps_have_the_losses_of_the_plain_formulation(monkeypatch):
    """The losses of fast and plain training steps differ by at most 1e-5, from float32 rounding.

    The plain implementation draws by `jax.random`, resizes by a full matrix, and computes all
    tokens of the last block. The losses are 3 to 8, and other random draws would change them by
    more than 1e-3.
    """
    fast = _losses()
    monkeypatch.setattr(random_draws, "random_bits", jax.random.bits)
    monkeypatch.setattr(preprocessing, "_resize", _plain_resize)
    monkeypatch.setattr(transformer.Transformer, "__call__", _all_tokens)
    plain = _losses()
    np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-5)
    assert len(set(np.round(fast, 3))) > STEPS / 2  # The losses differ from step to step.


def _losses() -> list[float]:
    """Train a small model with every augmentation and dropout; return the loss of each step."""
    settings = tiny_settings("drop=0.1", "drop_columns=4", "dropout=0.1", "rate=1e-4")
    rng = np.random.default_rng(0)
    maps = {n: rng.normal(0, 9, (6, 32, 40)).astype(np.float16) for n in settings.model.heatmaps}
    labels = np.array([0, 0, 1, 1, 2, 3], np.int32)
    sentences = np.stack([labels, 4 + labels], axis=1)
    vectors = jnp.asarray(rng.normal(size=(8, 16)), jnp.float32)
    model = split_model(make_model(settings.model, 16, 0))
    state = training_step.start_state(model, settings.train)
    step = training_step.make_step(model, vectors, settings)
    found = []
    for _ in range(STEPS):
        state, metrics = step(state, maps, labels, sentences)
        found.append(float(metrics["loss"]))
    return found


def _plain_resize(map_db, size):
    return jax.image.resize(map_db, (*map_db.shape[:2], size), "linear", antialias=True)


def _all_tokens(self, x, key=None, first=None):
    """Transformer that computes all tokens of the last block, for comparison."""
    for index, block in enumerate(self.blocks):
        x = block(x, None if key is None else jax.random.fold_in(key, index))
    return self.norm(x)[:, :first]
