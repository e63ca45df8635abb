"""Pre-norm transformer block with one fused qkv projection: the only attention in the model."""

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.lora import LoraLinear, drop


class Attention(nnx.Module):
    """Multi-head self-attention; q, k and v come from one projection, in this order.

    Args:
        width: of a token.
        heads: they share the width.
        dtype: of computation.
        rngs: draws the weights.
    """

    def __init__(self, width: int, heads: int, *, dtype, rngs: nnx.Rngs):
        self.heads = heads
        self.qkv = nnx.Linear(width, 3 * width, dtype=dtype, rngs=rngs)
        self.out = nnx.Linear(width, width, dtype=dtype, rngs=rngs)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """softmax(q k / sqrt(width of a head)) v for x [batch, token, width]."""
        batch, tokens, width = x.shape
        # Only the low-rank change has a dropout here.
        fused = self.qkv(x, key) if isinstance(self.qkv, LoraLinear) else self.qkv(x)
        q, k, v = jnp.split(fused.reshape(batch, tokens, 3 * self.heads, -1), 3, axis=2)
        logits = jnp.einsum("bthw,bshw->bhts", q, k) / jnp.sqrt(width / self.heads).astype(q.dtype)
        weights = jax.nn.softmax(logits.astype(jnp.float32), axis=-1).astype(v.dtype)
        mixed = jnp.einsum("bhts,bshw->bthw", weights, v)
        return self.out(mixed.reshape(batch, tokens, width))


class Block(nnx.Module):
    """x + attention(norm(x)), then x + MLP(norm(x)), GELU between its two maps.

    Args:
        width: of a token.
        heads: of the attention.
        mlp_ratio: hidden width of the MLP over the width.
        dropout: after attention and MLP, where a key is given.
        dtype: of computation.
        rngs: draws the weights.
    """

    def __init__(
        self, width: int, heads: int, mlp_ratio: int, dropout: float, *, dtype, rngs: nnx.Rngs
    ):
        self.dropout = dropout
        self.norm1 = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.attention = Attention(width, heads, dtype=dtype, rngs=rngs)
        self.norm2 = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.up = nnx.Linear(width, mlp_ratio * width, dtype=dtype, rngs=rngs)
        self.down = nnx.Linear(mlp_ratio * width, width, dtype=dtype, rngs=rngs)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """[batch, token, width] to the same; a key is given in training."""
        keys = (None,) * 3 if key is None else jax.random.split(key, 3)
        x = x + drop(keys[0], self.attention(self.norm1(x), keys[1]), self.dropout)
        raised = jax.nn.gelu(self.up(self.norm2(x)), approximate=False)
        return x + drop(keys[2], self.down(raised), self.dropout)


class Blocks(nnx.Module):
    """Blocks one after the other, and a norm; arguments as for `Block`."""

    def __init__(self, depth: int, width: int, heads: int, mlp_ratio: int, dropout: float, **how):
        self.blocks = nnx.List(
            [Block(width, heads, mlp_ratio, dropout, **how) for _ in range(depth)]
        )
        self.norm = nnx.LayerNorm(width, **how)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """[batch, token, width] to the same."""
        for number, block in enumerate(self.blocks):
            x = block(x, None if key is None else jax.random.fold_in(key, number))
        return self.norm(x)
