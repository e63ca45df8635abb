"""A store as a PyTorch dataset: `python examples/torch_dataset.py synth.zarr`.

Needs torch, zarr and pyarrow, none of our code. Each worker opens the store itself: zarr reads with
threads of its own, and a process that is forked off one that has read already would wait for them
for ever. So nothing here touches the arrays before the first item is asked for.
"""

import sys
import time

import pyarrow.parquet as pq
import torch
import zarr
from torch.utils.data import DataLoader, Dataset

MAPS = ("time_doppler", "time_range", "time_angle")


class RadarWindows(Dataset):
    """A random window of each labelled clip of a split, and what is done in it.

    Args:
        path: the store's folder.
        split: "train", "val" or "test".
        num_columns: of a window; 224 are 3 s at 10 frames/s of 128 chirps.

    Attributes:
        labels: words of the labels, by number.
    """

    def __init__(self, path: str, split: str = "train", num_columns: int = 224):
        self.path, self.num_columns, self._maps = path, num_columns, None
        clips = pq.read_table(f"{path}/tables/clips", use_threads=False).to_pylist()
        rows = {clip["row"] for clip in clips if clip["split"] == split and clip["num_frames"]}
        captions = pq.read_table(f"{path}/tables/captions", use_threads=False).to_pylist()
        words = {caption["id"]: caption["text"] for caption in captions}
        # (start, end, label) of each row's labelled stretches.
        self._said: dict[int, list[tuple[float, float, str]]] = {}
        self.labels = []
        for segment in pq.read_table(f"{path}/tables/segments", use_threads=False).to_pylist():
            if segment["kind"] == "label":
                label = words[segment["caption"]]
                self.labels.append(label)
                if segment["row"] in rows:
                    stretch = segment["start_s"], segment["end_s"], label
                    self._said.setdefault(segment["row"], []).append(stretch)
        # Over all splits, so that a label has the same number in each.
        self.labels = sorted(set(self.labels))
        self._rows = sorted(self._said)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[dict[str, torch.Tensor], int]:
        """The three maps [time, bin] by name, in dB above noise, and the number of the label."""
        if self._maps is None:
            self._open()
        row = self._rows[index]
        last = max(int(self._measured[row]) - self.num_columns, 0)
        # torch's generator is seeded apart in each worker, and anew in each epoch.
        first = int(torch.randint(last + 1, ()))
        columns = slice(first, first + self.num_columns)
        maps = {
            name: torch.from_numpy(each[row, columns]).float() for name, each in self._maps.items()
        }
        times_s = self._times_s[columns]
        return maps, self._label(row, times_s[0], times_s[-1])

    def _open(self) -> None:
        store = zarr.open_group(self.path, mode="r")
        self._measured, self._times_s = store["num_columns"][:], store["column_time"][:]
        self._maps = {name: store[name] for name in MAPS}

    def _label(self, row: int, start_s: float, end_s: float) -> int:
        """Of the stretch that covers most of the window."""
        _, _, label = max(
            self._said[row], key=lambda said: min(said[1], end_s) - max(said[0], start_s)
        )
        return self.labels.index(label)


def main(path: str) -> None:
    """Read one epoch, and tell how fast."""
    windows = RadarWindows(path)
    start_s, count = time.monotonic(), 0
    for maps, labels in DataLoader(windows, batch_size=8, shuffle=True, num_workers=2):
        if not count:
            shapes = {name: tuple(each.shape) for name, each in maps.items()}
            print(f"batch {shapes}, first label: {windows.labels[labels[0]]}")
        count += len(labels)
    print(f"{count} windows, {count / (time.monotonic() - start_s):.0f} per second")


if __name__ == "__main__":
    main(sys.argv[1])
