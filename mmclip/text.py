"""Frozen text encoders behind one small interface, chosen by name.

    minilm             MiniLM-L6 in JAX, its weights from a package of the registry (the default)
    minilm:FOLDER      the same weights from a folder
    clip:FOLDER        CLIP's text tower (ViT-B/32 and its kin) from a Hugging Face folder
    clip:OWNER/NAME    the same from the Hugging Face cache of this machine; nothing is downloaded
    hash               hashed words, for trials of the machinery: it knows no meaning

A model is trained with one encoder and never used with another: its digest travels along.
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np

from mmclip.errors import MmclipError

DEFAULT = "minilm"


class TextEncoder(Protocol):
    """Sentences to vectors.

    Attributes:
        name: as it was asked for.
        digest: SHA-256 of all that decides its vectors.
        width: length of a vector.
        truncated: sentences so far that were longer than it reads.
    """

    name: str
    digest: str
    width: int
    truncated: int

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """Vectors of unit length, float32 [sentence, width]."""
        ...


def load_encoder(name: str = DEFAULT) -> TextEncoder:
    """The encoder of that name.

    Args:
        name: see the head of this file.

    Raises:
        MmclipError: no such encoder, or its files are missing or others than they should be.
    """
    kind, _, place = name.partition(":")
    if kind == "hash" and not place:
        return HashEncoder()
    if kind == "minilm":
        from mmclip.minilm import MiniLm

        return MiniLm.load(place or None)
    if kind == "clip" and place:
        from mmclip.clip_text import ClipText

        return ClipText.load(place)
    hint = "take minilm, minilm:FOLDER, clip:FOLDER, clip:OWNER/NAME or hash"
    raise MmclipError("--encoder", "encoder", f"{name!r} is none", hint)


class HashEncoder:
    """Each word and each pair of words is a random direction that follows from a hash.

    Sentences that share words are alike, and nothing else is: no figure made with it is worth
    publishing.

    Args:
        width: of the vectors.
        seed: of the directions.
    """

    def __init__(self, width: int = 64, seed: int = 0):
        self.name, self.width, self.truncated = "hash", width, 0
        self._seed = seed
        self.digest = hashlib.sha256(f"hash encoder 1, {width}, {seed}".encode()).hexdigest()

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.embed`."""
        vectors = np.stack([self._vector(sentence) for sentence in sentences])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _vector(self, sentence: str) -> np.ndarray:
        words = sentence.lower().strip(".!?").split() or [""]
        pairs = [" ".join(pair) for pair in pairwise(words)]
        return np.sum([self._direction(each) for each in (*words, *pairs)], axis=0)

    def _direction(self, word: str) -> np.ndarray:
        seed = hashlib.sha256(f"{self._seed} {word}".encode()).digest()[:8]
        return np.random.default_rng(int.from_bytes(seed)).normal(size=self.width)
