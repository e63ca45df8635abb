"""The documentation names every public object once, and its Python code runs."""

import ast
import re
import runpy
from pathlib import Path

import pytest

import radarsim
from tools.docs_reference import PAGES, page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# A comment before a block of code states why no test runs the block.
MARKED = r"(<!-- not run: [^\n]+ -->\n\n?)?^```python\n(.*?)^```"
BLOCK = re.compile(MARKED, re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(code, id=f"{path.stem}-{number}")
    for path in sorted(DOCS.rglob("*.md"))
    for number, (reason, code) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
    if not reason
]
TUTORIALS = sorted((DOCS / "tutorials").glob("*.py"))


def test_every_public_name_is_on_one_reference_page():
    """Each name in `radarsim.__all__` except the version occurs on exactly one page."""
    names = [name for _, names in PAGES.values() for name in names.split()]
    assert sorted(names) == sorted(set(radarsim.__all__) - {"__version__"})


def test_a_reference_page_refers_to_the_module_that_defines_a_name():
    """The public function `heatmaps` has another name in its module."""
    text = page("Heatmaps", ["heatmaps", "Heatmaps"])
    assert "::: radarsim.heatmaps.heatmaps.make_heatmaps" in text
    assert "## `rs.Heatmaps`" in text


def test_every_page_is_in_the_navigation():
    """A page that the navigation omits cannot be found by readers."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [*DOCS.glob("*.md"), *TUTORIALS]
    missing = [p.name for p in pages if f" {p.relative_to(DOCS).as_posix()}\n" not in navigation]
    missing += [stem for stem in PAGES if f" reference/{stem}.md\n" not in navigation]
    assert missing == []


@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_of_python_in_the_documentation_runs(code, tmp_path, monkeypatch, capsys):
    """Every block prints a result, and no printed number is nan."""
    monkeypatch.chdir(tmp_path)
    Path("block.py").write_text(code)
    runpy.run_path("block.py")
    printed = capsys.readouterr().out
    assert printed
    assert "nan" not in printed


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_python_with_text(path):
    """A tutorial begins with text; the build of the documentation executes its code."""
    text = path.read_text(encoding="utf-8")
    ast.parse(text)
    assert text.startswith("# %% [markdown]\n# # ")
