"""Layers, file readers and batching that the text encoders share."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from mmclip.errors import MmclipError

Weights = Mapping[str, jax.Array]
# Number of sentences per batch, including padding.
BATCH = 32
# Token counts to which batches are padded; longer batches are padded to the encoder's maximum.
LENGTHS = (16, 32, 64, 128)
INSTALL = "pip install -c constraints.txt '.[train]'"


class TextTower(NamedTuple):
    """A frozen text encoder that starts from word vectors instead of sentences.

    Attributes:
        word_vectors: function from sentences to their word vectors, one array [token, width] per
            sentence, with the vectors of the start and the end token if the encoder has them.
        run: function from padded word vectors [sentence, token, width] and their mask [sentence,
            token] to embeddings [sentence, width], not normalised.
        max_length: largest number of tokens.
        has_edges: whether a sentence begins with a start token and ends with an end token.
    """

    word_vectors: Callable[[Sequence[str]], list[np.ndarray]]
    run: Callable[[jax.Array, jax.Array], jax.Array]
    max_length: int
    has_edges: bool


def linear(weights: Weights, name: str, x: jax.Array) -> jax.Array:
    """Linear layer x W^T + b; torch stores the weight matrix transposed."""
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def layer_norm(weights: Weights, name: str, x: jax.Array, epsilon: float) -> jax.Array:
    """Layer normalisation over the last axis."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = jnp.square(x - mean).mean(axis=-1, keepdims=True)
    normalised = (x - mean) * jax.lax.rsqrt(variance + epsilon)
    return normalised * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def attention(query, key, value, heads: int, mask: jax.Array) -> jax.Array:
    """Multi-head scaled dot-product attention.

    Args:
        query, key, value: projected tokens [batch, token, width].
        heads: number of heads.
        mask: values added to the logits, broadcast to [batch, head, token, token].

    Returns:
        Attended values [batch, token, width].
    """
    batch, tokens, width = query.shape

    def split_heads(x: jax.Array) -> jax.Array:
        return x.reshape(batch, tokens, heads, width // heads).transpose(0, 2, 1, 3)

    logits = split_heads(query) @ split_heads(key).swapaxes(-1, -2) / np.sqrt(width // heads)
    attended = jax.nn.softmax(logits + mask, axis=-1) @ split_heads(value)
    return attended.transpose(0, 2, 1, 3).reshape(batch, tokens, width)


def truncate(ids: Sequence[int], max_length: int) -> Sequence[int]:
    """Truncate token ids to `max_length`; a truncated sentence keeps its end token."""
    return [*ids[: max_length - 1], ids[-1]] if len(ids) > max_length else ids


def embed_batches(
    forward: Callable[[np.ndarray, np.ndarray], jax.Array],
    tokens: Sequence[Sequence[int]],
    max_length: int,
    pad: int,
) -> np.ndarray:
    """Encode token lists in batches of a few fixed shapes, to limit the number of compilations.

    Args:
        forward: function from ids and mask [batch, token] to embeddings [batch, width].
        tokens: token ids of each sentence, at most `max_length` each.
        max_length: largest number of tokens that the encoder accepts.
        pad: id of the padding token.

    Returns:
        Embeddings [sentence, width].
    """
    order = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
    embeddings: list[np.ndarray | None] = [None] * len(tokens)
    for first in range(0, len(order), BATCH):
        indices = order[first : first + BATCH]
        longest = max(len(tokens[index]) for index in indices)
        length = next((n for n in LENGTHS if longest <= n <= max_length), max_length)
        ids, mask = _padded([tokens[index] for index in indices], length, pad)
        vectors = np.asarray(forward(ids, mask))
        for row, index in enumerate(indices):
            embeddings[index] = vectors[row]
    return np.stack(embeddings)


def _padded(tokens: list[Sequence[int]], length: int, pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Padded ids and mask [batch, token] of at most `BATCH` sentences."""
    ids = np.full((BATCH, length), pad, np.int32)
    mask = np.zeros((BATCH, length), np.float32)
    for row, sentence in enumerate(tokens):
        ids[row, : len(sentence)] = sentence
        mask[row, : len(sentence)] = 1
    mask[len(tokens) :, 0] = 1  # Without this token, the mean over a padding row would be nan.
    return ids, mask


def require_file(folder: Path, name: str, hint: str) -> Path:
    """Path of a file in a folder; raise MmclipError with the given hint if the file is missing."""
    path = folder / name
    if not path.is_file():
        raise MmclipError(folder, name, "is missing", hint)
    return path


def read_json(path: Path) -> dict:
    """Read the configuration of an encoder; raise MmclipError if it is not valid JSON."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        problem = f"is not valid JSON ({error})"
        raise MmclipError(path, "configuration", problem, "copy the folder again") from None


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a safetensors file, in float32, keyed by name."""
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError:
        raise MmclipError(path, "safetensors", "is not installed", INSTALL) from None
    try:
        return {name: np.asarray(each, np.float32) for name, each in load_file(path).items()}
    except SafetensorError as error:
        problem = f"cannot be read ({error})"
        raise MmclipError(path, "weights", problem, "copy the file again") from None


def read_tokenizer(path: Path):
    """Read a tokenizer with the library `tokenizers`; padding and truncation are switched off."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MmclipError(path, "tokenizers", "is not installed", INSTALL) from None
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def files_digest(*paths: Path) -> str:
    """SHA-256 of one file, or of the digests of several files in order."""
    digests = []
    for path in paths:
        with open(path, "rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()
