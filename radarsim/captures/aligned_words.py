"""Words of a `.bin` file with aligned frames; missing words read as zeros, as in TI's files."""

from typing import NamedTuple

import numpy as np

from radarsim.captures.alignment import Gap
from radarsim.captures.capture_windows import ReadWords


class _Piece(NamedTuple):
    """Words of the file from `start` up to `stop`, at `position` in the aligned stream."""

    position: int
    start: int
    stop: int


class AlignedWords:
    """Words of a file from its first complete frame on, with zeros in place of missing words.

    Args:
        read: returns the words of the file from one index up to another.
        num_words: number of words in the file.
        offset: position of the file's first word within a frame.
        gaps: from `alignment.find_gaps`; `missing == 0` marks lost alignment and ends the stream.
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
        """Frame index of the first word that is missing just before a word of the file."""
        piece = next(each for each in self._pieces if each.stop == at)
        return (piece.position + piece.stop - piece.start) // frame_words

    def read(self, start: int, stop: int) -> np.ndarray:
        """Words from index `start` up to `stop` of the aligned stream."""
        words = np.zeros(stop - start, np.int16)
        for piece in self._pieces:
            low = max(start, piece.position)
            high = min(stop, piece.position + piece.stop - piece.start)
            if low < high:
                first = piece.start + low - piece.position
                words[low - start : high - start] = self._read(first, first + high - low)
        return words
