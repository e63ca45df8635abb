"""Windows and labels as vectors, and how alike they are; nothing here trains."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from mmclip.bank import Bank
from mmclip.data import Reader, in_order
from mmclip.maps import network_input
from mmclip.model import MmClip

BATCH = 32


def label_vectors(
    model: MmClip, bank: Bank, vectors: np.ndarray, labels: Sequence[str]
) -> np.ndarray:
    """One vector per label: the mean over the ways it is told, of unit length.

    Args:
        model: in which space.
        bank: what is said about the labels.
        vectors: of the bank's sentences [sentence, width].
        labels: words.

    Returns:
        [label, width].
    """
    found = []
    for label in labels:
        told = jnp.asarray(vectors[bank.variants[label]])
        whole = np.asarray(_text_vectors(model, told)).mean(axis=0)
        found.append(whole / np.linalg.norm(whole))
    return np.stack(found)


def window_vectors(
    model: MmClip, reader: Reader, places: np.ndarray, size: int, batch: int = BATCH
) -> np.ndarray:
    """One vector of unit length per window.

    Args:
        model: in which space.
        reader: of the corpus that the places are of.
        places: (clip, first column, label) [window, 3].
        size: bins that the model sees.
        batch: windows at once.

    Returns:
        [window, width].
    """
    batches = reader.read(in_order(places, batch))
    found = [_signal_vectors(model, jax.device_put(maps), size) for maps, _ in batches]
    return np.concatenate([np.asarray(each) for each in found])[: len(places)]


def accuracy(windows: np.ndarray, labels: np.ndarray, truth: np.ndarray) -> float:
    """Share of windows whose nearest label is the true one.

    Args:
        windows: vectors [window, width].
        labels: vectors [label, width].
        truth: number of the true label of each window [window].
    """
    return float(np.mean(np.argmax(windows @ labels.T, axis=1) == truth))


@nnx.jit
def _text_vectors(model: MmClip, told: jax.Array) -> jax.Array:
    return model.text(told).whole


@partial(nnx.jit, static_argnames="size")
def _signal_vectors(model: MmClip, maps: dict[str, jax.Array], size: int) -> jax.Array:
    return model.signal(network_input(maps, size)).whole
