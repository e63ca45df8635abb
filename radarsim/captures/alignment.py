"""Alignment of the frames of a `.bin` file: find words that are missing, without zeros in place.

TI's tools write zeros for a lost packet; other recorders write nothing, and all later frames shift.
The second file of a long recording starts within a frame. Both show in the samples: echoes break
off where a chirp of one receiver ends (`sample_streams`), at multiples of its length from the start
of a frame. Short windows over the whole file are compared with this grid; where a window disagrees,
bisection finds the place.

A lost packet has 1,456 bytes, so the shift of the grid, which is known modulo the words of a chirp
of one receiver, gives the number of packets modulo 16 to 64. Where several numbers fit, that one is
taken whose transmitters and receivers continue those before the gap, and the smallest of these.
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

# Blocks of the first window that is tried, and of the longest.
_MIN_BLOCKS, _MAX_BLOCKS = 16, 512
_NUM_WINDOWS = 64
# Correlation of the breaks of a window with those of the first: smallest usable value, and share of
# the best value that the grid itself needs.
_MIN_MATCH, _MATCHES_GRID = 0.5, 0.7
# A file with more gaps than this is read up to the last of them.
MAX_GAPS = 256
# Receivers continue if their correlation is at least this share of the best, which is usable above
# the second value.
_CONTINUES, _MIN_CONTINUITY = 0.9, 0.7


class Gap(NamedTuple):
    """Missing words of a file.

    Attributes:
        at: index of the first word after the gap, in the file.
        missing: number of missing words.
    """

    at: int
    missing: int


class Grid:
    """Chirps of one receiver as a grid over the words of a file.

    Args:
        read: returns the words of the file from one index up to another.
        num_words: words of the file.
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
        """Words of a window: whole loops."""
        return -(-self.num_blocks // self.shape.blocks_per_loop) * self.loop_words

    def streams(self, start: int, stop: int) -> np.ndarray:
        """Samples by channel of a part of the file."""
        return sample_streams(self.capture_format, self.num_rx, self.read(start, stop))

    def calibrate(self, offset: int) -> bool:
        """Measure the errors around breaks at the start of the file; False: none are visible.

        The window is the shortest that shows breaks, so that it is unlikely to hold a gap. Later
        windows are twice as long.
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
        """Samples from the grid to the breaks in the window after word `at`; None: unclear.

        The errors around the breaks are compared with those of the first window, which is more
        precise than their maximum.

        Args:
            at: index of a word of the file.
            offset: word 0 of the file is this word of a frame.
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
    """Gaps of a file whose start is aligned.

    Args:
        grid: calibrated.
        offset: word 0 of the file is this word of a frame.

    Returns:
        Gaps in file order; the last one has 0 missing words where alignment is lost for good.
    """
    gaps: list[Gap] = []
    at = 0
    while len(gaps) < MAX_GAPS:
        interval = _first_disagreement(grid, at, offset)
        if interval is None:
            return gaps
        gap = _locate(grid, interval, offset)
        if gaps and gap.at <= gaps[-1].at + PACKET_WORDS:  # the last gap explains nothing
            break
        gaps.append(gap)
        offset, at = offset + gap.missing, gap.at
    return [*gaps[:-1], gaps[-1]._replace(missing=0)]


def _highest_part(heights_db: np.ndarray) -> np.ndarray:
    """Heights above 30 % of the highest: the breaks without the noise between them."""
    return np.maximum(heights_db - 0.3 * heights_db.max(), 0.0)


def missing_words(grid: Grid, shift: int) -> list[int]:
    """Numbers of missing words that explain a shift of the grid, whole packets if possible."""
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
    """The window from `good` on agrees with the grid, that from `bad` on has a shift."""

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
    """Position and size of the gap."""
    choices = missing_words(grid, interval.shift)
    at = _position(grid, interval, offset, choices[0])
    if len(choices) == 1:
        return Gap(at, choices[0])
    match = np.array([_continuity(grid, at, offset, missing) for missing in choices])
    # Where nothing continues, as between two close gaps, the smallest number stands.
    likely = match >= _CONTINUES * match.max() if match.max() > _MIN_CONTINUITY else match >= 0.0
    return Gap(at, choices[int(np.argmax(likely))])


def _position(grid: Grid, interval: _Interval, offset: int, missing: int) -> int:
    """Errors follow the profile of the old grid before the gap, that of the new grid after it."""
    start = grid.first_loop(max(0, interval.good - grid.loop_words), offset)
    stop = min(grid.num_words, interval.bad + grid.window_words + grid.loop_words)
    errors_db = prediction_errors_db(grid.streams(start, stop))
    per_sample, block = grid.shape.words_per_sample, grid.shape.block
    positions = np.arange(len(errors_db))
    old = (errors_db - grid.profile_db[positions % block]) ** 2
    new = (errors_db - grid.profile_db[(positions + missing // per_sample) % block]) ** 2
    # The gap is a break itself.
    at_gap = (errors_db - grid.profile_db.max()) ** 2
    cost = np.cumsum(old) - old + np.sum(new) - np.cumsum(new) + at_gap
    if missing % PACKET_WORDS == 0:
        whole = (start + positions * per_sample) % PACKET_WORDS == 0
        cost = np.where(whole, cost, np.inf)
    return start + int(np.argmin(cost)) * per_sample


def _continuity(grid: Grid, at: int, offset: int, missing: int) -> float:
    """Correlation of the last whole loop before a gap with the first whole loops after it."""
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
