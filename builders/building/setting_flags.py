"""Command-line flags of recipe settings, generated from the declarations of the settings."""

import argparse
import math
from collections.abc import Iterator

from pipelines.recipe_fields import Setting, section_name, settings_of
from pipelines.recipe_keep import Detection, Keep
from pipelines.recipe_people import People
from pipelines.recipe_room import Room
from pipelines.recipe_sections import (
    Area,
    BuiltIn,
    Clips,
    General,
    Maps,
    Placements,
    Simulation,
    Sources,
    Splits,
)
from pipelines.recipe_surface import Surface

SECTIONS = (
    *(General, BuiltIn, Sources, Clips, Placements, People, Area),
    *(Room, Simulation, Surface, Maps, Keep, Detection, Splits),
)
# Flags that set more than one setting, and are added by functions in `cli_options`.
SHARED_FLAGS = ("--area", "--keep", "--room")
_METAVARS = {"s": "S", "m": "M", "deg": "DEG", "rad": "RAD", "dB": "DB", "Hz": "HZ", "h": "H"}


def flags_of_settings() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return the attribute and the path in the recipe of each setting that has a flag of its own.

    The attribute is the name of the parsed option in the `argparse.Namespace`.
    """
    for section in SECTIONS:
        prefix = () if section is General else (section_name(section),)
        for name, (default, declared) in settings_of(section).items():
            if declared.flag and declared.flag not in SHARED_FLAGS:
                yield _attribute(name, default, declared), (*prefix, name)


def add_flags(group, section: type, *names: str) -> None:
    """Add the flags of a section, or only those of the named settings, to a group of options."""
    for name, (default, declared) in settings_of(section).items():
        if declared.flag and declared.flag not in SHARED_FLAGS and name in (names or (name,)):
            group.add_argument(declared.flag, **_properties(name, default, declared))


def default_table(section: type) -> dict:
    """Return the default values of a section in the form that they have in a recipe file."""
    return {
        name: list(default) if isinstance(default, tuple) else default
        for name, (default, _) in settings_of(section).items()
    }


def help_text(default: object, declared: Setting, form: str = "") -> str:
    """Return meaning, form of the value and default of a setting, as printed by `--help`."""
    return f"{declared.meaning}{form} (default: {shown_default(default, declared)})"


def shown_default(default: object, declared: Setting) -> str:
    """Return the default in the unit of the flag, such as `3`, `1.5:5`, `accurate` or `off`."""
    if declared.off:
        return declared.off
    if isinstance(default, tuple):
        low, high = (f"{_in_unit_of_flag(end, declared):g}" for end in default)
        return low if low == high else f"{low}:{high}"
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"{default:g}".replace("e-0", "e-") if isinstance(default, float) else str(default)


def _properties(name: str, default: object, declared: Setting) -> dict:
    """Return the keyword arguments of `add_argument` for a setting."""
    if isinstance(default, bool):
        action = "store_false" if default else "store_true"
        text = _switch_text(default, declared)
        return {"action": action, "dest": name, "default": None, "help": text}
    form = ", a number or LOW:HIGH" if isinstance(default, tuple) else ""
    found = {"help": help_text(default, declared, form)}
    if declared.choices:
        return found | {"choices": declared.choices}
    kinds = {tuple: span, int: count if declared.limits.get("at_least", 1) else int, float: float}
    kinds[str] = str
    unit = "deg" if declared.flag.endswith("-deg") else declared.unit
    metavar = declared.metavar or _METAVARS.get(unit, "N" if isinstance(default, int) else "F")
    return found | {"type": kinds[type(default)], "metavar": metavar}


def _switch_text(default: bool, declared: Setting) -> str:
    """Return the help text of a flag without a value; negated if the default is true."""
    return f"do not {declared.meaning}" if default else declared.meaning


def _attribute(name: str, default: object, declared: Setting) -> str:
    return name if isinstance(default, bool) else declared.flag.lstrip("-").replace("-", "_")


def _in_unit_of_flag(value: float, declared: Setting) -> float:
    return math.degrees(value) if declared.flag.endswith("-deg") else value


def count(text: str) -> int:
    """Parse an integer of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too small; give 1 or more")
    return number


def span(text: str) -> float | list[float]:
    """Parse a number such as `2.5`, or a range such as `2:4` to sample uniformly."""
    try:
        ends = [float(end) for end in text.split(":")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number; give 3, or LOW:HIGH such as 2:4"
        )
    return ends[0] if len(ends) == 1 else ends
