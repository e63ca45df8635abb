"""Plan of a program on a GPU: launches, host waits, bytes, operations and the lowest possible time.

A plan is computed from the compiled program. Nothing is measured on a GPU.
"""

from collections import Counter
from dataclasses import dataclass

from benchmarks.gpu_plan.accelerator import Compiled, compile_for, ptxas, traced
from benchmarks.gpu_plan.cards import HOST_WAIT_S, LAUNCH_S, Card
from benchmarks.gpu_plan.charges import (
    Charge,
    Charges,
    TurnsOf,
    UnknownLoop,
    charge,
    totals,
)
from benchmarks.gpu_plan.hlo_text import Module
from benchmarks.gpu_plan.kernels import KernelResources, kernel_resources
from benchmarks.gpu_plan.loop_counts import count_turns, turns_of
from benchmarks.gpu_plan.pallas_costs import pallas_operations
from benchmarks.gpu_plan.programs import Program

# Number of kernels whose registers are reported: those that take the most time.
NUM_KERNELS = 8


@dataclass(frozen=True)
class Plan:
    """Plan of one call of a program on a card.

    Attributes:
        program: the planned program.
        card: the GPU.
        compiled: compiled parts of the program.
        kernels: charges of all kernels.
        loops: loops of unknown length.
        resources: registers and occupancy of all Pallas kernels, and of the kernels that take the
            most time.
    """

    program: Program
    card: Card
    compiled: tuple[Compiled, ...]
    kernels: tuple[Charge, ...]
    loops: tuple[UnknownLoop, ...]
    resources: tuple[KernelResources, ...]

    @property
    def memory_bytes(self) -> int:
        """Device memory of a call: arguments, results and temporary arrays."""
        return max(each.memory_bytes for each in self.compiled)

    @property
    def temporary_bytes(self) -> int:
        """Device memory of the temporary arrays of a call."""
        return max(each.temporary_bytes for each in self.compiled)

    def floors_s(self) -> dict[str, float]:
        """Lower bounds on the time of a call [s], for each resource and for all kernels ("all")."""
        return floors_s(list(self.kernels), self.card)

    def stages(self) -> dict[str, list[Charge]]:
        """Charges by stage, the longest first."""
        found: dict[str, list[Charge]] = {}
        for each in self.kernels:
            found.setdefault(each.stage, []).append(each)
        return dict(sorted(found.items(), key=lambda item: -_seconds(item[1], self.card)))


def make_plan(program: Program, card: Card, counts: dict | None = None) -> Plan:
    """Compile a program for a card and charge all its kernels.

    Args:
        program: the program.
        card: the GPU.
        counts: iterations of loops from `counted_loops`; None to count them.
    """
    counts = counted_loops(program) if counts is None else counts
    parts = [_planned_part(program, part, card, turns_of(counts)) for part in program.parts]
    return Plan(
        program=program,
        card=card,
        compiled=tuple(compiled for compiled, _, _ in parts),
        kernels=tuple(kernel for _, charges, _ in parts for kernel in charges.kernels),
        loops=tuple(loop for _, charges, _ in parts for loop in charges.loops),
        resources=tuple(resource for _, _, resources in parts for resource in resources),
    )


def counted_loops(program: Program) -> dict:
    """Iterations of the loops of a program, counted by running its example on this machine."""
    import jax

    if program.example is None:
        return {}
    function, _ = program.parts[0]
    return count_turns(traced(function, *program.example).jaxpr, *jax.tree.leaves(program.example))


def _planned_part(program: Program, part: tuple, card: Card, turns: TurnsOf):
    """Compile a part of a program; return it with the charges and resources of its kernels."""
    function, arguments = part
    options = dict(program.compiler_options)
    compiled = compile_for(card, function, *arguments, options=options)
    pallas = pallas_operations(compiled.jaxpr.jaxpr, turns)
    charges = charge(Module(compiled.text), program.stage_of, turns, pallas)
    names = dict.fromkeys([*pallas, *_slowest(charges, card)])
    return compiled, charges, kernel_resources(compiled.dump, names, card, ptxas())


def _slowest(charges: Charges, card: Card) -> list[str]:
    """Names of the kernels that take the most time."""
    spent = Counter()
    for each in charges.kernels:
        spent[each.name] += each.seconds(card)
    return [name for name, _ in spent.most_common(NUM_KERNELS)]


def floors_s(kernels: list[Charge], card: Card) -> dict[str, float]:
    """Lower bounds on the time of some kernels [s], for each resource and for all ("all")."""
    total = totals(kernels)
    memory_s, arithmetic_s = card.seconds(total["bytes"], total["operations"])
    return {
        "launches": total["launches"] * LAUNCH_S,
        "host_waits": total["host_waits"] * HOST_WAIT_S,
        "memory": memory_s,
        "arithmetic": arithmetic_s,
        "all": _seconds(kernels, card),
    }


def _seconds(kernels: list[Charge], card: Card) -> float:
    return sum(each.seconds(card) for each in kernels)
