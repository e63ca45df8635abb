"""Parse calls, assignments and branches of a Lua script, as far as configurations need them.

    START_FREQ = 77
    if (partId == 1843) then
      ar1.ProfileConfig(0, START_FREQ, ...)
    end

This is not an interpreter: values are followed through simple assignments of numbers and their
sums, differences, products and quotients; each call and assignment records its enclosing branches.
"""

import ast
import operator
import re
from bisect import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

_COMMENT = re.compile(r"--\[\[.*?\]\]|--[^\n]*", re.DOTALL)
_STRING = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\[\[.*?\]\]", re.DOTALL)
_WORD = re.compile(r"\b(if|then|elseif|else|end|do|function|repeat|until)\b")
_CALL = re.compile(r"\bar1\.(\w+)\s*\(")
_ASSIGNMENT = re.compile(
    r"(?:^|[\n;]|\b(?:then|else|do)\b)[ \t]*(?:local[ \t]+)?"
    r"([A-Za-z_]\w*)[ \t]*=[ \t]*([^=\n;][^\n;]*)"
)
_AFTER_VALUE = re.compile(r"\b(?:end|else|elseif)\b")
_OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_CHIP = re.compile(r"(?<!\d)(1[2468]43|1642|2243|2944|6443|6843|\d{2}xx)(?!\d)", re.IGNORECASE)
# Maximum length of a call, so that an unclosed bracket does not extend over the rest of a log, and
# of an expression that is evaluated.
_LONGEST_CALL = 4000
_LONGEST_VALUE = 200


class Branch(NamedTuple):
    """One branch of an `if`: index of the `if`, index of the branch, and its conditions."""

    number: int
    index: int
    conditions: tuple[str, ...]

    def taken(self, chip: str) -> bool | None:
        """Whether the branch is taken for a chip; None if its conditions leave this undecided.

        A call in a condition, as in `if (ar1.RfInit() == 0) then`, counts as successful.

        Args:
            chip: name of the chip, such as "1843" or "68xx"; "" if unknown.
        """
        *before, own = [_holds(condition, chip) for condition in self.conditions]
        if self.conditions[-1] == "else":
            own = True
        if True in before or own is False:
            return False
        return None if None in (*before, own) else True


@dataclass(frozen=True)
class Statement:
    """A call or assignment: line, name, arguments or value as written, and enclosing branches."""

    line: int
    name: str
    values: tuple[str, ...]
    branches: tuple[Branch, ...]

    @property
    def where(self) -> str:
        """Line number and enclosing condition, for messages."""
        if not self.branches:
            return f"line {self.line}"
        own = self.branches[-1].conditions[-1]
        return f"line {self.line} (`{own}`)"


def calls_of(text: str) -> list[Statement]:
    """Find the calls of `ar1` functions, in order and with their arguments as written.

    Args:
        text: the script or the text of a log window; calls may span several lines.
    """
    plain = without_comments(text)
    bare, places = _blank_strings(plain), _Places(plain)
    blocks = _blocks(bare)
    found = []
    for call in _CALL.finditer(bare):
        end = _closing(bare, call.end())
        if end is None:
            continue
        arguments = _split(plain[call.end() : end], bare[call.end() : end])
        found.append(
            Statement(places.line(call.start()), call[1], arguments, blocks.at(call.start()))
        )
    return found


def assignments_of(text: str) -> list[Statement]:
    """Find the simple assignments in a script, in order."""
    plain = without_comments(text)
    bare, places = _blank_strings(plain), _Places(plain)
    blocks = _blocks(bare)
    return [
        Statement(
            places.line(found.start(1)),
            found[1],
            (_AFTER_VALUE.split(plain[found.start(2) : found.end(2)])[0].strip(),),
            blocks.at(found.start(1)),
        )
        for found in _ASSIGNMENT.finditer(bare)
    ]


def without_comments(text: str) -> str:
    """Replace comments in a script by spaces; line breaks and text in quotes are kept."""
    kept, last = [], 0
    pattern = re.compile(f"({_STRING.pattern})|({_COMMENT.pattern})", re.DOTALL)
    for found in pattern.finditer(text):
        if found[2] is not None:
            kept += [text[last : found.start()], re.sub(r"[^\n]", " ", found[0])]
            last = found.end()
    return "".join([*kept, text[last:]])


def in_force(statements: Iterable[Statement], chip: str, path: tuple[Branch, ...] = ()):
    """Select, from several statements that set the same value, those that may take effect.

    Args:
        statements: statements in order.
        chip: digits of the chip name, which decide between branches; "" if unknown.
        path: branches in which the value is used; statements in excluded branches are ignored.

    Returns:
        The last statement that is always executed, and later statements that depend on conditions.
    """
    held = []
    for each in statements:
        outer = [branch for branch in each.branches if branch not in path]
        decided = [branch.taken(chip) for branch in outer]
        if False in decided or _excluded(each.branches, path):
            continue
        if all(decided):
            held = []
        held.append(each)
    return held


