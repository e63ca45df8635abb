"""Load a store as batches on a JAX device: `python examples/jax_dataset.py synth.zarr`.

This example needs jax, tensorstore (extra `readers`) and pyarrow, but none of this project's code.
tensorstore reads many windows concurrently in its own threads, so the next batches are read while
the device processes the current batch.
"""

import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

try:
    import jax
    import jax.numpy as jnp
    import numpy as np
    import pyarrow.parquet as pq
    import tensorstore as ts
except ImportError as error:
    sys.exit(
        f"{error.name} is not installed; this example needs: pip install jax tensorstore pyarrow"
    )

MAPS = ("time_doppler", "time_range", "time_angle")
# Number of batches that are read in advance.
BATCHES_AHEAD = 4
BATCH_SIZE = 8


class RadarWindowLoader:
    """Loader of random windows from the labelled clips of a split.

    Args:
        path: folder of the store.
        split: "train", "val" or "test".
        num_columns: heatmap columns per window; 224 are 3 s at 10 frames/s and 128 chirps/frame.

    Attributes:
        labels: all labels in alphabetical order; batches contain indices into this list.
    """

    def __init__(self, path: str, split: str = "train", num_columns: int = 224):
        self.num_columns = num_columns
        self._maps = {name: _open_array(path, name) for name in MAPS}
        self._stored_columns = self._maps["time_range"].shape[1]
        self._measured_columns = _open_array(path, "num_columns")[:].read().result()
        tables = {
            name: pq.read_table(f"{path}/tables/{name}").to_pylist()
            for name in ("clips", "captions", "segments")
        }
        texts = {caption["id"]: caption["text"] for caption in tables["captions"]}
        labels = {
            segment["row"]: texts[segment["caption"]]
            for segment in tables["segments"]
            if segment["kind"] == "label"
        }
        self.labels = sorted(set(labels.values()))
        self._rows = np.array(
            [
                clip["row"]
                for clip in tables["clips"]
                if clip["split"] == split and clip["row"] in labels and clip["num_frames"]
            ]
        )
        self._label_of = {row: self.labels.index(label) for row, label in labels.items()}

    def __len__(self) -> int:
        return len(self._rows)

    def epoch(self, batch_size: int, seed: int) -> Iterator[tuple[dict, jax.Array]]:
        """Yield one window of every clip, in an order that depends on the seed.

        Args:
            batch_size: windows per batch; an incomplete last batch is omitted.
            seed: random seed of the order and the windows; use a different seed for each epoch.

        Yields:
            Heatmaps [batch, time, bin] by name, in dB above noise, and label indices [batch].
        """
        rng = np.random.default_rng(seed)
        rows = rng.permutation(self._rows)
        starts = rng.random(len(rows))
        in_flight: deque = deque()
        for first in range(0, len(rows) - batch_size + 1, batch_size):
            batch = slice(first, first + batch_size)
            in_flight.append((rows[batch], self._start_reads(rows[batch], starts[batch])))
            if len(in_flight) > BATCHES_AHEAD:
                yield self._to_device(*in_flight.popleft())
        while in_flight:
            yield self._to_device(*in_flight.popleft())

    def _start_reads(self, rows: np.ndarray, starts: np.ndarray) -> dict[str, list[ts.Future]]:
        """Start the reads and return the futures of the windows, keyed by heatmap."""
        reads = {name: [] for name in MAPS}
        for row, start in zip(rows, starts):
            last = max(int(self._measured_columns[row]) - self.num_columns, 0)
            first = int(start * (last + 1))
            end = min(first + self.num_columns, self._stored_columns)
            for name, array in self._maps.items():
                reads[name].append(array[int(row), first:end].read())
        return reads

    def _to_device(self, rows: np.ndarray, reads: dict) -> tuple[dict, jax.Array]:
        maps = {
            name: np.stack([future.result() for future in futures])
            for name, futures in reads.items()
        }
        labels = [self._label_of[int(row)] for row in rows]
        return jax.device_put(maps), jnp.array(labels)


def _open_array(path: str, name: str) -> ts.TensorStore:
    location = {"driver": "file", "path": str(Path(path).resolve() / name)}
    return ts.open({"driver": "zarr3", "kvstore": location}, open=True, read=True).result()


def main(path: str) -> None:
    """Read one epoch and print the reading speed."""
    windows = RadarWindowLoader(path)
    if not len(windows):
        sys.exit(f"{path}: the train split has no labelled clip; build a store with labels")
    batch_size = min(BATCH_SIZE, len(windows))
    if batch_size < BATCH_SIZE:
        print(f"{len(windows)} labelled clips in the train split: batches of {batch_size}")
    start_s, count = time.monotonic(), 0
    for maps, labels in windows.epoch(batch_size, seed=0):
        if not count:
            shapes = {name: map_db.shape for name, map_db in maps.items()}
            print(f"batch {shapes}, first label: {windows.labels[int(labels[0])]}")
        count += len(labels)
    print(f"{count} windows, {count / (time.monotonic() - start_s):.0f} per second")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give one store: python examples/jax_dataset.py synth.zarr")
    main(sys.argv[1])
