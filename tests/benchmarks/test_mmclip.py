"""Tests of `benchmarks.mmclip`, which must measure every task on a small store."""

import json

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from benchmarks import mmclip as benchmark
from tests.helpers.labelled_stores import COMBINATIONS, build_labelled_store
from tests.helpers.tiny_training import OVERRIDES

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fast_compilation")]


def test_all_rates_and_the_parts_of_a_step_are_measured(tmp_path):
    """Every rate is positive, and an update takes longer than its operations at the best rate.

    The best rate is the rate of a large matrix product. The inequality needs no timing tolerance,
    because the small network spends most of its time outside of matrix products.
    """
    store = build_labelled_store(tmp_path / "store.zarr", labels=tuple(COMBINATIONS)[:2])
    path = tmp_path / "rates.json"
    command = [store, "--steps", "2", "--json", str(path), "--set", *OVERRIDES]
    assert benchmark.main(command) == 0
    found = json.loads(path.read_text())
    assert min(value for name, value in found.items() if name.endswith("_per_s")) > 0
    parts = found["step_parts_cpu_ms"]
    assert parts["forward, backward and optimizer"] > found["update_at_product_rate_cpu_ms"] > 0
