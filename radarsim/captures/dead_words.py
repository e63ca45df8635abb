"""Distinguish lost packets from dead or muted channels, whose words are zero in every loop."""

import numpy as np
from jaxtyping import Bool, Int64

# Words that are zero in this fraction of the loops belong to a dead receiver or transmitter. Lost
# packets hit the same words of so many loops only if whole loops are lost, which are left out.
_DEAD_FRACTION = 0.98
# Minimum number of loops that shows a word to be dead.
_MIN_LOOPS = 4
# Minimum number of zeros beside dead words that counts as part of a lost packet: noise of 0.5 codes
# or more gives so many successive zeros by chance in less than one of 10^5 chirps.
_MIN_ZEROS_BESIDE_DEAD = 32

Runs = Int64[np.ndarray, "run 2"]


def without_dead_words(runs: Runs, num_words: int, loop_words: int) -> Int64[np.ndarray, "kept 2"]:
    """Remove the runs of zeros, and the ends of runs, that consist of dead words.

    Args:
        runs: first word of each run of zeros, and the word after its last one.
        num_words: number of words in the whole capture, a multiple of `loop_words`.
        loop_words: number of words per loop of all transmitters.

    Returns:
        The runs with lost words, from the first lost word to the last.
    """
    live = ~_dead_words(runs, num_words // loop_words, loop_words) if len(runs) else np.ones(1)
    if live.all():
        return runs
    places = np.flatnonzero(live)
    loops, at = np.divmod(runs, loop_words)
    # Live words before the start and before the stop of each run.
    first, stop = (loops * len(places) + np.searchsorted(places, at)).T
    lengths, lost = runs[:, 1] - runs[:, 0], stop - first
    kept = (lost == lengths) | (lost >= _MIN_ZEROS_BESIDE_DEAD)
    first, stop = first[kept], stop[kept]
    ends = _place(first, places, loop_words), _place(stop - 1, places, loop_words) + 1
    return np.stack(ends, axis=1)


def _place(index, places, loop_words: int):
    """Position of the live word with the given index among all live words of the capture."""
    loops, rest = np.divmod(index, len(places))
    return loops * loop_words + places[rest]


def _dead_words(runs: Runs, num_loops: int, loop_words: int) -> Bool[np.ndarray, " word"]:
    """Whether each word of a loop is zero in nearly all loops that are not lost as a whole."""
    lengths = runs[:, 1] - runs[:, 0]
    first = runs[:, 0] % loop_words
    steps = np.bincount(first, minlength=2 * loop_words)
    steps -= np.bincount(first + lengths % loop_words, minlength=2 * loop_words)
    zeros = steps.cumsum().reshape(2, loop_words).sum(0) + (lengths // loop_words).sum()
    recorded = num_loops - zeros.min()
    if recorded < _MIN_LOOPS:
        return np.zeros(loop_words, bool)
    return zeros - zeros.min() >= _DEAD_FRACTION * recorded
