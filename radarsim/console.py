"""The console command `radarsim`, which lists and runs the commands of this project's packages.

    radarsim                        list the commands
    radarsim dataset --limit 4      the same as `python -m builders.amass --limit 4`

The module of a command is imported only when the command runs, so that the list is printed without
delay.
"""

import argparse
import contextlib
import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module, metadata
from typing import NamedTuple


class Command(NamedTuple):
    """A command of `radarsim`.

    Attributes:
        module: name of the module, as given to `python -m`.
        summary: what the command does.
        extra: name of the optional dependency group that the command needs; "" if none.
    """

    module: str
    summary: str
    extra: str = ""


# Modules are named here and not imported, because most of their packages depend on radarsim.
COMMANDS = {
    "dataset": Command("builders.amass", "simulate a dataset from human motion"),
    "recordings": Command("builders.recordings", "build a dataset from labelled recordings"),
    "motions": Command("builders.motions", "write synthetic motion in AMASS's layout"),
    "skeletons": Command("builders.skeletons", "fit a body to 3-D joints or markers"),
    "attributes": Command("builders.attributes", "write attribute sentences for captions"),
    "draw": Command("builders.draw", "draw a clip, a motion file or an activity", "viz"),
    "check": Command("builders.check", "check a dataset for damage and leakage between splits"),
    "report": Command("pipelines.report", "write a report on a dataset"),
    "export": Command("builders.export", "export a dataset to HDF5, NumPy or point-cloud files"),
    "dca1000": Command("builders.dca1000", "write clips of a dataset as DCA1000 captures"),
    "radar": Command("radarsim.radar", "print resolutions, limits and levels of a radar"),
    "validate": Command("radarsim.validate", "compare a capture with its simulation"),
    "plots": Command("radarsim.plots", "draw figures of a capture", "viz"),
    "pretrain": Command("mmclip.pretrain", "train a recognition model from scratch", "train"),
    "finetune": Command("mmclip.finetune", "adapt a trained model to other datasets", "train"),
    "evaluate": Command("mmclip.evaluate", "evaluate models on seen and unseen labels", "train"),
    "predict": Command("mmclip.predict", "name the activity in every window", "train"),
    "ensemble": Command("mmclip.ensemble", "combine trained models into one", "train"),
    "bilinear": Command("mmclip.bilinear", "fit a bilinear map on trained models", "train"),
    "query-bank": Command("mmclip.query_bank", "add a query bank to a trained model", "train"),
    "publish": Command("mmclip.publish", "write a trained model as a release with a card", "train"),
    "model": Command("mmclip.model", "print the parameter counts of a model", "train"),
    "study": Command("mmclip.study", "run the study of the mmCLIP paper", "train"),
}
# Bash function that completes command names, options listed in a command's help, and file names.
COMPLETION = """\
_radarsim() {
    local word=${COMP_WORDS[COMP_CWORD]} words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="COMMANDS"
    elif [[ $word == -* ]]; then
        words=$(radarsim "${COMP_WORDS[1]}" --help 2>/dev/null | grep -oE -- '--[a-z0-9-]+')
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _radarsim radarsim
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status, or 2 if there is no such command."""
    name, *rest = (sys.argv[1:] if arguments is None else list(arguments)) or ["--help"]
    if name in ("-h", "--help", "help"):
        print(_overview(), end="")
        return 0
    if name == "--version":
        print(f"radarsim {metadata.version('radarsim')}")
        return 0
    if name == "completion":
        print(COMPLETION.replace("COMMANDS", " ".join([*COMMANDS, "completion"])), end="")
        return 0
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f"use {close[0]}" if close else "radarsim --help lists all commands"
        print(f"radarsim: there is no command {name!r}; {hint}", file=sys.stderr)
        return 2
    return _run(name, rest)


def _run(name: str, arguments: list[str]) -> int:
    command = COMMANDS[name]
    try:
        with _own_names():
            return _module(command).main(arguments) or 0
    except ModuleNotFoundError as error:
        if not command.extra:
            raise
        hint = f"pip install 'radarsim[{command.extra}]'"
        print(f"radarsim {name}: {error.name} is not installed; {hint}", file=sys.stderr)
        return 2


def _module(command: Command):
    """Import the module of a command, or the module `__main__` of a package."""
    module = import_module(command.module)
    return module if hasattr(module, "main") else import_module(f"{command.module}.__main__")


def _overview() -> str:
    """Return a list of all commands with their descriptions."""
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:{width}}{command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: radarsim COMMAND [options]",
            "",
            "commands (radarsim COMMAND --help lists the options):",
            *lines,
            "",
            "shell completion for bash, and for zsh after bashcompinit:",
            '  eval "$(radarsim completion)"',
            "",
        ]
    )


@contextlib.contextmanager
def _own_names() -> Iterator[None]:
    """Make help texts show commands as `radarsim draw` instead of `python -m ...`."""
    original = argparse.ArgumentParser.__init__

    def with_own_names(parser, *arguments, **properties):
        original(parser, *arguments, **{key: _renamed(each) for key, each in properties.items()})

    argparse.ArgumentParser.__init__ = with_own_names
    try:
        yield
    finally:
        argparse.ArgumentParser.__init__ = original


def _renamed(value):
    """Replace `python -m MODULE` in a text by `radarsim COMMAND`."""
    if not isinstance(value, str):
        return value
    modules = {command.module: name for name, command in COMMANDS.items()}
    return re.sub(
        r"python -m ([\w.]+\w)",
        lambda found: f"radarsim {modules[found[1]]}" if found[1] in modules else found[0],
        value,
    )


if __name__ == "__main__":
    sys.exit(main())
