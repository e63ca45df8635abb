"""A map over the first axis: one item after the other on a CPU, in batches on an accelerator."""

from collections.abc import Callable
from typing import Any

import jax

# Not measured: no accelerator was available.
ACCELERATOR_BATCH = 32


def batched_map(function: Callable, items: Any, batch: int = ACCELERATOR_BATCH) -> Any:
    """Apply a function to each item along the first axis and stack the results.

    On a CPU one item at a time: its caches hold one, and a loop's results are computed once. On an
    accelerator `batch` items at a time, as it would idle between small steps.

    Args:
        function: of one item, a pytree.
        items: a pytree of arrays of the same length.
        batch: items per step on an accelerator.
    """
    return jax.lax.map(function, items, batch_size=batch_size(batch))


def batch_size(batch: int) -> int | None:
    """The `batch_size` of `jax.lax.map`: None (one at a time) on a CPU."""
    return None if jax.default_backend() == "cpu" else batch