def evaluate(expression: str, look_up: Callable[[str], Decimal | None]) -> Decimal | None:
    """Evaluate numbers and variables joined by + - * / and brackets; None for anything else.

    Args:
        expression: expression as written; for such expressions, Lua and Python have the same
            grammar.
        look_up: function from the name of a variable to its value, or None.
    """
    try:
        tree = ast.parse(expression.strip()[:_LONGEST_VALUE], mode="eval").body
        return _evaluated(tree, look_up)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        return None


def _evaluated(tree: ast.expr, look_up: Callable[[str], Decimal | None]) -> Decimal | None:
    if isinstance(tree, ast.Constant) and type(tree.value) in (int, float):
        return Decimal(repr(tree.value))
    if isinstance(tree, ast.Name):
        return look_up(tree.id)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        value = _evaluated(tree.operand, look_up)
        return None if value is None else -value
    operation = _OPERATIONS.get(type(tree.op)) if isinstance(tree, ast.BinOp) else None
    if operation is None:
        return None
    one, other = (_evaluated(each, look_up) for each in (tree.left, tree.right))
    return None if one is None or other is None else operation(one, other)


def _holds(condition: str, chip: str) -> bool | None:
    """Whether a condition that compares a part number or calls the device holds for a chip."""
    if "ar1." in condition:
        return True
    named = _CHIP.findall(condition)
    if not chip or not named or "~=" in condition or "not" in condition.split():
        return None
    return any(_same_chip(each.lower(), chip.lower()) for each in named)


def _same_chip(one: str, other: str) -> bool:
    same_family = one[:2] == other[:2] and "xx" in (one[2:], other[2:])
    return one == other or same_family


def _excluded(branches: tuple[Branch, ...], path: tuple[Branch, ...]) -> bool:
    """Whether a statement and the use of its value are in different branches of one `if`."""
    own = {branch.number: branch.index for branch in path}
    return any(own.get(branch.number, branch.index) != branch.index for branch in branches)


class _Places:
    """Convert positions in a text to line numbers."""

    def __init__(self, text: str):
        self._ends = [found.start() for found in re.finditer("\n", text)]

    def line(self, position: int) -> int:
        return bisect(self._ends, position - 1) + 1 if position else 1


class _Blocks(NamedTuple):
    """For each start position, the branches that enclose the text up to the next start position."""

    starts: list[int]
    branches: list[tuple[Branch, ...]]

    def at(self, position: int) -> tuple[Branch, ...]:
        return self.branches[bisect(self.starts, position) - 1]


def _blocks(bare: str) -> _Blocks:
    """Find branches in a script without comments and strings; a branch excludes its condition."""
    stack: list = []
    starts, branches, count = [0], [()], 0
    for word in _WORD.finditer(bare):
        name = word[1]
        if name in ("do", "function", "repeat"):
            stack.append(None)
        elif name == "if":
            count += 1
            stack.append([count, -1, [], word.end()])
        elif name in ("end", "until") and stack:
            stack.pop()
        elif stack and stack[-1] is not None:
            _next_branch(stack[-1], name, bare, word)
        now = tuple(
            Branch(top[0], top[1], tuple(top[2])) for top in stack if top and top[3] is None
        )
        starts.append(word.start())
        branches.append(now)
    return _Blocks(starts, branches)


def _next_branch(top: list, name: str, bare: str, word: re.Match) -> None:
    """Advance an `if` at `then`, `elseif` or `else`; `top[3]` is set inside a condition."""
    if name == "then" and top[3] is not None:
        top[1], top[2] = top[1] + 1, [*top[2], " ".join(bare[top[3] : word.start()].split())]
        top[3] = None
    elif name == "elseif":
        top[3] = word.end()
    elif name == "else":
        top[1], top[2] = top[1] + 1, [*top[2], "else"]


def _blank_strings(plain: str) -> str:
    return _STRING.sub(lambda found: re.sub(r"[^\n]", "_", found[0]), plain)


def _closing(bare: str, start: int) -> int | None:
    """Position of the bracket that closes the bracket before `start`; None if it is not closed."""
    depth = 1
    for position in range(start, min(len(bare), start + _LONGEST_CALL)):
        depth += {"(": 1, ")": -1}.get(bare[position], 0)
        if depth == 0:
            return position
    return None


def _split(plain: str, bare: str) -> tuple[str, ...]:
    """Split arguments at the commas outside brackets and strings."""
    depth, last, parts = 0, 0, []
    for position, letter in enumerate(bare):
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(plain[last:position])
            last = position + 1
    return tuple(part.strip().strip("\"'") for part in [*parts, plain[last:]])
