"""The console command `radarsim` lists and runs every command of the packages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from radarsim import console
from radarsim.console import COMMANDS, main

ROOT = Path(__file__).parents[2]
# Checks for contributors who change the built-in motions.
FOR_CONTRIBUTORS = {"builders.activities.check", "builders.grammar.check"}


def modules_with_a_command() -> set[str]:
    """Return the names of modules, or of packages with `__main__`, that define `main`."""
    found = set()
    for package in ("radarsim", "builders", "pipelines", "mmclip"):
        for path in (ROOT / package).rglob("*.py"):
            if re.search(r"^def main\(", path.read_text(encoding="utf-8"), re.MULTILINE):
                parts = path.relative_to(ROOT).with_suffix("").parts
                found.add(".".join(parts).removesuffix(".__main__"))
    return found


def test_every_module_with_a_command_is_listed():
    """A command that is missing from `COMMANDS` could not be run from an installed package."""
    listed = {command.module for command in COMMANDS.values()}
    assert modules_with_a_command() - FOR_CONTRIBUTORS - {"radarsim.console"} == listed


def test_the_overview_lists_every_command_and_imports_none():
    """Listing the commands imports neither NumPy nor JAX, which would delay the output."""
    script = (
        "import sys; from radarsim.console import main; main(['--help']); "
        "print(sorted({'jax', 'numpy', 'builders', 'mmclip'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *lines, imported = done.stdout.splitlines()
    assert imported == "[]"
    listed = [line.split()[0] for line in lines if re.match(r"  \w", line)]
    assert listed == [*COMMANDS, "eval"]  # the last line shows how to enable completion


@pytest.mark.parametrize("name", ["dataset", "radar", "plots", "report", "query-bank", "study"])
def test_the_help_of_a_command_names_the_console_command(name, capsys):
    """The usage line and the examples contain `radarsim NAME` instead of the module."""
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    printed = capsys.readouterr().out
    assert stopped.value.code == 0
    assert printed.startswith(f"usage: radarsim {name} ")
    assert f"python -m {COMMANDS[name].module} " not in printed


def test_a_command_gets_its_options_and_returns_its_status(capsys):
    assert main(["radar", "IWR6843ISK"]) == 0
    assert "IWR6843ISK" in capsys.readouterr().out
    assert main(["radar", "no-such-radar.toml"]) == 2


def test_an_unknown_command_is_an_error_with_a_suggestion(capsys):
    assert main(["datasets"]) == 2
    assert "there is no command 'datasets'; use dataset" in capsys.readouterr().err


def test_a_missing_extra_is_an_error_with_the_command_that_installs_it(monkeypatch, capsys):
    """Without the libraries of an extra, one line states what to install."""

    def missing(command):
        raise ModuleNotFoundError("No module named 'flax'", name="flax")

    monkeypatch.setattr(console, "_module", missing)
    assert main(["predict"]) == 2
    expected = "radarsim predict: flax is not installed; pip install 'radarsim[train]'\n"
    assert capsys.readouterr().err == expected
    with pytest.raises(ModuleNotFoundError):  # `check` needs no extra, so the error propagates
        main(["check"])


def test_completion_offers_commands_and_the_options_in_the_help_of_a_command(capsys):
    """The printed function completes `radarsim da` and `radarsim radar --b` in bash."""
    main(["completion"])
    script = capsys.readouterr().out.replace("$(radarsim ", f"$({sys.executable} -m radarsim ")
    for position, line in ((1, "radarsim da"), (2, "radarsim radar --b")):
        script += f"COMP_WORDS=({line}); COMP_CWORD={position}; _radarsim; echo ${{COMPREPLY[0]}}\n"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["dataset", "--board"], done.stderr
