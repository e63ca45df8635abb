"""Kernel launches, bytes and operations of one instruction of a compiled module.

Each operand is counted as read once and each result as written once, whether or not they fit in a
cache. A slice or a gather reads only its result, and an update in place writes only the update.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.gpu_plan.hlo_text import Instruction, Module, Shape
from benchmarks.gpu_plan.operations import operations_of

Computation = dict[str, Instruction]
# Instructions that run no kernel.
FREE = {
    *("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all"),
    *("opt-barrier", "partition-id", "replica-id", "add-dependency", "domain"),
    *("copy-done", "async-done", "async-update", "fft-done", "custom-call-done"),
}
# Instructions that call computations; the costs of the computations are charged instead.
CONTROL = {"while", "conditional", "call", "async-start"}
# XLA's bitonic sort orders tiles of 2^12 elements in shared memory.
SORT_TILE_STAGES = 12


@dataclass(frozen=True)
class Cost:
    """Cost of one instruction.

    Attributes:
        launches: number of kernels.
        num_bytes: bytes read and written in device memory.
        operations: operations by unit.
    """

    launches: int = 0
    num_bytes: float = 0.0
    operations: Counter = field(default_factory=Counter)


def cost_of(module: Module, computation: Computation, instruction: Instruction) -> Cost:
    """Cost of an instruction that is neither free nor a loop, conditional or call."""
    called = module.computations.get(instruction.called("calls") or "", {})
    if instruction.opcode == "fusion" and called:
        read, written = _fusion_bytes(computation, instruction, called)
        body = called.values()
    else:
        read, written = _plain_bytes(computation, instruction)
        body, called = [instruction], computation
    shapes = {name: each.shapes for name, each in called.items()}
    operations = sum((operations_of(each, shapes) for each in body), Counter())
    sorts = [_sort_launches(each) for each in body if each.opcode == "sort"]
    launches = sum(sorts) if sorts else 1
    return Cost(launches, launches * (read + written) if sorts else read + written, operations)


def _sort_launches(instruction: Instruction) -> int:
    """Kernels of a bitonic sort: one for all tiles, then one per larger distance and stage.

    Source: `EmitSort` of XLA's GPU backend; it agrees with the compiled kernels (6 for a length of
    14,996).
    """
    shape = instruction.shapes[0]
    found = instruction.attributes.partition("dimensions={")[2].partition("}")[0]
    length = shape.dims[int(found)] if found else max(shape.dims, default=1)
    stages = max(0, math.ceil(math.log2(max(length, 2))) - SORT_TILE_STAGES)
    return 1 + stages * (stages + 3) // 2


def _plain_bytes(computation: Computation, instruction: Instruction) -> tuple[float, float]:
    """Bytes read and written by an instruction outside a fusion."""
    operands = [_bytes(computation[name].shapes) for name in _known(computation, instruction)]
    result = _bytes(_results(instruction))
    if instruction.opcode in ("dynamic-slice", "slice", "gather"):
        return result + sum(operands[1:]), result
    if instruction.opcode == "dynamic-update-slice":
        return operands[1], operands[1]
    if instruction.opcode == "scatter":
        return operands[1] + operands[2], operands[2]
    return sum(operands), result


def _fusion_bytes(
    computation: Computation, instruction: Instruction, called: Computation
) -> tuple[float, float]:
    """Bytes read and written by a fusion, which keeps intermediate values in registers."""
    parameters = {int(each.arguments): each for each in called.values() if _is(each, "parameter")}
    written, in_place = 0.0, set()
    for root in _roots(called):
        size, updated = _written(called, root)
        written += size
        in_place |= {updated} - {None}
    read = 0.0
    for index, name in enumerate(_known(computation, instruction)):
        parameter = parameters.get(index)
        if parameter is not None:
            size = _read(called, parameter, parameter.name in in_place)
            read += min(size, _bytes(computation[name].shapes))
    return read, written


def _roots(called: Computation) -> list[Instruction]:
    """Instructions whose results leave a fusion."""
    root = next((each for each in called.values() if each.is_root), None)
    if root is None:
        return []
    return [called[name] for name in root.operands] if _is(root, "tuple") else [root]


def _written(called: Computation, root: Instruction) -> tuple[float, str | None]:
    """Bytes written for one result, and the parameter that is updated in place."""
    source = _without_bitcasts(called, root)
    index = {"dynamic-update-slice": 1, "scatter": 2}.get(source.opcode)
    if index is None:
        return _bytes(root.shapes), None
    updated = _without_bitcasts(called, called[source.operands[0]])
    update = _bytes(called[source.operands[index]].shapes)
    return update, updated.name if _is(updated, "parameter") else None


def _without_bitcasts(called: Computation, instruction: Instruction) -> Instruction:
    while _is(instruction, "bitcast"):
        instruction = called[instruction.operands[0]]
    return instruction


def _read(called: Computation, parameter: Instruction, in_place: bool) -> float:
    """Bytes of a parameter that a fusion reads: the results of slices, or the whole array.

    Args:
        called: computation of the fusion.
        parameter: the parameter, or a bitcast of it.
        in_place: whether the parameter is the array that an update changes in place.
    """
    total = 0.0
    for user in called.values():
        if parameter.name not in user.operands:
            continue
        is_first = user.operands[0] == parameter.name
        if _is(user, "bitcast"):
            total += _read(called, user, in_place)
        elif _is(user, "dynamic-slice", "slice", "gather") and is_first:
            total += _bytes(user.shapes)
        elif not (in_place and is_first and _is(user, "dynamic-update-slice", "scatter")):
            return _bytes(parameter.shapes)
    return total


def _results(instruction: Instruction) -> tuple[Shape, ...]:
    """Results of an instruction, without the workspace of a library call."""
    if instruction.opcode == "custom-call" and len(instruction.shapes) > 1:
        return tuple(shape for shape in instruction.shapes if shape.dtype not in ("s8", "u8"))
    return instruction.shapes


def _known(computation: Computation, instruction: Instruction) -> list[str]:
    return [name for name in instruction.operands if name in computation]


def _is(instruction: Instruction, *opcodes: str) -> bool:
    return instruction.opcode in opcodes


def _bytes(shapes: tuple[Shape, ...]) -> float:
    return sum(shape.num_bytes for shape in shapes)
