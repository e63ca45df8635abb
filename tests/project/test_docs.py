"""Tests that the documentation describes every public object once and that its code runs."""

import ast
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import radarsim
from pipelines import recipe
from pipelines.recipe_fields import settings_of
from radarsim.captures.array_description import parse_description
from radarsim.console import COMMANDS
from radarsim.radar.receiver_toml import parse_profile
from radarsim.radar.toml import parse_capture_format, parse_radar
from radarsim.scene.room_toml import parse_room
from tests.helpers.bvh_samples import bvh_text, moves, person
from tests.project.test_readme import PAGES

pytestmark = pytest.mark.usefixtures("fast_compilation")

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# A comment `<!-- not run: REASON -->` before a block of code excludes the block from the tests;
# test_doc_blocks.py tests blocks of other languages.
MARKED = r"(<!-- not run: [^\n]+ -->\n\n?)?^```python\n(.*?)^```"
BLOCK = re.compile(MARKED, re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(code, id=f"{path.stem}-{number}")
    for path in sorted(DOCS.rglob("*.md"))
    if path.relative_to(DOCS).as_posix().removesuffix(".md") not in PAGES
    for number, (reason, code) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
    if not reason
]
TUTORIALS = sorted((DOCS / "tutorials").glob("*.py"))


def test_every_public_name_is_described_once_in_the_reference():
    """Each name in `radarsim.__all__` except `__version__` has exactly one Sphinx directive."""
    pages = [path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.md")]
    names = re.findall(
        r"^\.\. (?:auto\w+|py:data):: radarsim\.(\w+)$", "\n".join(pages), re.MULTILINE
    )
    assert sorted(names) == sorted(set(radarsim.__all__) - {"__version__"})


def test_every_page_is_in_a_table_of_contents():
    """The table of contents in `index.md` lists every other page, so readers find all pages."""
    contents = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {path.relative_to(DOCS).with_suffix("") for path in [*DOCS.rglob("*.md"), *TUTORIALS]}
    missing = [str(page) for page in pages if f"\n{page.as_posix()}\n" not in contents]
    assert missing == ["index"]


@pytest.fixture(scope="module")
def option_tables():
    """The module `docs/option_tables.py`, which Sphinx imports from the folder of `conf.py`."""
    return SimpleNamespace(**runpy.run_path(str(DOCS / "option_tables.py")))


def test_every_option_of_every_command_is_documented(option_tables):
    """The page of commands has a row for each option of each parser, with its help text."""
    parts = re.split(r"^## ", option_tables.command_tables(), flags=re.MULTILINE)[1:]
    pages = {part.split("\n")[0]: part for part in parts}
    assert list(pages) == list(COMMANDS)
    for name, command in COMMANDS.items():
        for action in option_tables.parser_of(command.module)._actions:
            if "--help" not in action.option_strings:
                name_or_flag = (action.option_strings or [action.metavar or action.dest.upper()])[0]
                shown = re.escape(name_or_flag)
                assert re.search(rf"^\| `{shown}[ `,].* \| \S", pages[name], re.MULTILINE), shown


def test_no_help_text_repeats_a_default_in_words(option_tables):
    """Help texts contain defaults as `%(default)s`, so a changed default changes the help text."""
    for command in COMMANDS.values():
        for action in option_tables.parser_of(command.module)._actions:
            default, text = action.default, (action.help or "").replace("%(default)", "")
            if isinstance(default, str | int | float) and not isinstance(default, bool):
                shown = {str(default), f"{default:g}" if isinstance(default, float) else ""} - {""}
                repeated = [each for each in shown if f"({each})" in text or f": {each})" in text]
                assert not repeated, (command.module, action.option_strings, text)


def test_every_setting_of_a_recipe_is_documented(option_tables):
    """The page of recipe settings has a row with a meaning for each key of a recipe file."""
    keys = [f"{name}.{key}" for name, each in recipe.SECTIONS.items() for key in settings_of(each)]
    page = option_tables.recipe_tables()
    for key in ["seed", "limit", "radar", "receiver", "body", *keys]:
        assert re.search(rf"^\| `{re.escape(key)}` \|.*\w.* \|$", page, re.MULTILINE), key


def test_the_table_of_recipe_settings_states_every_default_and_what_a_value_off_limits_means(
    option_tables,
):
    """The cells are key, flag, default, values and meaning."""
    rows = re.findall(
        r"^\| `(.+?)` \| (.*?) \| (.*?) \|", option_tables.recipe_tables(), re.MULTILINE
    )
    defaults = {key: default for key, _, default in rows}
    assert all(defaults.values())
    assert (defaults["radar"], defaults["receiver"]) == ('`"AWR1843BOOST"`', '`"ideal"`')
    assert defaults["limit"] == "`0`: all clips"
    assert defaults["room.most_passes"] == "`-1`: that of the room"


def test_every_mark_of_a_table_is_known(option_tables):
    """A misspelt mark would leave a page without its table."""
    pages = [path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")]
    marks = re.findall(r"<!-- table: (.*?) -->", "\n".join(pages))
    assert sorted(marks) == sorted(option_tables.TABLES)


def test_the_examples_of_toml_files_are_valid(option_tables):
    """The readers accept the examples on the page of TOML files, which come from docstrings."""
    page = option_tables.file_formats()
    parts = {part.split("\n")[0]: part for part in re.split(r"^## ", page, flags=re.MULTILINE)}
    text = {
        title: re.search(r"```toml\n(.*?)```", part, re.DOTALL)[1]
        for title, part in parts.items()
        if title
    }
    assert list(text) == list(option_tables.FILES)
    parse_radar(text["Radars"], "page")
    parse_capture_format(text["Captures"], "page")
    parse_description(text["Recordings of arrays"], "page")
    parse_profile(text["Receiver profiles"], "page")
    parse_room(text["Rooms"], "page", read_mesh=str)


@pytest.mark.slow
@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_of_python_in_the_documentation_runs(code, tmp_path, monkeypatch, capsys):
    """Every code block prints a result without NaN in a folder with a motion file of 25 poses."""
    skeleton = person()
    (tmp_path / "walk.bvh").write_text(bvh_text(skeleton, *moves(skeleton, num_poses=25)))
    monkeypatch.chdir(tmp_path)
    Path("block.py").write_text(code)
    runpy.run_path("block.py")
    printed = capsys.readouterr().out
    assert printed
    assert "nan" not in printed


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_python_with_text(path):
    """A tutorial is valid Python and starts with a title; the documentation build runs the code."""
    text = path.read_text(encoding="utf-8")
    ast.parse(text)
    assert text.startswith("# %% [markdown]\n# # ")
