"""Work side by side: one compiled program hardly uses a second core, several at once do."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jax


def side_by_side(function: Callable, *items: list) -> list:
    """The results of all items, in order; where there are threads, each is waited for."""
    if len(items[0]) == 1 or num_threads() == 1:
        return list(map(function, *items))
    with ThreadPoolExecutor(num_threads()) as pool:
        return list(pool.map(lambda *one: jax.block_until_ready(function(*one)), *items))


def num_threads() -> int:
    """Of OMP_NUM_THREADS, as for other numerical libraries; else the cores there are."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
