"""Network of the RF-Net baseline: an encoder of two views of a window, and a learned metric.

The first view is the window itself, and the second view is the magnitude of its spectrum along
time. An LSTM encodes each view, bilinear attention exchanges features between the two views, and
the output of a convolutional encoder of both views is added. The relation of a window to an example
is a linear function of three cosine similarities: of the time features, the spectral features and
the fused features.

Source:
    Ding et al., "RF-Net: A Unified Meta-Learning Framework for RF-enabled One-Shot Human Activity
    Recognition", SenSys 2020.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from mmclip.model import unit_length

# Number of outputs of the relation's linear layer, which are summed, as in the authors' code.
RELATION_OUTPUTS = 12


@dataclass(frozen=True, kw_only=True)
class RfNetSettings:
    """Settings that RF-Net has in addition to those of mmCLIP.

    Attributes:
        hidden: width of the fused features; each LSTM has half this width. Authors: 512.
        pool: number of adjacent columns that are averaged before the LSTMs. Authors: 1.
        channels: channels of the convolutions, each with stride 2. Authors: a ResNet-18 that was
            trained on photographs; this small encoder is our choice.
        attention: width of the bilinear attention. Authors: 1,536.
        ways, shots, queries: numbers of labels in an episode, and of examples and queries per
            label.
        rate: initial learning rate of Adam, which is divided by ten on a plateau. Authors: 1e-3.
        tune_steps, tune_rate: number of steps and learning rate of fine-tuning on the examples of
            unseen labels; our choice.
    """

    hidden: int = 512
    pool: int = 1
    channels: tuple[int, ...] = (32, 64, 128, 256)
    attention: int = 1536
    ways: int = 10
    shots: int = 5
    queries: int = 1
    rate: float = 1e-3
    tune_steps: int = 50
    tune_rate: float = 3e-4


# Smaller layer sizes than the authors', with which training takes minutes on two cores.
SMALL_RFNET = RfNetSettings(
    hidden=128, pool=4, channels=(8, 16, 32, 64), attention=128, shots=2, tune_steps=20
)


class Features(NamedTuple):
    """Features of a batch of windows.

    Attributes:
        time, spectrum: features of the time view and of the spectral view [window, hidden / 2].
        fused: features fused from both views [window, hidden].
    """

    time: jax.Array
    spectrum: jax.Array
    fused: jax.Array


class Lstm(nnx.Module):
    """Long short-term memory with the gates of `torch.nn.LSTM`: input, forget, cell, output."""

    def __init__(self, width: int, hidden: int, *, rngs: nnx.Rngs):
        self.hidden = hidden
        self.input = nnx.Linear(width, 4 * hidden, rngs=rngs)
        self.recurrent = nnx.Linear(hidden, 4 * hidden, use_bias=False, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Compute the outputs [window, token, hidden] for tokens [window, token, width]."""

        def step(carry, token):
            hidden, cell = carry
            gates = jnp.split(token + self.recurrent(hidden), 4, axis=-1)
            kept = jax.nn.sigmoid(gates[1]) * cell
            cell = kept + jax.nn.sigmoid(gates[0]) * jnp.tanh(gates[2])
            hidden = jax.nn.sigmoid(gates[3]) * jnp.tanh(cell)
            return (hidden, cell), hidden

        zero = jnp.zeros((len(x), self.hidden), x.dtype)
        _, states = jax.lax.scan(step, (zero, zero), jnp.swapaxes(self.input(x), 0, 1))
        return jnp.swapaxes(states, 0, 1)


