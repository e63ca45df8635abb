"""Find breaks between chirps: places where linear prediction of the samples fails."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

from radarsim.captures.sample_streams import (
    MIN_BREAK_DB,
    ORDER,
    mean_over_blocks,
    needed_height_db,
    prediction_errors_db,
)

# A chirp length is accepted if the mean height of its breaks is at least this fraction of the best
# mean height. The fraction exceeds one half, because a length with a break at every second position
# only reaches one half.
_SHARE_OF_BEST = 0.6
# If no break within a chirp reaches this fraction of the height of the break at its start, no
# shorter length reaches `_SHARE_OF_BEST`.
_SHARE_INSIDE = 0.2
_LONGEST = 8


class Breaks(NamedTuple):
    """Breaks between chirps: distance, position and height.

    Attributes:
        distance: distance between breaks in samples of a stream; 0 if no break is visible.
        first: sample index of the first break, less than `distance`.
        height_db: height of the breaks above the other prediction errors [dB].
    """

    distance: int
    first: int
    height_db: float


_NO_BREAKS = Breaks(0, 0, 0.0)


def find_breaks(streams: Num[np.ndarray, "channel sample"], stated: int) -> Breaks:
    """Find the shortest chirp length whose multiples are all breaks.

    Args:
        streams: samples from `sample_streams`, starting with the first sample of a chirp.
        stated: configured number of samples per chirp; lengths up to eight times this number are
            tried.
    """
    if streams.shape[1] < 16 * ORDER:
        return _NO_BREAKS
    return breaks_of_errors(paired_errors(prediction_errors_db(streams)), stated)


def paired_errors(errors_db) -> Float[np.ndarray, " sample"]:
    """Average each prediction error with the next, because both are large at a break."""
    return (errors_db + np.append(errors_db[1:], 0.0)) / 2


def breaks_of_errors(errors_db: Float[np.ndarray, " sample"], stated: int) -> Breaks:
    """Find the breaks in paired prediction errors; the arguments are those of `find_breaks`."""
    longest = min(_LONGEST * stated, len(errors_db) // 8)
    if longest < ORDER:
        return _NO_BREAKS
    lengths = np.arange(ORDER, longest + 1)
    if _is_as_stated(errors_db, stated):
        lengths = lengths[lengths % stated == 0]
    best = [_highest(errors_db, int(length), stated) for length in lengths]
    visible = [
        each for each in best if each.height_db > needed_height_db(len(errors_db) // each.distance)
    ]
    highest_db = max((each.height_db for each in visible), default=0.0)
    for each in visible:
        if each.height_db > _SHARE_OF_BEST * highest_db or _all_break(errors_db, each):
            return each
    return _NO_BREAKS


def _highest(errors_db, length: int, stated: int) -> Breaks:
    """Breaks at multiples of a length, at the offset with the largest mean error.

    If the length is a multiple of the stated length, a window may start at any stated chirp.
    """
    longer = length > stated and length % stated == 0
    firsts = range(stated, length + 1, stated) if longer else (length,)
    heights_db = [float(errors_db[first::length].mean()) for first in firsts]
    idx = int(np.argmax(heights_db))
    return Breaks(length, firsts[idx] % length, heights_db[idx])


def _all_break(errors_db, breaks: Breaks) -> bool:
    """Whether breaks remain if only every 2nd, 3rd, 5th or 7th position is averaged."""
    heights_db = errors_db[breaks.first + breaks.distance :: breaks.distance]
    return all(
        heights_db[start::step].mean() > needed_height_db(len(heights_db) // step)
        for step in (2, 3, 5, 7)
        for start in range(step)
        if len(heights_db) > step
    )


def _is_as_stated(errors_db, stated: int) -> bool:
    """Whether breaks occur at stated chirp starts only, which rules out shorter chirps."""
    heights_db = mean_over_blocks(errors_db, stated) if len(errors_db) > 8 * stated else np.zeros(1)
    inner_db = heights_db[ORDER:-1].max(initial=0.0)
    return bool(heights_db[0] > MIN_BREAK_DB and inner_db < _SHARE_INSIDE * heights_db[0])
