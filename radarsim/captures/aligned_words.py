"""Read a `.bin` file with its frames aligned; missing words read as zeros, as in TI's files."""

from typing import NamedTuple

import numpy as np

from radarsim.captures.alignment import Gap
from radarsim.captures.capture_windows import ReadWords


class _Piece(NamedTuple):
    """Words `start` up to `stop` of the file, which begin at `position` in the aligned stream."""

    position: int
    start: int
    stop: int


class AlignedWords:
    """Words of a file from its first complete frame on, with zeros in place of missing words.

    Args:
        read: function that returns the words of the file from one index up to, but excluding,
            another.
        num_words: number of words in the file.
        offset: position of the file's first word within a frame.
        gaps: gaps from `alignment.find_gaps`; `missing == 0` means that alignment was lost at this
            gap, where the stream ends.
        frame_words: number of words per frame.
    """

    def __init__(
        self, read: ReadWords, num_words: int, offset: int, gaps: list[Gap], frame_words: int
    ):
        self._read, self._pieces = read, []
        skipped = -(-offset // frame_words) * frame_words
        position, start = offset - skipped, 0
        for gap in [*gaps, Gap(num_words, 0)]:
            self._pieces.append(_Piece(position, start, gap.at))
            position += gap.at - start + gap.missing
            start = gap.at
            if not gap.missing:
                break
        self.num_words = max(0, position)

    def frame_before(self, at: int, frame_words: int) -> int:
        """Index of the frame in which the gap before word `at` of the file starts."""
        piece = next(each for each in self._pieces if each.stop == at)
        return (piece.position + piece.stop - piece.start) // frame_words

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the words of the aligned stream from index `start` up to `stop`."""
        words = np.zeros(stop - start, np.int16)
        for piece in self._pieces:
            low = max(start, piece.position)
            high = min(stop, piece.position + piece.stop - piece.start)
            if low < high:
                first = piece.start + low - piece.position
                words[low - start : high - start] = self._read(first, first + high - low)
        return words
