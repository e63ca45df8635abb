"""Low-rank adaptation (LoRA) of the fused qkv projections.

    W x + b  becomes  W x + b + (alpha / rank) B A x

A is initialised randomly and B with zeros, so attaching LoRA does not change the output.

Source:
    Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip import random_draws
from mmclip.settings import OptimizationSettings


class LoraParam(nnx.Variable):
    """A low-rank factor, distinct from `nnx.Param`, so that either type can be frozen."""


class LoraLinear(nnx.Module):
    """A linear layer plus a low-rank update.

    Args:
        base: the linear layer.
        rank: rank of the update.
        alpha: numerator of the update's scale, alpha / rank.
        dropout: dropout rate at the input of the update, applied during training.
        rngs: random number generators for the initial A.
    """

    def __init__(
        self, base: nnx.Linear, rank: int, alpha: float, dropout: float, *, rngs: nnx.Rngs
    ):
        width_in, width_out = base.kernel.shape
        self.base = base
        self.scale, self.dropout = alpha / rank, dropout
        self.a = LoraParam(jax.random.normal(rngs.params(), (width_in, rank)) / jnp.sqrt(width_in))
        self.b = LoraParam(jnp.zeros((rank, width_out)))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Output of the layer for x [..., width_in]; dropout is applied if a key is given."""
        dropped = dropout(key, x, self.dropout)
        update = (dropped @ self.a[...].astype(x.dtype)) @ self.b[...].astype(x.dtype)
        return self.base(x) + self.scale * update

    def merged(self) -> nnx.Linear:
        """The base layer with the update added to its kernel."""
        self.base.kernel[...] += self.scale * self.a[...] @ self.b[...]
        return self.base


def attach(model: nnx.Module, settings: OptimizationSettings, key: jax.Array) -> None:
    """Wrap every qkv projection of a model in a `LoraLinear`."""
    rngs = nnx.Rngs(params=key)
    for attention in _attention_layers(model):
        attention.qkv = LoraLinear(
            attention.qkv,
            settings.lora_rank,
            settings.lora_alpha,
            settings.lora_dropout,
            rngs=rngs,
        )


def merge(model: nnx.Module) -> None:
    """Replace every `LoraLinear` with its merged linear layer, restoring the original structure."""
    for attention in _attention_layers(model):
        if isinstance(attention.qkv, LoraLinear):
            attention.qkv = attention.qkv.merged()


def dropout(
    key: jax.Array | None, x: jax.Array, rate: float, tokens: int | None = None
) -> jax.Array:
    """Apply inverted dropout; without a key, return x unchanged.

    Args:
        key: random key.
        x: values [batch, ..., width].
        rate: probability that a value is dropped.
        tokens: total number of tokens if x [batch, token, width] contains only the first of them;
            the dropout mask of a token does not depend on the number of tokens in x. Default: x
            contains all tokens.
    """
    if key is None or not rate:
        return x
    shape = x.shape if tokens is None else (x.shape[0], tokens, *x.shape[2:])
    kept = random_draws.bernoulli(key, 1.0 - rate, shape)[:, : x.shape[1]]
    return jnp.where(kept, x / (1.0 - rate), 0).astype(x.dtype)


def _attention_layers(model: nnx.Module) -> list[nnx.Module]:
    return [module for _, module in nnx.iter_modules(model) if hasattr(module, "qkv")]
