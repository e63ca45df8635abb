"""Low-rank adaptation of the fused qkv projections: a variable type of its own.

    W x + b  becomes  W x + b + (alpha / rank) B A x

with A drawn, B zero, so that attaching changes nothing.

Source:
    Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.config import Train


class LoraParam(nnx.Variable):
    """A factor of a low-rank change; no `nnx.Param`, so that either can be frozen."""


class LoraLinear(nnx.Module):
    """A linear map with a low-rank change beside it.

    Args:
        base: the map.
        rank: of the change.
        alpha: the change counts alpha / rank.
        dropout: share of the inputs that the change does not see, in training.
        rngs: draws A.
    """

    def __init__(
        self, base: nnx.Linear, rank: int, alpha: float, dropout: float, *, rngs: nnx.Rngs
    ):
        into, out = base.kernel.shape
        self.base = base
        self.scale, self.dropout = alpha / rank, dropout
        self.a = LoraParam(jax.random.normal(rngs.params(), (into, rank)) / jnp.sqrt(into))
        self.b = LoraParam(jnp.zeros((rank, out)))

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """The map of x [..., into]; dropout where a key is given."""
        seen = drop(key, x, self.dropout)
        change = (seen @ self.a[...].astype(x.dtype)) @ self.b[...].astype(x.dtype)
        return self.base(x) + self.scale * change

    def merged(self) -> nnx.Linear:
        """The base with the change added into its kernel."""
        self.base.kernel[...] += self.scale * self.a[...] @ self.b[...]
        return self.base


def attach(model: nnx.Module, settings: Train, key: jax.Array) -> None:
    """Put a change beside every qkv projection of a model."""
    rngs = nnx.Rngs(params=key)
    for holder in _holders(model):
        holder.qkv = LoraLinear(
            holder.qkv, settings.lora_rank, settings.lora_alpha, settings.lora_dropout, rngs=rngs
        )


def merge(model: nnx.Module) -> None:
    """Add every change into its projection: the model is then as plain as before `attach`."""
    for holder in _holders(model):
        if isinstance(holder.qkv, LoraLinear):
            holder.qkv = holder.qkv.merged()


def drop(key: jax.Array | None, x: jax.Array, rate: float) -> jax.Array:
    """Zero a share of x and scale up the rest; nothing without a key."""
    if key is None or not rate:
        return x
    kept = jax.random.bernoulli(key, 1.0 - rate, x.shape)
    return jnp.where(kept, x / (1.0 - rate), 0).astype(x.dtype)


def _holders(model: nnx.Module) -> list[nnx.Module]:
    return [each for _, each in nnx.iter_modules(model) if hasattr(each, "qkv")]
