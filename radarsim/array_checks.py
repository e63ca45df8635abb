"""Check that arrays passed as arguments have the right type and shape and finite values.

Under `jit`, `grad` and `vmap` an array is a tracer, which has a shape and a type but no values, so
only its shape and type are checked.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from radarsim.checks import checked_number, described
from radarsim.errors import InputError

# Kinds of numbers that an array may contain, and their names in error messages.
COMPLEX = (np.complexfloating, "complex numbers")
NUMBERS = (np.number, "numbers")
REAL = ((np.floating, np.integer), "real numbers")


def is_traced(value: Any) -> bool:
    """Whether a value is a JAX tracer, whose contents are known only within a compiled program."""
    return isinstance(value, jax.core.Tracer)


def as_array(where: str, field: str, value: Any, kind: tuple, hint: str):
    """Convert an argument to an array of numbers; NumPy and JAX arrays are returned unchanged.

    Args:
        where: function that takes the argument.
        field: name of the argument.
        value: the argument.
        kind: `COMPLEX`, `REAL` or `NUMBERS`.
        hint: part of the error message that states what to pass instead.

    Raises:
        InputError: the argument is not an array, or its numbers are not of the required kind.
    """
    array = value
    if not isinstance(value, np.ndarray | jax.Array):
        try:
            array = np.asarray(value)
        except ValueError:  # NumPy rejects rows of different lengths
            problem = f"is {described(value)} whose rows differ in length"
            raise InputError(where, field, problem, hint) from None
    types, words = kind
    types = types if isinstance(types, tuple) else (types,)
    if not any(jnp.issubdtype(array.dtype, each) for each in types):
        raise InputError(where, field, f"is {described(value)}, not {words}", hint)
    return array


def check_axes(
    where: str, field: str, shape: tuple[int, ...], axes: Mapping[str, int | None], hint: str
) -> None:
    """Check the shape of an array.

    Args:
        where: function that takes the array.
        field: name of the array.
        shape: shape of the array.
        axes: names of the axes in order, with their required lengths; None for any positive length.
        hint: part of the error message that states how to correct the array.

    Raises:
        InputError: the number of axes or the length of an axis is wrong, or the array is empty.
    """
    names = f"[{', '.join(axes)}]"
    if len(shape) != len(axes):
        problem = f"has shape {tuple(shape)}; the axes must be {names}"
        raise InputError(where, field, problem, hint)
    for (name, needed), found in zip(axes.items(), shape):
        if found == 0 or found != (needed or found):
            problem = f"has {found} along '{name}' of its axes {names}, not {needed or '1 or more'}"
            raise InputError(where, field, problem, hint)


def check_finite(where: str, field: str, array, axes: tuple[str, ...], hint: str) -> None:
    """Check that no value of an array is NaN or infinite; tracers are not checked.

    Args:
        where: function that takes the array.
        field: name of the array.
        array: array of numbers.
        axes: names of the axes, used to locate the first invalid value.
        hint: part of the error message that states how to correct the array.

    Raises:
        InputError: values are NaN or infinite; the message states how many and where the first is.
    """
    if is_traced(array) or _sum_is_finite(array):
        return
    invalid = np.argwhere(~np.isfinite(np.asarray(array)))
    if len(invalid):  # if no value is invalid, the sum itself overflowed
        first = ", ".join(f"{axis} {index}" for axis, index in zip(axes, invalid[0]))
        problem = f"is NaN or infinite in {len(invalid)} of {array.size} values, first at {first}"
        raise InputError(where, field, problem, hint)


def _sum_is_finite(array) -> bool:
    """Whether the sum of an array is finite; this test needs no temporary array.

    NaN and infinity propagate to the sum.
    """
    if isinstance(array, jax.Array) and any(each.platform != "cpu" for each in array.devices()):
        return bool(jnp.isfinite(jnp.sum(array)))  # avoids a copy of the array to the host
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.asarray(array).sum()))


def check_scalar(where: str, field: str, value: Any, unit: str = "", **limits) -> None:
    """Check one number, which may be an array without axes or a tracer (see `checked_number`).

    Raises:
        InputError: the value is not a single number, is not finite, or is outside the limits.
    """
    if isinstance(value, np.ndarray | jax.Array):
        if value.shape != ():
            problem = f"is {described(value)}, not one number"
            raise InputError(where, field, problem, "give one number")
        if is_traced(value):
            return
        value = np.asarray(value).item()
    checked_number(where, field, value, unit, **limits)


def check_untraced(
    where: str, field: str, *values: Any, reason: str = "the visible faces are selected by"
) -> None:
    """Check that no number of an argument is a JAX tracer, which has no value.

    Args:
        where: name of the function, for messages.
        field: name of the argument.
        values: the argument, or its parts, as trees of numbers and arrays.
        reason: what needs known values, for messages.

    Raises:
        InputError: a number is traced, as in `jax.grad` and `jax.jit`.
    """
    if any(is_traced(each) for each in jax.tree.leaves(values)):
        problem = f"is traced by JAX, but {reason} known values"
        hint = "differentiate clip_echo of radarsim.simulate, as in docs/python.md"
        raise InputError(where, field, problem, hint)
