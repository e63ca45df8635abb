"""Plans of known programs that are compiled for a GPU; the tests need the compiler, but no GPU."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.gpu_plan.accelerator import missing_wheels
from benchmarks.gpu_plan.cards import CARDS
from benchmarks.gpu_plan.charges import totals
from benchmarks.gpu_plan.plan import make_plan
from benchmarks.gpu_plan.programs import Program
from benchmarks.gpu_plan.report import plan_text, plan_values
from benchmarks.gpu_plan.source_lines import simulation_stage

pytestmark = pytest.mark.skipif(
    missing_wheels() is not None, reason=f"needs the compiler for GPUs: {missing_wheels()}"
)
VALUES = jax.ShapeDtypeStruct((1000, 1000), jnp.float32)


@pytest.fixture(autouse=True)
def source_positions():
    """Keep source positions in programs, which other tests omit; the plan finds loops by them."""
    before = jax.config.jax_traceback_in_locations_limit
    jax.config.update("jax_traceback_in_locations_limit", 100)
    yield
    jax.config.update("jax_traceback_in_locations_limit", before)


def planned(function, *arguments, example=None, card="h100"):
    program = Program(
        "known", ((function, arguments),), example, simulation_stage, items=1, item="frame"
    )
    return make_plan(program, CARDS[card])


@pytest.mark.parametrize("card", CARDS)
def test_a_transposition_reads_and_writes_every_value_once(card):
    """The transposition is one kernel that moves 2 x 4 MB; the compiler supports every card."""
    plan = planned(lambda x: x.T + 1, VALUES, card=card)
    total = totals(list(plan.kernels))
    assert (total["launches"], total["bytes"]) == (1, 2 * 4e6)
    assert plan.memory_bytes >= 8e6
    (kernel,) = plan.resources
    assert kernel.threads * kernel.blocks >= 1e6 / 32
    assert kernel.registers > 0
    assert "1 launches, 0 host waits" in plan_text(plan_values(plan))


def test_a_loop_of_known_length_does_not_wait_for_the_host():
    """Seven matrix products take 7 x 2 x 1000^3 float32 operations and no host wait."""

    def seven(x):
        product = jnp.matmul(x, x, precision="highest")
        return jax.lax.fori_loop(0, 7, lambda _, y: jnp.matmul(y, product, precision="highest"), x)

    total = totals(list(planned(seven, VALUES).kernels))
    assert total["operations"]["fp32"] == pytest.approx(8 * 2e9, rel=0.01)
    assert total["host_waits"] == 0
    assert total["launches"] >= 8


def halvings(x, limit):
    """Halve until all values are below the limit."""
    return jax.lax.while_loop(lambda y: jnp.max(y) >= limit, lambda y: y / 2, x)


def test_turns_of_a_loop_of_unknown_length_are_counted(monkeypatch):
    """Halving 8 to below 1 takes four iterations; the host waits before each, and at the end."""
    from benchmarks.gpu_plan import loop_counts

    def in_test(frames):
        return next((frame for frame in frames if frame.function == "halvings"), None)

    monkeypatch.setattr(loop_counts, "own_frame", in_test)
    example = jnp.full((1000, 1000), 8.0), jnp.float32(1)
    plan = planned(halvings, *example, example=example)
    (loop,) = plan.loops
    assert (loop.entries, loop.turns) == (1, 4)
    assert totals(list(plan.kernels))["host_waits"] == 5
    assert np.all(np.asarray(halvings(*example)) == 0.5)
