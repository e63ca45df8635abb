"""Meanings of the training settings, read from the docstrings of their classes."""

import inspect
import re
from dataclasses import fields

from mmclip.presets import SECTIONS

# A new entry of the section "Attributes": names at the indentation of four spaces, then the text.
_ENTRY = re.compile(r"^    (\w[\w, ]*): ", re.MULTILINE)


def setting_texts() -> dict[str, str]:
    """Meaning of every setting that a docstring describes, keyed by `section.name`."""
    return {
        f"{section}.{name}": text
        for section, kind in SECTIONS.items()
        for names, text in _entries(kind)
        for name in names.split(", ")
        if name in {each.name for each in fields(kind)}
    }


def _entries(kind: type) -> list[tuple[str, str]]:
    """Names and text of each entry of the section "Attributes" of a class."""
    _, _, attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    parts = _ENTRY.split(attributes)[1:]
    return [(names, " ".join(text.split())) for names, text in zip(parts[::2], parts[1::2])]
