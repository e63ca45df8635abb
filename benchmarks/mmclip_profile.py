"""Processor time of the parts of a training step, each of which is run alone."""

import statistics
import time
from collections.abc import Callable

# Side of the square matrices whose product gives the arithmetic rate of the machine.
SIDE = 1024
PRODUCT = f"matrix product, {SIDE} x {SIDE}"


def step_parts(reader, sampler, settings, model, vectors, rounds: int = 7) -> dict:
    """Median processor time of each part of a training step [ms], summed over all threads.

    A large matrix product is also timed. The number of operations of the update, as counted by XLA,
    divided by the arithmetic rate of this product is a lower bound on the time of the update.

    Args:
        reader, sampler: reader and sampler of the training windows.
        settings: settings of the training run.
        model: model, split into structure and variables.
        vectors: sentence embeddings [sentence, width], on the device.
        rounds: number of timed calls of each part; the parts are called alternately.

    Returns:
        The times under the key `step_parts_cpu_ms`, and the results of `_least_time`.
    """
    import jax
    import jax.numpy as jnp

    from mmclip.augmentation import augment
    from mmclip.training_step import make_preparation, make_update, start_state

    maps, batch = next(reader.read(iter([sampler.batch(0)])))
    key, prepare = jax.random.key(0), make_preparation(settings)
    augmented = jax.jit(lambda key, maps: augment(key, maps, settings.augment))
    update = make_update(model, vectors, settings)
    inputs, state = prepare(0, maps), jax.tree.map(jnp.copy, start_state(model, settings.train))

    def update_once():
        nonlocal state
        state, metrics = update(state, inputs, batch.labels, batch.sentences)
        return metrics

    parts = {
        "indices": lambda: sampler.batch(0).labels,
        "indices and reading": lambda: next(reader.read(iter([sampler.batch(0)])))[0],
        "augmentation": lambda: augmented(key, maps),
        "augmentation, resizing and scaling": lambda: prepare(0, maps),
        **_network_parts(model, settings, inputs, vectors[batch.sentences]),
        "forward, backward and optimizer": update_once,
    }
    parts |= {PRODUCT: _product()}
    times_ms = _in_turns(parts, rounds, jax.block_until_ready)
    program = update.lower(state, inputs, batch.labels, batch.sentences).compile()
    operations = program.cost_analysis()["flops"]
    return {"step_parts_cpu_ms": times_ms, **_least_time(operations, times_ms[PRODUCT])}


def _least_time(operations: float, product_ms: float) -> dict[str, float]:
    """Operations of the update, and the time that they take at the rate of the matrix product."""
    per_ms = 2 * SIDE**3 / product_ms
    return {
        "update_gflop": round(operations / 1e9, 3),
        "update_at_product_rate_cpu_ms": round(operations / per_ms, 1),
    }


def _product() -> Callable:
    """Function that multiplies two square matrices of float32."""
    import jax
    import jax.numpy as jnp

    matrix, multiply = jnp.ones((SIDE, SIDE), jnp.float32), jax.jit(jnp.matmul)
    return lambda: multiply(matrix, matrix)


def _network_parts(model, settings, inputs, sentences) -> dict[str, Callable]:
    """Functions that run the forward pass with dropout and the optimizer, keyed by name."""
    import jax
    import jax.numpy as jnp

    from mmclip.training_step import make_optimizer, model_of_state, start_state

    state = jax.tree.map(jnp.copy, start_state(model, settings.train))
    optimizer = make_optimizer(settings.train)

    def forward(state, inputs, sentences, key):
        network = model_of_state(model, state)
        return network.signal(jnp.stack(inputs, axis=1), key), network.text(sentences, key)

    forward, optimize = jax.jit(forward), jax.jit(optimizer.update)
    key, trained = jax.random.key(0), state.trained
    return {
        "forward": lambda: forward(state, inputs, sentences, key),
        "optimizer": lambda: optimize(trained, state.optimizer, trained),
    }


def _in_turns(parts: dict[str, Callable], rounds: int, ready: Callable) -> dict[str, float]:
    found = {name: [] for name in parts}
    for number in range(rounds + 1):
        for name, part in parts.items():
            start_s = time.process_time()
            ready(part())
            if number:  # The first call is not timed, because it includes compilation.
                found[name].append(1e3 * (time.process_time() - start_s))
    return {name: round(statistics.median(times), 1) for name, times in found.items()}
