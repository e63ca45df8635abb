"""Checks of user-supplied numbers and of types, with error messages in readable units.

Every error message is one line with the value and its unit, the limit, and how to correct the
value. Arrays are checked by `array_checks`.
"""

import math
import os
from decimal import Decimal, localcontext
from numbers import Integral, Real
from typing import Any

from radarsim.errors import InputError

_MOST_CHARACTERS = 60  # maximum length of a text or number in a message
_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))


def with_unit(value: float, unit: str) -> str:
    """Format a value with an SI prefix: 7.2e-05 s becomes "72 us".

    Sweep rates [Hz/s] are printed in MHz/us, as in datasheets; decibels and millimetres get no
    prefix.
    """
    if unit == "Hz/s":
        return f"{value / 1e12:.6g} MHz/us"
    if not math.isfinite(value) or value == 0 or not unit or unit.startswith(("dB", "mm")):
        return f"{value:.6g} {unit}".rstrip()
    scale, prefix = next((p for p in _PREFIXES if abs(value) >= p[0] * 0.9999999), _PREFIXES[-1])
    return f"{value / scale:.6g} {prefix}{unit}"


def to_si(value: Real | Decimal, scale: str) -> float:
    """Multiply a number by a power of ten in decimal arithmetic, so that it is rounded only once.

    60.012 MHz/us becomes exactly 60012000000000.0 Hz/s and is converted back exactly.
    """
    with localcontext(prec=60):
        return float(Decimal(str(value)) * Decimal(scale))


def checked_number(
    where: str,
    field: str,
    value: Any,
    unit: str = "",
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    hint: str = "correct it",
) -> float:
    """Check the type and limits of a value and return it as a float.

    Args:
        where: class or file that contains the field.
        field: name of the field.
        value: the value to check.
        unit: SI unit in which the message states the value.
        above: lower limit, exclusive.
        at_least: lower limit, inclusive.
        at_most: upper limit, inclusive.
        hint: part of the error message that states how to correct the value.

    Raises:
        InputError: the value is not a finite number, or is outside the limits.
    """
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise InputError(where, field, f"is {_shown(value)}, not a number", hint)
    try:
        number = float(value)
    except OverflowError:  # an integer beyond the range of floats
        number = math.inf if value > 0 else -math.inf
    found = with_unit(number, unit)
    if not math.isfinite(number):
        raise InputError(where, field, f"is {found}, not a finite number", hint)
    if above is not None and not number > above:
        raise InputError(where, field, f"is {found}; must exceed {with_unit(above, unit)}", hint)
    if at_least is not None and number < at_least:
        raise InputError(
            where, field, f"is {found}; must be at least {with_unit(at_least, unit)}", hint
        )
    if at_most is not None and number > at_most:
        raise InputError(
            where, field, f"is {found}; must be at most {with_unit(at_most, unit)}", hint
        )
    return number


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)


def described(value: Any) -> str:
    """Describe a value for a message: numbers and text as they are, other values by type."""
    if value is None or isinstance(value, bool | Real | str | bytes):
        text = repr(value)
        return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, list | tuple | dict | set):
        return f"a {type(value).__name__} of length {len(value)}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of type {value.dtype} and shape {tuple(value.shape)}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def check_type(where: str, field: str, value: Any, kind: type | tuple[type, ...], hint: str):
    """Check that an argument has the expected type.

    Args:
        where: function or class that takes the argument.
        field: name of the argument.
        value: the argument.
        kind: expected type, or a tuple of types.
        hint: part of the error message that states what to pass instead.

    Raises:
        InputError: the argument has another type.
    """
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = " or ".join("None" if each is type(None) else each.__name__ for each in kinds)
        raise InputError(where, field, f"is {described(value)}, not a {wanted}", hint)


def check_path(where: str, field: str, value: Any) -> None:
    """Check that an argument is text or a path-like object.

    Raises:
        InputError: the argument has another type.
    """
    if not (isinstance(value, str) or hasattr(value, "__fspath__")):
        raise InputError(where, field, f"is {described(value)}, not a path", "give text or a Path")
    if not isinstance(os.fspath(value), str):
        raise InputError(where, field, "is a path of bytes", "give text or a Path")


def check_choice(where: str, field: str, value: Any, known: tuple[str, ...]) -> None:
    """Check that an option is one of the known words.

    Raises:
        InputError: the word is unknown.
    """
    if not (isinstance(value, str) and value in known):
        hint = f"choose one of: {', '.join(known)}"
        raise InputError(where, field, f"is {described(value)}, which is unknown", hint)


def check_flag(where: str, field: str, value: Any) -> None:
    """Check that an option is True or False; 1 and 0 are accepted.

    Raises:
        InputError: the option has another value, such as the text "no", which would count as true.
    """
    if described(value) not in ("True", "False", "1", "0", "np.True_", "np.False_"):
        raise InputError(where, field, f"is {described(value)}", "give True or False")


def whole_number(where: str, field: str, value: Any, at_least: int = 1) -> int:
    """Like `checked_count`, but also accept whole floats, such as 50 frames given as `5.0 * 10`."""
    if isinstance(value, float) and value.is_integer():  # also numpy.float64, a subclass of float
        value = int(value)
    return checked_count(where, field, value, at_least)


def checked_count(
    where: str, field: str, value: Any, at_least: int = 1, hint: str = "give a whole number"
) -> int:
    """Check that a value is a whole number of at least `at_least` and return it as an int.

    Raises:
        InputError: the value is not a whole number, or is too small.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(where, field, f"is {_shown(value)}, not a whole number", hint)
    if value < at_least:
        raise InputError(where, field, f"is {value}; must be at least {at_least}", hint)
    return int(value)


def store_number(owner: Any, field: str, unit: str = "", **limits) -> None:
    """Check one field of a frozen dataclass and store it as a float (see `checked_number`)."""
    value = checked_number(type(owner).__name__, field, getattr(owner, field), unit, **limits)
    object.__setattr__(owner, field, value)


def store_whole(owner: Any, field: str, at_least: int = 1) -> None:
    """Check one field of a frozen dataclass and store it as an int (see `whole_number`)."""
    value = whole_number(type(owner).__name__, field, getattr(owner, field), at_least)
    object.__setattr__(owner, field, value)
