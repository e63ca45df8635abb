"""Plans of programs with known costs (loops, copies, products); no GPU compiler is needed."""

import json
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.gpu_plan import __main__ as command
from benchmarks.gpu_plan import ceilings
from benchmarks.gpu_plan.cards import CARDS, HOST_WAIT_S, LAUNCH_S
from benchmarks.gpu_plan.charges import charge, totals
from benchmarks.gpu_plan.hlo_text import Module
from benchmarks.gpu_plan.kernels import occupancy, parse_launches, parse_resources
from benchmarks.gpu_plan.loop_counts import LoopCount, count_turns, turns_of
from benchmarks.gpu_plan.pallas_costs import pallas_operations
from benchmarks.gpu_plan.plan import floors_s
from benchmarks.gpu_plan.source_lines import simulation_stage
from tests.helpers.hlo_samples import loop_text, module_text

H100 = CARDS["h100"]


def charged(text, **given):
    """Charges of a module, and their totals."""
    found = charge(Module(text), simulation_stage, **given)
    return found, totals(found.kernels)


def test_a_loop_of_known_length_is_charged_once_per_turn():
    """Five copies are charged, each of which reads and writes 4,000 bytes, and no host wait."""
    found, total = charged(loop_text(5))
    assert (total["launches"], total["bytes"]) == (5, 5 * 8000)
    assert total["host_waits"] == 0
    assert found.loops == []


def test_a_loop_of_unknown_length_waits_before_each_turn_and_at_its_end():
    """Three iterations have three copies and four conditions, which read 4 bytes and write 1."""
    found, total = charged(loop_text(None), turns_of=lambda frames: 3.0)
    assert (total["launches"], total["host_waits"]) == (3 + 4, 4)
    assert total["bytes"] == 3 * 8000 + 4 * 5
    assert found.loops[0].place == "radarsim/part.py:7 row"
    assert (found.loops[0].entries, found.loops[0].turns) == (1, 3)


def test_a_loop_that_was_not_counted_is_reported_as_such():
    found, total = charged(loop_text(None))
    assert found.loops[0].turns is None
    assert total["host_waits"] == 2


def test_kernels_belong_to_the_module_that_calls_a_helper():
    """The innermost line of the copy is in numerics/, so the calling module is charged."""
    found, _ = charged(loop_text(5))
    assert {each.stage for each in found.kernels} == {"other, part"}


def test_a_product_takes_two_operations_per_multiply_add_on_the_unit_of_its_precision():
    """The product of [64, 32] and [32, 64] takes 2 x 64 x 64 x 32 operations."""
    dims = "lhs_contracting_dims={1}, rhs_contracting_dims={1}"
    for precision, unit in (("", "tf32"), (", operand_precision={highest,highest}", "fp32")):
        line = f"ROOT %y = f32[64,64]{{1,0}} dot(%x, %x), {dims}{precision}"
        _, total = charged(module_text(line))
        assert total["operations"] == {unit: 2 * 64 * 64 * 32}
    line = f"ROOT %y = bf16[64,64]{{1,0}} dot(%x, %x), {dims}"
    _, total = charged(module_text(line, parameters="bf16[64,32]"))
    assert total["operations"] == {"bf16": 2 * 64 * 64 * 32}


def test_a_product_by_a_library_is_charged_without_its_workspace():
    """Operands and result count as traffic, but not the 4 MB of workspace."""
    line = (
        'ROOT %y = (f32[64,64]{1,0}, s8[4194304]{0}) custom-call(%x, %x), custom_call_target="'
        '__cublas$lt$matmul", backend_config={"gemm_backend_config":{"dot_dimension_numbers":'
        '{"lhs_contracting_dimensions":["1"],"rhs_contracting_dimensions":["1"]},'
        '"precision_config":{"operand_precision":["HIGHEST","HIGHEST"]}}}'
    )
    _, total = charged(module_text(line))
    assert total["bytes"] == 4 * (2 * 64 * 32 + 64 * 64)
    assert total["operations"] == {"fp32": 2 * 64 * 64 * 32}


SLICED = """%fused (p: f32[64,32], i: s32[]) -> f32[64,32] {
  %p = f32[64,32]{1,0} parameter(0)
  %i = s32[] parameter(1)
  %row = f32[1,32]{1,0} dynamic-slice(%p, %i, %i), dynamic_slice_sizes={1,32}
  %sine = f32[1,32]{1,0} sine(%row)
  ROOT %new = f32[64,32]{1,0} dynamic-update-slice(%p, %sine, %i, %i)
}
"""


def test_a_slice_that_is_updated_in_place_moves_only_the_slice():
    """The traffic is a row of 128 bytes, read and written, and an index of 4 bytes, not 8 kB."""
    lines = (
        "%n = s32[] constant(3)",
        "ROOT %y = f32[64,32]{1,0} fusion(%x, %n), kind=kLoop, calls=%fused",
    )
    _, total = charged(module_text(*lines, computations=SLICED))
    assert total["bytes"] == 2 * 128 + 4
    assert total["launches"] == 1
    assert total["operations"]["fp32"] == 32 * 10


