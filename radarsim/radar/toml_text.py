"""Write tables as TOML text; radar files and recipes are written by this module only.

Recipe digests are computed from this text, so it must never change. tomli-w is not used because it
writes every list entry on a separate line, which would change all digests and turn the antennas of
one board into 90 lines.
"""

from collections.abc import Mapping
from decimal import Decimal

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}


def toml_text(table: Mapping, path: tuple[str, ...] = ()) -> str:
    """Write a table of numbers, strings, lists and tables as TOML text, in the order of its keys.

    Args:
        table: table to write; all digits of decimals are written.
        path: keys of the enclosing tables.
    """
    lines = [f"[{'.'.join(path)}]"] if path else []
    inner = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner.append(toml_text(value, (*path, key)))
        else:
            lines.append(f"{key} = {toml_value(value)}")
    return "\n".join(lines) + "\n" + "".join("\n" + text for text in inner)


def toml_value(value: object) -> str:
    """Write a value in TOML syntax on one line."""
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else str(value).lower().replace("infinity", "inf")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(each) for each in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    return repr(value)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else f"\\U{ord(character):08x}"
