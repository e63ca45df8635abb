"""Find lost DCA1000 packets: search a raw capture for the runs of zeros that replace them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int64

from radarsim.captures.dead_words import Runs, without_dead_words

# Payload of a DCA1000 packet in 16-bit words; TI's tools write zeros in place of a lost packet.
PACKET_WORDS = 728
# Minimum length of a run of zeros that counts as a lost packet; receiver noise is never zero for so
# many successive words. The limit is half a packet, because the end of a file may cut a packet.
_MIN_ZEROS = PACKET_WORDS // 2
_BLOCK = 128


@dataclass(frozen=True)
class LostPackets:
    """Lost packets of a capture.

    Attributes:
        packets: number of lost packets.
        frames: indices of the affected frames.
        runs: first lost word of each gap, and the word after its last one, increasing.
    """

    packets: int
    frames: frozenset[int]
    runs: Int64[np.ndarray, "run 2"] = field(
        default_factory=lambda: np.zeros((0, 2), np.int64), compare=False, repr=False
    )

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
    per_loop: int,
    max_words_in_memory: int,
) -> LostPackets:
    """Find lost packets that the recording tool replaced by zeros.

    Words that are zero in every loop belong to a dead receiver or a muted transmitter, and are not
    lost.

    Args:
        read_words: function that returns the 16-bit words from one index up to, but excluding,
            another.
        num_words: number of words in the whole capture, a multiple of `per_frame`.
        per_frame: number of words per frame.
        per_loop: number of words per loop of all transmitters.
        max_words_in_memory: number of words read per step.

    Returns:
        Number of packets in runs of zeros of at least half a packet, and the affected frames.
    """
    found, open_run = [np.zeros((0, 2), np.int64)], 0
    for start in range(0, num_words, max_words_in_memory):
        stop = min(start + max_words_in_memory, num_words)
        runs, open_run = _zero_runs(read_words(start, stop), start, open_run, stop == num_words)
        found.append(runs)
    runs = without_dead_words(np.concatenate(found), num_words, per_loop)
    packets, frames = 0, set()
    for first, last in runs.tolist():
        packets += max(1, round((last - first) / PACKET_WORDS))
        frames.update(range(first // per_frame, (last - 1) // per_frame + 1))
    return LostPackets(packets, frozenset(frames), runs)


def cut_chirps(runs: Runs, span: range) -> Bool[np.ndarray, " chirp"]:
    """Find the chirps of which at least one word was lost.

    Args:
        runs: first lost word of each gap, and the word after its last one, increasing.
        span: indices of the first words of the chirps; `span.stop` follows their last word.
    """
    first = np.searchsorted(runs[:, 1], span.start, "right")
    cut = np.zeros(len(span), bool)
    for start, stop in runs[first : np.searchsorted(runs[:, 0], span.stop)].tolist():
        before, after = max(0, start - span.start), stop - span.start
        cut[before // span.step : -(-after // span.step)] = True
    return cut


def _zero_runs(words, start: int, open_run: int, at_end: bool) -> tuple[Runs, int]:
    """Completed runs of zeros as (start, stop), and the number of zeros at the end."""
    whole = len(words) // _BLOCK * _BLOCK
    # Fast path for files without losses: a run long enough to be counted fills at least one block.
    if words[:whole].reshape(-1, _BLOCK).any(axis=1).all() and not open_run and words[-1]:
        return np.zeros((0, 2), np.int64), 0
    edges = np.concatenate([[-1 - open_run], np.flatnonzero(words != 0), [len(words)]])
    gaps = np.diff(edges) - 1
    tail = 0 if at_end else int(gaps[-1])
    long = np.flatnonzero((gaps if at_end else gaps[:-1]) >= _MIN_ZEROS)
    return start + np.stack([edges[long] + 1, edges[long + 1]], axis=1), tail
