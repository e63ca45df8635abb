"""How fast does the trainer train, read and recognise?

    python -m benchmarks.mmclip STORE --preset small --json mmclip.json

Reads random windows of a store raw, then trains on them, on one batch again and again (the step
without its reader), and recognises windows one by one and 256 at once. From a warm cache; programs
are compiled before anything is timed.
"""

import argparse
import json
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine_info import commit

TEXT_WIDTH = 512
LARGE = 256


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    options = _parser().parse_args(arguments)
    import jax

    result = {
        "commit": commit(),
        "device": str(jax.devices()[0].device_kind),
        "machine": platform.processor() or platform.machine(),
        "preset": options.preset,
        **measure(options),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def measure(options: argparse.Namespace) -> dict:
    """Windows per second of each job, latency in ms, and the most memory that was used."""
    import jax
    import numpy as np

    from mmclip.bank import make_bank
    from mmclip.data import Reader, Sampler
    from mmclip.model import make_model
    from mmclip.presets import settings
    from mmclip.session import open_corpus
    from mmclip.step import make_step, start_state
    from mmclip.weights import take_apart

    chosen = settings(options.preset, options.set)
    corpus = open_corpus([options.store], chosen, verify=False, tell=lambda line: None)
    bank = make_bank(corpus.labels, corpus.sentences, chosen.model.parts)
    places, batch = corpus.places(("train",), set(corpus.labels)), chosen.train.batch
    sampler = Sampler(corpus, places, bank, chosen.data, batch, seed=0)
    reader = Reader(corpus, chosen.model.heatmaps, chosen.data.batches_ahead)
    model = make_model(chosen.model, TEXT_WIDTH, 0)
    found = {"reader_windows_per_s": _rate(reader, sampler, options.steps, batch)}
    found |= recognition(model, chosen.model.size, _one(reader, sampler))

    graph, variables = take_apart(model)
    vectors = np.random.default_rng(0).normal(size=(len(bank.sentences), TEXT_WIDTH))
    step = make_step(graph, jax.device_put(vectors.astype(np.float32)), chosen)
    state = start_state(variables, "base", chosen.train)
    batches = reader.read(sampler.picks(number) for number in range(options.steps + 1))
    maps, picks = next(batches)
    state, _ = jax.block_until_ready(_stepped(step, state, maps, picks))
    start_s = time.perf_counter()
    for maps, picks in batches:
        state, _ = _stepped(step, state, maps, picks)
    jax.block_until_ready(state)
    found["training_windows_per_s"] = _per_s(options.steps * batch, start_s)
    start_s = time.perf_counter()
    for _ in range(options.steps):
        state, _ = _stepped(step, state, maps, picks)
    jax.block_until_ready(state)
    found["step_alone_windows_per_s"] = _per_s(options.steps * batch, start_s)
    found["host_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    used = jax.devices()[0].memory_stats() or {}
    found["device_memory_mb"] = used.get("peak_bytes_in_use", 0) // 2**20 or None
    return found


def recognition(model, size: int, maps: dict) -> dict:
    """Milliseconds for one window, and windows per second in lots of 256, from raw heatmaps on."""
    import jax
    import numpy as np
    from flax import nnx

    from mmclip.maps import network_input

    embed = nnx.jit(lambda model, maps: model.signal(network_input(maps, size)).whole)
    found = {}
    for count in (1, LARGE):
        lot = {name: np.repeat(each[:1], count, axis=0) for name, each in maps.items()}
        median_s = _median_s(lambda lot=lot: jax.block_until_ready(embed(model, lot)))
        found[f"recognition_{count}_ms"] = round(1e3 * median_s, 2)
    found["recognition_windows_per_s"] = round(LARGE / found[f"recognition_{LARGE}_ms"] * 1e3, 1)
    return found


def _stepped(step, state, maps, picks):
    import jax

    return step(state, jax.device_put(maps), picks.labels, picks.sentences)


def _rate(reader, sampler, steps: int, batch: int) -> float:
    for _ in reader.read(sampler.picks(number) for number in range(5)):
        pass
    start_s = time.perf_counter()
    for _ in reader.read(sampler.picks(number) for number in range(steps)):
        pass
    return _per_s(steps * batch, start_s)


def _one(reader, sampler) -> dict:
    maps, _ = next(reader.read(iter([sampler.picks(0)])))
    return maps


def _median_s(job: Callable[[], object], rounds: int = 11) -> float:
    job()
    spent = []
    for _ in range(rounds):
        start_s = time.perf_counter()
        job()
        spent.append(time.perf_counter() - start_s)
    return statistics.median(spent)


def _per_s(count: int, start_s: float) -> float:
    return round(count / (time.perf_counter() - start_s), 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mmclip",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", metavar="STORE", help="folder of a finished store")
    parser.add_argument("--preset", default="small", choices=("small", "paper"))
    parser.add_argument("--steps", type=int, default=50, metavar="N", help="timed (%(default)s)")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="any setting")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
