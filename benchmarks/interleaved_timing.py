"""Interleaved timing: every round runs all methods, so other load affects all of them equally."""

import statistics
import sys
import time
from collections.abc import Callable


def time_interleaved(methods: dict[str, Callable], rounds: int) -> tuple[dict, dict]:
    """Time each method once per round; return the times [s] and the last result of each method.

    The first call of each method includes compilation and is not counted. Each call is timed until
    its result is ready.

    Args:
        methods: functions without arguments, keyed by name.
        rounds: number of timed calls to each method.
    """
    import jax

    seconds = {name: [] for name in methods}
    results = {}
    for run in range(rounds + 1):
        for name, method in methods.items():
            results.pop(name, None)  # keep only one result per method in memory
            start = time.perf_counter()
            results[name] = jax.block_until_ready(method())
            if run:
                seconds[name].append(time.perf_counter() - start)
            show_progress(f"{name}, round {run} of {rounds}")
    show_progress("")
    return seconds, results


def summary(seconds: list[float], units: float = 1.0) -> dict:
    """Median, minimum and maximum of the run times, divided by the amount of work."""
    return {
        "median": statistics.median(seconds) / units,
        "least": min(seconds) / units,
        "most": max(seconds) / units,
    }


def show_progress(activity: str) -> None:
    """Show the current activity on one terminal line; outside a terminal, print nothing."""
    if sys.stderr.isatty():
        print(f"\r{activity:60s}", end="" if activity else "\r", file=sys.stderr, flush=True)
