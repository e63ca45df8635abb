"""A store as batches on the device for JAX: `python examples/jax_dataset.py synth.zarr`.

Needs jax, tensorstore (the extra readers) and pyarrow, none of our code. tensorstore reads many
windows at once in threads of its own, so that batches lie ready while the device works on the last.
"""

import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import tensorstore as ts

MAPS = ("time_doppler", "time_range", "time_angle")
AHEAD = 4  # batches that are being read


class RadarWindows:
    """Random windows of the labelled clips of a split.

    Args:
        path: the store's folder.
        split: "train", "val" or "test".
        num_columns: of a window; 224 are 3 s at 10 frames/s of 128 chirps.

    Attributes:
        labels: words of the labels, by number.
    """

    def __init__(self, path: str, split: str = "train", num_columns: int = 224):
        self.num_columns = num_columns
        self._maps = {name: _opened(path, name) for name in MAPS}
        self._num_stored = self._maps["time_range"].shape[1]
        self._columns = _opened(path, "num_columns")[:].read().result()
        tables = {
            name: pq.read_table(f"{path}/tables/{name}").to_pylist()
            for name in ("clips", "captions", "segments")
        }
        words = {caption["id"]: caption["text"] for caption in tables["captions"]}
        labels = {
            segment["row"]: words[segment["caption"]]
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
        """Every clip once, in an order that follows from the seed.

        Args:
            batch_size: windows per batch; clips that fill no batch are left out.
            seed: of the order and of the windows: give another for each epoch.

        Yields:
            Maps [batch, time, bin] by name, in dB above noise, and numbers of the labels [batch].
        """
        rng = np.random.default_rng(seed)
        rows = rng.permutation(self._rows)
        starts = rng.random(len(rows))
        reading: deque = deque()
        for first in range(0, len(rows) - batch_size + 1, batch_size):
            batch = slice(first, first + batch_size)
            reading.append((rows[batch], self._asked(rows[batch], starts[batch])))
            if len(reading) > AHEAD:
                yield self._on_device(*reading.popleft())
        while reading:
            yield self._on_device(*reading.popleft())

    def _asked(self, rows: np.ndarray, starts: np.ndarray) -> dict[str, list[ts.Future]]:
        """Begin to read the windows."""
        asked = {name: [] for name in MAPS}
        for row, start in zip(rows, starts):
            last = max(int(self._columns[row]) - self.num_columns, 0)
            first = int(start * (last + 1))
            end = min(first + self.num_columns, self._num_stored)
            for name, each in self._maps.items():
                asked[name].append(each[int(row), first:end].read())
        return asked

    def _on_device(self, rows: np.ndarray, asked: dict) -> tuple[dict, jax.Array]:
        maps = {
            name: np.stack([future.result() for future in futures])
            for name, futures in asked.items()
        }
        numbers = [self._label_of[int(row)] for row in rows]
        return jax.device_put(maps), jnp.array(numbers)


def _opened(path: str, name: str) -> ts.TensorStore:
    place = {"driver": "file", "path": str(Path(path).resolve() / name)}
    return ts.open({"driver": "zarr3", "kvstore": place}, open=True, read=True).result()


def main(path: str) -> None:
    """Read one epoch, and tell how fast."""
    windows = RadarWindows(path)
    start_s, count = time.monotonic(), 0
    for maps, labels in windows.epoch(batch_size=8, seed=0):
        if not count:
            shapes = {name: each.shape for name, each in maps.items()}
            print(f"batch {shapes}, first label: {windows.labels[int(labels[0])]}")
        count += len(labels)
    print(f"{count} windows, {count / (time.monotonic() - start_s):.0f} per second")


if __name__ == "__main__":
    main(sys.argv[1])
