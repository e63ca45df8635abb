"""Read and write receiver profiles as TOML, with the names and units of `receiver_profile`.

    name = "hall"

    [tx_pattern]
    azimuth_exponent = 5.5
    elevation_exponent = [20, 25]       # a range, from which every clip draws

    [phase_noise]
    level_dbc_per_hz = -93

Each section is one part of the profile. A missing section means an ideal part, unless a base
profile is given. Antenna cuts may also be given in degrees, for example as `azimuth_cut_deg`.
"""

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from radarsim.errors import InputError
from radarsim.radar.profile_part import ProfilePart
from radarsim.radar.receiver_profile import PARTS, ReceiverProfile
from radarsim.radar.toml_text import toml_text

_TEXTS = ("name", "source")
# Key suffix of antenna cuts with angles in degrees; all other keys are field names of the parts.
_IN_DEGREES = "_deg"


def parse_profile(text: str, where: str, base: ReceiverProfile | None = None) -> ReceiverProfile:
    """Parse the TOML text of a receiver profile.

    Args:
        text: TOML text.
        where: name of the file, used in error messages.
        base: profile whose settings apply where the text states none; None for the ideal radar.

    Raises:
        InputError: the text is not TOML, or a setting is unknown or invalid.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        hint = "write [sections] with lines such as level_v = 0.01"
        raise InputError(where, "TOML", f"cannot be read ({error})", hint) from None
    return profile_from_table(table, where, base)


def profile_from_table(
    table: Mapping[str, Any], where: str, base: ReceiverProfile | None = None
) -> ReceiverProfile:
    """Make a profile from a TOML table; same arguments and errors as `parse_profile`."""
    base = base or ReceiverProfile()
    for key in table:
        if key not in PARTS and key not in _TEXTS:
            raise InputError(where, key, "is not known", _suggestion(key, [*_TEXTS, *PARTS]))
    try:
        parts = {
            name: _part(name, table[name], getattr(base, name), where)
            for name in PARTS
            if name in table
        }
        texts = {name: table[name] for name in _TEXTS if name in table}
        return replace(base, **texts, **parts)
    except InputError as error:
        if error.where == where:
            raise
        sections = [name for name in table if PARTS.get(name, dict).__name__ == error.where]
        field = ".".join([*sections[:1], error.field])
        raise InputError(where, field, error.problem, error.hint) from None


def profile_table(profile: ReceiverProfile) -> dict[str, Any]:
    """Return a nested table of all settings of the parts that are not ideal."""
    table: dict[str, Any] = {name: getattr(profile, name) for name in _TEXTS}
    for name, part in profile.parts.items():
        table[name] = {each.name: getattr(part, each.name) for each in fields(part)}
    return table


def dump_profile(profile: ReceiverProfile) -> str:
    """Write a profile as TOML text, which `parse_profile` reads back unchanged."""
    return toml_text(profile_table(profile))


def _part(name: str, values: Any, base: ProfilePart | None, where: str) -> ProfilePart:
    if not isinstance(values, Mapping):
        raise InputError(where, name, f"is {values!r}, not a section", f"write [{name}]")
    kind = PARTS[name]
    known = [each.name for each in fields(kind)]
    for key in values:
        if key not in known and key.removesuffix(_IN_DEGREES) not in known:
            raise InputError(where, f"{name}.{key}", "is not known", _suggestion(key, known))
    given = dict(_in_radians(key, value) for key, value in values.items())
    if base is not None:
        return replace(base, **given)
    for each in fields(kind):
        if each.name not in given and each.default is each.default_factory:
            hint = f"add it under [{name}]"
            raise InputError(where, f"{name}.{each.name}", "is missing", hint)
    return kind(**given)


def _in_radians(key: str, value: Any) -> tuple[str, Any]:
    """Convert the angles of a cut from degrees to radians, and lists to tuples."""
    if not isinstance(value, list):
        return key, value
    if not key.endswith(_IN_DEGREES):
        return key, tuple(value)
    pairs = [each for each in value if isinstance(each, list) and len(each) == 2]
    wrong = len(pairs) < len(value) or any(isinstance(pair[0], str) for pair in pairs)
    cut = value if wrong else [(math.radians(angle), level_db) for angle, level_db in pairs]
    return key.removesuffix(_IN_DEGREES), tuple(cut)


def _suggestion(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f"use {close[0]}" if close else f"use {', '.join(known)}"
