"""Things one after the other, or many at once: what suits the device."""

from collections.abc import Callable
from typing import Any

import jax

# Not measured, as no accelerator was at hand.
FRAMES_AT_ONCE = 32


def in_turns(function: Callable, items: Any, at_once: int = FRAMES_AT_ONCE) -> Any:
    """`function` of each item along the first axis, results along the first axis.

    On a CPU one after the other: its caches hold one, and what leaves a loop is computed once. On
    an accelerator so many at once, as it would idle between small steps.

    Args:
        function: of one item, a pytree.
        items: a pytree of arrays of the same length.
        at_once: on an accelerator.
    """
    return jax.lax.map(function, items, batch_size=batch_of(at_once))


def batch_of(at_once: int) -> int | None:
    """None for one after the other."""
    return None if jax.default_backend() == "cpu" else at_once
