"""Reader of window heatmaps, which are prefetched by the threads of tensorstore.

While the device processes one batch, the reads of the following batches are in flight.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np

from mmclip.batch_sampler import BatchIndices
from mmclip.errors import MmclipError
from mmclip.stretching import stretch
from mmclip.window_corpus import WindowCorpus


class WindowReader:
    """Reader of the windows of a corpus.

    Args:
        corpus: corpus whose stores are read.
        heatmaps: names of the heatmaps to read.
        batches_ahead: number of batches that are read in advance.
    """

    def __init__(self, corpus: WindowCorpus, heatmaps: tuple[str, ...], batches_ahead: int = 4):
        self._corpus, self._ahead = corpus, batches_ahead
        self._arrays = [
            {name: store.open_array(name) for name in heatmaps} for store in corpus.stores
        ]

    def read(
        self, batches: Iterator[BatchIndices]
    ) -> Iterator[tuple[dict[str, np.ndarray], BatchIndices]]:
        """Yield the stored heatmaps [window, column, bin] of each batch by name, and its indices.

        Raises:
            MmclipError: a store cannot be read.
        """
        in_flight: deque = deque()
        for batch in batches:
            in_flight.append((batch, self._start_reads(batch)))
            if len(in_flight) > self._ahead:
                yield self._finish_reads(*in_flight.popleft())
        while in_flight:
            yield self._finish_reads(*in_flight.popleft())

    def _start_reads(self, batch: BatchIndices) -> list[dict]:
        """Start the reads; returns the futures of each window's heatmaps, keyed by name."""
        reads = []
        for clip_index, start in zip(batch.windows.clip, batch.windows.start):
            clip = self._corpus.clips[clip_index]
            columns = slice(int(start), int(start) + clip.columns)
            arrays = self._arrays[clip.store]
            reads.append({name: array[clip.row, columns].read() for name, array in arrays.items()})
        return reads

    def _finish_reads(
        self, batch: BatchIndices, reads: list[dict]
    ) -> tuple[dict[str, np.ndarray], BatchIndices]:
        columns = self._corpus.columns
        try:
            maps = {
                name: np.stack([stretch(each[name].result(), columns) for each in reads])
                for name in reads[0]
            }
        except ValueError as error:
            raise self._read_error(batch, error) from None
        return maps, batch

    def _read_error(self, batch: BatchIndices, error: Exception) -> MmclipError:
        stores = {self._corpus.clips[index].store for index in batch.windows.clip}
        paths = sorted({str(self._corpus.stores[store].path) for store in stores})
        problem = f"cannot be read ({str(error).splitlines()[0][:160]})"
        hint = "find the damaged shard with: python -m builders.check STORE"
        return MmclipError(", ".join(paths), "heatmaps", problem, hint)
