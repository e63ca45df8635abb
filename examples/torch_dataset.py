"""Load a store as a PyTorch dataset: `python examples/torch_dataset.py synth.zarr`.

This example needs torch, zarr and pyarrow, but none of this project's code. Each DataLoader worker
opens the store separately, because zarr reads with threads, and a process forked after a read would
wait forever for these threads. The arrays are therefore opened by `__getitem__` and not by the
constructor.
"""

import sys
import time

try:
    import pyarrow.parquet as pq
    import torch
    import zarr
    from torch.utils.data import DataLoader, Dataset
except ImportError as error:
    sys.exit(f"{error.name} is not installed; this example needs: pip install torch zarr pyarrow")

MAPS = ("time_doppler", "time_range", "time_angle")


class RadarWindowDataset(Dataset):
    """A dataset of one random window per labelled clip of a split, with the label of the window.

    Args:
        path: folder of the store.
        split: "train", "val" or "test".
        num_columns: heatmap columns per window; 224 are 3 s at 10 frames/s and 128 chirps/frame.

    Attributes:
        labels: all labels in alphabetical order; an item contains an index into this list.
    """

    def __init__(self, path: str, split: str = "train", num_columns: int = 224):
        self.path, self.num_columns, self._maps = path, num_columns, None
        rows = {
            clip["row"]
            for clip in self._table("clips")
            if clip["split"] == split and clip["num_frames"]
        }
        texts = {caption["id"]: caption["text"] for caption in self._table("captions")}
        # The start, end and label of each labelled segment, keyed by row.
        self._segments: dict[int, list[tuple[float, float, str]]] = {}
        labels = set()
        for segment in self._table("segments"):
            if segment["kind"] == "label":
                label = texts[segment["caption"]]
                labels.add(label)
                if segment["row"] in rows:
                    entry = segment["start_s"], segment["end_s"], label
                    self._segments.setdefault(segment["row"], []).append(entry)
        # Use the labels of all splits, so that a label has the same index in each split.
        self.labels = sorted(labels)
        self._rows = sorted(self._segments)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[dict[str, torch.Tensor], int]:
        """Return heatmaps [time, bin] by name, in dB above noise, and the index of the label."""
        if self._maps is None:
            self._open()
        row = self._rows[index]
        last = max(int(self._measured[row]) - self.num_columns, 0)
        # torch seeds its generator differently in each worker and in each epoch.
        first = int(torch.randint(last + 1, ()))
        columns = slice(first, first + self.num_columns)
        maps = {
            name: torch.from_numpy(array[row, columns]).float()
            for name, array in self._maps.items()
        }
        times_s = self._times_s[columns]
        return maps, self._label(row, times_s[0], times_s[-1])

    def _table(self, name: str) -> list[dict]:
        return pq.read_table(f"{self.path}/tables/{name}", use_threads=False).to_pylist()

    def _open(self) -> None:
        store = zarr.open_group(self.path, mode="r")
        self._measured, self._times_s = store["num_columns"][:], store["column_time"][:]
        self._maps = {name: store[name] for name in MAPS}

    def _label(self, row: int, start_s: float, end_s: float) -> int:
        """Return the index of the label that overlaps the window longest."""
        _, _, label = max(
            self._segments[row],
            key=lambda segment: min(segment[1], end_s) - max(segment[0], start_s),
        )
        return self.labels.index(label)


def main(path: str) -> None:
    """Read one epoch and print the reading speed."""
    windows = RadarWindowDataset(path)
    if not len(windows):
        sys.exit(f"{path}: the train split has no labelled clip; build a store with labels")
    start_s, count = time.monotonic(), 0
    for maps, labels in DataLoader(windows, batch_size=8, shuffle=True, num_workers=2):
        if not count:
            shapes = {name: tuple(map_db.shape) for name, map_db in maps.items()}
            print(f"batch {shapes}, first label: {windows.labels[labels[0]]}")
        count += len(labels)
    print(f"{count} windows, {count / (time.monotonic() - start_s):.0f} per second")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give one store: python examples/torch_dataset.py synth.zarr")
    main(sys.argv[1])
