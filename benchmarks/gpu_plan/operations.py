"""Arithmetic operations of instructions, by the unit that computes them.

The units are "fp32" (float32 lanes; integers and float64 are also counted as fp32), "tf32" and
"bf16" (tensor cores). A multiply-add is two operations. These counts are estimates: XLA may compute
an element of a fusion more than once, and the instructions of a transcendental function depend on
its argument.
"""

import math
import re
from collections import Counter

from benchmarks.gpu_plan.hlo_text import Instruction, Shape

# Operations of a division, root, power or transcendental function: about ten instructions in the
# CUDA libraries.
SLOW_FUNCTION = 10
_SLOW = (
    "divide sqrt rsqrt cbrt exponential exponential-minus-one log log-plus-one power sine cosine "
    "tan tanh atan2 logistic erf remainder"
)
_FAST = (
    "add subtract multiply maximum minimum negate abs compare select and or xor not sign floor "
    "ceil round-nearest-even round-nearest-afz shift-left shift-right-logical popcnt clamp "
    "shift-right-arithmetic is-finite real imag complex count-leading-zeros"
)
PER_ELEMENT = {
    **dict.fromkeys(_SLOW.split(), SLOW_FUNCTION),
    **dict.fromkeys(_FAST.split(), 1),
}
# Complex arithmetic in operations on real numbers.
_COMPLEX = {"multiply": 6, "divide": 30, "add": 2, "subtract": 2, "abs": SLOW_FUNCTION}
# Products of float32 matrices in several passes of a tensor core: passes and unit.
_PASSES = {
    "dot_tf32_tf32_f32_x3": ("tf32", 3),
    "dot_tf32_tf32_f32": ("tf32", 1),
    "dot_bf16_bf16_f32_x3": ("bf16", 3),
    "dot_bf16_bf16_f32_x6": ("bf16", 6),
    "dot_bf16_bf16_f32_x9": ("bf16", 9),
}


def operations_of(instruction: Instruction, shapes: dict[str, tuple[Shape, ...]]) -> Counter:
    """Number of operations of one instruction, by unit.

    Args:
        instruction: instruction that calls no computation, except a reduction.
        shapes: shapes of the instructions of the same computation, by name.
    """
    result = instruction.shapes[0] if instruction.shapes else Shape("", ())
    operands = [shapes[name][0] for name in instruction.operands if shapes.get(name)]
    opcode = instruction.opcode
    if opcode == "dot":
        return _product(instruction, result, operands[0], _contracted(instruction, operands[0]))
    if opcode == "custom-call" and _is_library_product(instruction):
        return _product(instruction, result, operands[0], _contracted(instruction, operands[0]))
    if opcode == "convolution":
        depth = operands[1].size / max(_output_features(instruction, operands[1]), 1)
        return _product(instruction, result, operands[0], depth)
    return Counter({"fp32": _on_lanes(instruction, result, operands)})


def _is_library_product(instruction: Instruction) -> bool:
    target = instruction.custom_call_target
    return target.startswith("__cublas") and ("matmul" in target or "gemm" in target)


def _on_lanes(instruction: Instruction, result: Shape, operands: list[Shape]) -> float:
    """Operations of an instruction that does not use the tensor cores."""
    opcode = instruction.opcode
    if opcode == "fft":
        length = math.prod(_braced(instruction, "fft_length"))
        return 5.0 * result.size * math.log2(max(length, 2))
    if opcode == "sort":
        length = max(result.dims, default=1)
        stages = math.ceil(math.log2(max(length, 2)))
        return result.size * stages * (stages + 1) / 2
    if opcode == "reduce":
        return operands[0].size * (2 if operands[0].dtype.startswith("c") else 1)
    if opcode == "reduce-window":
        sizes = re.search(r"size=([\dx]+)", instruction.attributes)
        return result.size * math.prod(int(n) for n in sizes[1].split("x")) if sizes else 0
    per_element = PER_ELEMENT.get(opcode, 0)
    if result.dtype in ("c64", "c128"):
        per_element = _COMPLEX.get(opcode, 2 * per_element)
    return float(per_element * result.size)


def _product(instruction: Instruction, result: Shape, left: Shape, depth: float) -> Counter:
    """Operations of a product with inner dimension `depth`, on the unit of its type."""
    complex_factor = 4 if result.dtype in ("c64", "c128") else 1
    unit, passes = _unit(instruction, left)
    return Counter({unit: 2.0 * complex_factor * passes * result.size * depth})


def _unit(instruction: Instruction, left: Shape) -> tuple[str, int]:
    if left.dtype in ("bf16", "f16"):
        return "bf16", 1
    algorithm = re.search(r"algorithm=(\w+)", instruction.attributes)
    if algorithm and algorithm[1] in _PASSES:
        return _PASSES[algorithm[1]]
    text = instruction.attributes.lower()
    # XLA multiplies float32 matrices of default precision in TF32.
    default = left.dtype == "f32" and "highest" not in text and not algorithm
    return ("tf32" if default else "fp32"), 1


def _contracted(instruction: Instruction, left: Shape) -> int:
    dims = _braced(instruction, "lhs_contracting_dims") or [
        int(number)
        for found in re.findall(
            r'"lhs_contracting_dimensions":\[([^\]]*)\]', instruction.attributes
        )
        for number in re.findall(r"\d+", found)
    ]
    return math.prod(left.dims[dim] for dim in dims)


def _output_features(instruction: Instruction, kernel: Shape) -> int:
    """Length of the axis "o" of a convolution's kernel."""
    labels = re.search(r"dim_labels=\w+_(\w+)->", instruction.attributes)
    return kernel.dims[labels[1].index("o")] if labels else 1


def _braced(instruction: Instruction, name: str) -> list[int]:
    """Numbers of an attribute such as fft_length={256}."""
    found = re.search(rf"\b{name}=\{{([\d,]*)\}}", instruction.attributes)
    return [int(number) for number in found[1].split(",") if number] if found else []
