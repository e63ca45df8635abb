"""Parse the arguments of a command as numbers, for TI's text formats (.cfg and Studio log)."""

from collections.abc import Sequence
from decimal import Decimal

from radarsim.errors import InputError
from radarsim.radar.ti.chip_settings import plain_number


class CommandArguments:
    """Arguments of one command; errors name the command and its line.

    Args:
        where: name of the file and line number, for messages.
        name: name of the command.
        arguments: arguments as written in the file.
        reference: addition to the hint if arguments are missing, such as the name of a manual.
        if_not_number: addition to the hint if an argument is not a number.
    """

    def __init__(
        self,
        where: str,
        name: str,
        arguments: Sequence[str],
        reference: str = "",
        if_not_number: str = "",
    ):
        self.where, self.name, self.arguments = where, name, arguments
        self._reference, self._if_not_number = reference, if_not_number

    def number(self, idx: int) -> Decimal:
        """Return the argument as a finite decimal."""
        if idx >= len(self.arguments):
            problem = f"has {len(self.arguments)} arguments"
            raise self.error(problem, f"give at least {idx + 1}{self._reference}")
        value = plain_number(self.arguments[idx])
        if value is None:
            problem = f"argument {idx + 1} is {self.arguments[idx]!r}"
            raise self.error(problem, f"write a number{self._if_not_number}")
        return value

    def count(self, idx: int) -> int:
        """Return the argument as a whole number that is not negative."""
        value = self.number(idx)
        if value != int(value) or value < 0:
            problem = f"argument {idx + 1} is {self.arguments[idx]}"
            raise self.error(problem, "give a whole number, 0 or more")
        return int(value)

    def integer(self, idx: int) -> int:
        """Return the argument as a whole number of any sign."""
        value = self.number(idx)
        if value != int(value):
            problem = f"argument {idx + 1} is {self.arguments[idx]}"
            raise self.error(problem, "give a whole number")
        return int(value)

    def error(self, problem: str, hint: str) -> InputError:
        """Return an InputError that names the line."""
        return InputError(self.where, self.name, problem, hint)


class Command(CommandArguments):
    """One command line of a configuration (`.cfg`)."""

    def __init__(self, where: str, name: str, arguments: Sequence[str]):
        super().__init__(where, name, arguments, reference=": see the SDK's user guide")

    def __len__(self):
        return len(self.arguments)
