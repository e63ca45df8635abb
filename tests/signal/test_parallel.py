"""A clip that is simulated in pieces equals the clip simulated as a whole."""

import gc
import os
import weakref
from dataclasses import replace

import jax
import numpy as np
import pytest

from radarsim.numerics.threads import num_threads
from radarsim.scattering.levels import volts_per_weight
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.mesh import burst_mesh
from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.frame_chunks import MOST_FRAMES, cut
from radarsim.simulate import MOST_PROGRAMS, echo_program, mesh_cube
from tests.helpers.echoes import fast_clip
from tests.helpers.moving_sphere import CONVEX, moving_sphere, relative_db, small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

SMALL = small_radar(num_samples=64)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_pieces_have_the_samples_of_the_whole_clip(monkeypatch, threads):
    """Thirteen frames are two pieces of seven: the last frame is repeated, and then removed."""
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    burst, faces = moving_sphere(SMALL, num_frames=13)
    lobes = QuasiSpecular(0.5, reflectivity=1.0)
    gain = np.asarray(SMALL.array.channel_gain)[:, :, None] * volts_per_weight(SMALL, 1.0)
    whole_v = fast_clip(SMALL, CONVEX, lobes, burst, faces) * gain
    chunks_v = np.asarray(mesh_cube(SMALL, burst, faces, jax.random.key(0), lobes, CONVEX))
    assert chunks_v.shape == whole_v.shape
    # The tolerance is single-precision rounding, because the order of summation may differ.
    assert relative_db(chunks_v, whole_v) < -120


def test_only_the_programs_used_last_are_kept():
    """Each program takes 17 MB, and a week of clips would need hundreds of array sizes."""
    sizes = SumSizes(
        num_places=128,
        num_cells=64,
        num_terms=8,
        span_bins=1.0,
        chirps_per_block=1,
        shift_powers=2,
        own_quadratic=False,
    )

    def program(num_places):
        return echo_program(SMALL, CONVEX, replace(sizes, num_places=num_places))

    first = weakref.ref(program(1))
    assert program(1) is first()
    for num_places in range(2, 2 + MOST_PROGRAMS):
        program(num_places)
    gc.collect()
    assert first() is None


@pytest.mark.parametrize(
    ("num_frames", "lengths"), [(50, [10] * 5), (23, [8] * 3), (11, [6] * 2), (5, [3] * 2)]
)
def test_pieces_are_equally_long_and_hold_every_frame_in_order(num_frames, lengths):
    numbers = np.zeros((num_frames, 2, 1, 3)) + np.arange(num_frames)[:, None, None, None]
    pieces = [
        np.asarray(each.vertices_m[:, 0, 0, 0]) for each in cut(burst_mesh(numbers, None), 10)
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
