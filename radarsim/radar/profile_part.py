"""Base class for the parts of a receiver profile: settings with units, limits and ranges."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import field, fields

from radarsim.checks import check_type, checked_number
from radarsim.errors import InputError

# A number, or the limits (low, high) of a uniform distribution.
Setting = int | float | Sequence
_RANGE_HINT = "give one number, or low and high"


def setting(unit: str, at_least: int | float, at_most: int | float, default: float | None = None):
    """Declare a field that holds a number or a range of numbers within limits, in an SI unit."""
    metadata = {"unit": unit, "at_least": float(at_least), "at_most": float(at_most)}
    return field(**({} if default is None else {"default": default}), metadata=metadata)


class ProfilePart:
    """Base class for the parts of a profile; the class checks the settings of each part."""

    def __post_init__(self):
        for each in fields(self):
            if "unit" in each.metadata:
                checked = _checked_setting(type(self).__name__, each.name, self, each.metadata)
                object.__setattr__(self, each.name, checked)
        self._check_tables()

    def _check_tables(self) -> None:
        """Check the fields that are tables; a part without tables does not override this method."""

    def ranges(self) -> Iterator[tuple[str, tuple[float, float]]]:
        """Return the name and the limits of every setting that is a range."""
        for each in fields(self):
            value = getattr(self, each.name)
            if "unit" in each.metadata and isinstance(value, tuple):
                yield each.name, value


def _checked_setting(where: str, name: str, part: ProfilePart, limits) -> Setting:
    value, hint = getattr(part, name), _RANGE_HINT
    many = isinstance(value, (tuple, list))
    ends = tuple(
        checked_number(
            where,
            name,
            end,
            limits["unit"],
            at_least=limits["at_least"],
            at_most=limits["at_most"],
            hint=hint,
        )
        for end in (value if many else (value,))
    )
    if not many:
        return ends[0]
    if len(ends) != 2 or ends[0] > ends[1]:
        raise InputError(where, name, f"is {list(ends)}, not low and high", hint)
    return ends


def store_pairs(part: ProfilePart, name: str, first_unit: str, second_unit: str) -> None:
    """Check that the first values of a table of pairs increase, and store the pairs as floats."""
    where, hint = type(part).__name__, f"give [{first_unit or 'fraction'}, {second_unit}] pairs"
    check_type(where, name, getattr(part, name), (tuple, list), hint)
    pairs = floats(where, name, getattr(part, name))
    if any(not isinstance(pair, tuple) or len(pair) != 2 for pair in pairs):
        raise InputError(where, name, "holds an entry that is not a pair", hint)
    if any(low[0] >= high[0] for low, high in itertools.pairwise(pairs)):
        raise InputError(where, name, "is not in increasing order", "sort it by its first values")
    object.__setattr__(part, name, pairs)


def check_first_values(part: ProfilePart, name: str, low: float, high: float, hint: str) -> None:
    """Check that the first values of a table of pairs are within limits; raise InputError if not.

    Args:
        part: part of a profile, whose table is checked and stored by `store_pairs`.
        name: name of the table.
        low, high: inclusive limits, in the SI unit of the first values.
        hint: part of the error message that states how to correct the table.
    """
    for first, _ in getattr(part, name):
        if not low <= first <= high:
            problem = f"holds {first:g}; must be between {low:.4g} and {high:.4g}"
            raise InputError(type(part).__name__, name, problem, hint)


def floats(where: str, name: str, value):
    """Convert nested lists of numbers to nested tuples of floats."""
    if isinstance(value, (tuple, list)):
        return tuple(floats(where, name, each) for each in value)
    return checked_number(where, name, value)
