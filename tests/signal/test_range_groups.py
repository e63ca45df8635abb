"""Grouping by range, compared with a plain loop from group to group."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.numerics.coarse_argsort import coarse_argsort
from radarsim.signal.range_groups import (
    FACES_PER_GROUP,
    GROUP_BINS,
    group_by_range,
    most_groups,
)
from tests.helpers.moving_sphere import small_radar

RADAR = small_radar()
NUM_FACES = 1500
RNG = np.random.default_rng(5)
# The method is chosen while a function is traced, so each backend has a function of its own.
GROUPED = {
    backend: jax.jit(lambda *arguments: group_by_range(RADAR, *arguments))
    for backend in ("cpu", "gpu")
}


@pytest.fixture(params=["cpu", "gpu"])
def grouped(request, monkeypatch):
    """`group_by_range` by the method for a CPU or for an accelerator."""
    monkeypatch.setattr(jax, "default_backend", lambda: request.param)
    return GROUPED[request.param]


def plain_groups(middle_bins, selected):
    """Compute the groups of `group_by_range` by a loop that appends one group after the other."""
    selected = selected & np.isfinite(middle_bins)
    order = np.asarray(coarse_argsort(jnp.asarray(middle_bins), jnp.asarray(selected)))
    ordered_bins, end = middle_bins[order], int(selected.sum())
    groups = np.full((most_groups(RADAR, len(order)), FACES_PER_GROUP), -1)
    start = 0
    for group in groups:
        wide = ordered_bins[start:end] > ordered_bins[min(start, end - 1)] + np.float32(GROUP_BINS)
        count = min(FACES_PER_GROUP, int(np.argmax(wide)) if wide.any() else end - start)
        group[:count] = order[start : start + count]
        start += count
    return groups.reshape(-1)


@pytest.mark.parametrize(
    "middle_bins",
    [
        RNG.normal(60, 3, NUM_FACES),  # full groups, and wide groups at both ends
        RNG.uniform(0, 400, NUM_FACES),  # groups of the maximum width, more than allowed
        np.full(NUM_FACES, 7.0),  # one range
        np.where(np.arange(NUM_FACES) % 7 == 0, np.nan, np.arange(NUM_FACES) / 20),
    ],
    ids=["body", "scattered", "one range", "not finite"],
)
@pytest.mark.parametrize("selected_share", [0.0, 0.3, 1.0])
def test_groups_are_those_of_a_loop_from_group_to_group(grouped, middle_bins, selected_share):
    """Every place holds the same face as with a loop from group to group."""
    middle_bins = middle_bins.astype(np.float32)
    selected = RNG.random(NUM_FACES) < selected_share
    found = np.asarray(grouped(jnp.asarray(middle_bins), jnp.asarray(selected)))
    np.testing.assert_array_equal(found, plain_groups(middle_bins, selected))


def test_grouping_has_no_loop(monkeypatch):
    """The program contains no loop, which would take thousands of small steps on an accelerator."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    bins = jax.ShapeDtypeStruct((NUM_FACES,), np.float32)
    text = GROUPED["gpu"].lower(bins, jax.ShapeDtypeStruct((NUM_FACES,), bool)).as_text()
    assert "while" not in text
