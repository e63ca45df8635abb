"""The GPU kernel of the fast sum, interpreted on a CPU, compared with the XLA loop over groups."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.numerics import batched_map
from radarsim.radar.boards import BOARDS
from radarsim.scattering.reflection import PhysicalOptics, QuasiSpecular
from radarsim.signal import fast_sum, sum_kernel
from radarsim.signal.exact_frames import exact_clip
from radarsim.simulate import _clip_echo
from tests.helpers.echoes import select
from tests.helpers.moving_sphere import CONVEX, moving_sphere, relative_db, small_radar
from tests.helpers.tensor_cores import in_tf32

pytestmark = pytest.mark.usefixtures("fast_compilation")

LOBES = QuasiSpecular(0.5)
ALL_FACES = replace(CONVEX, cull=0.0)
FAST = replace(CONVEX, method="fast")
AWR1843 = small_radar(num_samples=64)


def kernel_runs(monkeypatch):
    """Select the code that runs on a GPU: the kernel, with several frames at a time."""
    monkeypatch.setattr(fast_sum, "use_kernels", lambda: True)
    monkeypatch.setattr(batched_map, "batch_size", lambda batch: batch)


def program_of(radar, settings, reflection, mesh, faces):
    """Return a function of the mesh for its IF samples, not shared with other tests."""
    selection, sizes = select(radar, settings, reflection, mesh, faces)

    def echo(moved):
        return _clip_echo(radar, settings, sizes, reflection, moved, jnp.asarray(faces), selection)

    return echo, sizes


@pytest.mark.parametrize(
    ("board", "settings", "reflection", "range_m"),
    [
        # 3 x 4 antennas, a factor for each pair and a quadratic phase for each face
        ("AWR1843BOOST", ALL_FACES, PhysicalOptics(), 1.2),
        # 2 x 3 antennas: both the receivers and the rows are padded
        ("IWRL6432BOOST", FAST, LOBES, 2.0),
    ],
)
def test_the_kernel_gives_the_sum_of_the_loop(board, settings, reflection, range_m, monkeypatch):
    """The results agree within float32 rounding, because only the order of the terms differs."""
    radar = small_radar(num_samples=64, like=BOARDS[board])
    mesh, faces = moving_sphere(radar, range_m, num_frames=2)
    echo, sizes = program_of(radar, settings, reflection, mesh, faces)
    by_loop = np.asarray(jax.jit(echo)(mesh))
    kernel_runs(monkeypatch)
    by_kernel = np.asarray(jax.jit(lambda moved: echo(moved))(mesh))
    assert sizes.by_pairs == (board == "AWR1843BOOST")
    assert relative_db(by_kernel, by_loop) < -105


def test_gradients_through_the_kernel_are_those_of_the_loop(monkeypatch):
    """The derivative of the sum is that of the loop; the level also contains the rounded echo."""
    mesh, faces = moving_sphere(AWR1843)
    echo, _ = program_of(AWR1843, ALL_FACES, LOBES, mesh, faces)

    def level(shift_m):
        return jnp.sum(jnp.abs(echo(replace(mesh, vertices_m=mesh.vertices_m + shift_m))) ** 2)

    by_loop = jax.jit(jax.grad(level))(jnp.zeros(3))
    kernel_runs(monkeypatch)
    by_kernel = jax.jit(jax.grad(lambda shift_m: level(shift_m)))(jnp.zeros(3))
    np.testing.assert_allclose(by_kernel, by_loop, atol=1e-4 * np.abs(by_loop).max())


def test_forward_mode_derivatives_need_sizes_without_kernels(monkeypatch):
    """`radarsim.validate --fit` uses such derivatives; tracing them is enough for this test."""
    mesh, faces = moving_sphere(AWR1843)
    selection, sizes = select(AWR1843, ALL_FACES, LOBES, mesh, faces)

    def derivatives_of(sizes):
        def echo(shift_m):
            moved = replace(mesh, vertices_m=mesh.vertices_m + shift_m)
            return _clip_echo(
                AWR1843, ALL_FACES, sizes, LOBES, moved, jnp.asarray(faces), selection
            )

        return jax.eval_shape(jax.jacfwd(echo), jnp.zeros(3))

    kernel_runs(monkeypatch)
    assert derivatives_of(replace(sizes, kernels=False)).shape[-1] == 3
    with pytest.raises(TypeError, match="custom_vjp"):
        derivatives_of(sizes)


def multiply_in_tf32(monkeypatch, passes):
    """Emulate the rounding of tensor cores in the kernel and in the products after it."""
    dot = in_tf32(partial(jnp.dot, precision="highest"), passes)
    monkeypatch.setattr(sum_kernel, "kernel_product", lambda first, second, _: dot(first, second))

    def einsum(subscripts, first, second, precision):
        return in_tf32(partial(jnp.einsum, subscripts, precision=precision), passes)(first, second)

    monkeypatch.setattr(fast_sum, "product_einsum", einsum)


def test_three_passes_of_tf32_are_accurate_enough(monkeypatch):
    """The emulated rounding of three passes stays 20 dB below the bound of the accurate mode.

    A single pass exceeds -80 dB, which shows that the rounding is emulated.
    """
    mesh, faces = moving_sphere(AWR1843, num_frames=1)
    truth = np.asarray(exact_clip(AWR1843, ALL_FACES, LOBES, mesh, faces))
    echo, _ = program_of(AWR1843, ALL_FACES, LOBES, mesh, faces)
    by_loop = np.asarray(jax.jit(echo)(mesh))
    kernel_runs(monkeypatch)
    found = {}
    for passes in (1, 3):
        multiply_in_tf32(monkeypatch, passes)
        found[passes] = np.asarray(jax.jit(lambda moved: echo(moved))(mesh))
    assert relative_db(found[3], by_loop) < -100
    assert relative_db(found[1], by_loop) > -80
    assert relative_db(found[3], truth) < relative_db(by_loop, truth) + 0.1
