"""Network of an ensemble of trained models, as written by `mmclip.ensemble`."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.model import Embeddings, MmClip, concatenated, make_model, unit_length
from mmclip.settings import ModelSettings

# Name of the entry of model.json that describes each member.
MEMBERS = "members"


class Ensemble(nnx.Module):
    """Several networks that are used as one network.

    Args:
        members: networks with the same layer sizes.
    """

    def __init__(self, members: Sequence[MmClip]):
        self.members = nnx.List(members)

    def signal(self, heatmaps: jax.Array) -> Embeddings:
        """Embed heatmaps [batch, heatmap, column, bin], values from -1 to 1, as unit vectors.

        Returns:
            Embeddings; the width of the activity vectors is the sum of the members' widths.
        """
        return combined([member.signal(heatmaps) for member in self.members], self._aggregates)

    def text(self, sentences: jax.Array) -> Embeddings:
        """Embed the sentence embeddings of an activity [batch, attribute, width]."""
        return combined([member.text(sentences) for member in self.members], self._aggregates)

    def scale(self) -> jax.Array:
        """Scale factor of the cosine similarities, averaged over the members."""
        return jnp.mean(jnp.stack([member.scale() for member in self.members]))

    @property
    def _aggregates(self) -> bool:
        return self.members[0].text_aggregator is not None


def combined(embeddings: Sequence[Embeddings], aggregates: bool = True) -> Embeddings:
    """Return the unit vectors of an ensemble: mean attribute and concatenated activity vectors.

    Args:
        embeddings: embeddings of the same inputs by each member.
        aggregates: whether the members have aggregators; if not, the activity vectors are the
            concatenated mean attribute vectors.
    """
    attributes = unit_length(jnp.mean(jnp.stack([each.attributes for each in embeddings]), axis=0))
    if not aggregates:
        return Embeddings(attributes, concatenated(attributes))
    activity = jnp.concatenate([each.activity for each in embeddings], axis=-1)
    return Embeddings(attributes, unit_length(activity))


def make_ensemble(settings: ModelSettings, text_width: int, members: int) -> Ensemble:
    """Create an ensemble with initial weights, into which stored weights are loaded."""
    return Ensemble([make_model(settings, text_width, seed) for seed in range(members)])


def describe_member(model) -> dict:
    """Return the entry of model.json for one of several combined models.

    Args:
        model: `TrainedModel`.
    """
    names = ("step", "validation_accuracy", "weights_sha256")
    found = {name: model.description[name] for name in names}
    return {"run": model.folder.name, "seed": model.settings.train.seed, **found}
