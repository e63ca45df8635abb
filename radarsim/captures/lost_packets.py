"""Is this a capture, and is it whole? Findings in words and numbers; no files."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Payload of a DCA1000 packet; TI's tools put zeros in place of a lost one.
PACKET_WORDS = 728
# A receiver's noise never reads zero this often in a row; a packet may be cut by a file's end.
_MIN_ZEROS = PACKET_WORDS // 2
_BLOCK = 128


@dataclass(frozen=True)
class LostPackets:
    """Lost data: packets, and the frames they belong to."""

    packets: int
    frames: frozenset[int]

    def describe(self, num_frames: int) -> str:
        """How much that is of a capture; "" where nothing is missing."""
        if not self.packets:
            return ""
        first = ", ".join(str(frame) for frame in sorted(self.frames)[:5])
        more = ", ..." if len(self.frames) > 5 else ""
        return (
            f"{self.packets:,} packets of {2 * PACKET_WORDS:,} bytes are missing and read as "
            f"zeros, in {len(self.frames):,} of {num_frames:,} frames: {first}{more}"
        )


def find_lost_packets(
    read_words: Callable[[int, int], np.ndarray], num_words: int, per_frame: int, at_once: int
) -> LostPackets:
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
    return LostPackets(packets, frozenset(frames))


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
