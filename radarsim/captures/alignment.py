"""Align the frames of a `.bin` file: find missing words that were not replaced by zeros.

TI's tools write zeros for a lost packet; other recorders write nothing, which shifts all later
frames. The second file of a long recording starts in the middle of a frame. Lost packets and an
incomplete first frame are both visible in the samples, because the echo is discontinuous at the end
of each chirp of a receiver (`sample_streams`), at multiples of the chirp length from the start of a
frame. Short windows throughout the file are compared with this grid of chirp boundaries; if a
window disagrees, bisection locates the gap.

A packet contains 1,456 bytes. The shift of the chirp grid is known modulo the chirp length of one
receiver in words, so it determines the number of lost packets modulo a number between 16 and 64. If
several packet counts fit, the count that best continues the sequence of transmitters and receivers
before the gap is used; among equally good counts, the smallest is used.
"""

import math
from typing import NamedTuple

import numpy as np

from radarsim.captures.capture_windows import ReadWords
from radarsim.captures.lost_packets import PACKET_WORDS
from radarsim.captures.sample_streams import (
    first_break,
    mean_over_blocks,
    needed_height_db,
    prediction_errors_db,
    sample_streams,
    stream_shape,
)
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

# Number of blocks in the shortest and in the longest window that calibration tries.
_MIN_BLOCKS, _MAX_BLOCKS = 16, 512
# Maximum number of windows that are compared with the grid to find the next gap.
_NUM_WINDOWS = 64
# The breaks of a window are correlated with the breaks of the first window: smallest usable
# correlation, and the fraction of the best correlation that the unshifted grid must reach.
_MIN_MATCH, _MATCHES_GRID = 0.5, 0.7
# Maximum number of gaps; a file with more gaps is read only up to the last gap within this limit.
MAX_GAPS = 256
# The sequence of receivers counts as continued across a gap if the correlation is at least the
# first value times the best correlation, which must exceed the second value to be usable.
_CONTINUES, _MIN_CONTINUITY = 0.9, 0.7


class Gap(NamedTuple):
    """A run of consecutive words that are missing from a file.

    Attributes:
        at: index in the file of the first word after the gap.
        missing: number of missing words.
    """

    at: int
    missing: int


