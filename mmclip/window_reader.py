"""Reader of window heatmaps, which are prefetched by the threads of tensorstore.

While the device processes one batch, the following batches are already being read. Clips that have
been read stay in memory, up to a limit, so that most windows of later batches are slices of arrays
in memory.
"""

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mmclip.batch_sampler import BatchIndices
from mmclip.errors import MmclipError
from mmclip.stretching import stretch
from mmclip.window_corpus import WindowCorpus


class _Read(NamedTuple):
    """Futures of arrays, keyed by heatmap name, and the columns of the window in these arrays."""

    columns: slice
    maps: dict

    def window(self, name: str) -> np.ndarray:
        """Wait for the array of a heatmap; return the columns of the window [column, bin]."""
        return self.maps[name].result()[self.columns]


class WindowReader:
    """Reader of the windows of a corpus.

    Args:
        corpus: corpus whose stores are read.
        heatmaps: names of the heatmaps to read.
        batches_ahead: number of batches that are read in advance.
        memory_mb: limit of the memory for clips that have been read [MB]; the windows of all other
            clips are read from the store every time.
    """

    def __init__(
        self,
        corpus: WindowCorpus,
        heatmaps: tuple[str, ...],
        batches_ahead: int = 4,
        memory_mb: float = 0,
    ):
        self._corpus, self._ahead = corpus, batches_ahead
        self._free_bytes = memory_mb * 1_000_000
        self._kept: dict[int, dict] = {}
        self._arrays = [
            {name: store.open_array(name) for name in heatmaps} for store in corpus.stores
        ]

    def read(
        self, batches: Iterator[BatchIndices]
    ) -> Iterator[tuple[dict[str, np.ndarray], BatchIndices]]:
        """Yield each batch: stored heatmaps [window, column, bin] keyed by name, and indices.

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

    def _start_reads(self, batch: BatchIndices) -> list[_Read]:
        """Start the reads of all windows of a batch."""
        windows = zip(batch.windows.clip, batch.windows.start)
        return [self._start_read(int(clip), int(start)) for clip, start in windows]

    def _start_read(self, clip_index: int, start: int) -> _Read:
        """Start reading the whole clip, or only the window if the clip does not fit in memory."""
        clip = self._corpus.clips[clip_index]
        columns = slice(start, start + clip.columns)
        if clip_index in self._kept:
            return _Read(columns, self._kept[clip_index])
        arrays = self._arrays[clip.store]
        size_bytes = sum(
            math.prod(a.shape[1:]) * a.dtype.numpy_dtype.itemsize for a in arrays.values()
        )
        if size_bytes > self._free_bytes:
            maps = {name: a[clip.row, columns].read() for name, a in arrays.items()}
            return _Read(slice(None), maps)
        self._free_bytes -= size_bytes
        self._kept[clip_index] = {name: a[clip.row].read() for name, a in arrays.items()}
        return _Read(columns, self._kept[clip_index])

    def _finish_reads(
        self, batch: BatchIndices, reads: list[_Read]
    ) -> tuple[dict[str, np.ndarray], BatchIndices]:
        columns = self._corpus.columns
        try:
            maps = {
                name: np.stack([stretch(each.window(name), columns) for each in reads])
                for name in reads[0].maps
            }
        except ValueError as error:
            raise self._read_error(batch, error) from None
        return maps, batch

    def _read_error(self, batch: BatchIndices, error: Exception) -> MmclipError:
        stores = {self._corpus.clips[index].store for index in batch.windows.clip}
        paths = sorted({str(self._corpus.stores[store].path) for store in stores})
        problem = f"cannot be read ({str(error).splitlines()[0][:160]})"
        hint = "find the damaged shard with: radarsim check STORE"
        return MmclipError(", ".join(paths), "heatmaps", problem, hint)
