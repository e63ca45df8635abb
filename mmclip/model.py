"""The mmCLIP network, which embeds heatmaps and sentences in one space.

    heatmaps -> branch encoders -> attribute tokens -> aggregator -> projection --+
                                                                                  +-> similarities
    sentences -> frozen text encoder ----------------> aggregator ----------------+

`python -m mmclip.model [--preset small]` prints the number of parameters of each component. The
attribute names of the modules in this file are the keys in weights.safetensors and in checkpoints.

Source:
    Cao et al., "mmCLIP: Boosting mmWave-based Zero-shot HAR via Signal-Text Alignment",
    SenSys 2024.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from mmclip import lora
from mmclip.exit_status import exit_status
from mmclip.parameter_counts import PAPER_PRESETS, parameter_table, readings_table
from mmclip.presets import PRESETS, load_preset
from mmclip.settings import ModelSettings, TrainingSettings
from mmclip.transformer import Transformer

# Upper limit of CLIP's scale, which keeps training stable: Radford et al., section 2.5.
MAX_SCALE = 100.0
# Standard deviation of the initial values of learned tokens and positions.
TOKEN_INIT_STD = 0.02
# Depths of the branch encoders in the paper and in the authors' code.
BRANCH_DEPTHS = (2, 4)
# Width of the sentence embeddings of CLIP ViT-B/32, the paper's text encoder.
PAPER_TEXT_WIDTH = 512


class Embeddings(NamedTuple):
    """Embeddings, of unit length unless they were requested without scaling.

    Attributes:
        attributes: embedding of each attribute [batch, attribute, width].
        activity: embedding of the activity as a whole [batch, width].
    """

    attributes: jax.Array
    activity: jax.Array


class BranchEncoder(nnx.Module):
    """Encoder of one heatmap; each patch of a few columns becomes a token."""

    def __init__(self, settings: ModelSettings, *, dtype, rngs: nnx.Rngs):
        width, height = settings.branch_width, settings.patch_columns * settings.size
        self.num_tokens = settings.size // settings.patch_columns
        self.patch = nnx.Linear(height, width, dtype=dtype, rngs=rngs)
        self.position = _learned_tokens(rngs, self.num_tokens, width)
        self.blocks = Transformer(
            settings.branch_depth,
            width,
            settings.branch_heads,
            settings.mlp_ratio,
            settings.dropout,
            norm=settings.branch_norm,
            dtype=dtype,
            rngs=rngs,
        )

    def __call__(self, heatmap: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Encode heatmaps [batch, column, bin] as tokens [batch, token, width]."""
        patches = heatmap.reshape(len(heatmap), self.num_tokens, -1)
        return self.blocks(self.patch(patches) + self.position[...], key)


