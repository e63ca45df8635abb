"""Exit statuses of commands after unusable input and after an interrupt from the keyboard."""

from importlib import import_module

import pytest

from mmclip.errors import MmclipError
from mmclip.exit_status import exit_status as of_mmclip
from radarsim.console import COMMANDS
from radarsim.errors import InputError
from radarsim.exit_status import RESUME
from radarsim.exit_status import exit_status as of_radarsim

PACKAGES = [(of_radarsim, InputError), (of_mmclip, MmclipError)]


@pytest.mark.parametrize(("exit_status", "error"), PACKAGES)
def test_an_input_error_is_one_line_and_status_2(exit_status, error, capsys):
    """The four parts of the error are printed as one line on standard error."""

    @exit_status()
    def main(arguments=None):
        raise error("radar.toml", "chirp.slope", "is -1 MHz/us, less than 0", "give a slope")

    assert main([]) == 2
    expected = "radar.toml: chirp.slope: is -1 MHz/us, less than 0; give a slope\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize(("exit_status", "error"), PACKAGES)
def test_an_interrupt_is_one_line_and_status_130(exit_status, error, capsys):
    """Ctrl-C is SIGINT, number 2, and shells report a signal as 128 plus its number."""

    @exit_status(RESUME)
    def main(arguments=None):
        raise KeyboardInterrupt

    assert main([]) == 128 + 2
    assert capsys.readouterr().err == "interrupted; run the same command again to resume\n"


@pytest.mark.parametrize("exit_status", [of_radarsim, of_mmclip])
def test_the_status_of_a_command_that_ends_is_unchanged(exit_status):
    """A command that finds problems returns 1, and other exceptions are errors of the program."""
    assert exit_status()(len)(["one"]) == 1
    with pytest.raises(ZeroDivisionError):
        exit_status()(lambda arguments: 1 / 0)([])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_handles_errors_and_interrupts(name):
    """The main function of each command of `radarsim` is decorated by one of the two decorators."""
    module = COMMANDS[name].module
    if COMMANDS[name].extra == "train":
        pytest.importorskip("flax", reason="needs the extra train")
    for candidate in (module, f"{module}.__main__"):
        main = getattr(import_module(candidate), "main", None)
        if main is not None:
            break
    assert getattr(main, "has_exit_status", False), f"{candidate}.main lacks @exit_status"
