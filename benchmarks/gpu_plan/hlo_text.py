"""Read the text of a compiled XLA module: computations, instructions and source lines.

The text is the result of `Compiled.as_text()`. Source lines are in four tables at the head of the
text:

    FileNames, FunctionNames    number "text"
    FileLocations               number {file_name_id=.. function_name_id=.. line=..}
    StackFrames                 number {file_location_id=.. parent_frame_id=..}

In these tables, the printed parent of a frame is one more than its number, and a frame without a
parent has the parent 1.
"""

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

TYPE_BYTES = {
    **dict.fromkeys(("pred", "s8", "u8", "f8e4m3fn", "f8e5m2"), 1),
    **dict.fromkeys(("s16", "u16", "f16", "bf16"), 2),
    **dict.fromkeys(("s32", "u32", "f32"), 4),
    **dict.fromkeys(("s64", "u64", "f64", "c64"), 8),
    "c128": 16,
    **dict.fromkeys(("s4", "u4"), 0.5),
}
_SHAPE = re.compile(r"\b([a-z]+[0-9]*[a-z0-9]*)\[([\d,<=]*)\]")
_HEADER = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\) -> .*\{$")
_INSTRUCTION = re.compile(r"^\s+(ROOT )?%?([\w.\-]+) = ")
_OPCODE = re.compile(r" ?([\w\-]+)\(")
_NAME = re.compile(r"%([\w.\-]+)")


class Shape(NamedTuple):
    """Element type and dimensions of an array."""

    dtype: str
    dims: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.dims)

    @property
    def num_bytes(self) -> float:
        """Size in memory; 0 for tokens and other types without a size."""
        return TYPE_BYTES.get(self.dtype, 0) * self.size


class Frame(NamedTuple):
    """A line of the Python source: file, function and line number."""

    file: str
    function: str
    line: int


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        name: name of the instruction, unique in the computation.
        shapes: shape of the result; several for a tuple.
        opcode: operation, for example "fusion".
        operands: names of the operands.
        attributes: text after the operands.
        arguments: text between the parentheses, for example the number of a parameter.
        is_root: whether the result is also the result of the computation.
    """

    name: str
    shapes: tuple[Shape, ...]
    opcode: str
    operands: tuple[str, ...]
    attributes: str
    arguments: str
    is_root: bool

    def called(self, role: str) -> str | None:
        """Name of the computation that is called in a role, such as "body", or None."""
        found = re.search(rf"\b{role}=%?([\w.\-]+)", self.attributes)
        return found[1] if found else None

    def branches(self) -> list[str]:
        """Computations of a conditional."""
        found = re.search(r"branch_computations=\{([^}]*)\}", self.attributes)
        if found:
            return _NAME.findall(found[1])
        return [self.called(f"{case}_computation") for case in ("true", "false")]

    @property
    def trip_count(self) -> int | None:
        """Number of iterations of a loop; None if this number is unknown at compile time."""
        found = re.search(r'"?known_trip_count"?:?\{"n":"(\d+)"', self.attributes)
        return int(found[1]) if found else None

    @property
    def operation_name(self) -> str:
        """Path of JAX transformations and primitives that made the instruction."""
        found = re.search(r'op_name="([^"]*)"', self.attributes)
        return found[1] if found else ""

    @property
    def custom_call_target(self) -> str:
        """Name of the function that a custom call calls; empty for other instructions."""
        found = re.search(r'custom_call_target="([^"]*)"', self.attributes)
        return found[1] if found else ""

    @property
    def pallas_kernel(self) -> str:
        """Name of the Pallas kernel that a custom call runs; empty for other instructions."""
        is_kernel = self.custom_call_target.endswith("gpu.triton")
        found = re.search(r'\bname = "([^"]*)"', self.attributes) if is_kernel else None
        return found[1] if found else ""

    @property
    def frame_id(self) -> int:
        """Number of the innermost stack frame; 0 if none is stated."""
        found = re.search(r"stack_frame_id=(\d+)", self.attributes)
        return int(found[1]) if found else 0


class Module:
    """A compiled module.

    Attributes:
        computations: instructions of each computation, by name, in the order of the schedule.
        entry: name of the computation that is called.
    """

    def __init__(self, text: str):
        """Parse the text of a module."""
        self.computations: dict[str, dict[str, Instruction]] = {}
        self.entry = ""
        self._read_computations(text)
        files, functions = (_names(text, table) for table in ("FileNames", "FunctionNames"))
        places = {
            number: Frame(
                files.get(fields["file_name_id"], ""),
                functions.get(fields["function_name_id"], ""),
                fields["line"],
            )
            for number, fields in _fields(text, "FileLocations").items()
        }
        self._frames = {
            number: (places[fields["file_location_id"]], fields["parent_frame_id"] - 1)
            for number, fields in _fields(text, "StackFrames").items()
        }

    def _read_computations(self, text: str) -> None:
        current: dict[str, Instruction] | None = None
        for line in text.splitlines():
            header = _HEADER.match(line)
            if header:
                current = self.computations.setdefault(header[2], {})
                self.entry = header[2] if header[1] else self.entry
            elif line.startswith("}"):
                current = None
            elif current is not None:
                instruction = parse_instruction(line)
                if instruction:
                    current[instruction.name] = instruction

    def frames(self, instruction: Instruction) -> list[Frame]:
        """Source lines of an instruction, innermost first; empty if none are stated."""
        found, number = [], instruction.frame_id
        while number in self._frames:
            frame, parent = self._frames[number]
            found.append(frame)
            number = parent if parent != number else 0
        return found


def parse_instruction(line: str) -> Instruction | None:
    """Parse one line of a computation; None if the line is not an instruction."""
    start = _INSTRUCTION.match(line)
    if not start:
        return None
    types, rest = _split_types(line[start.end() :])
    opcode = _OPCODE.match(rest)
    if not opcode:
        return None
    arguments, attributes = _in_parentheses(rest[opcode.end() - 1 :])
    return Instruction(
        name=start[2],
        shapes=parse_shapes(types),
        opcode=opcode[1],
        operands=tuple(_NAME.findall(arguments)),
        attributes=attributes,
        arguments=arguments,
        is_root=bool(start[1]),
    )


def parse_shapes(text: str) -> tuple[Shape, ...]:
    """Shapes of all arrays in the text of a type."""
    return tuple(
        Shape(dtype, tuple(int(part.strip("<=")) for part in dims.split(",") if part))
        for dtype, dims in _SHAPE.findall(text)
    )


def _split_types(text: str) -> tuple[str, str]:
    """Split the type of a result, which may be a tuple, from the rest of the line."""
    if text.startswith("("):
        inside, rest = _in_parentheses(text)
        return inside, rest
    types, _, rest = text.partition(" ")
    return types, rest


def _in_parentheses(text: str) -> tuple[str, str]:
    """The text inside the first parentheses, which may be nested, and the text after them."""
    depth = 0
    for index, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return text[1:index], text[index + 1 :]
    return text[1:], ""


def _table(text: str, name: str) -> list[str]:
    found = re.search(rf"^{name}\n(.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].splitlines() if found else []


def _names(text: str, table: str) -> dict[int, str]:
    rows = (row.split(" ", 1) for row in _table(text, table))
    return {int(number): name.strip('"') for number, name in rows}


def _fields(text: str, table: str) -> dict[int, dict[str, int]]:
    rows = (row.split(" ", 1) for row in _table(text, table))
    return {
        int(number): {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", fields)}
        for number, fields in rows
    }
