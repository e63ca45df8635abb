"""Choose the windows of a capture in which its word layout and chirp length are checked."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Int16, Num

from radarsim.captures.sample_streams import (
    ORDER,
    first_break,
    prediction_errors_db,
    sample_streams,
    stream_shape,
)
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

ReadWords = Callable[[int, int], np.ndarray]
# Maximum number of windows, length of a window in words, and minimum length of a window in blocks.
_NUM_WINDOWS, _WINDOW_WORDS, _WINDOW_BLOCKS = 8, 1 << 15, 64


def capture_windows(
    radar: Radar, capture_format: CaptureFormat, read_words: ReadWords, num_words: int
) -> list[Int16[np.ndarray, " _"]]:
    """Return evenly spaced windows of a capture, from its start to its end.

    Args:
        radar: radar of the capture.
        capture_format: word layout, which may be wrong.
        read_words: function that returns the 16-bit words from one index up to, but excluding,
            another.
        num_words: number of words in the capture.
    """
    intervals = _intervals(radar, capture_format, num_words)
    return [read_words(start, stop) for start, stop in intervals]


def streams_from_break(
    radar: Radar, capture_format: CaptureFormat, words: Int16[np.ndarray, " word"]
) -> Num[np.ndarray, "channel sample"]:
    """Return the sample streams of a window, starting at its first break between chirps.

    Missing packets shift the chirps that follow, so a window may start in the middle of a chirp.
    """
    streams = sample_streams(capture_format, radar.array.num_rx, words)
    block = stream_shape(radar, capture_format).block
    some = streams[:, : _WINDOW_BLOCKS * block]
    if some.shape[1] < max(4 * block, 16 * ORDER):
        return streams
    return streams[:, first_break(prediction_errors_db(some), block) or 0 :]


def _intervals(radar: Radar, capture_format: CaptureFormat, num_words) -> list[tuple[int, int]]:
    """Start and stop word of each window; every window contains whole loops."""
    shape = stream_shape(radar, capture_format)
    loop = shape.block * shape.words_per_sample * shape.blocks_per_loop
    loops = num_words // loop
    size = max(_WINDOW_WORDS // loop, -(-_WINDOW_BLOCKS // shape.blocks_per_loop), 1)
    if loops < 2 * size:
        return [(0, loops * loop)]
    count = min(_NUM_WINDOWS, loops // size)
    starts = [round(idx * (loops - size) / (count - 1)) for idx in range(count)]
    return [(start * loop, (start + size) * loop) for start in starts]