@pytest.mark.parametrize(("length", "kernels"), [(100, 1), (4096, 1), (5000, 3), (14996, 6)])
def test_a_sort_takes_the_kernels_that_xla_compiles_for_its_length(length, kernels):
    """A sort of 14,996 values takes six kernels in a module compiled for an H100 (JAX 0.10.2)."""
    shape = f"u32[2,{length}]"
    line = f"ROOT %y = {shape}{{1,0}} sort(%x), dimensions={{1}}, to_apply=%less"
    _, total = charged(module_text(line, parameters=shape))
    assert total["launches"] == kernels
    assert total["bytes"] == kernels * 2 * 2 * 4 * length


def test_the_branch_that_moves_most_bytes_is_charged():
    branches = "\n".join(
        f"%b{n} (p{n}: f32[64,32]) -> f32[64,{n}] {{\n  %p{n} = f32[64,32]{{1,0}} parameter(0)\n"
        f"  ROOT %c{n} = f32[64,{n}]{{1,0}} copy(%p{n})\n}}\n"
        for n in (2, 32, 8)
    )
    line = "ROOT %y = f32[64,32] conditional(%x, %x), branch_computations={%b2, %b32, %b8}"
    _, total = charged(module_text(line, computations=branches))
    assert total["bytes"] == 2 * 64 * 32 * 4
    assert total["host_waits"] == 1


def test_the_floor_of_a_kernel_is_its_slowest_resource():
    """A copy of 1 GB takes 0.66 ms at 90 % of 3.35 TB/s; a tiny copy takes the time of a launch."""
    shape = "f32[250000000,1]"
    found, _ = charged(module_text(f"ROOT %y = {shape} copy(%x)", parameters=shape))
    assert floors_s(found.kernels, H100)["all"] == pytest.approx(2e9 / (0.9 * 3.35e12))
    found, _ = charged(loop_text(None), turns_of=lambda frames: 3.0)
    assert floors_s(found.kernels, H100)["all"] == pytest.approx(7 * LAUNCH_S + 4 * HOST_WAIT_S)


def steps_of(limits):
    """Run under vmap, for every n, a loop of limits[n] steps that each contain two inner steps."""

    def one(limit):
        def outer(step, total):
            return jax.lax.while_loop(
                lambda state: state[0] < 2, lambda state: (state[0] + 1, state[1] + 1), (0, total)
            )[1]

        return jax.lax.fori_loop(0, limit, outer, 0)

    return jax.lax.scan(lambda carry, row: (carry, jax.vmap(one)(row)), 0, limits)[1]


def test_turns_are_counted_until_the_last_item_of_a_batch_is_done():
    """The longest items of two rows take 3 and 5 iterations; the inner loop takes twice as many.

    Loops in tests have no source line in the project's packages, so both loops have an unknown
    place.
    """
    limits = jnp.array([[1, 3, 2], [5, 0, 4]])
    program = jax.make_jaxpr(steps_of)(limits)
    assert count_turns(program, limits) == {("", 0): LoopCount(2 + 8, 8 + 16)}
    np.testing.assert_array_equal(steps_of(limits), 2 * limits)


def test_counted_turns_are_found_by_the_source_line_of_the_compiled_loop():
    counts = {("/somewhere/radarsim/part.py", 7): LoopCount(entries=2, turns=6)}
    found, _ = charged(loop_text(None), turns_of=turns_of(counts))
    assert found.loops[0].turns == 3
    assert turns_of({})([]) is None


def test_operations_of_a_pallas_kernel_are_counted_in_its_program():
    """Each of 4 x 2 blocks takes three sines of [16, 32], and a product with [32, 16]."""
    from jax.experimental import pallas as pl

    def kernel(x, y, out):
        waves = jax.lax.fori_loop(0, 3, lambda _, value: jnp.sin(value), x[...])
        out[...] = jnp.dot(waves, y[...], precision="highest")

    def product(x, y):
        return pl.pallas_call(
            kernel,
            out_shape=jax.ShapeDtypeStruct((64, 32), jnp.float32),
            grid=(4, 2),
            in_specs=[
                pl.BlockSpec((16, 32), lambda i, j: (i, 0)),
                pl.BlockSpec((32, 16), lambda i, j: (0, j)),
            ],
            out_specs=pl.BlockSpec((16, 16), lambda i, j: (i, j)),
            name="waves",
        )(x, y)

    shapes = (
        jax.ShapeDtypeStruct((64, 32), jnp.float32),
        jax.ShapeDtypeStruct((32, 32), jnp.float32),
    )
    found = pallas_operations(jax.make_jaxpr(product)(*shapes).jaxpr)
    sines, products = 3 * 16 * 32 * 10, 2 * 16 * 16 * 32
    # The counter of the loop adds three operations per iteration.
    assert found["waves"]["fp32"] == pytest.approx(8 * (sines + products), rel=1e-3)
    line = (
        'ROOT %y = f32[64,32]{1,0} custom-call(%x), custom_call_target="__gpu$xla.gpu.triton", '
        'backend_config={ir = "ML)(", name = "waves", num_warps = 4 : i32}'
    )
    _, total = charged(module_text(line), pallas={"waves": Counter(fp32=7.0)})
    assert total["operations"] == {"fp32": 7.0}
    assert total["bytes"] == 2 * 64 * 32 * 4


