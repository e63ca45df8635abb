"""Declare recipe settings with their default, meaning, unit, limits and command-line flag.

    length_s: float = setting(5.0, "length of a clip", "s", flag="--clip-seconds", above=0)

The check of the value, the flag with its help text (`builders.building.setting_flags`) and the
tables of the documentation are all generated from the declaration of a setting.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from radarsim.checks import check_flag, checked_count, checked_number
from radarsim.errors import InputError

Range = tuple[float, float]


class FlagPath(str):
    """Name or file given by a flag; a file is in the working folder, not next to the recipe."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Properties of a recipe setting other than its name and default value.

    Attributes:
        meaning: description of the setting for help texts and tables, without a full stop.
        unit: SI unit of the value; "" for a dimensionless value.
        flag: command-line flag; several settings may share a flag. "" if no flag sets the value.
        choices: permitted values of a text setting.
        metavar: placeholder of the value in help texts; "" for a placeholder derived from the unit.
        off: meaning of the default value if this value switches the setting off and may be outside
            the limits; "" for an ordinary default.
        limits: limits of a number, keyed by the argument names of `radarsim.checks.checked_number`.
    """

    meaning: str
    unit: str = ""
    flag: str = ""
    choices: tuple[str, ...] = ()
    metavar: str = ""
    off: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)


def setting(default, meaning: str, unit: str = "", **properties):
    """Declare a recipe setting as a dataclass field.

    Args:
        default: default value, whose type is the type of the setting: a number, a whole number, two
            limits (low, high) of a uniform distribution, a text or a boolean.
        meaning: see `Setting`.
        unit: see `Setting`.
        properties: further fields of `Setting`, and the limits `above`, `at_least` and `at_most`.

    Returns:
        The dataclass field, with the `Setting` in its metadata.
    """
    limits = {
        kind: properties.pop(kind)
        for kind in ("above", "at_least", "at_most")
        if kind in properties
    }
    declared = Setting(meaning=meaning, unit=unit, limits=limits, **properties)
    return field(default=default, metadata={"setting": declared})


def settings_of(section: type) -> dict[str, tuple[object, Setting]]:
    """Return default and `Setting` of each declared field of a section, keyed by field name."""
    return {
        each.name: (each.default, each.metadata["setting"])
        for each in fields(section)
        if "setting" in each.metadata
    }


class Section:
    """Base class of recipe sections, which checks the value of every declared field."""

    def __post_init__(self):
        for name, (default, declared) in settings_of(type(self)).items():
            store_setting(self, name, default, declared)
        self._check_together()

    def _check_together(self) -> None:
        """Check settings that depend on each other; by default, nothing is checked."""


def store_setting(owner: object, name: str, default: object, declared: Setting) -> None:
    """Check a field against its declaration; values of float settings are stored as floats.

    Raises:
        InputError: the value has the wrong type or is outside its limits.
    """
    value, where = getattr(owner, name), where_of(owner, name)
    if declared.off and not isinstance(value, bool) and value == default:
        object.__setattr__(owner, name, default)
    elif isinstance(default, bool):
        check_flag("recipe", where, value)
    elif isinstance(default, int):
        _check_count(where, value, declared)
    elif isinstance(default, tuple):
        store_range(owner, name, declared.unit, **declared.limits)
    elif isinstance(default, float):
        store_number(owner, name, declared.unit, **declared.limits)
    elif isinstance(default, str):
        _check_text(owner, name, declared)


def _check_text(owner: object, name: str, declared: Setting) -> None:
    value = getattr(owner, name)
    if not isinstance(value, str):
        raise InputError("recipe", where_of(owner, name), f"is {value!r}", "give a text")
    if declared.choices:
        check_choice(owner, name, declared.choices)


def _check_count(where: str, value: object, declared: Setting) -> None:
    checked_count("recipe", where, value, declared.limits.get("at_least", 1))
    at_most = declared.limits.get("at_most")
    if at_most is not None and value > at_most:
        problem = f"is {value}; must be at most {at_most} {declared.unit}".rstrip()
        raise InputError("recipe", where, problem, "give a smaller number")


def section_name(section: type) -> str:
    """Return the name of a section in recipe files, derived from its class, such as "built_in"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", section.__name__).lower()


def where_of(owner: object, name: str) -> str:
    """Return the name of a field for messages, such as "built_in.takes"; `Recipe` has no prefix."""
    section = section_name(type(owner))
    return name if section == "recipe" else f"{section}.{name}"


def store_number(owner: object, name: str, unit: str = "", **limits: float) -> None:
    """Check the number in a field of a section, and store it as a float.

    Raises:
        InputError: the value is not a number within the limits.
    """
    limits = {kind: float(limit) for kind, limit in limits.items()}
    value = checked_number("recipe", where_of(owner, name), getattr(owner, name), unit, **limits)
    object.__setattr__(owner, name, value)


def check_choice(owner: object, name: str, choices: tuple[str, ...]) -> None:
    """Check that a field has one of the permitted values.

    Raises:
        InputError: the value is not one of the choices.
    """
    value = getattr(owner, name)
    if value not in choices:
        raise InputError(
            "recipe", where_of(owner, name), f"is {value!r}", f"choose {' or '.join(choices)}"
        )


def store_range(owner: object, name: str, unit: str, **limits: float) -> None:
    """Convert the field to (low, high); a single number is used for both limits.

    Raises:
        InputError: the value is not one number or two numbers within the limits, in order.
    """
    given = getattr(owner, name)
    ends = tuple(given) if isinstance(given, (tuple, list)) else (given, given)
    where = where_of(owner, name)
    if len(ends) != 2:
        problem = f"has {len(ends)} value{'' if len(ends) == 1 else 's'}"
        raise InputError("recipe", where, problem, "give a number, or [low, high]")
    limits = {kind: float(limit) for kind, limit in limits.items()}
    low, high = (checked_number("recipe", where, end, unit, **limits) for end in ends)
    if low > high:
        problem = f"has low {low:g} above high {high:g} {unit}".rstrip()
        raise InputError("recipe", where, problem, "give the lower limit first")
    object.__setattr__(owner, name, (low, high))
