"""Count the iterations of loops whose length depends on data, by running the program on a CPU.

Each `while` of the program gets a counter; all other results are dropped, so that XLA removes the
work that does not decide the length of a loop. Under `vmap`, a loop runs until its last item is
done, so programs must be traced with the batches of the accelerator (`accelerator.traced`). Pallas
kernels are interpreted; each block of a kernel enters the loops of the kernel.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, jaxpr_as_fun

from benchmarks.gpu_plan.hlo_text import Frame
from benchmarks.gpu_plan.source_lines import own_frame, traced_frames

# Primitives that call one program, and the parameter with that program.
_CALLS = {
    **dict.fromkeys(("jit", "pjit", "remat", "checkpoint", "remat2"), "jaxpr"),
    **dict.fromkeys(
        ("core_call", "closed_call", "custom_jvp_call", "custom_vjp_call"), "call_jaxpr"
    ),
}


class LoopCount(NamedTuple):
    """Number of times that a loop was entered, and total number of its iterations."""

    entries: int
    turns: int


def count_turns(program: ClosedJaxpr, *arguments) -> dict[tuple[str, int], LoopCount]:
    """Run a program and count the iterations of each of its `while` loops.

    Args:
        program: program, from `jax.make_jaxpr` or `Traced.jaxpr`.
        arguments: its arguments, flat.

    Returns:
        Counts by file and line of the innermost source line in this project. Loops on the same
        line are counted together.
    """
    program = _for_cpu(program)
    places = [_place(equation) for equation in _loops(program.jaxpr)]
    if not places:
        return {}
    counter = _Counter()

    def run(*values):
        counter.seen = 0
        start = jnp.zeros((len(places), 2), jnp.int32)
        return counter.evaluate(program.jaxpr, program.consts, values, start)[0]

    counted = jax.jit(run)(*arguments)
    totals: dict[tuple[str, int], LoopCount] = {}
    for line, (entries, turns) in zip(places, counted.tolist(), strict=True):
        old = totals.get(line, LoopCount(0, 0))
        totals[line] = LoopCount(old.entries + entries, old.turns + turns)
    return totals


def turns_of(counts: dict[tuple[str, int], LoopCount]) -> Callable[[list[Frame]], float | None]:
    """Mean iterations per entry of the loop at a source line, for `charges.charge`."""

    def mean_turns(frames: list[Frame]) -> float | None:
        frame = own_frame(frames)
        found = counts.get((frame.file, frame.line)) if frame else None
        return found.turns / found.entries if found and found.entries else None

    return mean_turns


def _loops(jaxpr: Jaxpr) -> Iterable[JaxprEqn]:
    """All `while` equations, each before those in its body, in the order of `_Counter`."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "while":
            yield equation
            yield from _loops(equation.params["body_jaxpr"].jaxpr)
        else:
            for inner in _programs_in(equation):
                yield from _loops(inner)


def _programs_in(equation: JaxprEqn) -> list[Jaxpr]:
    """Programs that an equation calls, among them Pallas kernels with loops of unknown length."""
    name, given = equation.primitive.name, equation.params
    if name == "pallas_call":
        return [_interpreted(equation).jaxpr] if _has_loop(given["jaxpr"]) else []
    if name == "scan":
        return [given["jaxpr"].jaxpr]
    if name == "cond":
        return [branch.jaxpr for branch in given["branches"]]
    if name in _CALLS:
        return [getattr(given[_CALLS[name]], "jaxpr", given[_CALLS[name]])]
    return []


def _place(equation: JaxprEqn) -> tuple[str, int]:
    found = own_frame(traced_frames(equation))
    return (found.file, found.line) if found else ("", 0)


def _has_loop(jaxpr: Jaxpr) -> bool:
    return any(True for _ in _loops(jaxpr))


@lru_cache
def _interpreted(equation: JaxprEqn) -> ClosedJaxpr:
    """A Pallas kernel as a program: a loop over the blocks of its grid."""
    from jax._src.pallas.hlo_interpreter import pallas_call_hlo_interpret

    given = {name: value for name, value in equation.params.items() if name != "interpret"}
    inputs = [jax.ShapeDtypeStruct(each.aval.shape, each.aval.dtype) for each in equation.invars]
    return jax.make_jaxpr(partial(pallas_call_hlo_interpret, **given))(*inputs)


def _for_cpu(value):
    """Return a program, or a parameter of a program, without operations that only GPUs support.

    Such operations are barriers between the threads of a kernel, and products on tensor cores.
    """
    if isinstance(value, ClosedJaxpr):
        return value.replace(jaxpr=_for_cpu(value.jaxpr))
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(map(_for_cpu, value))
    if not isinstance(value, Jaxpr):
        return value
    equations = [
        equation.replace(
            params=_for_cpu_parameters(equation), effects=_without_barriers(equation.effects)
        )
        for equation in value.eqns
        if "barrier" not in equation.primitive.name or equation.outvars
    ]
    return value.replace(eqns=equations, effects=_without_barriers(value.effects))