class RfNet(nnx.Module):
    """Encoder of both views, classifier of the seen labels, and relation module.

    Args:
        settings: layer sizes.
        bins: total number of bins of all heatmaps.
        labels: number of seen labels.
        rngs: random number generators for the initial weights.
    """

    def __init__(self, settings: RfNetSettings, bins: int, labels: int, *, rngs: nnx.Rngs):
        half, self.pool = settings.hidden // 2, settings.pool
        self.lstms = nnx.List([Lstm(bins, half, rngs=rngs) for _ in range(2)])
        self.keys = nnx.List([nnx.Linear(half, settings.attention, rngs=rngs) for _ in range(2)])
        weight = jax.random.normal(rngs.params(), (settings.attention,)) / settings.attention
        self.attention_weight = nnx.Param(weight)
        self.values = nnx.List([nnx.Linear(half, half, rngs=rngs) for _ in range(2)])
        self.outputs = nnx.List([nnx.Linear(half, half, rngs=rngs) for _ in range(2)])
        self.combine = nnx.Linear(settings.hidden, settings.hidden, rngs=rngs)
        widths = (2, *settings.channels)
        self.convolutions = nnx.List(
            [
                nnx.Conv(own, following, (3, 3), strides=2, rngs=rngs)
                for own, following in pairwise(widths)
            ]
        )
        self.widen = nnx.Linear(widths[-1], settings.hidden, rngs=rngs)
        self.classifier = nnx.Linear(settings.hidden, labels, rngs=rngs)
        self.relation = nnx.Linear(3, RELATION_OUTPUTS, rngs=rngs)

    def features(self, inputs: jax.Array) -> Features:
        """Compute the features of windows [window, column, bin]."""
        pooled = inputs.reshape(len(inputs), -1, self.pool, inputs.shape[-1]).mean(axis=2)
        views = (pooled, spectrum(pooled))
        states = [lstm(view) for lstm, view in zip(self.lstms, views)]
        last = [output(x[:, -1]) for output, x in zip(self.outputs, self._exchange(*states))]
        time, spectral = (jax.nn.relu(each) for each in last)
        x = jnp.stack(views, axis=-1)
        for convolution in self.convolutions:
            x = jax.nn.relu(convolution(x))
        image = self.widen(x.mean(axis=(1, 2)))
        fused = self.combine(jnp.concatenate([time, spectral], axis=-1)) + image
        return Features(time, spectral, fused)

    def _exchange(self, time: jax.Array, spectral: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Add attended features of the other view to every token of a view [window, token, width].

        The attention weights sum to 1 over all pairs of a time token and a spectral token.
        """
        one, other = (jax.nn.relu(key(x)) for key, x in zip(self.keys, (time, spectral)))
        logits = jnp.einsum("btk,k,bsk->bts", one, self.attention_weight[...], other)
        attention = jax.nn.softmax(logits.reshape(len(time), -1)).reshape(logits.shape)
        of_spectral = jax.nn.relu(self.values[0](jnp.einsum("bsw,bts->btw", spectral, attention)))
        of_time = jax.nn.relu(self.values[1](jnp.einsum("btw,bts->bsw", time, attention)))
        return time + of_spectral, spectral + of_time


def spectrum(inputs: jax.Array) -> jax.Array:
    """Magnitude of the Fourier transform along time of windows [window, column, bin].

    The transform is divided by the square root of the number of columns, so that the magnitudes
    have the same mean square as the inputs.
    """
    return jnp.abs(jnp.fft.fft(inputs, axis=1, norm="ortho"))


def similarities(queries: Features, examples: Features) -> jax.Array:
    """Cosine similarities of fused, time and spectral features [query, example, 3]."""
    order = ("fused", "time", "spectrum")
    pairs = [(unit_length(getattr(queries, n)), unit_length(getattr(examples, n))) for n in order]
    return jnp.stack([query @ example.T for query, example in pairs], axis=-1)


def relation_scores(
    relation: nnx.Linear, found: jax.Array, labels: jax.Array, ways: int
) -> jax.Array:
    """Relation scores of queries and labels, averaged over each label's examples [query, label].

    The authors sum over the examples of a label. The mean differs from the sum only by a constant
    factor, because every label of an episode has the same number of examples.

    Args:
        relation: linear layer from three similarities to several outputs, which are summed.
        found: result of `similarities` [query, example, 3].
        labels: label of each example [example], from 0 to `ways` - 1.
        ways: number of labels.
    """
    of_examples = relation(found).sum(axis=-1)
    one_hot = jax.nn.one_hot(labels, ways)
    return of_examples @ one_hot / one_hot.sum(axis=0)
