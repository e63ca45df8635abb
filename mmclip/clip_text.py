"""CLIP's text tower in JAX, from the files of a Hugging Face folder; nothing is downloaded.

Source:
    Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from mmclip.errors import MmclipError
from mmclip.text_layers import (
    Weights,
    attend,
    digest_of,
    embed_batches,
    layer_norm,
    linear,
    need_file,
    read_json,
    read_tokenizer,
    read_weights,
)

GET_IT = (
    "give a folder with config.json, tokenizer.json and model.safetensors, such as one that "
    "`hf download openai/clip-vit-base-patch32 --local-dir FOLDER` makes"
)
# Configurations written before transformers 4.24 say this; then the largest id ends the text.
LEGACY_EOS = 2
DEFAULTS = {
    "num_attention_heads": 8,
    "num_hidden_layers": 12,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
    "eos_token_id": LEGACY_EOS,
}


@dataclass
class ClipText:
    """See `text.TextEncoder`.

    Attributes:
        weights: of the text tower, by their names in the file without "text_model.".
        config: of the text tower.
        tokenizer: of the folder.
        name, digest: which one it is.
    """

    weights: Weights
    config: dict
    tokenizer: object
    name: str
    digest: str
    truncated: int = 0

    @classmethod
    def load(cls, place: str) -> "ClipText":
        """Read it from a folder, or from the cache by OWNER/NAME.

        Raises:
            MmclipError: a file is missing, or it is another kind of model.
        """
        folder = _folder(place)
        config = read_json(need_file(folder, "config.json", GET_IT))
        config = {**DEFAULTS, **config.get("text_config", config)}
        path = need_file(folder, "model.safetensors", GET_IT)
        tokenizer = need_file(folder, "tokenizer.json", GET_IT)
        kept = ("text_model.", "text_projection.")
        weights = {
            name.removeprefix("text_model."): jnp.asarray(each)
            for name, each in read_weights(path).items()
            if name.startswith(kept)
        }
        if "text_projection.weight" not in weights:
            problem = "holds no CLIP text tower with its projection"
            raise MmclipError(folder, "model.safetensors", problem, GET_IT)
        digest = digest_of(path, tokenizer)
        return cls(weights, config, read_tokenizer(tokenizer), f"clip:{place}", digest)

    @property
    def width(self) -> int:
        """512 in ViT-B/32."""
        return int(self.weights["text_projection.weight"].shape[0])

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.embed`; a text beyond 77 tokens is cut and keeps its end mark."""
        longest = int(self.config["max_position_embeddings"])
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(sentences))]
        self.truncated += sum(len(ids) > longest for ids in tokens)
        tokens = [[*ids[: longest - 1], ids[-1]] if len(ids) > longest else ids for ids in tokens]
        forward = jax.jit(lambda ids, _: _unit(tower(self.weights, self.config, ids)))
        return embed_batches(forward, tokens, longest, pad=0)


def tower(weights: Weights, config: dict, ids: jax.Array) -> jax.Array:
    """Causal transformer, pooled at the end of text, projected.

    What follows the end of text changes nothing: no token sees what comes after it.

    Args:
        weights: by name.
        config: heads, layers, activation.
        ids: of the tokens [batch, token].

    Returns:
        [batch, width], of any length.
    """
    length, epsilon = ids.shape[1], config["layer_norm_eps"]
    x = weights["embeddings.token_embedding.weight"][ids]
    x += weights["embeddings.position_embedding.weight"][:length]
    causal = jnp.triu(jnp.full((length, length), -1e9), 1)
    for number in range(config["num_hidden_layers"]):
        at = f"encoder.layers.{number}"
        normed = layer_norm(weights, f"{at}.layer_norm1", x, epsilon)
        q, k, v = (linear(weights, f"{at}.self_attn.{n}_proj", normed) for n in "qkv")
        mixed = attend(q, k, v, config["num_attention_heads"], causal)
        x += linear(weights, f"{at}.self_attn.out_proj", mixed)
        normed = layer_norm(weights, f"{at}.layer_norm2", x, epsilon)
        raised = _activation(config, linear(weights, f"{at}.mlp.fc1", normed))
        x += linear(weights, f"{at}.mlp.fc2", raised)
    x = layer_norm(weights, "final_layer_norm", x, epsilon)
    pooled = x[jnp.arange(len(ids)), end_of_text(ids, config["eos_token_id"])]
    return pooled @ weights["text_projection.weight"].T


def end_of_text(ids: jax.Array, eos: int) -> jax.Array:
    """Position of the first end mark of each row."""
    marks = ids if eos == LEGACY_EOS else ids == eos
    return jnp.argmax(marks, axis=1)


def _activation(config: dict, x: jax.Array) -> jax.Array:
    if config["hidden_act"] == "quick_gelu":
        return x * jax.nn.sigmoid(1.702 * x)
    return jax.nn.gelu(x, approximate=False)


def _unit(x: jax.Array) -> jax.Array:
    return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


def _folder(place: str) -> Path:
    """The folder itself, or the newest snapshot of OWNER/NAME in the cache."""
    if Path(place).is_dir():
        return Path(place)
    home = os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE", Path(home) / "hub"))
    snapshots = cache / f"models--{place.replace('/', '--')}" / "snapshots"
    found = sorted(snapshots.glob("*"), key=lambda path: path.stat().st_mtime)
    if not found:
        problem = f"is no folder, and {cache} has no such model"
        raise MmclipError(f"--encoder clip:{place}", place, problem, GET_IT)
    return found[-1]
