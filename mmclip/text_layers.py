"""What text towers share: their arithmetic, their files, and fixed shapes for batches."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from mmclip.errors import MmclipError

Weights = Mapping[str, jax.Array]
BATCH = 32
LENGTHS = (16, 32, 64, 128)
INSTALL = "pip install -c constraints.txt '.[train]'"


def linear(weights: Weights, name: str, x: jax.Array) -> jax.Array:
    """x W^T + b, as torch keeps its weights."""
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def layer_norm(weights: Weights, name: str, x: jax.Array, epsilon: float) -> jax.Array:
    """Normalise the last axis, then scale and shift it."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = jnp.square(x - mean).mean(axis=-1, keepdims=True)
    scaled = (x - mean) * jax.lax.rsqrt(variance + epsilon)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def attend(query, key, value, heads: int, mask: jax.Array) -> jax.Array:
    """Softmax attention.

    Args:
        query, key, value: [batch, token, width].
        heads: number of heads.
        mask: added to the logits, broadcast to [batch, head, token, token].

    Returns:
        [batch, token, width].
    """
    batch, tokens, width = query.shape

    def split(x: jax.Array) -> jax.Array:
        return x.reshape(batch, tokens, heads, width // heads).transpose(0, 2, 1, 3)

    logits = split(query) @ split(key).swapaxes(-1, -2) / np.sqrt(width // heads)
    mixed = jax.nn.softmax(logits + mask, axis=-1) @ split(value)
    return mixed.transpose(0, 2, 1, 3).reshape(batch, tokens, width)


def embed_batches(
    forward: Callable[[np.ndarray, np.ndarray], jax.Array],
    tokens: Sequence[Sequence[int]],
    longest: int,
    pad: int,
) -> np.ndarray:
    """Run a tower over token lists in few shapes, so that it compiles a few times only.

    Args:
        forward: ids and mask [batch, token] to vectors [batch, width].
        tokens: of each sentence, at most `longest`.
        longest: tokens that the tower reads.
        pad: id that fills up.

    Returns:
        Vectors [sentence, width].
    """
    order = sorted(range(len(tokens)), key=lambda number: len(tokens[number]))
    found: list[np.ndarray | None] = [None] * len(tokens)
    for first in range(0, len(order), BATCH):
        numbers = order[first : first + BATCH]
        most = max(len(tokens[number]) for number in numbers)
        length = next((each for each in LENGTHS if most <= each <= longest), longest)
        ids = np.full((BATCH, length), pad, np.int32)
        mask = np.zeros((BATCH, length), np.float32)
        for row, number in enumerate(numbers):
            ids[row, : len(tokens[number])] = tokens[number]
            mask[row, : len(tokens[number])] = 1
        mask[len(numbers) :, 0] = 1  # rows that only fill up the batch
        vectors = np.asarray(forward(ids, mask))
        for row, number in enumerate(numbers):
            found[number] = vectors[row]
    return np.stack(found)


def need_file(folder: Path, name: str, hint: str) -> Path:
    """The file of a folder, or the error that says how to get it."""
    path = folder / name
    if not path.is_file():
        raise MmclipError(folder, name, "is missing", hint)
    return path


def read_json(path: Path) -> dict:
    """A model's configuration."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        problem = f"is no JSON ({error})"
        raise MmclipError(path, "configuration", problem, "copy the folder again") from None


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Tensors of a safetensors file by name, in float32."""
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
    """A tokenizer of the library `tokenizers`, neither padding nor cutting."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MmclipError(path, "tokenizers", "is not installed", INSTALL) from None
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def digest_of(*paths: Path) -> str:
    """SHA-256 of a file, or of several files' in order."""
    sums = []
    for path in paths:
        with open(path, "rb") as file:
            sums.append(hashlib.file_digest(file, "sha256").hexdigest())
    return sums[0] if len(sums) == 1 else hashlib.sha256(" ".join(sums).encode()).hexdigest()
