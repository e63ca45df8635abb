"""The network of mmCLIP: heatmaps and sentences into one space.

    heatmaps -> branch encoders -> attribute tokens -> aggregation -> projection \
                                                                                  similarities
    sentences -> frozen text encoder ----------------> aggregation --------------/

`python -m mmclip.model [--preset small]` prints how many parameters each part has.

Source:
    Cao et al., "mmCLIP: Boosting mmWave-based Zero-shot HAR via Signal-Text Alignment",
    SenSys 2024.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from mmclip.attention import Blocks
from mmclip.config import Model

# Beyond this sharpness CLIP's training gets unstable: Radford et al., section 2.5.
MOST_SCALE = 100.0
TOKEN_SPREAD = 0.02


class Embeddings(NamedTuple):
    """Vectors of unit length.

    Attributes:
        parts: of each attribute [batch, part, width].
        whole: of the activity [batch, width].
    """

    parts: jax.Array
    whole: jax.Array


class BranchEncoder(nnx.Module):
    """One heatmap to one token for each few columns of time."""

    def __init__(self, settings: Model, *, dtype, rngs: nnx.Rngs):
        width, height = settings.branch_width, settings.patch_columns * settings.size
        self.num_tokens = settings.size // settings.patch_columns
        self.patch = nnx.Linear(height, width, dtype=dtype, rngs=rngs)
        self.position = _token(rngs, self.num_tokens, width)
        self.blocks = Blocks(
            settings.branch_depth,
            width,
            settings.branch_heads,
            settings.mlp_ratio,
            settings.dropout,
            dtype=dtype,
            rngs=rngs,
        )

    def __call__(self, heatmap: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """[batch, column, bin] to [batch, token, width]."""
        patches = heatmap.reshape(len(heatmap), self.num_tokens, -1)
        return self.blocks(self.patch(patches) + self.position[...], key)


class TokenLearner(nnx.Module):
    """Learned tokens, one per attribute, look at all branches' tokens; they are what comes out."""

    def __init__(self, settings: Model, *, dtype, rngs: nnx.Rngs):
        width = settings.branch_width * len(settings.heatmaps)
        self.parts = _token(rngs, len(settings.parts), width)
        self.position = _token(rngs, settings.size // settings.patch_columns, width)
        self.blocks = Blocks(
            settings.learner_depth,
            width,
            settings.learner_heads,
            settings.mlp_ratio,
            settings.dropout,
            dtype=dtype,
            rngs=rngs,
        )

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """[batch, token, width] to [batch, part, width]."""
        tokens = jnp.broadcast_to(self.parts[...], (len(x), *self.parts.shape)).astype(x.dtype)
        x = jnp.concatenate([tokens, x + self.position[...].astype(x.dtype)], axis=1)
        return self.blocks(x, key)[:, : self.parts.shape[0]]


class Aggregator(nnx.Module):
    """A learned token gathers the attributes of an activity into one vector."""

    def __init__(self, width: int, settings: Model, *, dtype, rngs: nnx.Rngs):
        self.whole = _token(rngs, 1, width)
        self.blocks = Blocks(
            1,
            width,
            settings.aggregator_heads,
            settings.mlp_ratio,
            settings.dropout,
            dtype=dtype,
            rngs=rngs,
        )

    def __call__(self, parts: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """[batch, part, width] to [batch, width]."""
        whole = jnp.broadcast_to(self.whole[...], (len(parts), *self.whole.shape))
        x = jnp.concatenate([whole.astype(parts.dtype), parts], axis=1)
        return self.blocks(x, key)[:, 0]


class MmClip(nnx.Module):
    """The whole network.

    Args:
        settings: sizes.
        text_width: of the sentences' vectors.
        rngs: draws the weights.
    """

    def __init__(self, settings: Model, text_width: int, *, rngs: nnx.Rngs):
        how = {"dtype": compute_dtype(settings), "rngs": rngs}
        width = settings.branch_width * len(settings.heatmaps)
        self.branches = nnx.List([BranchEncoder(settings, **how) for _ in settings.heatmaps])
        self.learner = TokenLearner(settings, **how)
        self.signal_aggregator = Aggregator(width, settings, **how)
        self.projection = nnx.Linear(width, text_width, **how)
        self.text_aggregator = Aggregator(text_width, settings, **how)
        self.log_scale = nnx.Param(jnp.array(np.log(1 / settings.temperature), jnp.float32))

    def signal(self, heatmaps: jax.Array, key: jax.Array | None = None) -> Embeddings:
        """Embed heatmaps [batch, heatmap, column, bin] from -1 to 1; a key is given in training."""
        keys = [None] * 5 if key is None else jax.random.split(key, 2 + len(self.branches))
        tokens = [
            branch(heatmaps[:, number], keys[2 + number])
            for number, branch in enumerate(self.branches)
        ]
        parts = self.learner(jnp.concatenate(tokens, axis=-1), keys[0])
        whole = self.signal_aggregator(parts, keys[1])
        return Embeddings(unit(self.projection(parts)), unit(self.projection(whole)))

    def text(self, sentences: jax.Array, key: jax.Array | None = None) -> Embeddings:
        """Embed sentences [batch, part, width], which themselves stay as they are."""
        return Embeddings(unit(sentences), unit(self.text_aggregator(sentences, key)))

    def scale(self) -> jax.Array:
        """What cosines are multiplied by: one over the temperature."""
        return jnp.minimum(jnp.exp(self.log_scale[...]), MOST_SCALE)


def unit(x: jax.Array) -> jax.Array:
    """Scale vectors to length one, in float32."""
    x = x.astype(jnp.float32)
    return x * jax.lax.rsqrt(jnp.maximum(jnp.square(x).sum(-1, keepdims=True), 1e-12))


def compute_dtype(settings: Model):
    """float32 or bfloat16."""
    if settings.dtype == "auto":
        return jnp.bfloat16 if jax.default_backend() == "gpu" else jnp.float32
    return jnp.dtype(settings.dtype)


def make_model(settings: Model, text_width: int, seed: int) -> MmClip:
    """A network whose weights follow from the seed.

    Raises:
        ValueError: the text's width and the heads do not fit.
    """
    if text_width % settings.aggregator_heads:
        problem = f"text is {text_width} wide; model.aggregator_heads must divide that"
        raise ValueError(problem)
    return MmClip(settings, text_width, rngs=nnx.Rngs(params=seed))


def _token(rngs: nnx.Rngs, count: int, width: int) -> nnx.Param:
    return nnx.Param(TOKEN_SPREAD * jax.random.normal(rngs.params(), (count, width)))


if __name__ == "__main__":
    from mmclip.parameters import main

    main()
