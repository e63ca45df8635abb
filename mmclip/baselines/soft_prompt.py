"""Sentences with a learned soft prompt: trained vectors around the word vectors of a sentence.

    [start] prompt[0 .. n/2) words prompt[n/2 .. n) [end]

The text encoder is frozen; only the prompt vectors are trained, and all labels share one prompt.
The first half of the prompt precedes the words, and the second half follows them.

Source:
    Zhou et al., "Learning to Prompt for Vision-Language Models", IJCV 2022.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from mmclip.text_encoders import TextEncoder
from mmclip.text_layers import TextTower

# Standard deviation of the initial prompt vectors, from section 4.1 of Zhou et al.
INIT_STD = 0.02


class PromptedSentences(NamedTuple):
    """Word vectors of sentences, with gaps for the prompt vectors.

    Attributes:
        words: word vectors, zero in gaps and padding, float32 [sentence, token, width].
        place: index of the prompt vector at a token's position; -1 for words and padding [sentence,
            token].
        mask: 1 for words and prompt, 0 for padding [sentence, token].
    """

    words: np.ndarray
    place: np.ndarray
    mask: np.ndarray


class PromptedEncoder:
    """Embeddings of fixed sentences as a function of the prompt.

    Args:
        encoder: frozen text encoder.
        sentences: sentences to embed.
        length: number of prompt vectors.

    Attributes:
        width: width of an embedding.
    """

    def __init__(self, encoder: TextEncoder, sentences: Sequence[str], length: int):
        self._tower, self.width = encoder.tower(), encoder.width
        self._sentences = insert_prompt(self._tower, sentences, length)

    @property
    def word_width(self) -> int:
        """Width of the word vectors and of the prompt vectors."""
        return self._sentences.words.shape[-1]

    def __call__(self, prompt: jax.Array) -> jax.Array:
        """Embed all sentences with the given prompt [length, word width] as unit vectors."""
        words, place, mask = self._sentences
        given = jnp.where(place[..., None] >= 0, prompt[jnp.maximum(place, 0)], words)
        found = self._tower.run(given, jnp.asarray(mask))
        return found / jnp.linalg.norm(found, axis=-1, keepdims=True)


def insert_prompt(tower: TextTower, sentences: Sequence[str], length: int) -> PromptedSentences:
    """Insert gaps for a prompt into the word vectors of sentences.

    A sentence is truncated at its end so that the sentence and the prompt together do not exceed
    the token limit of the encoder.

    Args:
        tower: frozen text encoder.
        sentences: sentences.
        length: number of prompt vectors; 0 means no prompt.
    """
    edge = int(tower.has_edges)
    longest = tower.max_length - length - 2 * edge
    vectors = tower.word_vectors(sentences)
    bodies = [each[edge : len(each) - edge][:longest] for each in vectors]
    tokens = max(map(len, bodies)) + length + 2 * edge
    words = np.zeros((len(vectors), tokens, vectors[0].shape[1]), np.float32)
    place, mask = np.full(words.shape[:2], -1), np.zeros(words.shape[:2], np.float32)
    before = edge + length // 2
    for row, (whole, body) in enumerate(zip(vectors, bodies)):
        after = before + len(body)
        end = after + length - length // 2
        words[row, before:after] = body
        place[row, edge:before] = np.arange(length // 2)
        place[row, after:end] = np.arange(length // 2, length)
        if edge:
            words[row, 0], words[row, end] = whole[0], whole[-1]
        mask[row, : end + edge] = 1
    return PromptedSentences(words, place, mask)
