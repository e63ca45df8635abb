"""Pre-norm transformer encoder with a fused qkv projection.

The attribute names of the modules in this file are the keys in weights.safetensors and in
checkpoints.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.lora import LoraLinear, dropout


class Attention(nnx.Module):
    """Multi-head self-attention; one projection yields q, k and v, in this order.

    Args:
        width: width of a token.
        heads: number of heads, a divisor of the width.
        dtype: dtype of the computation.
        rngs: random number generators for the initial weights.
    """

    def __init__(self, width: int, heads: int, *, dtype, rngs: nnx.Rngs):
        self.heads = heads
        self.qkv = nnx.Linear(width, 3 * width, dtype=dtype, rngs=rngs)
        self.out = nnx.Linear(width, width, dtype=dtype, rngs=rngs)

    def __call__(
        self, x: jax.Array, key: jax.Array | None = None, first: int | None = None
    ) -> jax.Array:
        """Compute softmax(q k / sqrt(head width)) v for x [batch, token, width].

        If `first` is given, only the outputs of the first `first` tokens are computed; these tokens
        attend to all tokens.
        """
        batch, tokens, width = x.shape
        # Only a LoRA projection has dropout and therefore takes a key.
        qkv = self.qkv(x, key) if isinstance(self.qkv, LoraLinear) else self.qkv(x)
        q, k, v = jnp.split(qkv.reshape(batch, tokens, 3 * self.heads, -1), 3, axis=2)
        q = q[:, :first]
        logits = jnp.einsum("bthw,bshw->bhts", q, k) / jnp.sqrt(width / self.heads).astype(q.dtype)
        weights = jax.nn.softmax(logits.astype(jnp.float32), axis=-1).astype(v.dtype)
        attended = jnp.einsum("bhts,bshw->bthw", weights, v)
        return self.out(attended.reshape(batch, -1, width))


class TransformerBlock(nnx.Module):
    """x + attention(norm(x)), then x + MLP(norm(x)); the MLP has one hidden layer with GELU.

    Args:
        width: width of a token.
        heads: number of attention heads.
        mlp_ratio: hidden width of the MLP divided by the token width.
        dropout: dropout rate after attention and MLP, applied if a key is given.
        dtype: dtype of the computation.
        rngs: random number generators for the initial weights.
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

    def __call__(
        self, x: jax.Array, key: jax.Array | None = None, first: int | None = None
    ) -> jax.Array:
        """Transform tokens [batch, token, width]; return all tokens or the leading `first` tokens.

        Pass a random key for dropout during training only.
        """
        keys = (None,) * 3 if key is None else jax.random.split(key, 3)
        attended = self.attention(self.norm1(x), keys[1], first)
        tokens = x.shape[1]
        x = x[:, :first] + dropout(keys[0], attended, self.dropout, tokens)
        hidden = jax.nn.gelu(self.up(self.norm2(x)), approximate=False)
        return x + dropout(keys[2], self.down(hidden), self.dropout, tokens)


class Transformer(nnx.Module):
    """A stack of transformer blocks, followed by a layer norm unless `norm` is false.

    Args:
        depth: number of blocks.
        width, heads, mlp_ratio, dropout: arguments of every `TransformerBlock`.
        norm: whether a layer norm follows the last block.
        options: `dtype` and `rngs` of all layers.
    """

    def __init__(
        self,
        depth: int,
        width: int,
        heads: int,
        mlp_ratio: int,
        dropout: float,
        *,
        norm: bool = True,
        **options,
    ):
        self.blocks = nnx.List(
            [TransformerBlock(width, heads, mlp_ratio, dropout, **options) for _ in range(depth)]
        )
        self.norm = nnx.LayerNorm(width, **options) if norm else None

    def __call__(
        self, x: jax.Array, key: jax.Array | None = None, first: int | None = None
    ) -> jax.Array:
        """Transformed tokens [batch, token, width].

        Args:
            x: tokens [batch, token, width].
            key: random key for dropout; pass it during training only.
            first: number of leading tokens to return; default: all. The last block computes the
                other tokens only as keys and values, which saves most of the block's run time.
        """
        last = len(self.blocks) - 1
        for index, block in enumerate(self.blocks):
            block_key = None if key is None else jax.random.fold_in(key, index)
            x = block(x, block_key, first if index == last else None)
        x = x[:, :first]
        return x if self.norm is None else self.norm(x)
