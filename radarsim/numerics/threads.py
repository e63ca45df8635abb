"""Map a function over threads, because one compiled program hardly uses a second core."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jax


def parallel_map(function: Callable, *items: list) -> list:
    """Apply a function to all items on one thread per core; the results are in order.

    With more than one thread, each thread waits until the arrays of its result are computed.
    """
    if len(items[0]) == 1 or num_threads() == 1:
        return list(map(function, *items))
    with ThreadPoolExecutor(num_threads()) as pool:
        return list(pool.map(lambda *one: jax.block_until_ready(function(*one)), *items))


def num_threads() -> int:
    """Number of threads: OMP_NUM_THREADS, as in other libraries, or else the number of cores."""
    requested = os.environ.get("OMP_NUM_THREADS", "")
    if requested.isdigit() and int(requested) > 0:
        return int(requested)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
