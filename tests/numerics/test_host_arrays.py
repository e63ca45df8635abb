"""Arrays of the host are copied to the device without a compiled program."""

import jax
import numpy as np
import pytest

from radarsim.numerics.host_arrays import as_arrays, float32


@pytest.mark.parametrize("values", [np.arange(6.0).reshape(2, 3), np.float32(2.5), np.arange(3)])
def test_values_keep_their_shape_and_are_rounded_to_float32(values):
    found = float32(values)
    assert isinstance(found, jax.Array)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.asarray(values, np.float32))


def test_the_copy_does_not_follow_later_changes_of_the_host_array():
    values = np.zeros(4096, np.float32)
    found = float32(values)
    values[:] = 1
    np.testing.assert_array_equal(found, 0)


def test_no_program_is_compiled_for_a_new_shape(caplog):
    """`jnp.asarray` compiles a program for the same conversion, of a shape used only here."""
    with jax.log_compiles():
        float32(np.ones((3, 1237)))
    assert not [line for line in caplog.messages if line.startswith("Compiling")]


def test_lists_become_arrays_and_other_values_are_unchanged():
    kept = np.arange(3), jax.numpy.ones(2)
    numbers, *others = as_arrays([[1, 2], [3, 4]], *kept)
    assert (numbers.dtype, numbers.tolist()) == (np.float32, [[1, 2], [3, 4]])
    assert all(one is other for one, other in zip(others, kept, strict=True))
