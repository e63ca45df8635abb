"""Read raw `.bin` files of a DCA1000, which mmWave Studio splits into files of 1 GB."""

import re
from pathlib import Path

import numpy as np

from radarsim.captures.dca1000_codec import BYTES_PER_WORD
from radarsim.captures.plausibility import file_type_of
from radarsim.errors import InputError

# Size at which mmWave Studio and TI's command-line tool start the next file of a recording.
SPLIT_BYTES = 1 << 30


class BinSource:
    """16-bit words of a `.bin` file and of the files that continue it.

    TI's tools start a new file after each GB: adc_data_Raw_0.bin, adc_data_Raw_1.bin and so on.
    Each read maps only the bytes it needs, so memory use does not grow with the recording.
    """

    def __init__(self, path: Path):
        self.path = path
        with open(path, "rb") as file:
            file_type = file_type_of(file.read(4096))
        if file_type:
            hint = "give the .bin or .pcap that the DCA1000 recorded"
            raise InputError(path, "file", f"is not a capture but {file_type}", hint)
        self.files = files_of_recording(path)
        sizes = [file.stat().st_size for file in self.files]
        self.starts = [sum(sizes[:idx]) for idx in range(len(sizes))]
        self.num_bytes = sum(sizes)
        self.num_words = self.num_bytes // BYTES_PER_WORD
        self.notes: tuple[str, ...] = ()
        if len(self.files) > 1:
            self.notes += (f"continues in {len(self.files) - 1} more files, read as one",)
        if self.num_bytes % BYTES_PER_WORD:
            odd = f"{self.num_bytes:,} bytes is an odd number; the last byte is ignored"
            self.notes += (odd,)

    def align(self, frame_bytes: int) -> None:
        """Do nothing, because a `.bin` file has no bytes before the first recorded frame."""

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the words from index `start` up to `stop`."""
        first, last = start * BYTES_PER_WORD, stop * BYTES_PER_WORD
        chunks = [np.zeros(0, np.uint8)]
        for path, begin, end in zip(self.files, self.starts, [*self.starts[1:], self.num_bytes]):
            low, high = max(first, begin), min(last, end)
            if low < high:
                chunks.append(_mapped(path, low - begin, high - low))
        return np.concatenate(chunks).view("<i2").astype(np.int16, copy=False)

    def lost_packets(self, per_frame: int) -> None:
        """Return None: a `.bin` records no losses; `Capture.lost_packets` searches for zeros."""


def files_of_recording(path: Path) -> list[Path]:
    """Return a file and, if its name ends in _0.bin, the consecutively numbered files after it."""
    stem = path.stem.removesuffix("_0")
    found = [path]
    while stem != path.stem:
        following = path.with_name(f"{stem}_{len(found)}{path.suffix}")
        if not following.is_file():
            break
        found.append(following)
    return found


def preceding_parts(path: Path) -> list[Path]:
    """Return the earlier files of a recording: walk_0.bin and walk_1.bin for walk_2.bin.

    The result is empty if one of the earlier files is missing.
    """
    number = re.fullmatch(r"(.*)_(\d{1,4})", path.stem)
    if not number:
        return []
    count = int(number[2])
    parts = [path.with_name(f"{number[1]}_{idx}{path.suffix}") for idx in range(count)]
    return parts if all(part.is_file() for part in parts) else []


def _mapped(path: Path, offset: int, num_bytes: int) -> np.ndarray:
    try:
        return np.memmap(path, np.uint8, "r", offset=offset, shape=(num_bytes,))
    except (OSError, ValueError) as error:
        problem = f"can no longer be read ({error})"
        raise InputError(path, "file", problem, "open it again") from None
