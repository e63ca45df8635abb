"""Checks of the fields of recipe sections; numbers are stored as floats."""

from radarsim.checks import checked_number
from radarsim.errors import InputError


def where_of(owner: object, name: str) -> str:
    """Name of a field in messages, such as "clips.length_s"."""
    return f"{type(owner).__name__.lower()}.{name}"


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
