"""A clip in pieces is the same clip."""

import gc
import os
import weakref
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.numerics.threads import num_threads
from radarsim.signal import fast_clip as clip
from radarsim.signal.array_sizes import Sizes
from radarsim.signal.fast_clip import choose, fast_clip, make_burst
from radarsim.signal.parallel import MOST_FRAMES, cut, fast_echo
from tests.helpers.moving_sphere import CLEAN, moving_sphere, relative_db, small_radar

SMALL = small_radar(num_samples=64)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_pieces_have_the_samples_of_the_whole_clip(monkeypatch, threads):
    """Thirteen frames are two pieces of seven, the last of which is repeated and cut off again."""
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    burst, faces = moving_sphere(SMALL, num_frames=13)
    faces = jnp.asarray(faces)
    choice = choose(SMALL, CLEAN, burst, faces, 0.5)
    whole = np.asarray(fast_clip(SMALL, CLEAN, choice, burst, faces, 0.5))
    pieces = np.asarray(fast_echo(SMALL, CLEAN, burst, faces, 0.5))
    assert pieces.shape == whole.shape
    # Rounding of single precision: the same sums, perhaps in another order.
    assert relative_db(pieces, whole) < -120


def test_only_the_programs_used_last_are_kept():
    """Each takes 17 MB, and a week of clips would meet hundreds of sizes."""
    sizes = Sizes(
        num_lit=128, num_cells=64, num_terms=8, chirps_per_block=1, shift_powers=2, own_bend=False
    )

    def program(num_lit):
        return clip.sum_of_sizes(SMALL, CLEAN, replace(sizes, num_lit=num_lit))

    first = weakref.ref(program(1))
    assert program(1) is first()
    for num_lit in range(2, 2 + clip.MOST_PROGRAMS):
        program(num_lit)
    gc.collect()
    assert first() is None


@pytest.mark.parametrize(
    ("num_frames", "lengths"), [(50, [10] * 5), (23, [8] * 3), (11, [6] * 2), (5, [3] * 2)]
)
def test_pieces_are_equally_long_and_hold_every_frame_in_order(num_frames, lengths):
    numbers = np.zeros((num_frames, 2, 1, 3)) + np.arange(num_frames)[:, None, None, None]
    pieces = [
        np.asarray(each.vertices_m[:, 0, 0, 0]) for each in cut(make_burst(numbers, None), 10)
    ]
    assert [len(piece) for piece in pieces] == lengths
    assert max(lengths) <= MOST_FRAMES
    last = num_frames - 1
    assert np.concatenate(pieces).tolist() == [min(i, last) for i in range(sum(lengths))]


def test_threads_follow_the_usual_variable_and_else_the_cores(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert num_threads() == 3
    for nothing in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", nothing)
        assert 1 <= num_threads() <= os.cpu_count()
