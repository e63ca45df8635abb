"""Zero-shot classifier, which compares embeddings of windows with embeddings of labels."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from mmclip.batch_sampler import sequential_batches
from mmclip.model import MmClip
from mmclip.preprocessing import network_input
from mmclip.sentences import SentenceBank
from mmclip.window_corpus import WindowIndex
from mmclip.window_reader import WindowReader

# Default number of windows per batch.
BATCH = 32


def embed_labels(
    model: MmClip, bank: SentenceBank, vectors: np.ndarray, labels: Sequence[str]
) -> np.ndarray:
    """Embed each label as a unit vector, the normalised mean over its sentence variants.

    Args:
        model: network.
        bank: sentences of the labels.
        vectors: embeddings of the bank's sentences [sentence, width].
        labels: classes of the classifier.

    Returns:
        Embeddings [label, width].
    """
    embeddings = []
    for label in labels:
        sentences = jnp.asarray(vectors[bank.variants[label]])
        mean = np.asarray(_embed_sentences(model, sentences)).mean(axis=0)
        embeddings.append(mean / np.linalg.norm(mean))
    return np.stack(embeddings)


def embed_windows(
    model: MmClip, reader: WindowReader, windows: WindowIndex, size: int, batch: int = BATCH
) -> np.ndarray:
    """Embed each window as a unit vector.

    Args:
        model: network.
        reader: reader of the corpus that contains the windows.
        windows: windows to embed.
        size: number of bins of the network's input.
        batch: windows per batch.

    Returns:
        Embeddings [window, width].
    """
    batches = reader.read(sequential_batches(windows, batch))
    embeddings = [_embed_heatmaps(model, jax.device_put(maps), size) for maps, _ in batches]
    return np.concatenate([np.asarray(each) for each in embeddings])[: len(windows)]


def accuracy(windows: np.ndarray, labels: np.ndarray, truth: np.ndarray) -> float:
    """Fraction of windows whose most similar label is the true one.

    Args:
        windows: embeddings [window, width].
        labels: embeddings [label, width].
        truth: index of each window's true label [window].
    """
    return float(np.mean(np.argmax(windows @ labels.T, axis=1) == truth))


@nnx.jit
def _embed_sentences(model: MmClip, sentences: jax.Array) -> jax.Array:
    return model.text(sentences).activity


@partial(nnx.jit, static_argnames="size")
def _embed_heatmaps(model: MmClip, maps: dict[str, jax.Array], size: int) -> jax.Array:
    return model.signal(network_input(maps, size)).activity
