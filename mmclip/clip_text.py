"""CLIP's text encoder in JAX, loaded from a local Hugging Face folder; nothing is downloaded.

Source:
    Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from mmclip.errors import MmclipError
from mmclip.text_layers import (
    TextTower,
    Weights,
    attention,
    embed_batches,
    files_digest,
    layer_norm,
    linear,
    read_json,
    read_tokenizer,
    read_weights,
    require_file,
    truncate,
)

DOWNLOAD = (
    "give a folder with config.json, tokenizer.json and model.safetensors, for example from "
    "`hf download openai/clip-vit-base-patch32 --local-dir FOLDER`"
)
# Configurations written by transformers < 4.24 give this wrong id for the end token, which actually
# has the largest id.
LEGACY_EOS = 2
# Name of the table of word vectors.
WORDS = "embeddings.token_embedding.weight"
DEFAULTS = {
    "num_attention_heads": 8,
    "num_hidden_layers": 12,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
    "eos_token_id": LEGACY_EOS,
}


@dataclass
class ClipTextEncoder:
    """CLIP's text encoder, with the interface `text_encoders.TextEncoder`.

    Attributes:
        weights: weights of the text encoder, keyed by their names in the file without the prefix
            "text_model.".
        config: configuration of the text encoder.
        tokenizer: tokenizer read from tokenizer.json.
        name: name by which the encoder was selected.
        digest: digest of the weights and the tokenizer.
    """

    weights: Weights
    config: dict
    tokenizer: object
    name: str
    digest: str
    truncated: int = 0

    @classmethod
    def load(cls, source: str) -> "ClipTextEncoder":
        """Load the encoder from a folder or, as OWNER/NAME, from the local Hugging Face cache.

        Raises:
            MmclipError: a file is missing or damaged, or contains no CLIP text encoder.
        """
        folder = _resolve_folder(source)
        config = read_json(require_file(folder, "config.json", DOWNLOAD))
        config = {**DEFAULTS, **config.get("text_config", config)}
        path = require_file(folder, "model.safetensors", DOWNLOAD)
        tokenizer = require_file(folder, "tokenizer.json", DOWNLOAD)
        weights = {
            name.removeprefix("text_model."): jnp.asarray(each)
            for name, each in read_weights(path).items()
            if name.startswith(("text_model.", "text_projection."))
        }
        if "text_projection.weight" not in weights:
            problem = "contains no CLIP text encoder with a projection"
            raise MmclipError(folder, "model.safetensors", problem, DOWNLOAD)
        digest = files_digest(path, tokenizer)
        return cls(weights, config, read_tokenizer(tokenizer), f"clip:{source}", digest)

    @property
    def width(self) -> int:
        """Width of an embedding, 512 for ViT-B/32."""
        return int(self.weights["text_projection.weight"].shape[0])

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as vectors of unit length, after truncation to the maximum length."""
        return self._embed(sentences, _unit_length)

    def embed_raw(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as the unnormalised vectors that CLIP's projection returns."""
        return self._embed(sentences, lambda x: x)

    def tower(self) -> TextTower:
        """The encoder after its table of word vectors."""

        def word_vectors(sentences: Sequence[str]) -> list[np.ndarray]:
            table = np.asarray(self.weights[WORDS])
            return [table[each.ids] for each in self.tokenizer.encode_batch(list(sentences))]

        def run(words: jax.Array, mask: jax.Array) -> jax.Array:
            end = mask.sum(axis=1).astype(int) - 1
            return encode_words(self.weights, self.config, words, end)

        max_length = int(self.config["max_position_embeddings"])
        return TextTower(word_vectors, run, max_length, has_edges=True)

    def _embed(self, sentences: Sequence[str], finish: Callable) -> np.ndarray:
        max_length = int(self.config["max_position_embeddings"])
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(sentences))]
        self.truncated += sum(len(ids) > max_length for ids in tokens)
        tokens = [truncate(ids, max_length) for ids in tokens]
        forward = jax.jit(lambda ids, _: finish(encode(self.weights, self.config, ids)))
        return embed_batches(forward, tokens, max_length, pad=0)


def encode(weights: Weights, config: dict, ids: jax.Array) -> jax.Array:
    """Run the causal transformer and project its output at the end token.

    Padding after the end token has no effect, because no token attends to later tokens.

    Args:
        weights: weights keyed by name.
        config: configuration with the numbers of heads and layers and the activation function.
        ids: token ids [batch, token].

    Returns:
        Embeddings [batch, width], not normalised.
    """
    end = end_token_position(ids, config["eos_token_id"])
    return encode_words(weights, config, weights[WORDS][ids], end)


def encode_words(weights: Weights, config: dict, words: jax.Array, end: jax.Array) -> jax.Array:
    """Run the transformer on word vectors [batch, token, width].

    Args:
        weights, config: arguments of `encode`.
        words: word vectors [batch, token, width].
        end: position of the end token of each sentence [batch].
    """
    length, epsilon = words.shape[1], config["layer_norm_eps"]
    x = words + weights["embeddings.position_embedding.weight"][:length]
    causal = jnp.triu(jnp.full((length, length), -1e9), 1)
    for index in range(config["num_hidden_layers"]):
        layer = f"encoder.layers.{index}"
        normed = layer_norm(weights, f"{layer}.layer_norm1", x, epsilon)
        q, k, v = (linear(weights, f"{layer}.self_attn.{n}_proj", normed) for n in "qkv")
        attended = attention(q, k, v, config["num_attention_heads"], causal)
        x += linear(weights, f"{layer}.self_attn.out_proj", attended)
        normed = layer_norm(weights, f"{layer}.layer_norm2", x, epsilon)
        hidden = _activation(config, linear(weights, f"{layer}.mlp.fc1", normed))
        x += linear(weights, f"{layer}.mlp.fc2", hidden)
    x = layer_norm(weights, "final_layer_norm", x, epsilon)
    return x[jnp.arange(len(x)), end] @ weights["text_projection.weight"].T


def end_token_position(ids: jax.Array, eos: int) -> jax.Array:
    """Position of the first end token of each row."""
    marks = ids if eos == LEGACY_EOS else ids == eos
    return jnp.argmax(marks, axis=1)


def _activation(config: dict, x: jax.Array) -> jax.Array:
    if config["hidden_act"] == "quick_gelu":
        return x * jax.nn.sigmoid(1.702 * x)
    return jax.nn.gelu(x, approximate=False)


def _unit_length(x: jax.Array) -> jax.Array:
    return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


def _resolve_folder(source: str) -> Path:
    """Find the folder: the source itself, or the latest snapshot of OWNER/NAME in the cache."""
    if Path(source).is_dir():
        return Path(source)
    home = os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE", Path(home) / "hub"))
    snapshots = cache / f"models--{source.replace('/', '--')}" / "snapshots"
    found = sorted(snapshots.glob("*"), key=lambda path: path.stat().st_mtime)
    if not found:
        problem = f"is not a folder, and {cache} has no such model"
        raise MmclipError(f"--encoder clip:{source}", source, problem, DOWNLOAD)
    return found[-1]