class TokenLearner(nnx.Module):
    """Learned attribute tokens that attend to the tokens of all branches."""

    def __init__(self, settings: ModelSettings, *, dtype, rngs: nnx.Rngs):
        width = settings.branch_width * len(settings.heatmaps)
        self.parts = _learned_tokens(rngs, len(settings.parts), width)
        self.position = _learned_tokens(rngs, settings.size // settings.patch_columns, width)
        self.blocks = Transformer(
            settings.learner_depth,
            width,
            settings.learner_heads,
            settings.mlp_ratio,
            settings.dropout,
            dtype=dtype,
            rngs=rngs,
        )

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Map branch tokens [batch, token, width] to attribute tokens [batch, attribute, width]."""
        tokens = jnp.broadcast_to(self.parts[...], (len(x), *self.parts.shape)).astype(x.dtype)
        x = jnp.concatenate([tokens, x + self.position[...].astype(x.dtype)], axis=1)
        return self.blocks(x, key, first=self.parts.shape[0])


class Aggregator(nnx.Module):
    """A learned token that aggregates the attributes of an activity into one vector.

    Without `model.aggregator_position`, the vector does not depend on the order of the attributes.
    """

    def __init__(self, width: int, settings: ModelSettings, *, dtype, rngs: nnx.Rngs):
        self.whole = _learned_tokens(rngs, 1, width)
        self.blocks = Transformer(
            1,
            width,
            settings.aggregator_heads,
            settings.mlp_ratio,
            settings.dropout,
            dtype=dtype,
            rngs=rngs,
        )
        tokens = 1 + len(settings.parts)
        learned = settings.aggregator_position
        self.position = _learned_tokens(rngs, tokens, width) if learned else None

    def __call__(self, attributes: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Aggregate attributes [batch, attribute, width] into activity vectors [batch, width]."""
        token = jnp.broadcast_to(self.whole[...], (len(attributes), *self.whole.shape))
        x = jnp.concatenate([token.astype(attributes.dtype), attributes], axis=1)
        if self.position is not None:
            x += self.position[...].astype(x.dtype)
        return self.blocks(x, key, first=1)[:, 0]


class MmClip(nnx.Module):
    """The complete network, without the frozen text encoder.

    Args:
        settings: layer sizes.
        text_width: width of the sentence embeddings.
        rngs: random number generators for the initial weights.
    """

    def __init__(self, settings: ModelSettings, text_width: int, *, rngs: nnx.Rngs):
        options = {"dtype": compute_dtype(settings), "rngs": rngs}
        width = settings.branch_width * len(settings.heatmaps)
        self.branches = nnx.List([BranchEncoder(settings, **options) for _ in settings.heatmaps])
        self.learner = TokenLearner(settings, **options)
        learned = settings.aggregator == "attention"
        self.signal_aggregator = Aggregator(width, settings, **options) if learned else None
        self.projection = nnx.Linear(width, text_width, **options)
        self.text_aggregator = Aggregator(text_width, settings, **options) if learned else None
        self.log_scale = nnx.Param(jnp.array(np.log(1 / settings.temperature), jnp.float32))

    def signal(
        self, heatmaps: jax.Array, key: jax.Array | None = None, *, unit: bool = True
    ) -> Embeddings:
        """Embed heatmaps.

        Args:
            heatmaps: values from -1 to 1 [batch, heatmap, column, bin].
            key: random key for dropout; pass it only during training.
            unit: whether to scale the embeddings to unit length.
        """
        keys = [None] * 5 if key is None else jax.random.split(key, 2 + len(self.branches))
        tokens = [
            branch(heatmaps[:, index], keys[2 + index])
            for index, branch in enumerate(self.branches)
        ]
        attributes = self.learner(jnp.concatenate(tokens, axis=-1), keys[0])
        if self.signal_aggregator is None:
            return _embeddings(self.projection(attributes), None, unit)
        activity = self.signal_aggregator(attributes, keys[1])
        return _embeddings(self.projection(attributes), self.projection(activity), unit)

    def text(
        self, sentences: jax.Array, key: jax.Array | None = None, *, unit: bool = True
    ) -> Embeddings:
        """Embed the sentences of an activity.

        Args:
            sentences: frozen sentence embeddings [batch, attribute, width]; they are returned as
                the attribute embeddings.
            key: random key for dropout; pass it only during training.
            unit: whether to scale the embeddings to unit length.
        """
        if self.text_aggregator is None:
            return _embeddings(sentences, None, unit)
        return _embeddings(sentences, self.text_aggregator(sentences, key), unit)

    def scale(self) -> jax.Array:
        """Factor applied to the cosine similarities, the inverse of the softmax temperature."""
        return jnp.minimum(jnp.exp(self.log_scale[...]), MAX_SCALE)


def unit_length(x: jax.Array) -> jax.Array:
    """Scale vectors to unit length, in float32."""
    x = x.astype(jnp.float32)
    return x * jax.lax.rsqrt(jnp.maximum(jnp.square(x).sum(-1, keepdims=True), 1e-12))


def concatenated(attributes: jax.Array) -> jax.Array:
    """Concatenate attribute vectors [batch, attribute, width] as activity vectors of unit length.

    If the attribute vectors have unit length, the dot product of two activity vectors is the mean
    of the dot products of their attributes.
    """
    return unit_length(attributes.reshape(len(attributes), -1))


def _embeddings(attributes: jax.Array, activity: jax.Array | None, unit: bool) -> Embeddings:
    """Return float32 embeddings; if `activity` is None, the attribute vectors are concatenated."""
    finish = unit_length if unit else lambda x: x.astype(jnp.float32)
    attributes = finish(attributes)
    if activity is not None:
        return Embeddings(attributes, finish(activity))
    if unit:
        return Embeddings(attributes, concatenated(attributes))
    return Embeddings(attributes, attributes.reshape(len(attributes), -1))


def compute_dtype(settings: ModelSettings):
    """The dtype of the computation, float32 or bfloat16."""
    if settings.dtype == "auto":
        return jnp.bfloat16 if jax.default_backend() == "gpu" else jnp.float32
    return jnp.dtype(settings.dtype)


def make_model(settings: ModelSettings, text_width: int, seed: int) -> MmClip:
    """Create a network whose initial weights depend only on the seed.

    Raises:
        ValueError: the text width is not divisible by the number of heads.
    """
    if text_width % settings.aggregator_heads:
        problem = f"the text embeddings are {text_width} wide; model.aggregator_heads must divide"
        raise ValueError(f"{problem} this width")
    return MmClip(settings, text_width, rngs=nnx.Rngs(params=seed))


def abstract_model(settings: TrainingSettings, text_width: int = PAPER_TEXT_WIDTH) -> MmClip:
    """Build the network, with LoRA attached, from shapes only, without allocating memory."""

    def build() -> MmClip:
        model = make_model(settings.model, text_width, 0)
        lora.attach(model, settings.train, jax.random.key(0))
        return model

    return nnx.eval_shape(build)


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Print the parameter counts of a preset; the exit status is 0, or 2 for a wrong setting."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.model",
        description="Print the number of parameters of each component next to the paper's counts.",
    )
    parser.add_argument(
        "--preset",
        default="paper",
        choices=tuple(PRESETS),
        help="preset of the settings (default: %(default)s)",
    )
    parser.add_argument(
        "--text-width",
        type=int,
        default=PAPER_TEXT_WIDTH,
        help="width of the text embeddings (default: %(default)s)",
    )
    parser.add_argument(
        "settings", nargs="*", metavar="KEY=VALUE", help="settings that override the preset"
    )
    options = parser.parse_args(arguments)
    settings = load_preset(options.preset, options.settings)
    print(parameter_table(abstract_model(settings, options.text_width)))
    if options.preset in PAPER_PRESETS:
        by_depth = {depth: _with_branch_depth(settings, depth) for depth in BRANCH_DEPTHS}
        models = {n: abstract_model(each, options.text_width) for n, each in by_depth.items()}
        print(readings_table(models, settings.model))
    return 0


def _with_branch_depth(settings: TrainingSettings, depth: int) -> TrainingSettings:
    return replace(settings, model=replace(settings.model, branch_depth=depth))


def _learned_tokens(rngs: nnx.Rngs, count: int, width: int) -> nnx.Param:
    return nnx.Param(TOKEN_INIT_STD * jax.random.normal(rngs.params(), (count, width)))


if __name__ == "__main__":
    sys.exit(main())
