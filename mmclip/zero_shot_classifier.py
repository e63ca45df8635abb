"""Embeddings of windows and labels, whose similarity serves for zero-shot classification."""

from collections.abc import Iterator, Sequence
from functools import partial

import jax
import numpy as np
from flax import nnx

from mmclip.batch_sampler import sequential_batches
from mmclip.model import Embeddings, MmClip
from mmclip.preprocessing import network_input
from mmclip.sentences import SentenceBank
from mmclip.settings import ModelSettings
from mmclip.window_corpus import WindowCorpus, WindowIndex
from mmclip.window_reader import WindowReader

# Default number of windows per batch.
BATCH = 32
# Number of sentence variants per batch.
TEXT_BATCH = 64


def embed_labels(
    model: MmClip, bank: SentenceBank, vectors: np.ndarray, labels: Sequence[str]
) -> Embeddings:
    """Embed each label as unit vectors, the normalised means over its sentence variants.

    Args:
        model: network.
        bank: sentences of the labels.
        vectors: embeddings of the bank's sentences [sentence, width].
        labels: classes of the classifier.

    Returns:
        Arrays [label, attribute, width] and [label, width].
    """
    variants = [bank.variants[label] for label in labels]
    rows = np.concatenate(variants)
    batches = _text_batches(vectors, rows)
    embeddings = _concatenate([_embed_sentences(model, each) for each in batches], len(rows))
    first = np.cumsum([0, *map(len, variants[:-1])])
    # The sum over the variants of a label has the direction of their mean.
    return Embeddings(*(_unit_length(np.add.reduceat(each, first)) for each in embeddings))


def embed_windows(
    model: MmClip, reader: WindowReader, windows: WindowIndex, size: int, batch: int = BATCH
) -> Embeddings:
    """Embed windows as unit vectors.

    Args:
        model: network.
        reader: reader of the corpus that contains the windows.
        windows: windows to embed, at least one.
        size: number of bins of the network's input.
        batch: windows per batch.

    Returns:
        Arrays [window, attribute, width] and [window, width].
    """
    batches = reader.read(sequential_batches(windows, batch))
    embeddings = [_embed_heatmaps(model, jax.device_put(maps), size) for maps, _ in batches]
    return Embeddings(*map(_unit_length, _concatenate(embeddings, len(windows))))


def embed_corpus_windows(
    model: MmClip, settings: ModelSettings, corpus: WindowCorpus, windows: WindowIndex
) -> Embeddings:
    """Read and embed windows of a corpus once, as unit vectors.

    Args:
        model: network.
        settings: layer sizes of the network, which also determine the heatmaps to read.
        corpus: corpus that contains the windows.
        windows: windows to embed, at least one.
    """
    reader = WindowReader(corpus, settings.heatmaps)
    return embed_windows(model, reader, windows, settings.size)


def accuracy(scores: np.ndarray, truth: np.ndarray) -> float:
    """Fraction of windows whose true label has the highest score.

    Args:
        scores: scores [window, label].
        truth: index of each window's true label [window].
    """
    return float(np.mean(np.argmax(scores, axis=1) == truth))


def _text_batches(vectors: np.ndarray, variants: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the sentence embeddings of the variants; the last batch is padded with zeros.

    All batches have the same shape, so that the program is compiled only once.
    """
    for first in range(0, len(variants), TEXT_BATCH):
        batch = vectors[variants[first : first + TEXT_BATCH]]
        yield np.pad(batch, ((0, TEXT_BATCH - len(batch)), (0, 0), (0, 0)))


def _concatenate(batches: list[Embeddings], count: int) -> Embeddings:
    """Join the embeddings of all batches without the padding of the last batch."""
    return Embeddings(*(np.concatenate([*map(np.asarray, each)])[:count] for each in zip(*batches)))


def _unit_length(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


@nnx.jit
def _embed_sentences(model: MmClip, sentences: jax.Array) -> Embeddings:
    return model.text(sentences)


@partial(nnx.jit, static_argnames="size")
def _embed_heatmaps(model: MmClip, maps: dict[str, jax.Array], size: int) -> Embeddings:
    return model.signal(network_input(maps, size))
