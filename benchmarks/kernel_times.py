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
        launches per frame, and the kernels.
    """
    traces = sorted(folder.rglob("*.trace.json.gz"), key=lambda path: path.stat().st_mtime)
    if not traces:
        return {"kernels": [], "total_us_per_frame": 0.0, "launches_per_frame": 0.0, "gpu": False}
    events = json.loads(gzip.decompress(traces[-1].read_bytes()))["traceEvents"]
    on_gpu = {
        event["pid"]
        for event in events
        if event.get("name") == "process_name" and "GPU" in event["args"].get("name", "")
    }
    spent_us, launches = defaultdict(float), defaultdict(int)
    for event in events:
        if event.get("ph") == "X" and (not on_gpu or event["pid"] in on_gpu):
            spent_us[event["name"]] += event.get("dur", 0.0)
            launches[event["name"]] += 1
    names = sorted(spent_us, key=spent_us.get, reverse=True)[:NUM_KERNELS]
    kernels = [
        {
            "kernel": name,
            "us_per_frame": round(spent_us[name] / frames, 3),
            "launches": launches[name],
        }
        for name in names
    ]
    return {
        "gpu": bool(on_gpu),
        "total_us_per_frame": sum(spent_us.values()) / frames,
        "launches_per_frame": sum(launches.values()) / frames,
        "kernels": kernels,
    }
