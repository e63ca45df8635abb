"""Checks of user-supplied numbers, with error messages in readable units.

Every error is one line: the value found with its unit, the limit, and how to correct it.
"""

import math
from decimal import Decimal, localcontext
from numbers import Integral, Real
from typing import Any

from radarsim.errors import InputError

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))


def with_unit(value: float, unit: str) -> str:
    """A value with its SI prefix: 7.2e-05 s becomes "72 us".

    Sweep rates [Hz/s] are printed in MHz/us, as in datasheets; decibels take no prefix.
    """
    if unit == "Hz/s":
        return f"{value / 1e12:.6g} MHz/us"
    if not math.isfinite(value) or value == 0 or not unit or unit.startswith("dB"):
        return f"{value:.6g} {unit}".rstrip()
    scale, prefix = next((p for p in _PREFIXES if abs(value) >= p[0] * 0.9999999), _PREFIXES[-1])
    return f"{value / scale:.6g} {prefix}{unit}"


def to_si(value: Real | Decimal, scale: str) -> float:
    """A number times a power of ten, multiplied in decimal so that it is rounded only once.

    60.012 MHz/us becomes exactly 60012000000000.0 Hz/s, and converts back exactly.
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
    """The value as a float, after checking its type and limits.

    Args:
        where: the class or file that holds the field.
        field: name of the field.
        value: the value to check.
        unit: SI unit, for the message.
        above: lower limit, exclusive.
        at_least: lower limit, inclusive.
        at_most: upper limit, inclusive.
        hint: how to correct the value, for the message.

    Raises:
        InputError: not a finite number, or outside the limits.
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


def checked_count(
    where: str, field: str, value: Any, at_least: int = 1, hint: str = "give a whole number"
) -> int:
    """The value as an int, after checking that it is a whole number of at least `at_least`.

    Raises:
        InputError: not a whole number, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(where, field, f"is {_shown(value)}, not a whole number", hint)
    if value < at_least:
        raise InputError(where, field, f"is {value}; must be at least {at_least}", hint)
    return int(value)


def store_number(owner: Any, field: str, unit: str = "", **limits) -> None:
    """Check one field of a frozen dataclass and store it as a float: see `checked_number`."""
    value = checked_number(type(owner).__name__, field, getattr(owner, field), unit, **limits)
    object.__setattr__(owner, field, value)
