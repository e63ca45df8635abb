"""Numbers checked when a value is made, and told in the units people read.

Every refusal is one line: what was found with its unit, the limit, and what to do next.
"""

import math
from decimal import Decimal, localcontext
from numbers import Integral, Real
from typing import Any

from radarsim.errors import InputError

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))


def with_unit(value: float, unit: str) -> str:
    """A value with the prefix an engineer would choose: 7.2e-05 s reads 72 us.

    Sweep rates [Hz/s] are told in MHz/us, as datasheets print them; decibels take no prefix.
    """
    if unit == "Hz/s":
        return f"{value / 1e12:.6g} MHz/us"
    if not math.isfinite(value) or value == 0 or not unit or unit.startswith("dB"):
        return f"{value:.6g} {unit}".rstrip()
    scale, prefix = next((p for p in _PREFIXES if abs(value) >= p[0] * 0.9999999), _PREFIXES[-1])
    return f"{value / scale:.6g} {prefix}{unit}"


def to_si(value: Real | Decimal, scale: str) -> float:
    """A printed number times a power of ten, in decimal, so that nothing is rounded twice.

    60.012 MHz/us becomes exactly 60012000000000.0 Hz/s, and back.
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
    """The value as a float, or one line saying why it cannot be used.

    Args:
        where: the class or file that owns the field.
        field: its name.
        value: what was given.
        unit: SI unit, for the message.
        above: the value must be greater.
        at_least: the value must not be smaller.
        at_most: the value must not be greater.
        hint: what to do next.

    Raises:
        InputError: not a finite number, or outside the limits.
    """
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise InputError(where, field, f"is {_shown(value)}, not a number", hint)
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond any float
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
    """The value as an int no smaller than `at_least`, or one line saying why not.

    Raises:
        InputError: not a whole number, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(where, field, f"is {_shown(value)}, not a whole number", hint)
    if value < at_least:
        raise InputError(where, field, f"is {value}; must be at least {at_least}", hint)
    return int(value)


def store_number(owner: Any, field: str, unit: str = "", **limits) -> None:
    """Check one number of a frozen value and store it as a float: see `checked_number`."""
    value = checked_number(type(owner).__name__, field, getattr(owner, field), unit, **limits)
    object.__setattr__(owner, field, value)
