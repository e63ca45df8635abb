"""The search in roughly sorted values returns the same indices as a loop over the values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.numerics.first_index import CHUNK, first_reaching


@pytest.mark.parametrize("count", [1, CHUNK, 3 * CHUNK - 1])
def test_the_first_value_that_reaches_a_limit_is_found(count):
    """Values include infinity; some limits equal a value, and some are above every value."""
    rng = np.random.default_rng(count)
    values = np.sort(rng.normal(size=count)) + rng.normal(size=count) * 0.1
    values = values.astype(np.float32)
    most = values.max()
    limits = np.concatenate([rng.choice(values, 9), [-np.inf, most, most + 1, np.inf]])
    for infinite in (False, True):
        values[-1] = np.inf if infinite else values[-1]
        found = np.asarray(jax.jit(first_reaching)(values, limits.astype(np.float32)))
        for limit, index in zip(limits.astype(np.float32), found, strict=True):
            expected = next((i for i, value in enumerate(values) if value >= limit), count)
            assert index == expected


def test_an_unknown_limit_excludes_no_value():
    """A NaN limit, which results from a NaN vertex, gives index 0: every occluder is tested."""
    found = first_reaching(jnp.array([1.0, 2.0, jnp.inf]), jnp.array([jnp.nan]))
    assert np.asarray(found).tolist() == [0]
