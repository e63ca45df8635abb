"""Tests that links between pages, anchors and named paths in the documentation lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / ".github").rglob("*.md")),
    *(ROOT / name for name in ("benchmarks/README.md", "mmclip/bundled_model/MODEL_CARD.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "docs/tutorials").glob("*.py")),
]
FOLDERS = "radarsim|builders|pipelines|mmclip|benchmarks|tests|tools|examples|docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)`")
HEADING = re.compile(r"^(?:# )?#{1,6} (.+)$", re.MULTILINE)


@pytest.fixture(params=PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def path(request):
    return request.param


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors_of(path: Path) -> set[str]:
    """Return the anchors of all headings, as GitHub and MyST derive them from the text."""
    headings = HEADING.findall(without_code(path.read_text(encoding="utf-8")))
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in words}


def test_every_link_leads_to_a_file_and_a_heading(path):
    """A relative link names an existing file and, after `#`, one of the headings of this file."""
    broken = []
    for link in LINK.findall(without_code(path.read_text(encoding="utf-8"))):
        if not re.match(r"https?:|mailto:", link):
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            if not target.exists() or (anchor and anchor not in anchors_of(target)):
                broken.append(link)
    assert broken == []


def test_every_named_path_exists(path):
    """Paths in backticks exist, except in the changelog, which names files of older versions."""
    named = [] if path.name == "CHANGELOG.md" else NAMED.findall(path.read_text(encoding="utf-8"))
    assert [each for each in named if not (ROOT / each).exists()] == []


def test_links_paths_and_anchors_are_found():
    """The expressions find links, anchors and paths; otherwise, the other tests would not fail."""
    text = "\n".join(each.read_text(encoding="utf-8") for each in PAGES)
    assert len(LINK.findall(text)) > 100
    assert len(NAMED.findall(text)) > 100
    assert "where-to-find-and-change-things" in anchors_of(ROOT / "docs" / "architecture.md")