def _for_cpu_parameters(equation: JaxprEqn) -> dict:
    given = {name: _for_cpu(parameter) for name, parameter in equation.params.items()}
    if equation.primitive.name == "dot_general":
        given["precision"] = (jax.lax.Precision.HIGHEST,) * 2
    return given


def _without_barriers(effects: Iterable) -> set:
    return {effect for effect in effects if "Barrier" not in type(effect).__name__}


class _Counter:
    """Evaluator of a program that also counts entries and iterations of its loops [loop, 2]."""

    def __init__(self):
        self.seen = 0

    def evaluate(self, jaxpr: Jaxpr, consts, arguments, counts):
        """Return the counts after the execution of a program, and the results of the program."""
        values = dict(zip(jaxpr.constvars, consts, strict=True))
        values |= dict(zip(jaxpr.invars, arguments, strict=True))

        def read(variable):
            return variable.val if isinstance(variable, Literal) else values[variable]

        for equation in jaxpr.eqns:
            counts, results = self._equation(equation, list(map(read, equation.invars)), counts)
            values |= dict(zip(equation.outvars, results, strict=True))
        return counts, list(map(read, jaxpr.outvars))

    def _equation(self, equation: JaxprEqn, inputs: list, counts):
        name = equation.primitive.name
        if name == "while":
            return self._while(equation, inputs, counts)
        inner = _programs_in(equation)
        if not any(map(_has_loop, inner)):
            return counts, _bound(equation, inputs)
        if name == "pallas_call":
            return self.evaluate(inner[0], _interpreted(equation).consts, inputs, counts)
        if name in _CALLS:
            program = equation.params[_CALLS[name]]
            consts = getattr(program, "consts", ())
            return self.evaluate(inner[0], consts, inputs, counts)
        return (self._scan if name == "scan" else self._cond)(equation, inputs, counts)

    def _while(self, equation: JaxprEqn, inputs: list, counts):
        given, index = equation.params, self.seen
        self.seen += 1
        num_cond, num_body = given["cond_nconsts"], given["body_nconsts"]
        at_cond, at_body = inputs[:num_cond], inputs[num_cond : num_cond + num_body]
        cond, body = given["cond_jaxpr"], given["body_jaxpr"]

        def unfinished(carry):
            return _evaluated(cond, [*at_cond, *carry[1:]])

        def turn(carry):
            self.seen = index + 1
            turned = carry[0].at[index, 1].add(1)
            turned, results = self.evaluate(body.jaxpr, body.consts, [*at_body, *carry[1:]], turned)
            still = unfinished(carry)
            return (turned, *map(partial(_where_unfinished, still), results, carry[1:]))

        entered = counts.at[index, 0].add(1)
        counts, *results = jax.lax.while_loop(
            lambda carry: jnp.any(unfinished(carry)),
            turn,
            (entered, *inputs[num_cond + num_body :]),
        )
        return counts, results

    def _scan(self, equation: JaxprEqn, inputs: list, counts):
        given, first = equation.params, self.seen
        num_consts, num_carry = given["num_consts"], given["num_carry"]
        consts, carry = inputs[:num_consts], inputs[num_consts : num_consts + num_carry]
        body = given["jaxpr"]

        def turn(carry, items):
            self.seen = first
            turned, results = self.evaluate(
                body.jaxpr, body.consts, [*consts, *carry[1:], *items], carry[0]
            )
            return (turned, *results[:num_carry]), results[num_carry:]

        (counts, *carry), stacked = jax.lax.scan(
            turn,
            (counts, *carry),
            inputs[num_consts + num_carry :],
            length=given["length"],
            reverse=given["reverse"],
        )
        return counts, [*carry, *stacked]

    def _cond(self, equation: JaxprEqn, inputs: list, counts):
        def branch(program, counts, *values):
            return self.evaluate(program.jaxpr, program.consts, values, counts)

        # Each branch is traced once, in order, so the numbers of its loops are consecutive.
        branches = [partial(branch, program) for program in equation.params["branches"]]
        return jax.lax.switch(inputs[0], branches, counts, *inputs[1:])


def _evaluated(condition: ClosedJaxpr, inputs: list):
    """Result of the condition of a loop; an array under `vmap`."""
    return jaxpr_as_fun(condition)(*inputs)[0]


def _where_unfinished(unfinished, new, old):
    """Return the new value of each item whose loop continues; items are along the first axes."""
    more = jnp.ndim(new) - jnp.ndim(unfinished)
    mask = jnp.reshape(unfinished, (*jnp.shape(unfinished), *(1,) * more))
    return jnp.where(mask, new, old) if jnp.ndim(unfinished) else new


def _bound(equation: JaxprEqn, inputs: list) -> list:
    """Results of an equation without loops; kernels of Pallas are interpreted."""
    given = dict(equation.params)
    if equation.primitive.name == "pallas_call":
        given["interpret"] = True
    given = equation.primitive.get_bind_params(given)
    # Before JAX 0.10, the functions that a primitive calls were returned separately.
    functions, given = given if isinstance(given, tuple) else ((), given)
    results = equation.primitive.bind(*functions, *inputs, **given)
    return results if equation.primitive.multiple_results else [results]