def test_loops_inside_a_pallas_kernel_are_counted_block_by_block(monkeypatch):
    """Four blocks take 0, 2, 3 and 7 iterations, each with a sine of 8 values: 12 in 4 entries."""
    from jax.experimental import pallas as pl
    from jax.experimental.pallas import triton

    from benchmarks.gpu_plan import loop_counts

    def kernel(turns, x, out):
        last = turns[pl.program_id(0)]
        triton.debug_barrier()  # the interpreter does not support barriers
        out[...] = jax.lax.fori_loop(0, last, lambda _, value: jnp.sin(value), x[...])

    def program(turns, x):
        return pl.pallas_call(
            kernel,
            out_shape=x,
            grid=(4,),
            in_specs=[pl.BlockSpec((4,), lambda i: (0,)), pl.BlockSpec((8,), lambda i: (i,))],
            out_specs=pl.BlockSpec((8,), lambda i: (i,)),
            name="waves",
        )(turns, x)

    def in_test(frames):
        return next((frame for frame in frames if frame.function.endswith("kernel")), None)

    monkeypatch.setattr(loop_counts, "own_frame", in_test)
    arguments = jnp.array([0, 2, 3, 7]), jnp.ones(32)
    traced = jax.make_jaxpr(program)(*arguments)
    counts = count_turns(traced, *arguments)
    assert LoopCount(4, 12) in counts.values()
    found = pallas_operations(traced.jaxpr, turns_of(counts))["waves"]["fp32"]
    # Each iteration also increments a counter and compares it.
    assert found == pytest.approx(4 * 3 * 8 * 10, rel=0.1)


PTX = """.version 8.8
.target sm_90a
.visible .entry waves(
)
.reqntid 128, 1, 1
{
\t.reg .b32 %r<3>;
\tmov.u32 %r1, %tid.x;
\tadd.s32 %r2, %r1, 1;
\tret;
}
"""
LOG = """ptxas info    : Function properties for waves
    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 128 registers, used 1 barriers, 16384 bytes smem
"""


def test_resources_of_a_kernel_are_read_from_its_ptx_and_the_assembler():
    """Four blocks of 128 threads with 128 registers fill 65,536 registers: 512 of 2,048 threads."""
    thunks = "001: kCustomKernel [source] waves grid: [16, 2, 1] threads: [128, 1, 1]  "
    launch = parse_launches(thunks + "shared_memory: 1024 bytes")["waves"]
    assert launch == (32, 1024)
    found = parse_resources("waves", PTX, LOG, launch, H100)
    assert (found.instructions, found.registers, found.spill_bytes) == (3, 128, 20)
    assert (found.shared_bytes, found.blocks, found.threads) == (16384 + 1024, 32, 128)
    assert found.occupancy == 0.25


def test_shared_memory_and_threads_limit_the_occupancy():
    """Two blocks of 100,000 B of shared memory fit, and two blocks of 1,024 threads."""
    assert occupancy(H100, 128, 32, 100_000) == 2 * 128 / 2048
    assert occupancy(H100, 1024, 32, 0) == 1.0
    assert occupancy(CARDS["l4"], 1024, 32, 0) == 1024 / 1536


def test_a_doubled_value_exceeds_its_ceiling_and_a_far_smaller_one_asks_for_a_lower_ceiling():
    now = {"p": {"launches": 100, "mb_per_frame": 7.0}}
    limits = {"p": {name: ceilings.MARGIN * value for name, value in now["p"].items()}}
    assert list(ceilings.exceeded(now, limits)) == []
    doubled = {"p": {"launches": 200, "mb_per_frame": 7.0}}
    (line,) = ceilings.exceeded(doubled, limits)
    assert "launches is 200, its ceiling 125" in line
    (line,) = ceilings.exceeded({"p": {"launches": 100, "mb_per_frame": 1.0}}, limits)
    assert "mb_per_frame is 1, so it could double" in line
    assert len(list(ceilings.exceeded(now, {}))) == 2


def test_every_checked_value_has_a_ceiling():
    """The stored file, which `--check` reads, has a ceiling for every checked value."""
    for values in json.loads(ceilings.CEILINGS.read_text()).values():
        assert {"launches", "host_waits"} < set(values)


def test_missing_wheels_are_reported_in_one_line_with_the_command(monkeypatch, capsys):
    from benchmarks.gpu_plan import accelerator

    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setattr(accelerator, "ptxas", lambda: None)
    assert command.main(["--frames", "32"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"pip install --no-deps jax-cuda12-plugin=={jax.__version__}" in line
