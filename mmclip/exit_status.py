"""Exit statuses of the commands: 2 for unusable input, 130 after an interrupt from the keyboard.

The module `radarsim.exit_status` is the same for `InputError`; mmclip imports no other package of
the project.
"""

import sys
from collections.abc import Callable, Sequence
from functools import wraps

from mmclip.errors import MmclipError

Main = Callable[[Sequence[str] | None], int]
INVALID, INTERRUPTED = 2, 130
RESUME = "run the same command again to resume"


def exit_status(interrupted: str = "") -> Callable[[Main], Main]:
    """Decorate the main function of a command: an error or an interrupt becomes an exit status.

    An `MmclipError` is printed as one line, and the status is 2. After Ctrl-C, one line is
    printed, and the status is 130 (128 plus the number of the signal).

    Args:
        interrupted: what becomes of the output after Ctrl-C, or how to resume; "": not stated.
    """

    def decorate(main: Main) -> Main:
        @wraps(main)
        def run(arguments: Sequence[str] | None = None) -> int:
            try:
                return main(arguments)
            except MmclipError as error:
                print(error, file=sys.stderr)
                return INVALID
            except KeyboardInterrupt:
                print("; ".join(filter(None, ["interrupted", interrupted])), file=sys.stderr)
                return INTERRUPTED

        run.has_exit_status = True
        return run

    return decorate
