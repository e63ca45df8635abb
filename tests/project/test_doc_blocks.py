"""Tests of the code blocks in the documentation: languages, names, commands, and TOML files.

`test_docs.py` and `test_readme.py` run the blocks of Python (slow tests).
"""

import ast
import importlib
import importlib.util
import re
import runpy
import shlex
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

import radarsim
from pipelines.recipe import SECTIONS
from pipelines.recipe_toml import recipe_from_table, table_from_toml
from radarsim.captures.array_description import parse_description
from radarsim.console import COMMANDS
from radarsim.radar.receiver_toml import parse_profile
from radarsim.radar.toml import parse_radar
from radarsim.scene.skeletons.layouts import layout_from_table

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(
    r"^(?P<mark><!-- not run: [^\n]+ -->\n\n?)?(?P<indent> *)```(?P<language>\S*)[^\n]*\n"
    r"(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
LANGUAGES = {"bash", "python", "text", "toml", "{eval-rst}", "{include}", "{toctree}"}
MODULES = {command.module: name for name, command in COMMANDS.items()}
PROJECT = ("radarsim", "pipelines", "builders", "mmclip", "benchmarks")
JOBS = {"dataset": "builders.amass", "draw": "builders.draw"}
# Lines of bash that run something other than a command of this project.
OTHER = ("pip install ", "ruff ", "lint-imports", ".ci/run", "source .venv")


@pytest.fixture(params=PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def page(request):
    return request.param.read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[re.Match]:
    return [each for each in BLOCK.finditer(text) if each["language"] == language]


def test_every_block_names_its_language(page):
    """The other tests would ignore indented blocks and blocks without a language."""
    assert {each["language"] for each in BLOCK.finditer(page)} <= LANGUAGES
    assert page.count("```") == 2 * len(BLOCK.findall(page))
    assert not re.findall(r"(?<=[^\n*-]\n\n) {4}\S.*", BLOCK.sub("", page))


@pytest.fixture(scope="module")
def option_tables():
    """The module `docs/option_tables.py`, which Sphinx imports from the folder of `conf.py`."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "option_tables.py")))


def test_commands_have_valid_options(page, option_tables, capsys):
    """The parser of a command accepts every documented call that does not contain `...`."""
    rejected = []
    for line in command_lines(page):
        module, arguments = module_of(line)
        if module in MODULES and "..." not in line:
            try:
                option_tables.parser_of(module).parse_args(arguments)
            except SystemExit as error:
                if error.code:
                    message = capsys.readouterr().err.strip().splitlines()[-1]
                    rejected.append(f"{line}: {message}")
    assert rejected == []


def test_commands_exist(page):
    """Every line of bash runs a module or a tool of this project, unless its block is marked."""
    unknown = [
        line
        for line in command_lines(page, marked=False)
        if not any(each in line for each in OTHER) and not exists(module_of(line)[0])
    ]
    assert unknown == []


def command_lines(text: str, marked: bool = True) -> list[str]:
    """Return the commands in blocks of bash, without comments and line breaks.

    Args:
        text: text of a page.
        marked: whether to include blocks that are marked as not run.
    """
    found = [each["text"] for each in blocks(text, "bash") if marked or not each["mark"]]
    lines = "\n".join(found).replace("\\\n", " ").splitlines()
    return [line for each in lines if (line := each.split("# ")[0].strip())]


def module_of(line: str) -> tuple[str, list[str]]:
    """Return the module that a line of bash runs, "" if there is none, and its arguments.

    Variables of a loop have the value 1.
    """
    words = shlex.split(re.sub(r"\$[a-z]+", "1", line))
    if words[0] == "radarsim":
        command = COMMANDS.get(words[1]) if len(words) > 1 else None
        return (command.module if command else "radarsim.console"), words[2:]
    if words[:2] == ["python3", "make.py"]:
        return JOBS.get(words[2], "make"), words[3:]
    if "-m" in words:
        place = words.index("-m")
        return words[place + 1], words[place + 2 :]
    return words[1].removesuffix(".py").replace("/", ".") if len(words) > 1 else "", []


def exists(module: str) -> bool:
    """Whether a module can be found, without importing the module itself."""
    try:
        return bool(module) and importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_every_name_of_this_project_in_a_block_of_python_exists(page):
    """Removed and renamed functions are found without running the blocks, which takes minutes."""
    for each in blocks(page, "python"):
        tree = ast.parse(textwrap.dedent(each["text"]))
        assert unknown_names(tree) == []


def test_a_removed_name_is_found():
    code = "import radarsim as rs\nfrom radarsim.scene.scene import pose, gone\nrs.lost(rs.Scene)"
    assert sorted(unknown_names(ast.parse(code))) == ["radarsim.scene.scene.gone", "rs.lost"]


def unknown_names(tree: ast.Module) -> list[str]:
    """Names that do not exist, of those imported from this project or used as `rs.NAME`."""
    unknown = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in PROJECT:
            module = importlib.import_module(node.module)
            names = [each.name for each in node.names]
            unknown += [f"{node.module}.{name}" for name in names if not hasattr(module, name)]
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "rs":
            unknown += [] if node.attr in radarsim.__all__ else [f"rs.{node.attr}"]
    return unknown


def test_toml_files_are_valid(page):
    """Every block of TOML is a valid radar, recipe, profile, recording or layout."""
    for each in blocks(page, "toml"):
        check_toml(each["text"])


def check_toml(text: str) -> None:
    table = table_from_toml(text, "page")
    if "axes" in table:
        parse_description(text, "page")
    elif "joints" in table:
        layout_from_table(table, "page")
    elif "paths" in table:
        radars = [*table.pop("radar")]
        table.pop("paths")
        assert all(recipe_from_table({**table, "radar": each}, "page") for each in radars)
    elif set(table) <= {*SECTIONS, "receiver"}:
        recipe_from_table(table, "page")
    elif "board" in table:
        parse_radar(text, "page")
    else:
        parse_profile(text, "page")
