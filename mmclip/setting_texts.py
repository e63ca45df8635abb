"""Meanings of the training settings, read from the docstrings of their classes."""

import inspect
import re
from dataclasses import fields

from mmclip.presets import SECTIONS

# Start of an entry of the section "Attributes": names indented by four spaces, then a colon.
_ENTRY = re.compile(r"^    (\w[\w, ]*): ", re.MULTILINE)


def setting_texts() -> dict[str, str]:
    """Return the meaning of every documented setting, keyed by `section.name`."""
    return {
        f"{section}.{name}": text
        for section, kind in SECTIONS.items()
        for names, text in _entries(kind)
        for name in names.split(", ")
        if name in {each.name for each in fields(kind)}
    }


def _entries(kind: type) -> list[tuple[str, str]]:
    """Return the names and the text of each entry in the section "Attributes" of a class."""
    _, _, attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    parts = _ENTRY.split(attributes)[1:]
    return [(names, " ".join(text.split())) for names, text in zip(parts[::2], parts[1::2])]
