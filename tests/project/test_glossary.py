"""Tests that docs/glossary.md defines every term once and that every path in it exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "glossary.md").read_text()
PATH = re.compile(r"`((?:radarsim|builders|pipelines|mmclip|benchmarks)/[^`]*)`")


def test_every_path_of_the_glossary_exists():
    paths = PATH.findall(TEXT)
    assert len(paths) > 50
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_every_term_of_the_glossary_is_defined_once():
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| ")]
    terms = [row[0].removeprefix("| ") for row in rows if row[0] != "| term"]
    assert len(terms) > 50
    assert sorted(set(terms)) == sorted(terms)
