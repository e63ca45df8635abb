"""Timing in turns: every round runs each method once, so that noise disturbs all alike."""

import statistics
import sys
import time
from collections.abc import Callable


def interleaved(methods: dict[str, Callable], rounds: int) -> tuple[dict, dict]:
    """Seconds of each method in each round, and what each returned last.

    The first call of each is not counted: it compiles. Results are waited for.

    Args:
        methods: functions without arguments, by name.
        rounds: how often each is timed.
    """
    import jax

    seconds = {name: [] for name in methods}
    results = {}
    for run in range(rounds + 1):
        for name, method in methods.items():
            results.pop(name, None)  # not two of them in memory at once
            start = time.perf_counter()
            results[name] = jax.block_until_ready(method())
            if run:
                seconds[name].append(time.perf_counter() - start)
            tell(f"{name}, round {run} of {rounds}")
    tell("")
    return seconds, results


def summary(seconds: list[float], units: float = 1.0) -> dict:
    """Median and extremes of some runs, per unit of what one run did."""
    return {
        "median": statistics.median(seconds) / units,
        "least": min(seconds) / units,
        "most": max(seconds) / units,
    }


def tell(what: str) -> None:
    """What is going on, on one line of the terminal that is written over; nowhere else."""
    if sys.stderr.isatty():
        print(f"\r{what:60s}", end="" if what else "\r", file=sys.stderr, flush=True)
