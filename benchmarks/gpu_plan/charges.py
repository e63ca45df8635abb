"""Walk a compiled module and charge every kernel to a stage of the program.

The body of a loop is charged once per iteration. If the number of iterations is unknown at compile
time, the host waits before every iteration for a condition from the device; the number of
iterations then comes from `loop_counts`. For a conditional, the branch that moves the most bytes is
charged.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from benchmarks.gpu_plan.cards import HOST_WAIT_S, LAUNCH_S, Card
from benchmarks.gpu_plan.hlo_text import Frame, Instruction, Module
from benchmarks.gpu_plan.instruction_costs import CONTROL, FREE, Cost, cost_of

# Function from the source line of a loop to the iterations per entry; None for an uncounted loop.
TurnsOf = Callable[[list[Frame]], float | None]
# Function from the source lines of an instruction (innermost first) and its operation name to the
# name of its stage.
StageOf = Callable[[list[Frame], str], str]
ELSEWHERE = "(no source line)"


@dataclass(frozen=True)
class Charge:
    """A kernel, and the number of its runs in one call of the program.

    Attributes:
        stage: stage of the program.
        name: name of the instruction.
        cost: cost of one run.
        runs: number of runs per call.
        waits: host waits per call, for a loop or a conditional.
    """

    stage: str
    name: str
    cost: Cost
    runs: float
    waits: float = 0.0

    def seconds(self, card: Card) -> float:
        """Shortest time of all runs at attainable rates: launch, memory or arithmetic [s]."""
        memory_s, arithmetic_s = card.seconds(self.cost.num_bytes, self.cost.operations)
        one_s = max(self.cost.launches * LAUNCH_S, memory_s, arithmetic_s)
        return self.runs * one_s + self.waits * HOST_WAIT_S


@dataclass(frozen=True)
class UnknownLoop:
    """A loop whose length is unknown at compile time.

    Attributes:
        place: source line, "file:line function".
        entries: number of times that one call of the program enters the loop.
        turns: mean number of iterations per entry; None if the loop was not counted, in which case
            one iteration is charged.
    """

    place: str
    entries: float
    turns: float | None


@dataclass
class Charges:
    """All kernels of a module, and its loops of unknown length."""

    kernels: list[Charge] = field(default_factory=list)
    loops: list[UnknownLoop] = field(default_factory=list)


def charge(
    module: Module,
    stage_of: StageOf,
    turns_of: TurnsOf = lambda frames: None,
    pallas: Mapping[str, Counter] = {},
) -> Charges:
    """Charge all kernels of one call of the module.

    Args:
        module: compiled module.
        stage_of: function that returns the stage of an instruction.
        turns_of: function that returns the number of iterations of a loop of unknown length.
        pallas: operations of Pallas kernels by name, which the module does not state.
    """
    found = Charges()
    walk = _Walk(module, stage_of, turns_of, pallas, found)
    found.kernels.extend(walk.computation(module.entry, 1.0, ELSEWHERE))
    return found


@dataclass
class _Walk:
    module: Module
    stage_of: StageOf
    turns_of: TurnsOf
    pallas: Mapping[str, Counter]
    found: Charges

    def computation(self, name: str, runs: float, around: str) -> Iterator[Charge]:
        """Charges of a computation that runs `runs` times, called in the stage `around`."""
        body = self.module.computations.get(name, {})
        for instruction in body.values():
            if instruction.opcode in FREE:
                continue
            stage = self._stage(instruction, around)
            if instruction.opcode in CONTROL:
                yield from getattr(self, "_" + instruction.opcode.partition("-")[0])(
                    instruction, runs, stage
                )
            else:
                cost = cost_of(self.module, body, instruction)
                kernel = instruction.pallas_kernel
                if kernel:
                    cost = replace(cost, operations=self.pallas.get(kernel, Counter()))
                yield Charge(stage, kernel or instruction.name, cost, runs)

    def _stage(self, instruction: Instruction, around: str) -> str:
        frames = self.module.frames(instruction)
        return self.stage_of(frames, instruction.operation_name) if frames else around

    def _while(self, instruction: Instruction, runs: float, stage: str) -> Iterator[Charge]:
        turns = instruction.trip_count
        if turns is None:
            frames = self.module.frames(instruction)
            turns = self.turns_of(frames)
            self.found.loops.append(UnknownLoop(place(frames, instruction), runs, turns))
            turns = 1.0 if turns is None else turns
            checks = runs * (turns + 1)
            yield Charge(stage, instruction.name, Cost(), 0.0, waits=checks)
            yield from self.computation(instruction.called("condition"), checks, stage)
        yield from self.computation(instruction.called("body"), runs * turns, stage)

    def _conditional(self, instruction: Instruction, runs: float, stage: str) -> Iterator[Charge]:
        yield Charge(stage, instruction.name, Cost(), 0.0, waits=runs)
        branches = [
            list(self.computation(name, runs, stage)) for name in instruction.branches() if name
        ]
        yield from max(branches, key=_total_bytes, default=[])

    def _call(self, instruction: Instruction, runs: float, stage: str) -> Iterator[Charge]:
        yield from self.computation(instruction.called("to_apply"), runs, stage)

    def _async(self, instruction: Instruction, runs: float, stage: str) -> Iterator[Charge]:
        yield from self.computation(instruction.called("calls"), runs, stage)


def _total_bytes(charges: list[Charge]) -> float:
    return sum(each.runs * each.cost.num_bytes for each in charges)


def place(frames: list[Frame], instruction: Instruction) -> str:
    """Source line of an instruction as text, or the instruction's name."""
    if not frames:
        return instruction.name
    short = "/".join(frames[0].file.split("/")[-2:])
    return f"{short}:{frames[0].line} {frames[0].function.split('.')[0]}"


def totals(charges: list[Charge]) -> dict[str, float | Counter]:
    """Launches, host waits, bytes and operations of some kernels together."""
    operations = Counter()
    for each in charges:
        for unit, count in each.cost.operations.items():
            operations[unit] += each.runs * count
    return {
        "launches": sum(each.runs * each.cost.launches for each in charges),
        "host_waits": sum(each.waits for each in charges),
        "bytes": sum(each.runs * each.cost.num_bytes for each in charges),
        "operations": operations,
    }
