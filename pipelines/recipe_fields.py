"""Declarations of recipe settings: default, meaning, unit, limits and command-line flag.

    length_s: float = setting(5.0, "length of a clip", "s", flag="--clip-seconds", above=0)

The check of the value, the flag with its help text (`builders.building.setting_flags`) and the
tables of the documentation follow from this declaration.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from radarsim.checks import check_flag, checked_count, checked_number
from radarsim.errors import InputError

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Properties of a setting apart from its name and its default.

    Attributes:
        meaning: description without a full stop, for help texts and tables.
        unit: SI unit of the value; "" if the value has no unit.
        flag: command-line flag; several settings may share a flag. "" if no flag sets the value.
        choices: permitted values of a text.
        metavar: name of the value in help texts; "" for the name that follows from the unit.
        off: meaning of a default that switches the setting off; such a default is valid even if it
            is outside the limits. "" for an ordinary default.
        limits: limits of a number by their names in `radarsim.checks.checked_number`.
    """

    meaning: str
    unit: str = ""
    flag: str = ""
    choices: tuple[str, ...] = ()
    metavar: str = ""
    off: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)


def setting(default, meaning: str, unit: str = "", **properties):
    """Declare a field of a recipe.

    Args:
        default: default value. The type of the default is the type of the setting: a number, a
            whole number, two limits (low, high) of a uniform distribution, a text or a boolean.
        meaning: see `Setting`.
        unit: see `Setting`.
        properties: further fields of `Setting`, and the limits `above`, `at_least` and `at_most`.

    Returns:
        The field of a dataclass, with the `Setting` in its metadata.
    """
    limits = {
        kind: properties.pop(kind)
        for kind in ("above", "at_least", "at_most")
        if kind in properties
    }
    declared = Setting(meaning=meaning, unit=unit, limits=limits, **properties)
    return field(default=default, metadata={"setting": declared})


def settings_of(section: type) -> dict[str, tuple[object, Setting]]:
    """Default and `Setting` of each declared field of a section, keyed by the name of the field."""
    return {
        each.name: (each.default, each.metadata["setting"])
        for each in fields(section)
        if "setting" in each.metadata
    }


class Section:
    """Base class for the sections of a recipe; the class checks every declared field."""

    def __post_init__(self):
        for name, (default, declared) in settings_of(type(self)).items():
            store_setting(self, name, default, declared)
        self._check_together()

    def _check_together(self) -> None:
        """Check settings that depend on each other; a section without any keeps this method."""


def store_setting(owner: object, name: str, default: object, declared: Setting) -> None:
    """Check a field by its declaration, and store whole numbers and floats in one form.

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
    """Name of a section in recipes: that of its class in lower case, such as "built_in"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", section.__name__).lower()


def where_of(owner: object, name: str) -> str:
    """Name of a field in messages, such as "built_in.takes"; fields of `Recipe` have no prefix."""
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
        hint = "give one value, or low and high"
        raise InputError("recipe", where, f"has {len(ends)} values", hint)
    limits = {kind: float(limit) for kind, limit in limits.items()}
    low, high = (checked_number("recipe", where, end, unit, **limits) for end in ends)
    if low > high:
        problem = f"has low {low:g} above high {high:g} {unit}".rstrip()
        raise InputError("recipe", where, problem, "give the lower limit first")
    object.__setattr__(owner, name, (low, high))
