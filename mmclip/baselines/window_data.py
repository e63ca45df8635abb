"""Batches of the baselines: windows of seen labels, augmented and scaled as for mmCLIP."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from mmclip.batch_sampler import (
    BatchIndices,
    BatchSampler,
    non_overlapping,
    sequential_batches,
)
from mmclip.prepared_data import open_corpus, training_corpus
from mmclip.preprocessing import network_input
from mmclip.sentences import make_sentence_bank
from mmclip.settings import TrainingSettings
from mmclip.training_step import make_preparation
from mmclip.window_corpus import WindowCorpus, WindowIndex
from mmclip.window_reader import WindowReader

# Number of windows per batch in evaluations.
BATCH = 32


class BaselineData(NamedTuple):
    """Corpus of a baseline, with its seen and unseen labels in the order of the corpus."""

    corpus: WindowCorpus
    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    def windows(self, split: str, labels: Sequence[str]) -> WindowIndex:
        """Select the non-overlapping windows of a split."""
        return non_overlapping(self.corpus.windows((split,), set(labels)), self.corpus.columns)

    def truth(self, windows: WindowIndex, labels: Sequence[str]) -> np.ndarray:
        """Index of each window's label in the given labels."""
        place = {label: index for index, label in enumerate(labels)}
        return np.array([place[self.corpus.labels[label]] for label in windows.label], np.int64)


def open_data(
    stores: Sequence[str | Path], settings: TrainingSettings, report: Callable[[str], None]
) -> BaselineData:
    """Open the stores, and separate the seen labels from the unseen labels (`data.unseen`).

    As for mmCLIP, training does not use windows in which a further person performs an unseen label.
    """
    corpus = open_corpus([*map(str, stores)], settings, verify=False, report=report)
    return BaselineData(*training_corpus(corpus, settings.data.unseen, report))


def training_batches(
    data: BaselineData, settings: TrainingSettings, steps: range
) -> Iterator[tuple[jax.Array, np.ndarray]]:
    """Yield batches of network inputs and seen labels for training.

    A batch depends only on the settings and the step number.

    Yields:
        Inputs [batch, column, heatmap * bin], and indices into the seen labels [batch].
    """
    bank = make_sentence_bank(data.corpus.labels, data.corpus.sentences, ("general",))
    windows = data.corpus.windows(("train",), set(data.seen))
    sampler = BatchSampler(data.corpus, windows, bank, settings)
    reader = WindowReader(
        data.corpus, settings.model.heatmaps, settings.data.batches_ahead, settings.data.memory_mb
    )
    prepare = make_preparation(settings)
    batches = reader.read(sampler.batch(step) for step in steps)
    for step, (maps, batch) in zip(steps, batches):
        yield stack(prepare(step, maps)), data.truth(batch.windows, data.seen).astype(np.int32)


def window_inputs(
    data: BaselineData, windows: WindowIndex, settings: TrainingSettings
) -> Iterator[jax.Array]:
    """Yield the network inputs of windows in batches of size `BATCH`; the last batch is padded."""
    yield from prepared_inputs(data, sequential_batches(windows, BATCH), settings)


def prepared_inputs(
    data: BaselineData,
    batches: Iterator[BatchIndices],
    settings: TrainingSettings,
    memory_mb: float = 0,
) -> Iterator[jax.Array]:
    """Yield the network inputs of batches without augmentation [window, column, heatmap * bin]."""
    reader = WindowReader(data.corpus, settings.model.heatmaps, memory_mb=memory_mb)
    for maps, _ in reader.read(batches):
        yield stack(jnp.moveaxis(_scaled(jax.device_put(maps), size=settings.model.size), 1, 0))


def stack(maps: Sequence[jax.Array]) -> jax.Array:
    """Concatenate heatmaps [batch, column, bin] along the bins: [batch, column, heatmap * bin]."""
    return jnp.concatenate([*maps], axis=-1)


_scaled = jax.jit(network_input, static_argnames="size")
