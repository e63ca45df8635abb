"""Is this a capture, and is it whole? Findings in words and numbers; no files."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int16

from radarsim.errors import InputError

# Payload of a DCA1000 packet; TI's tools put zeros in place of a lost one.
PACKET_WORDS = 728
# A receiver's noise never reads zero this often in a row; a packet may be cut by a file's end.
_MIN_ZEROS = PACKET_WORDS // 2
_BLOCK = 128
_KNOWN_STARTS = {
    b"PK": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a document",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"MATLAB": "a MATLAB file",
    b"\xd4\xc3\xb2\xa1": "a packet capture",
    b"\xa1\xb2\xc3\xd4": "a packet capture",
    b"\x4d\x3c\xb2\xa1": "a packet capture",
    b"\xa1\xb2\x3c\x4d": "a packet capture",
    b"\x0a\x0d\x0d\x0a": "a packet capture",
}
# Evenly spread 16-bit numbers have an rms of 18919 and half of them beyond +-16384.
_EVEN_SHARE = (0.45, 0.55)


@dataclass(frozen=True)
class Missing:
    """Lost data: packets, and the frames they belong to."""

    packets: int
    frames: frozenset[int]

    def in_words(self, num_frames: int) -> str:
        """How much that is of a capture; "" where nothing is missing."""
        if not self.packets:
            return ""
        first = ", ".join(str(frame) for frame in sorted(self.frames)[:5])
        more = ", ..." if len(self.frames) > 5 else ""
        return (
            f"{self.packets:,} packets of {2 * PACKET_WORDS:,} bytes are missing and read as "
            f"zeros, in {len(self.frames):,} of {num_frames:,} frames: {first}{more}"
        )


def kind_of_bytes(start: bytes) -> str:
    """What the first bytes of a file say it is, or "" where they say nothing."""
    for magic, kind in _KNOWN_STARTS.items():
        if start.startswith(magic):
            return kind
    printable = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in start)
    return "text" if len(start) >= 64 and printable == len(start) else ""


def check_samples(where: str, words: Int16[np.ndarray, " word"]) -> tuple[str, ...]:
    """Refuse words that no receiver sends; note what is odd about the rest.

    Args:
        where: the file, for messages.
        words: some of the capture.

    Returns:
        Notes.

    Raises:
        InputError: the words are spread evenly over all 16 bits, like compressed data.
    """
    if not np.any(words):
        return (f"the first {len(words):,} words are all zero",)
    spread = float(np.mean(np.abs(words.astype(np.int32)) >= 2**14))
    if len(words) >= 2048 and _EVEN_SHARE[0] < spread < _EVEN_SHARE[1]:
        problem = f"is no capture: {spread:.0%} of its words lie beyond half of the full scale"
        hint = "a receiver's samples do not fill 16 bits evenly; give the raw file of a DCA1000"
        raise InputError(where, "file", problem, hint)
    return ()


def find_missing(
    read_words: Callable[[int, int], np.ndarray], num_words: int, per_frame: int, at_once: int
) -> Missing:
    """Packets that were replaced by zeros.

    Args:
        read_words: words from one index to another.
        num_words: in all.
        per_frame: words of one frame.
        at_once: words held in memory.

    Returns:
        Runs of zeros longer than half a packet, counted in packets, and the frames they touch.
    """
    packets, frames, open_run = 0, set(), 0
    for start in range(0, num_words, at_once):
        stop = min(start + at_once, num_words)
        runs, open_run = _zero_runs(read_words(start, stop), start, open_run, stop == num_words)
        for first, last in runs:
            packets += max(1, round((last - first) / PACKET_WORDS))
            frames.update(range(first // per_frame, (last - 1) // per_frame + 1))
    return Missing(packets, frozenset(frames))


def _zero_runs(words, start: int, open_run: int, at_end: bool) -> tuple[list, int]:
    """Closed runs of zeros as (first, after last), and how many zeros the words end with."""
    whole = len(words) // _BLOCK * _BLOCK
    # Quick where nothing is lost: a run that counts fills a block.
    if words[:whole].reshape(-1, _BLOCK).any(axis=1).all() and not open_run and words[-1]:
        return [], 0
    edges = np.concatenate([[-1 - open_run], np.flatnonzero(words), [len(words)]])
    gaps = np.diff(edges) - 1
    tail = 0 if at_end else int(gaps[-1])
    closed = gaps if at_end else gaps[:-1]
    runs = [
        (int(start + edges[i] + 1), int(start + edges[i + 1]))
        for i in np.flatnonzero(closed >= _MIN_ZEROS)
    ]
    return runs, tail
