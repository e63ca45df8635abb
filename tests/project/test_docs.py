"""Tests that the documentation describes every public object once and that its code runs."""

import ast
import re
import runpy
from pathlib import Path

import pytest

import radarsim
from tests.helpers.bvh_samples import bvh_text, moves, person

pytestmark = pytest.mark.usefixtures("fast_compilation")

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# A comment `<!-- not run: REASON -->` before a block of code excludes the block from the tests.
MARKED = r"(<!-- not run: [^\n]+ -->\n\n?)?^```python\n(.*?)^```"
BLOCK = re.compile(MARKED, re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(code, id=f"{path.stem}-{number}")
    for path in sorted(DOCS.rglob("*.md"))
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
