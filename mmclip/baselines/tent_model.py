"""Network of the Tent baseline: one Vision Transformer over the three stacked heatmaps."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.model import TOKEN_INIT_STD, unit_length
from mmclip.transformer import Transformer


@dataclass(frozen=True, kw_only=True)
class TentSettings:
    """Settings that only Tent has; the defaults are the values of mmCLIP's authors.

    Attributes:
        width, depth, heads, mlp_ratio: sizes of the Vision Transformer.
        patch_columns: number of columns of a patch, which covers all bins of all heatmaps.
        prompt_length: number of vectors of the soft prompt.
        prompt_every: number of steps between updates of the prompt. The text embeddings of the
            labels are recomputed only after an update of the prompt. Authors: 1.
        scale: inverse of the softmax temperature, which is not trained; 100 is the value of the
            published CLIP models.
    """

    width: int = 512
    depth: int = 6
    heads: int = 8
    mlp_ratio: int = 4
    patch_columns: int = 4
    prompt_length: int = 32
    prompt_every: int = 1
    scale: float = 100.0


# Smaller layer sizes than the authors', with which training takes minutes on two cores. MiniLM's
# similarities are less concentrated than CLIP's, so the scale is the initial value of CLIP's
# training, 1 / 0.07.
SMALL_TENT = TentSettings(
    width=144, depth=3, heads=6, mlp_ratio=2, prompt_length=8, prompt_every=10, scale=1 / 0.07
)


class Tent(nnx.Module):
    """Vision Transformer with a class token and a projection to the width of the text embeddings.

    Args:
        settings: layer sizes.
        columns: number of columns of a window.
        bins: total number of bins of all heatmaps.
        text_width: width of the text embeddings.
        rngs: random number generators for the initial weights.
    """

    def __init__(
        self,
        settings: TentSettings,
        columns: int,
        bins: int,
        text_width: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.num_patches = columns // settings.patch_columns
        width, options = settings.width, {"dtype": jnp.float32, "rngs": rngs}
        self.patch = nnx.Linear(bins * settings.patch_columns, width, **options)
        self.token = nnx.Param(TOKEN_INIT_STD * jax.random.normal(rngs.params(), (1, width)))
        shape = (1 + self.num_patches, width)
        self.position = nnx.Param(TOKEN_INIT_STD * jax.random.normal(rngs.params(), shape))
        sizes = (settings.depth, width, settings.heads, settings.mlp_ratio, 0.0)
        self.blocks = Transformer(*sizes, **options)
        self.projection = nnx.Linear(width, text_width, **options)

    def __call__(self, inputs: jax.Array) -> jax.Array:
        """Embed windows [batch, column, bin] as unit vectors [batch, text width]."""
        patches = self.patch(inputs.reshape(len(inputs), self.num_patches, -1))
        token = jnp.broadcast_to(self.token[...], (len(inputs), *self.token.shape))
        x = jnp.concatenate([token, patches], axis=1) + self.position[...]
        return unit_length(self.projection(self.blocks(x, first=1)[:, 0]))
