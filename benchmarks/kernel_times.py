"""Time of each kernel in a trace of `jax.profiler`."""

import gzip
import json
from collections import defaultdict
from pathlib import Path

NUM_KERNELS = 25


def most_expensive_kernels(folder: Path, frames: int) -> dict:
    """Kernels with the largest total time in the newest trace of a folder.

    Args:
        folder: folder that was given to `jax.profiler.trace`.
        frames: number of radar frames that were simulated during the trace.

    Returns:
        JSON values: whether the times are those of a GPU, the total per frame [us], the number of
        launches per frame, and the kernels. Without a GPU, the times are those of all threads of
        the host, which overlap.
    """
    traces = sorted(folder.rglob("*.trace.json.gz"), key=lambda path: path.stat().st_mtime)
    events = json.loads(gzip.decompress(traces[-1].read_bytes()))["traceEvents"] if traces else []
    streams = _gpu_streams(events)
    spent_us, launches = defaultdict(float), defaultdict(int)
    for event in events:
        if event.get("ph") == "X" and (not streams or _thread(event) in streams):
            spent_us[event["name"]] += event.get("dur", 0.0)
            launches[event["name"]] += 1
    names = sorted(spent_us, key=spent_us.get, reverse=True)[:NUM_KERNELS]
    return {
        "gpu": bool(streams),
        "total_us_per_frame": sum(spent_us.values()) / frames,
        "launches_per_frame": sum(launches.values()) / frames,
        "kernels": [
            {"kernel": each, "us_per_frame": spent_us[each] / frames, "launches": launches[each]}
            for each in names
        ],
    }


def _gpu_streams(events: list[dict]) -> set[tuple]:
    """Threads of the trace that are GPU streams; the other threads repeat the same kernels."""
    named = [event for event in events if event.get("ph") == "M"]
    gpus = {
        event["pid"]
        for event in named
        if event["name"] == "process_name" and "GPU" in event["args"].get("name", "")
    }
    return {
        _thread(event)
        for event in named
        if event["name"] == "thread_name"
        and event["pid"] in gpus
        and event["args"].get("name", "").startswith("Stream")
    }


def _thread(event: dict) -> tuple:
    return event.get("pid"), event.get("tid")
