"""Several networks that are used as one, as written by `mmclip.ensemble`."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.model import Embeddings, MmClip, make_model, unit_length
from mmclip.settings import ModelSettings

# Entry of model.json with a description of each member.
MEMBERS = "members"


class Ensemble(nnx.Module):
    """Several networks that are used as one.

    Args:
        members: networks of the same layer sizes.
    """

    def __init__(self, members: Sequence[MmClip]):
        self.members = nnx.List(members)

    def signal(self, heatmaps: jax.Array) -> Embeddings:
        """Embed heatmaps [batch, heatmap, column, bin], values from -1 to 1, as unit vectors.

        Returns:
            Embeddings whose activity vectors have the width of all members together.
        """
        return combined([member.signal(heatmaps) for member in self.members])

    def text(self, sentences: jax.Array) -> Embeddings:
        """Embed the sentence embeddings of an activity [batch, attribute, width]."""
        return combined([member.text(sentences) for member in self.members])

    def scale(self) -> jax.Array:
        """Factor applied to the cosine similarities, the mean over the members."""
        return jnp.mean(jnp.stack([member.scale() for member in self.members]))


def combined(embeddings: Sequence[Embeddings]) -> Embeddings:
    """Unit vectors of an ensemble: means of the attribute vectors, and joined activity vectors."""
    attributes = unit_length(jnp.mean(jnp.stack([each.attributes for each in embeddings]), axis=0))
    activity = jnp.concatenate([each.activity for each in embeddings], axis=-1)
    return Embeddings(attributes, unit_length(activity))


def make_ensemble(settings: ModelSettings, text_width: int, members: int) -> Ensemble:
    """Create an ensemble with initial weights, as the structure for stored weights."""
    return Ensemble([make_model(settings, text_width, seed) for seed in range(members)])
