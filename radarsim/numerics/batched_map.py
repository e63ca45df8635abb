"""Map a function over the first axis: item by item on a CPU, in batches on an accelerator."""

from collections.abc import Callable
from typing import Any

import jax

# Items per batch on an accelerator; not tuned, because no accelerator was available.
ACCELERATOR_BATCH = 32


def batched_map(function: Callable, items: Any, batch: int = ACCELERATOR_BATCH) -> Any:
    """Apply a function to each item along the first axis and stack the results.

    A CPU processes one item at a time, because one item fits into its caches and the results of a
    loop are computed only once. An accelerator processes `batch` items at a time, because it would
    idle between small steps.

    Args:
        function: function of one item, which is a pytree.
        items: a pytree of arrays with first axes of equal length.
        batch: number of items per step on an accelerator.
    """
    return jax.lax.map(function, items, batch_size=batch_size(batch))


def batch_size(batch: int) -> int | None:
    """Argument `batch_size` for `jax.lax.map`: None (one item at a time) on a CPU."""
    return None if jax.default_backend() == "cpu" else batch
