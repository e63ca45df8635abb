"""Arguments of a setting as numbers; what both of TI's text formats are made of."""

from collections.abc import Sequence
from decimal import Decimal

from radarsim.errors import InputError
from radarsim.radar.ti.chip_settings import plain_number


class Arguments:
    """Of one setting, refused with its name and line.

    Args:
        where: file and line.
        name: of the setting.
        arguments: as written.
        where_told: where arguments are explained, for a line that has too few.
        why_no_number: what else may stand there, for an argument that is none.
    """

    def __init__(
        self,
        where: str,
        name: str,
        arguments: Sequence[str],
        where_told: str = "",
        why_no_number: str = "",
    ):
        self.where, self.name, self.arguments = where, name, arguments
        self._where_told, self._why_no_number = where_told, why_no_number

    def number(self, idx: int) -> Decimal:
        """Argument as a finite decimal."""
        if idx >= len(self.arguments):
            problem = f"has {len(self.arguments)} arguments"
            raise self.error(problem, f"give at least {idx + 1}{self._where_told}")
        value = plain_number(self.arguments[idx])
        if value is None:
            problem = f"argument {idx + 1} is {self.arguments[idx]!r}"
            raise self.error(problem, f"write a number{self._why_no_number}")
        return value

    def count(self, idx: int) -> int:
        """Argument as a whole number of at least 0."""
        value = self.number(idx)
        if value != int(value) or value < 0:
            problem = f"argument {idx + 1} is {self.arguments[idx]}"
            raise self.error(problem, "give a whole number, 0 or more")
        return int(value)

    def error(self, problem: str, hint: str) -> InputError:
        """A refusal that names the line."""
        return InputError(self.where, self.name, problem, hint)
