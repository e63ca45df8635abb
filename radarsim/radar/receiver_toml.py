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

from radarsim.checks import checked_number
from radarsim.errors import InputError
from radarsim.radar.profile_part import ProfilePart
from radarsim.radar.receiver_profile import PARTS, ReceiverProfile
from radarsim.radar.toml_text import toml_text

_TEXTS = ("name", "source")
# Keys of antenna cuts with angles in degrees; all other keys are field names of the parts.
_IN_DEGREES = {"azimuth_cut_deg": "azimuth_cut", "elevation_cut_deg": "elevation_cut"}


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
    parts = {
        name: _part(name, table[name], getattr(base, name), where)
        for name in PARTS
        if name in table
    }
    texts = {name: table[name] for name in _TEXTS if name in table}
    try:
        return replace(base, **texts, **parts)
    except InputError as error:
        raise InputError(where, error.field, error.problem, error.hint) from None


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
        if _IN_DEGREES.get(key, key) not in known:
            raise InputError(where, f"{name}.{key}", "is not known", _suggestion(key, known))
    for key in set(values) & set(_IN_DEGREES):
        if _IN_DEGREES[key] in values:
            hint = "give the cut in degrees or in radians"
            raise InputError(where, f"{name}.{key}", f"and {_IN_DEGREES[key]} are both given", hint)
    keys = {_IN_DEGREES.get(key, key): key for key in values}
    given = {field: _value(where, name, key, values[key]) for field, key in keys.items()}
    for each in fields(kind) if base is None else ():
        if each.name not in given and each.default is each.default_factory:
            hint = f"add it under [{name}]"
            raise InputError(where, f"{name}.{each.name}", "is missing", hint)
    try:
        return kind(**given) if base is None else replace(base, **given)
    except InputError as error:
        field = f"{name}.{keys.get(error.field, error.field)}"
        raise InputError(where, field, error.problem, error.hint) from None


def _value(where: str, name: str, key: str, value: Any) -> Any:
    """Return a value with tuples for lists, and with radians for a cut in degrees."""
    value = tuple(value) if isinstance(value, list) else value
    if key not in _IN_DEGREES:
        return value
    where_key, hint = (where, f"{name}.{key}"), "give [angle in degrees, dB] pairs"
    pairs = value if isinstance(value, tuple) else (value,)
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in pairs):
        raise InputError(*where_key, "is not a list of pairs", hint)
    limits = {"at_least": -180.0, "at_most": 180.0, "hint": hint}
    return tuple(
        (math.radians(checked_number(*where_key, angle, **limits)), level_db)
        for angle, level_db in pairs
    )


def _suggestion(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f"use {close[0]}" if close else f"use {', '.join(known)}"
