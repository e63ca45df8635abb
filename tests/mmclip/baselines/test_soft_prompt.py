"""Tests of soft prompt insertion, compared with sentences that contain the same words."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="needs the extra train")
pytest.importorskip("safetensors", reason="needs the extra train")

from mmclip.baselines.soft_prompt import PromptedEncoder, insert_prompt
from mmclip.clip_text import ClipTextEncoder
from mmclip.minilm import MiniLmEncoder
from mmclip.text_encoders import HashEncoder
from tests.helpers.text_towers import MAX_LENGTH, write_bert, write_clip

pytestmark = pytest.mark.usefixtures("fast_compilation")

SENTENCES = ["person walks", "both arms stay still"]


def encoder(name, folder):
    if name == "hash":
        return HashEncoder()
    if name == "clip":
        write_clip(folder)
        return ClipTextEncoder.load(str(folder))
    write_bert(folder)
    return MiniLmEncoder.load(str(folder), check=False)


def test_the_prompt_surrounds_the_words_within_start_and_end_token(tmp_path):
    """The token order with three prompt vectors is start, 0, words, 1, 2, end, padding."""
    tower = encoder("clip", tmp_path).tower()
    found = insert_prompt(tower, SENTENCES, 3)
    np.testing.assert_array_equal(found.place[0], [-1, 0, -1, -1, 1, 2, -1, -1, -1])
    np.testing.assert_array_equal(found.mask[0], [1, 1, 1, 1, 1, 1, 1, 0, 0])
    np.testing.assert_array_equal(found.place[1], [-1, 0, -1, -1, -1, -1, 1, 2, -1])
    start, one, two, end = tower.word_vectors(SENTENCES[:1])[0]
    np.testing.assert_array_equal(found.words[0][[0, 2, 3, 6]], [start, one, two, end])
    assert not found.words[0][[1, 4, 5, 7, 8]].any()


@pytest.mark.parametrize("name", ["bert", "clip"])
def test_a_prompt_of_word_vectors_equals_a_sentence_with_these_words(name, tmp_path):
    """A prompt made of word vectors gives the embedding of the complete sentence.

    The tolerance of 1e-5 allows for float32 rounding, which depends on the padding.
    """
    text = encoder(name, tmp_path)
    edge = slice(1, -1)
    prompt = np.concatenate([each[edge] for each in text.tower().word_vectors(["a the", "and"])])
    found = jax.jit(PromptedEncoder(text, SENTENCES, 3))(jnp.asarray(prompt))
    expected = text.embed([f"a {sentence} the and" for sentence in SENTENCES])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["bert", "clip"])
def test_without_a_prompt_the_embeddings_are_those_of_the_encoder(name, tmp_path):
    """An empty prompt does not change the embeddings of the text encoder.

    The tolerance of 1e-5 allows for float32 rounding, which depends on the padding.
    """
    text = encoder(name, tmp_path)
    found = jax.jit(PromptedEncoder(text, SENTENCES, 0))(jnp.zeros((1, 32)))
    np.testing.assert_allclose(found, text.embed(SENTENCES), atol=1e-5)


def test_a_sentence_that_is_too_long_loses_its_last_words(tmp_path):
    """A prompt of 4 vectors and the start and end tokens leave room for 18 words in 24 tokens."""
    tower = encoder("clip", tmp_path).tower()
    found = insert_prompt(tower, [" ".join(["arm"] * 30)], 4)
    assert found.mask.shape == (1, MAX_LENGTH)
    assert found.mask.all()
    assert (found.place >= 0).sum() == 4


def test_hashed_words_and_prompt_are_summed():
    """The embedding is the normalised sum of the word vectors and the prompt vectors."""
    text = HashEncoder()
    prompt = np.ones((2, text.width), np.float32)
    words = text.tower().word_vectors(["sit down"])[0]
    total = words.sum(axis=0) + 2
    found = PromptedEncoder(text, ["sit down"], 2)(jnp.asarray(prompt))[0]
    np.testing.assert_allclose(found, total / np.linalg.norm(total), atol=1e-5)
