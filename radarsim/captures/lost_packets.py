"""Find lost DCA1000 packets: search a raw capture for the runs of zeros that replace them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

# Payload of a DCA1000 packet in 16-bit words; TI's tools write zeros in place of a lost packet.
PACKET_WORDS = 728
# Minimum length of a run of zeros that counts as a lost packet; receiver noise is never zero for so
# many successive words. The limit is half a packet, because the end of a file may cut a packet.
_MIN_ZEROS = PACKET_WORDS // 2
_BLOCK = 128


@dataclass(frozen=True)
class LostPackets:
    """Number of lost packets, and the indices of the affected frames."""

    packets: int
    frames: frozenset[int]

    def describe(self, num_frames: int) -> str:
        """Describe the losses among `num_frames` frames in one line; "" if nothing was lost."""
        if not self.packets:
            return ""
        first = ", ".join(str(frame) for frame in sorted(self.frames)[:5])
        more = ", ..." if len(self.frames) > 5 else ""
        return (
            f"{self.packets:,} packets of {2 * PACKET_WORDS:,} bytes are missing and read as "
            f"zeros, in {len(self.frames):,} of {num_frames:,} frames: {first}{more}"
        )


def find_lost_packets(
    read_words: Callable[[int, int], np.ndarray],
    num_words: int,
    per_frame: int,
    max_words_in_memory: int,
) -> LostPackets:
    """Find lost packets that the recording tool replaced by zeros.

    Args:
        read_words: function that returns the 16-bit words from one index up to, but excluding,
            another.
        num_words: number of words in the whole capture.
        per_frame: number of words per frame.
        max_words_in_memory: number of words read per step.

    Returns:
        Number of packets in runs of zeros of at least half a packet, and the affected frames.
    """
    packets, frames, open_run = 0, set(), 0
    for start in range(0, num_words, max_words_in_memory):
        stop = min(start + max_words_in_memory, num_words)
        runs, open_run = _zero_runs(read_words(start, stop), start, open_run, stop == num_words)
        for first, last in runs:
            packets += max(1, round((last - first) / PACKET_WORDS))
            frames.update(range(first // per_frame, (last - 1) // per_frame + 1))
    return LostPackets(packets, frozenset(frames))


def cut_chirps(
    read_words: Callable[[int, int], np.ndarray], num_words: int, span: range
) -> Bool[np.ndarray, " chirp"]:
    """Find the chirps of which at least one word was lost.

    Words before and after the chirps are read as well, because a packet may end in a chirp that
    contains only a few of its words.

    Args:
        read_words: function that returns the 16-bit words from one index up to, but excluding,
            another.
        num_words: number of words in the whole capture.
        span: indices of the first words of the chirps; `span.stop` follows their last word.
    """
    first, last = max(0, span.start - PACKET_WORDS), min(num_words, span.stop + PACKET_WORDS)
    runs, _ = _zero_runs(read_words(first, last), first, 0, True)
    cut = np.zeros(len(span), bool)
    for start, stop in runs:
        before, after = max(0, start - span.start), max(0, stop - span.start)
        cut[before // span.step : -(-after // span.step)] = True
    return cut


def _zero_runs(words, start: int, open_run: int, at_end: bool) -> tuple[list, int]:
    """Completed runs of zeros as (start, stop), and the number of zeros at the end."""
    whole = len(words) // _BLOCK * _BLOCK
    # Fast path for files without losses: a run long enough to be counted fills at least one block.
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
