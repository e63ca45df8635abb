"""Find the effective configuration calls of a Lua script and replace variables by their values."""

import re
from collections.abc import Container, Sequence
from decimal import Decimal

from radarsim.radar.ti.chip_settings import ChipSettings, plain_number
from radarsim.radar.ti.command_arguments import CommandArguments
from radarsim.radar.ti.lua_script import (
    Statement,
    assignments_of,
    calls_of,
    evaluate,
    in_force,
)

_PLATFORM = re.compile(r"--[^\n]*?Platform:\s*([\w-]{1,40})", re.IGNORECASE)
_CHIP_CALLS = ("SelectChipVersion", "select_chip_version", "deviceVariantSelection")
_PART_NAMES = ("partId", "partID", "part_id")
# Calls that configure one of several items, which their first argument selects.
_NUMBERED = ("ProfileConfig", "ChirpConfig")
# Calls for which the board's default is used if the branches of a script differ.
_WITH_DEFAULT = ("LVDSLaneConfig", "EnableTestSource")
# Maximum nesting depth of variables that refer to other variables.
_DEEPEST = 8


class Call(CommandArguments):
    """One API command of a log, or one function call of a script."""

    def __init__(self, where: str, form: str, name: str, arguments: Sequence[str]):
        super().__init__(
            where,
            name,
            arguments,
            if_not_number=" (only variables that are assigned numbers are followed)",
        )
        self.key = f"{form}{name}"

    def mask(self, first: int, count: int) -> int:
        """Combine `count` on/off arguments, starting at index `first`, to a bit mask."""
        return sum((self.count(first + idx) != 0) << idx for idx in range(count))


def script_calls(
    text: str, settings: ChipSettings, board: str, known: Container[str]
) -> list[tuple[int, Call]]:
    """Find the calls that configure the radar, in the order of their lines.

    Args:
        text: the script.
        settings: chip settings, modified in place: the chip is set if a comment names one, and
        notes are appended.
        board: board that the script belongs to; "" if unknown.
        known: names of the calls whose values are used.

    Returns:
        Pairs of line number and call.

    Raises:
        InputError: branches of the script set different values, and no named chip decides between
            them.
    """
    script = _Script(text, settings, board)
    groups: dict[tuple[str, str], list[Statement]] = {}
    others = []
    for call in script.calls:
        if call.name in known:
            first = script.values(call)[0] if call.name in _NUMBERED else ""
            groups.setdefault((call.name, first), []).append(call)
        else:
            others.append((call.line, Call("", "", call.name, call.values)))
    chosen = [script.one_of(group) for group in groups.values()]
    return [*others, *(script.call(each) for each in chosen if each is not None)]


class _Script:
    """A script and the chip that decides between its branches."""

    def __init__(self, text: str, settings: ChipSettings, board: str):
        self.calls, self._settings = calls_of(text), settings
        self._assigned: dict[str, list[Statement]] = {}
        for each in assignments_of(text):
            self._assigned.setdefault(each.name, []).append(each)
        self._chip = ""
        self._chip = self._named_chip(text, board)

    def _named_chip(self, text: str, board: str) -> str:
        """Digits of the chip, taken from the caller, a comment, a call or the variable `partId`."""
        if comment := _PLATFORM.search(text):
            self._settings.platform = comment[1]
            self._settings.platform_from = f"`-- Platform:{comment[1]}`"
        names = [board, self._settings.platform, *self._selected(), *self._part_number()]
        found = (re.search(r"\d{4}|\d{2}xx", name, re.IGNORECASE) for name in names)
        return next((match[0] for match in found if match), "")

    def _selected(self) -> list[str]:
        calls = [call for call in self.calls if call.name in _CHIP_CALLS]
        held = in_force(calls, "")
        return [held[0].values[0]] if len({call.values for call in held}) == 1 else []

    def _part_number(self) -> list[str]:
        values = [self._variable(name, None, 0) for name in _PART_NAMES if name in self._assigned]
        return [str(value) for value in values if isinstance(value, Decimal)]

    def values(self, call: Statement) -> list[str]:
        """Arguments of a call, with variables replaced by their values if these are known."""
        found = []
        for text in call.values:
            value = text if plain_number(text) is not None else self._value(text, call, 0)
            found.append(text if value is None else str(value))
        return found

    def _value(self, text: str, reader: Statement | None, depth: int) -> Decimal | str | None:
        if re.fullmatch(r"[A-Za-z_]\w*", text):
            return self._variable(text, reader, depth)
        return evaluate(text, lambda name: self._number(name, reader, depth))

    def _number(self, name: str, reader: Statement | None, depth: int) -> Decimal | None:
        value = self._variable(name, reader, depth)
        return value if isinstance(value, Decimal) else None

    def _variable(self, name: str, reader: Statement | None, depth: int) -> Decimal | str | None:
        """Value of a variable at a call; None if its value cannot be determined."""
        before = [
            each
            for each in self._assigned.get(name, ())
            if reader is None or each.line <= reader.line
        ]
        held = in_force(before, self._chip, reader.branches if reader else ())
        if not held or depth > _DEEPEST:
            return None
        values = [self._assigned_value(each, depth) for each in held]
        if len(set(values)) > 1:
            if reader is None:
                return None
            raise self._differ(name, held[0], held[-1])
        return values[0]

    def _assigned_value(self, each: Statement, depth: int) -> Decimal | str | None:
        (text,) = each.values
        if text[:1] in "\"'" and text[-1:] == text[:1]:
            return text[1:-1]
        # A variable refers only to variables assigned on earlier lines, so there are no cycles.
        earlier = Statement(each.line - 1, each.name, each.values, each.branches)
        return self._value(text, earlier, depth + 1)

    def one_of(self, group: list[Statement]) -> Statement | None:
        """Select the effective call for an item; None if the board's default is to be used."""
        held = in_force(group, self._chip)
        if len({tuple(self.values(each)) for each in held}) <= 1:
            return held[-1] if held else None
        if held[0].name in _WITH_DEFAULT:
            self._settings.notes.append(
                f"branches of the script give {held[0].name} different values: not used"
            )
            return None
        if held[0].name in _CHIP_CALLS:
            return None
        raise self._differ(held[0].name, held[0], held[-1])

    def _differ(self, name: str, one: Statement, other: Statement):
        first, second = (f"{', '.join(each.values)[:60]} in {each.where}" for each in (one, other))
        hint = (
            "name the chip, by a line `-- Platform:xWR1843` or --board, or keep the branch that ran"
        )
        problem = f"depends on branches of the script: {first}, but {second}"
        return self._settings.error(name, problem, hint)

    def call(self, each: Statement) -> tuple[int, Call]:
        """Return the line of a call, and the call with its variables replaced by values."""
        where = f"{self._settings.where}, line {each.line}"
        return each.line, Call(where, "", each.name, self.values(each))
