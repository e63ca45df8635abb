"""Coarse sorting: wanted items come first, ordered by value."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.numerics.coarse_argsort import coarse_argsort

pytestmark = pytest.mark.usefixtures("fast_compilation")

# One program for each number of items, instead of one for each operation.
sort = jax.jit(coarse_argsort)


@pytest.mark.parametrize("num_items", [1, 2, 3, 12, 63, 64, 65, 1000, 100_000])
def test_wanted_items_come_first_and_by_value(num_items):
    """The order is exact to one level: 2^-12 of the span of values if indices take 17 bits."""
    rng = np.random.default_rng(num_items)
    values = rng.uniform(-3, 50, num_items).astype(np.float32)
    wanted = rng.uniform(size=num_items) < 0.6
    wanted[0] = True
    values[~wanted] = np.nan
    order = np.asarray(sort(jnp.asarray(values), jnp.asarray(wanted)))
    assert sorted(order) == list(range(num_items))
    assert wanted[order[: wanted.sum()]].all()
    assert np.diff(values[order[: wanted.sum()]]).min(initial=0) > -53 * 2.0**-12


def test_where_nothing_is_wanted_every_item_still_has_a_place():
    order = sort(jnp.full(5, jnp.nan), jnp.zeros(5, bool))
    assert sorted(np.asarray(order)) == list(range(5))
