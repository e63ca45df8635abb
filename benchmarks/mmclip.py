"""Speed of training, reading and inference of mmCLIP.

    python -m benchmarks.mmclip STORE --preset small --json mmclip.json
    python -m benchmarks.mmclip STORE --against CHECKOUT

The script measures random reads of windows without training, training with reads, training without
reads (repeatedly on one batch), the parts of a training step, and inference on 1 and 256 windows.
The file cache is warm, and programs are compiled before they are timed. With --against, the script
only compares the training speed of this version with that of another checkout; the two versions
train in turns.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine_info import commit, processor
from benchmarks.mmclip_profile import step_parts
from benchmarks.mmclip_steps import TEXT_WIDTH, open_training
from benchmarks.mmclip_versions import compare_versions
from mmclip.presets import PRESETS

LARGE_BATCH = 256


class _Data(NamedTuple):
    """Reader, sampler and sentence bank of a store."""

    reader: object
    sampler: object
    bank: object


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the rates; return the exit status."""
    options = make_parser().parse_args(arguments)
    import jax

    result = {
        "commit": commit(),
        "device": str(jax.devices()[0].device_kind),
        "machine": processor(),
        "cores": os.cpu_count(),
        "preset": options.preset,
        **(compare_versions(options) if options.against else measure(options)),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def measure(options: argparse.Namespace) -> dict:
    """Measure windows per second of each task, latency [ms] and peak memory [MB]."""
    import jax

    from mmclip.model import make_model
    from mmclip.presets import load_preset

    settings = load_preset(options.preset, options.set)
    data = _Data(*open_training(options.store, settings))
    model = make_model(settings.model, TEXT_WIDTH, 0)
    maps, _ = next(data.reader.read(iter([data.sampler.batch(0)])))
    result = {"reader_windows_per_s": reading_rate(data, options.steps, settings.train.batch)}
    result |= inference(model, settings.model.size, maps)
    result |= training(model, data, settings, options.steps)
    result["host_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    memory = jax.devices()[0].memory_stats() or {}
    result["device_memory_mb"] = memory.get("peak_bytes_in_use", 0) // 2**20 or None
    return result


def reading_rate(data: _Data, steps: int, batch: int) -> float:
    """Windows read per second, without training."""
    for _ in data.reader.read(data.sampler.batch(step) for step in range(5)):
        pass
    start_s = time.perf_counter()
    for _ in data.reader.read(data.sampler.batch(step) for step in range(steps)):
        pass
    return _rate(steps * batch, start_s)


def training(model, data: _Data, settings, steps: int) -> dict:
    """Windows per second of training, with reads and on one batch."""
    import jax
    import numpy as np

    from mmclip.model import make_model
    from mmclip.model_variables import split_model
    from mmclip.training_step import make_step, start_state

    split = split_model(model)
    vectors = np.random.default_rng(0).normal(size=(len(data.bank.sentences), TEXT_WIDTH))
    vectors = jax.device_put(vectors.astype(np.float32))
    step = make_step(split, vectors, settings)

    def run(state, maps, batch):
        return step(state, jax.device_put(maps), batch.labels, batch.sentences)

    batches = data.reader.read(data.sampler.batch(number) for number in range(steps + 1))
    maps, batch = next(batches)
    state, _ = jax.block_until_ready(run(start_state(split, settings.train), maps, batch))
    start_s = time.perf_counter()
    for maps, batch in batches:
        state, _ = run(state, maps, batch)
    jax.block_until_ready(state)
    with_reads = _rate(steps * settings.train.batch, start_s)
    start_s = time.perf_counter()
    for _ in range(steps):
        state, _ = run(state, maps, batch)
    jax.block_until_ready(state)
    alone = _rate(steps * settings.train.batch, start_s)
    rates = {"training_windows_per_s": with_reads, "step_alone_windows_per_s": alone}
    # A training run overwrites the variables of its model.
    fresh = split_model(make_model(settings.model, TEXT_WIDTH, 0))
    return rates | step_parts(data.reader, data.sampler, settings, fresh, vectors)


def inference(model, size: int, maps: dict) -> dict:
    """Inference on stored heatmaps: latency for 1 and 256 windows [ms], and windows per second."""
    import jax
    import numpy as np
    from flax import nnx

    from mmclip.preprocessing import network_input

    embed = nnx.jit(lambda model, maps: model.signal(network_input(maps, size)).activity)
    result = {}
    for count in (1, LARGE_BATCH):
        batch = {name: np.repeat(map_db[:1], count, axis=0) for name, map_db in maps.items()}
        median_s = _median_s(lambda batch=batch: jax.block_until_ready(embed(model, batch)))
        result[f"recognition_{count}_ms"] = round(1e3 * median_s, 2)
    rate = LARGE_BATCH / result[f"recognition_{LARGE_BATCH}_ms"] * 1e3
    return {**result, "recognition_windows_per_s": round(rate, 1)}


def _median_s(task: Callable[[], object], rounds: int = 11) -> float:
    task()
    durations_s = []
    for _ in range(rounds):
        start_s = time.perf_counter()
        task()
        durations_s.append(time.perf_counter() - start_s)
    return statistics.median(durations_s)


def _rate(count: int, start_s: float) -> float:
    return round(count / (time.perf_counter() - start_s), 1)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mmclip",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", metavar="STORE", help="folder of a finished store")
    parser.add_argument("--preset", default="small", choices=tuple(PRESETS))
    parser.add_argument(
        "--steps", type=int, default=50, metavar="N", help="number of timed steps (%(default)s)"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="settings that override the preset",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="compare with the mmclip of the given checkout",
    )
    parser.add_argument(
        "--rounds", type=int, default=9, help="number of rounds with --against (%(default)s)"
    )
    parser.add_argument(
        "--round-steps",
        type=int,
        default=5,
        help="number of steps per version and round (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