class Grid:
    """Grid of chirp boundaries in a file; each cell holds one chirp of one receiver.

    Args:
        read: function that returns the words of the file from one index up to, but excluding,
            another.
        num_words: number of words in the file.
        radar: radar of the capture.
        capture_format: resolved word layout.
    """

    def __init__(
        self, read: ReadWords, num_words: int, radar: Radar, capture_format: CaptureFormat
    ):
        self.read, self.num_words = read, num_words
        self.capture_format, self.num_rx = capture_format, radar.array.num_rx
        self.shape = stream_shape(radar, capture_format)
        self.block_words = self.shape.block * self.shape.words_per_sample
        self.loop_words = self.block_words * self.shape.blocks_per_loop
        self.num_blocks = _MAX_BLOCKS
        self.profile_db = np.zeros(self.shape.block)

    @property
    def window_words(self) -> int:
        """Number of words in a window, which contains a whole number of loops."""
        return -(-self.num_blocks // self.shape.blocks_per_loop) * self.loop_words

    def streams(self, start: int, stop: int) -> np.ndarray:
        """Return the samples of a part of the file, separated by channel."""
        return sample_streams(self.capture_format, self.num_rx, self.read(start, stop))

    def calibrate(self, offset: int) -> bool:
        """Measure the breaks at the start of the file; return False if no break is visible.

        The window used is the shortest one that shows breaks, because a short window is unlikely to
        contain a gap. All other windows are twice as long.
        """
        self.num_blocks = _MIN_BLOCKS
        while self.num_blocks <= _MAX_BLOCKS:
            errors_db = self._errors_db(0, offset)
            first = None if errors_db is None else first_break(errors_db, self.shape.block)
            self.num_blocks *= 2
            if first is not None:
                heights_db = mean_over_blocks(errors_db, self.shape.block)
                self.profile_db = np.roll(heights_db, -first)
                return True
        return False

    def shift(self, at: int, offset: int) -> int | None:
        """Shift of the breaks in the window after word `at`, in samples; None if not measurable.

        The profile of prediction errors around the breaks is compared with the profile of the first
        window, which is more precise than a comparison of their maxima.

        Args:
            at: index of a word in the file.
            offset: position of the file's first word within a frame.
        """
        errors_db = self._errors_db(at, offset)
        if errors_db is None:
            return None
        count = len(errors_db) // self.shape.block
        heights_db = mean_over_blocks(errors_db, self.shape.block)
        if heights_db.max() < needed_height_db(count):
            return None
        one, other = _highest_part(self.profile_db), _highest_part(heights_db)
        match = np.fft.irfft(np.fft.rfft(other) * np.fft.rfft(one).conj(), len(one))
        best = int(np.argmax(match))
        if match[best] ** 2 < _MIN_MATCH**2 * np.sum(one**2) * np.sum(other**2):
            return None
        return 0 if match[0] >= _MATCHES_GRID * match[best] else best

    def first_loop(self, at: int, offset: int) -> int:
        """Index of the first word at or after `at` that starts a loop."""
        return at + -(at + offset) % self.loop_words

    def _errors_db(self, at: int, offset: int) -> np.ndarray | None:
        start = self.first_loop(at, offset)
        stop = min(start + self.window_words, self.num_words)
        if stop - start < 4 * self.block_words:
            return None
        return prediction_errors_db(self.streams(start, stop))


def find_gaps(grid: Grid, offset: int) -> list[Gap]:
    """Find the gaps in a file whose first word has a known position within a frame.

    Args:
        grid: calibrated grid.
        offset: position of the file's first word within a frame.

    Returns:
        Gaps in file order; if alignment cannot be recovered, the last gap has 0 missing words.
    """
    gaps: list[Gap] = []
    at = 0
    while len(gaps) < MAX_GAPS:
        interval = _first_disagreement(grid, at, offset)
        if interval is None:
            return gaps
        gap = _locate(grid, interval, offset)
        if gaps and gap.at <= gaps[-1].at + PACKET_WORDS:  # the last gap did not realign the grid
            break
        gaps.append(gap)
        offset, at = offset + gap.missing, gap.at
    return [*gaps[:-1], gaps[-1]._replace(missing=0)]


def _highest_part(heights_db: np.ndarray) -> np.ndarray:
    """Subtract 30 % of the maximum and clip at 0, which removes the noise between the breaks."""
    return np.maximum(heights_db - 0.3 * heights_db.max(), 0.0)


def missing_words(grid: Grid, shift: int) -> list[int]:
    """Possible numbers of missing words for a grid shift; whole packets only if any number fits."""
    per_sample = grid.shape.words_per_sample
    target = -shift * per_sample % grid.block_words
    packets = np.arange(1, grid.loop_words // math.gcd(PACKET_WORDS, grid.loop_words) + 1)
    differs = (packets * PACKET_WORDS - target) % grid.block_words
    # The height of a break spreads over neighbouring samples.
    fits = np.minimum(differs, grid.block_words - differs) <= per_sample
    if fits.any():
        return [int(count) * PACKET_WORDS for count in packets[fits]]
    return [target + idx * grid.block_words for idx in range(grid.shape.blocks_per_loop)]


class _Interval(NamedTuple):
    """Interval with a gap: the window at `good` fits the grid, the window at `bad` does not."""

    good: int
    bad: int
    shift: int


def _first_disagreement(grid: Grid, at: int, offset: int) -> _Interval | None:
    last = grid.num_words - grid.window_words
    step = max(grid.window_words, (grid.num_words - at) // _NUM_WINDOWS)
    good = at
    for start in [*range(at, max(at, last), step), max(at, last)]:
        shift = grid.shift(start, offset)
        if shift == 0:
            good = start
        elif shift is not None:
            return _bisect(grid, _Interval(good, start, shift), offset)
    return None


def _bisect(grid: Grid, interval: _Interval, offset: int) -> _Interval:
    good, bad, shift = interval
    while bad - good > grid.loop_words:
        middle = (good + bad) // 2
        found = grid.shift(middle, offset)
        if found == 0 or found is None:
            good = middle
        else:
            bad, shift = middle, found
    return _Interval(good, bad, shift)


def _locate(grid: Grid, interval: _Interval, offset: int) -> Gap:
    """Find the position and the size of the gap in an interval."""
    choices = missing_words(grid, interval.shift)
    at = _position(grid, interval, offset, choices[0])
    if len(choices) == 1:
        return Gap(at, choices[0])
    match = np.array([_continuity(grid, at, offset, missing) for missing in choices])
    # If no candidate continues the sequence, as when two gaps are close together, the smallest
    # candidate is used.
    likely = match >= _CONTINUES * match.max() if match.max() > _MIN_CONTINUITY else match >= 0.0
    return Gap(at, choices[int(np.argmax(likely))])


def _position(grid: Grid, interval: _Interval, offset: int, missing: int) -> int:
    """Find the position of the gap, where the error profile changes to the shifted grid."""
    start = grid.first_loop(max(0, interval.good - grid.loop_words), offset)
    stop = min(grid.num_words, interval.bad + grid.window_words + grid.loop_words)
    errors_db = prediction_errors_db(grid.streams(start, stop))
    per_sample, block = grid.shape.words_per_sample, grid.shape.block
    positions = np.arange(len(errors_db))
    old = (errors_db - grid.profile_db[positions % block]) ** 2
    new = (errors_db - grid.profile_db[(positions + missing // per_sample) % block]) ** 2
    # The gap itself also appears as a break.
    at_gap = (errors_db - grid.profile_db.max()) ** 2
    cost = np.cumsum(old) - old + np.sum(new) - np.cumsum(new) + at_gap
    if missing % PACKET_WORDS == 0:
        whole = (start + positions * per_sample) % PACKET_WORDS == 0
        cost = np.where(whole, cost, np.inf)
    return start + int(np.argmin(cost)) * per_sample


def _continuity(grid: Grid, at: int, offset: int, missing: int) -> float:
    """Correlation between the last whole loop before a gap and the first whole loops after it."""
    before = at - (at + offset) % grid.loop_words - grid.loop_words
    after = grid.first_loop(at, offset + missing)
    stop = min(after + 2 * grid.loop_words, grid.num_words)
    stop -= (stop - after) % grid.loop_words
    if before < 0 or stop <= after:
        return 0.0
    one = grid.streams(before, before + grid.loop_words)
    others = grid.streams(after, stop).reshape(len(one), -1, one.shape[1])
    products = np.einsum("cs,cls->l", one.conj(), others)
    energy = np.sum(np.abs(one) ** 2) * np.sum(np.abs(others) ** 2, axis=(0, 2))
    return float(np.mean(np.abs(products) / np.sqrt(energy + 1e-30)))
