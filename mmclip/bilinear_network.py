"""A bilinear map from the attribute vectors of trained networks to sentence embeddings."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.model import Embeddings, MmClip, concatenated, make_model, unit_length
from mmclip.settings import ModelSettings

# Name of the entry of model.json that describes the map.
BILINEAR = "bilinear"
# Key of the label names in the entry `BILINEAR`, in the order of the map's K components.
LABELS = "labels"


class BilinearMap(nnx.Module):
    """Linear map of low rank, applied to centred vectors.

    The similarity of a mapped vector and a text is a bilinear form of the vector and the text.

    Args:
        centre: mean vector of the training windows [width].
        left: factor [width, rank].
        right: factor [rank, text width].
    """

    def __init__(self, centre: jax.Array, left: jax.Array, right: jax.Array):
        self.centre = nnx.Param(jnp.asarray(centre, jnp.float32))
        self.left = nnx.Param(jnp.asarray(left, jnp.float32))
        self.right = nnx.Param(jnp.asarray(right, jnp.float32))

    def __call__(self, x: jax.Array) -> jax.Array:
        """Map vectors [batch, width] to vectors [batch, text width]."""
        return (x - self.centre[...]) @ self.left[...] @ self.right[...]


class BilinearNetwork(nnx.Module):
    """Trained networks whose attribute vectors are concatenated and mapped to text vectors.

    Args:
        members: networks with the same layer sizes.
        bilinear: map to the concatenated sentence embeddings of all attributes.
    """

    def __init__(self, members: Sequence[MmClip], bilinear: BilinearMap):
        self.members = nnx.List(members)
        self.map = bilinear
        self.log_scale = nnx.Param(jnp.zeros((), jnp.float32))

    def signal(self, heatmaps: jax.Array) -> Embeddings:
        """Embed heatmaps [batch, heatmap, column, bin], values from -1 to 1, as unit vectors."""
        attributes = [member.signal(heatmaps).attributes for member in self.members]
        count, width = attributes[0].shape[1:]
        mapped = self.map(features(attributes)).reshape(-1, count, width)
        return _embeddings(mapped)

    def text(self, sentences: jax.Array) -> Embeddings:
        """Embed the sentence embeddings of an activity [batch, attribute, width]."""
        return _embeddings(sentences)

    def scale(self) -> jax.Array:
        """Factor applied to the cosine similarities, the inverse of the softmax temperature."""
        return jnp.exp(self.log_scale[...])

    def set_scale(self, scale: float) -> None:
        """Set the factor applied to the cosine similarities."""
        self.log_scale[...] = jnp.log(jnp.float32(scale))


def features(attributes: Sequence[jax.Array]) -> jax.Array:
    """Concatenate the attribute vectors of all members.

    Args:
        attributes: unit vectors of each member [batch, attribute, width].

    Returns:
        Vectors [batch, width of all members].
    """
    return jnp.concatenate([each.reshape(len(each), -1) for each in attributes], axis=-1)


def make_bilinear(
    settings: ModelSettings, text_width: int, members: int, rank: int
) -> BilinearNetwork:
    """Create a network with initial weights, into which stored weights are loaded."""
    width = len(settings.parts) * text_width
    empty = [jnp.zeros(shape) for shape in ((members * width,), (members * width, rank))]
    bilinear = BilinearMap(*empty, jnp.zeros((rank, width)))
    return BilinearNetwork(
        [make_model(settings, text_width, seed) for seed in range(members)], bilinear
    )


def _embeddings(attributes: jax.Array) -> Embeddings:
    attributes = unit_length(attributes)
    return Embeddings(attributes, concatenated(attributes))
