"""Windows over a capture for checking its layout, each starting at a chirp."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Int16

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
_NUM_WINDOWS, _WINDOW_WORDS, _WINDOW_BLOCKS = 8, 1 << 15, 64


def capture_windows(
    radar: Radar, capture_format: CaptureFormat, read_words: ReadWords, num_words: int
) -> list[Int16[np.ndarray, " word"]]:
    """Equally spaced parts of a capture, from its start to its end.

    Missing packets shift the chirps that follow, so each window is moved to the first break between
    chirps that is visible in it.

    Args:
        radar: radar of the capture.
        capture_format: word layout, not necessarily the true one.
        read_words: returns the 16-bit words from one index up to another.
        num_words: number of words in the capture.
    """
    windows = []
    for start, stop in _intervals(radar, capture_format, num_words):
        words = read_words(start, stop)
        windows.append(words[_words_before_break(radar, capture_format, words) :])
    return windows


def _intervals(radar: Radar, capture_format: CaptureFormat, num_words) -> list[tuple[int, int]]:
    """Start and stop word of each window, which contains whole loops."""
    shape = stream_shape(radar, capture_format)
    loop = shape.block * shape.words_per_sample * shape.blocks_per_loop
    loops = num_words // loop
    size = max(_WINDOW_WORDS // loop, -(-_WINDOW_BLOCKS // shape.blocks_per_loop), 1)
    if loops < 2 * size:
        return [(0, loops * loop)]
    count = min(_NUM_WINDOWS, loops // size)
    starts = [round(idx * (loops - size) / (count - 1)) for idx in range(count)]
    return [(start * loop, (start + size) * loop) for start in starts]


def _words_before_break(radar: Radar, capture_format: CaptureFormat, words) -> int:
    streams = sample_streams(capture_format, radar.array.num_rx, words)
    shape = stream_shape(radar, capture_format)
    if streams.shape[1] < max(4 * shape.block, 16 * ORDER):
        return 0
    first = first_break(prediction_errors_db(streams), shape.block) or 0
    # Whole groups of words: pairs of samples on two lanes, single samples on four lanes.
    return round(first * shape.words_per_sample / 8) * 8
