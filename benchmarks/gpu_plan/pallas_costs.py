"""Operations of Pallas kernels, counted in their programs, because compiled modules omit them."""

from collections import Counter
from collections.abc import Iterator
from math import prod

from jax.extend.core import Jaxpr, JaxprEqn

from benchmarks.gpu_plan.charges import TurnsOf
from benchmarks.gpu_plan.operations import SLOW_FUNCTION
from benchmarks.gpu_plan.source_lines import traced_frames

_SLOW = set(
    [
        "div",
        "sqrt",
        "rsqrt",
        "cbrt",
        "exp",
        "exp2",
        "expm1",
        "log",
        "log1p",
        "pow",
        "sin",
        "cos",
        "tan",
        "tanh",
        "atan2",
        "erf",
        "rem",
    ]
)
_FAST = set(
    [
        "add",
        "sub",
        "mul",
        "max",
        "min",
        "neg",
        "abs",
        "select_n",
        "and",
        "or",
        "xor",
        "not",
        "sign",
        "floor",
        "ceil",
        "round",
        "clamp",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "shift_left",
        "shift_right_logical",
        "shift_right_arithmetic",
        "square",
        "integer_pow",
    ]
)
# Passes and unit of a product, by a word in its precision.
_PRECISIONS = {
    "TF32_TF32_F32_X3": ("tf32", 3),
    "BF16_BF16_F32_X3": ("bf16", 3),
    "BF16_BF16_F32_X6": ("bf16", 6),
    "BF16_BF16_F32_X9": ("bf16", 9),
    "HIGHEST": ("fp32", 1),
}


def pallas_operations(jaxpr: Jaxpr, turns_of: TurnsOf = lambda frames: None) -> dict[str, Counter]:
    """Operations of one launch of each Pallas kernel that a program calls, by kernel name.

    Args:
        jaxpr: the program.
        turns_of: mean number of iterations of loops of unknown length; a loop that was not counted
            is charged as one iteration.
    """
    found: dict[str, Counter] = {}
    for equation in _kernels(jaxpr):
        name = _name(equation)
        steps = prod(int(size) for size in equation.params["grid_mapping"].grid)
        once = _operations(equation.params["jaxpr"], turns_of)
        found[name] = Counter({unit: steps * count for unit, count in once.items()})
    return found


def _name(equation: JaxprEqn) -> str:
    named = equation.params.get("name") or equation.params.get("name_and_src_info")
    return getattr(named, "name", named)


def _kernels(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    for equation in jaxpr.eqns:
        if equation.primitive.name == "pallas_call":
            yield equation
        else:
            for inner in _inner(equation):
                yield from _kernels(inner)


def _inner(equation: JaxprEqn) -> list[Jaxpr]:
    """All programs in the parameters of an equation."""
    found = []
    for value in equation.params.values():
        for each in value if isinstance(value, (tuple, list)) else (value,):
            each = getattr(each, "jaxpr", each)
            if hasattr(each, "eqns"):
                found.append(each)
    return found


def _operations(jaxpr: Jaxpr, turns_of: TurnsOf) -> Counter:
    total = Counter()
    for equation in jaxpr.eqns:
        total.update(_operations_of(equation, turns_of))
    return total


def _operations_of(equation: JaxprEqn, turns_of: TurnsOf) -> Counter:
    name, inner = equation.primitive.name, _inner(equation)
    if name == "dot_general":
        return _product(equation)
    if name == "cond":
        branches = [_operations(each, turns_of) for each in inner]
        return max(branches, key=lambda counts: sum(counts.values()))
    if inner:
        turns = equation.params.get("length", 1) if name == "scan" else 1
        if name == "while":
            turns = turns_of(traced_frames(equation)) or 1
        counts = sum((_operations(each, turns_of) for each in inner), Counter())
        return Counter({unit: turns * count for unit, count in counts.items()})
    shapes = [getattr(each.aval, "shape", ()) for each in (*equation.invars, *equation.outvars)]
    if name.startswith(("reduce_", "cum")):
        return Counter({"fp32": float(prod(shapes[0]))})
    each = SLOW_FUNCTION if name in _SLOW else int(name in _FAST)
    return Counter({"fp32": float(each * prod(shapes[-1]))}) if each else Counter()


def _product(equation: JaxprEqn) -> Counter:
    (contracted, _), _ = equation.params["dimension_numbers"]
    left, result = equation.invars[0].aval, equation.outvars[0].aval
    depth = prod(left.shape[axis] for axis in contracted)
    unit, passes = "tf32", 1
    if left.dtype.itemsize == 2:
        unit = "bf16"
    else:
        precision = str(equation.params.get("precision"))
        for word, found in _PRECISIONS.items():
            unit, passes = found if word in precision else (unit, passes)
    return Counter({unit: 2.0 * passes * depth * prod(result.shape)})
