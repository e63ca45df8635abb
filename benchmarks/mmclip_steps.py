"""Training steps of one version of mmclip, for `benchmarks.mmclip --against`.

`mmclip_versions` runs `main` in a process whose PYTHONPATH is the checkout, so that this script
imports mmclip from the checkout. The script compiles the training step and reads step counts from
standard input. For each count, the script trains for this number of steps, including reads, and
prints wall time and processor time per step [s]. The script uses only functions that all versions
of mmclip provide.
"""

import inspect
import sys
import time

TEXT_WIDTH = 512


def main(store: str, preset: str, *overrides: str) -> None:
    """For each step count in the standard input, train and print the times per step."""
    import jax

    from mmclip.presets import load_preset

    settings = load_preset(preset, overrides)
    run, state = training(store, settings)
    state, first = jax.block_until_ready(run(state, 0, 2)), 2
    print("ready", flush=True)
    for line in sys.stdin:
        count = int(line)
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        state = jax.block_until_ready(run(state, first, count))
        spent_s, spent_cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
        print(spent_s / count, spent_cpu_s / count, flush=True)
        first += count


def training(store: str, settings) -> tuple:
    """Return a training function of (state, first step, number of steps), and the initial state."""
    import jax
    import numpy as np

    from mmclip import training_step
    from mmclip.model import make_model
    from mmclip.model_variables import split_model

    reader, sampler, bank = open_training(store, settings)
    split = split_model(make_model(settings.model, TEXT_WIDTH, 0))
    vectors = np.random.default_rng(0).normal(size=(len(bank.sentences), TEXT_WIDTH))
    step = training_step.make_step(split, jax.device_put(vectors.astype(np.float32)), settings)

    def run(state, first: int, count: int):
        batches = reader.read(sampler.batch(number) for number in range(first, first + count))
        for maps, batch in batches:
            state, _ = step(state, jax.device_put(maps), batch.labels, batch.sentences)
        return state

    return run, training_step.start_state(split, settings.train)


def open_training(store: str, settings) -> tuple:
    """Reader, sampler and sentence bank of a store."""
    from mmclip.batch_sampler import BatchSampler
    from mmclip.prepared_data import open_corpus
    from mmclip.sentences import make_sentence_bank
    from mmclip.window_reader import WindowReader

    corpus = open_corpus([store], settings, verify=False, report=lambda line: None)
    bank = make_sentence_bank(corpus.labels, corpus.sentences, settings.model.parts)
    windows = corpus.windows(("train",), set(corpus.labels))
    sampler = BatchSampler(corpus, windows, bank, settings)
    known = inspect.signature(WindowReader).parameters
    options = {name: getattr(settings.data, name) for name in known if hasattr(settings.data, name)}
    return WindowReader(corpus, settings.model.heatmaps, **options), sampler, bank
